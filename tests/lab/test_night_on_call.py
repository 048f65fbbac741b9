"""Live, with the real keepalived and the real smsd: a split at night, told by SMS and mended by a plain phone."""

from __future__ import annotations

import pytest

from deploy.lab import conf
from tests.lab.night import ANNA, BO, BOTH, night

pytestmark = pytest.mark.lab

TO_THE_GATEWAY, TO_THE_MODEM, TO_BOTH_NODES = 0.5, 3.0, 1.0
"""Seconds from the verdict to smsd's outgoing and to the modem, and from smsd's event handler to both agents."""
BUSY = 1.5
"""Seconds by which a machine with many labs on it may delay each of them."""


def test_a_split_is_told_acknowledged_and_mended_by_a_plain_phone_in_english() -> None:
    with night(ANNA) as on_call:
        pair, phone = on_call.pair, on_call.phone(ANNA)
        with pair.lab.firewall.drop_vrrp_inbound("lb02"):
            pair.await_verdict("split_brain")
            handed_over = on_call.outgoing_at("lb01")
            said = pair.said("lb01")[-1].time
            assert handed_over - said < TO_THE_GATEWAY + BUSY
            told = phone.must_read("SPLIT BRAIN VI_1 10.0.0.100", "2=demote lb02")
            on_call.must_have_said_why(told, "incoming VRRP blocked")
            assert told.at - said < TO_THE_MODEM + BUSY
            assert told.parts <= 2
            code = told.code

            phone.replies(code)
            phone.must_read(f"{code} is yours")
            for node in BOTH:
                on_call.await_state(node, "acknowledged", by="anna")

            phone.replies(f"{code} 2")
            asked = phone.must_read(f"{code} 2 = demote lb02")
            phone.replies(asked.nonce)
            done = phone.must_read("Done: demote lb02", "No redundancy")
            pair.lab.truth.wait_owner(conf.VIP, "lb01")
            pair.await_verdict("degraded")
        phone.replies(done.undo)
        phone.must_read("Done: restore lb02")
        pair.await_verdict("steady")
        phone.must_read("OVER", f"Code {code} is closed")
        for node in BOTH:
            over = on_call.await_state(node, "resolved")
            kinds = [entry["kind"] for entry in over["timeline"]]
            for kind in ("told", "replied", "acknowledged", "asked", "acted", "resolved"):
                assert kind in kinds, over["timeline"]
        assert [deed["state"] for deed in on_call.records("lb02", "deed")] == ["done", "done"]


def test_the_same_night_in_chinese() -> None:
    with night(BO) as on_call:
        pair, phone = on_call.pair, on_call.phone(BO)
        with pair.lab.firewall.drop_vrrp_inbound("lb02"):
            told = phone.must_read("裂脑", "10.0.0.100", "降级lb02")
            assert told.parts <= 2
            code = told.code
            phone.replies("收到")
            phone.must_read(f"{code}由你处理")
            for node in BOTH:
                on_call.await_state(node, "acknowledged", by="bo")
            phone.replies(f"{code} 2", to="lb02")
            asked = phone.must_read(f"{code} 2", "降级lb02")
            phone.replies(asked.nonce, to="lb02")
            done = phone.must_read("已完成：降级lb02", "现无冗余")
            pair.lab.truth.wait_owner(conf.VIP, "lb01")
            pair.await_verdict("degraded")
        phone.replies(done.undo)
        phone.must_read("已完成：恢复lb02")
        pair.await_verdict("steady")
        phone.must_read("已恢复", code)
        for node in BOTH:
            on_call.await_state(node, "resolved")
