"""Live: nights in which more is broken than the pair: the agents cannot talk, or a gateway does not deliver."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from deploy.lab import Hook, conf
from deploy.lab.waiting import wait_until
from tests.lab.night import ANNA, BO, BOTH, OnCall, night
from tests.lab.scene import HANG_GUARD

pytestmark = pytest.mark.lab

STRANGER = "+8613899999999"


@contextmanager
def no_peer_link(on_call: OnCall) -> Iterator[None]:
    """The agents' own datagrams are lost, both ways."""
    with ExitStack() as faults:
        for node in BOTH:
            faults.enter_context(
                on_call.pair.lab.firewall.drop(node, hook=Hook.INPUT, match="udp dport 10112")
            )
        yield


def counted(on_call: OnCall, node: str, result: str) -> float:
    """hawatch_notifications_total of the modem, for one result."""
    for line in on_call.pair.lab.agent(node).get("/metrics").splitlines():
        labels, _, value = line.rpartition(" ")
        wanted = ("hawatch_notifications_total{", 'channel="modem"', f'result="{result}"')
        if all(word in labels for word in wanted):
            return float(value)
    raise AssertionError(f"no hawatch_notifications_total of {result} on {node}")


def await_count(on_call: OnCall, node: str, result: str) -> None:
    wait_until(
        lambda: counted(on_call, node, result) or None,
        what=f"hawatch_notifications_total of {result} on {node}",
        timeout=HANG_GUARD,
    )


def test_cut_off_from_each_other_both_nodes_text_and_later_one_answer_stands_on_both() -> None:
    with night(ANNA) as on_call:
        pair, phone = on_call.pair, on_call.phone(ANNA)
        with pair.lab.firewall.drop_vrrp_inbound("lb02"):
            with no_peer_link(on_call):
                here = phone.must_read("SPLIT BRAIN", "says lb01")
                there = phone.must_read("SPLIT BRAIN", "says lb02")
                assert int(here.code) % 2 != int(there.code) % 2
                phone.replies(there.code, to="lb02")
                phone.must_read(f"{there.code} is yours")
                on_call.await_state("lb02", "acknowledged", by="anna")
                on_call.await_state("lb01", "open")
                phone.replies(f"{here.code} 2", to="lb01")
                phone.must_read("lb02 cannot be reached")
            for node in BOTH:
                on_call.await_state(node, "acknowledged", by="anna")
            phone.replies(f"{there.code} 2", to="lb01")
            phone.replies(phone.must_read(f"{there.code} 2 = demote lb02").nonce, to="lb02")
            phone.must_read("Done: demote lb02")
            pair.lab.truth.wait_owner(conf.VIP, "lb01")
        done = [(deed["action"], deed["state"]) for deed in on_call.records("lb01", "deed")]
        assert done == [("stop-keepalived", "done")]
        found = [on_call.await_state(node, "acknowledged") for node in BOTH]
        assert found[0]["id"] == found[1]["id"], found


def test_a_split_while_both_agents_talk_is_told_by_one_of_them() -> None:
    with night(ANNA, BO) as on_call:
        pair = on_call.pair
        with pair.lab.firewall.drop_vrrp_inbound("lb02"):
            anna = on_call.phone(ANNA).must_read("SPLIT BRAIN")
            bo = on_call.phone(BO).must_read("裂脑")
            assert (anna.node, bo.node) == ("lb01", "lb01")
            assert anna.code == bo.code
            on_call.phone(BO).replies("ok", to="lb02")
            on_call.phone(BO).must_read(f"{bo.code}由你处理")
            on_call.phone(ANNA).must_read("bo has taken", anna.code)
            for node in BOTH:
                on_call.await_state(node, "acknowledged", by="bo")
        pair.await_verdict("steady")
        on_call.phone(ANNA).must_read("OVER")
        on_call.phone(BO).must_read("已恢复")
        for person in (ANNA, BO):
            phone = on_call.phone(person)
            assert len(phone.texts()) == len(phone.read), phone.texts()


def test_a_message_that_waits_for_a_gateway_that_is_down_is_sent_by_the_other_node_and_not_lost() -> None:
    with night(ANNA) as on_call:
        pair, phone = on_call.pair, on_call.phone(ANNA)
        on_call.modems["lb01"].stop()
        with pair.lab.firewall.drop_vrrp_inbound("lb02"):
            told = phone.must_read("SPLIT BRAIN")
            assert told.node == "lb02"
            phone.replies(told.code, to="lb02")
            phone.must_read(f"{told.code} is yours")
            for node in BOTH:
                on_call.await_state(node, "acknowledged", by="anna")
            assert len(on_call.modems["lb01"].outgoing()) == 1
            on_call.modems["lb01"].start()
            phone.must_read("SPLIT BRAIN", "says lb01")
            await_count(on_call, "lb01", "left")


def test_a_gateway_that_refuses_is_told_in_the_metrics_and_the_other_node_sends_at_once() -> None:
    with night(ANNA) as on_call:
        pair, phone = on_call.pair, on_call.phone(ANNA)
        on_call.modems["lb01"].refuse_messages()
        with pair.lab.firewall.drop_vrrp_inbound("lb02"):
            told = phone.must_read("SPLIT BRAIN")
            assert told.node == "lb02"
            await_count(on_call, "lb01", "failed")
            story = on_call.incidents("lb01")[0]["timeline"]
            assert "not_told" in [entry["kind"] for entry in story], story


def test_a_stranger_and_nonsense_change_nothing_and_a_stranger_gets_no_answer() -> None:
    with night(ANNA) as on_call:
        pair, phone = on_call.pair, on_call.phone(ANNA)
        with pair.lab.firewall.drop_vrrp_inbound("lb02"):
            code = phone.must_read("SPLIT BRAIN").code
            on_call.modems["lb01"].reply(STRANGER, code)
            phone.replies(f"{code}; reboot")
            phone.must_read("Not understood")
            heard = wait_until(
                lambda: [each for each in on_call.records("lb01", "heard") if each["person"] is None] or None,
                what="the stranger's text on record",
                timeout=HANG_GUARD,
            )
            assert [(each["sender"], each["text"]) for each in heard] == [(STRANGER, code)]
            assert on_call.await_state("lb01", "open")["acknowledged_by"] is None
            assert all(sms.to != STRANGER for modem in on_call.modems.values() for sms in modem.messages())
