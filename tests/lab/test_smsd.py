"""The real smsd on a node of the lab: what is handed to it reaches telephones, and what they answer reaches us."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.lab import Lab, LabError, Topology, agent_identity
from deploy.lab.node import INTERPRETER
from deploy.lab.smsd import REPLIES, SMSD, SPOOL, Smsd
from deploy.lab.waiting import wait_until
from hawatch.config.oncall import Channel, ChannelKind
from hawatch.errors import DeliveryError
from hawatch.notification.outgoing import Delivery, Outgoing
from hawatch.notifiers.smstools import SmstoolsNotifier
from hawatch.reply.arrival import Arrival, Receipt, ReceiptState, Reply
from tests.spooled import arrivals_of

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(not Path(SMSD).exists(), reason="needs smstools"),
]

ANNA = "+8613800000001"
ENGLISH = "[HAW] lab1 split brain: VRID 51 on lb01 and lb02. 47 = ack, {x} 2 €, ~ [0]: more"
CHINESE = (
    "[HAW]lab1裂脑 VRID51:lb01,lb02均MASTER 03:12,原因:lb02入向VRRP被防火墙丢弃。"
    "回47确认,47 2降级lb02,47 3重启服务,47 0详情"
)
HANG_GUARD = 90.0


@pytest.fixture
def smsd() -> Iterator[Smsd]:
    with Lab(Topology()) as lab:
        made = Smsd(lab.node("lb01"))
        made.start()
        yield made
        print(made.log())


def channel(smsd: Smsd) -> Channel:
    return Channel(
        name="modem",
        kind=ChannelKind.SMSTOOLS,
        spool=str(smsd.node.path(SPOOL)),
        replies=str(smsd.node.path(REPLIES)),
    )


def send(smsd: Smsd, name: str, text: str) -> Delivery:
    outgoing = Outgoing(id=name, person="anna", to=ANNA, text=text)
    return asyncio.run(SmstoolsNotifier(channel(smsd)).deliver(outgoing))


def await_arrivals(smsd: Smsd, count: int) -> list[Arrival]:
    """What comes out of the drop directory, until so many have come; all of it stored by then."""
    return asyncio.run(arrivals_of(channel(smsd), count, hang_guard=HANG_GUARD))


def replies(arrivals: list[Arrival]) -> list[tuple[str, str]]:
    return [(each.sender, each.text) for each in arrivals if isinstance(each, Reply)]


def test_english_and_chinese_reach_the_telephone_as_written_and_receipts_tell(smsd: Smsd) -> None:
    smsd.report_deliveries()
    assert send(smsd, "lb01-1-1", ENGLISH) is Delivery.SENT
    assert smsd.await_sms(to=ANNA, containing="split brain") == ENGLISH
    assert send(smsd, "lb01-1-2", CHINESE) is Delivery.SENT
    assert smsd.await_sms(to=ANNA, containing="裂脑") == CHINESE
    assert [(sms.parts, sms.alphabet) for sms in smsd.messages()] == [(1, "gsm"), (2, "ucs2")]
    told = await_arrivals(smsd, 4)
    assert set(told) == {
        Receipt(channel="modem", message=message, state=state)
        for message in ("lb01-1-1", "lb01-1-2")
        for state in (ReceiptState.SENT, ReceiptState.DELIVERED)
    }


def test_replies_come_out_verbatim_in_both_languages_however_long(smsd: Smsd) -> None:
    written = ["47", "47 2 {ü}\nsecond line", "收到，47", "处理中。" * 40, "I am on it, " * 30, "1"]
    for text in written:
        smsd.reply(ANNA, text)
    arrived = await_arrivals(smsd, len(written))
    assert replies(arrived) == [(ANNA, text) for text in written]
    assert len({each.id for each in arrived if isinstance(each, Reply)}) == len(written)
    sent = [each.sent_at for each in arrived if isinstance(each, Reply)]
    assert None not in sent


def test_a_modem_that_is_away_holds_a_message_up_and_loses_nothing(smsd: Smsd) -> None:
    smsd.break_modem()
    assert send(smsd, "lb01-2-1", ENGLISH) is Delivery.SENT
    assert send(smsd, "lb01-2-1", ENGLISH) is Delivery.SENT
    wait_until(lambda: smsd.listing("checked") or None, what="smsd to take the message", timeout=HANG_GUARD)
    assert send(smsd, "lb01-2-1", ENGLISH) is Delivery.SENT
    assert smsd.outgoing() == []
    assert smsd.messages() == []
    smsd.mend_modem()
    assert smsd.await_sms(to=ANNA) == ENGLISH
    assert await_arrivals(smsd, 1) == [Receipt(channel="modem", message="lb01-2-1", state=ReceiptState.SENT)]
    assert send(smsd, "lb01-2-1", ENGLISH) is Delivery.SENT
    assert len(smsd.messages()) == 1


def test_a_message_that_the_network_refuses_fails_with_the_networks_reason(smsd: Smsd) -> None:
    smsd.refuse_messages()
    assert send(smsd, "lb01-3-1", ENGLISH) is Delivery.SENT
    (receipt,) = await_arrivals(smsd, 1)
    reason = "+CMS ERROR: 38 (Network out of order)"
    assert receipt == Receipt(channel="modem", message="lb01-3-1", state=ReceiptState.FAILED, problem=reason)
    with pytest.raises(DeliveryError, match=r"smsd gave it up: \+CMS ERROR: 38") as caught:
        send(smsd, "lb01-3-1", ENGLISH)
    assert not caught.value.temporary
    smsd.mend_modem()
    send(smsd, "lb01-3-2", ENGLISH)
    assert smsd.await_sms(to=ANNA) == ENGLISH


def test_what_smsd_received_before_it_was_killed_is_handed_over_once_it_runs_again(smsd: Smsd) -> None:
    smsd.kill()
    assert not smsd.running
    smsd.reply(ANNA, "收到 47")
    send(smsd, "lb01-4-1", ENGLISH)
    smsd.start()
    arrived = await_arrivals(smsd, 2)
    assert replies(arrived) == [(ANNA, "收到 47")]
    assert smsd.await_sms(to=ANNA) == ENGLISH


AS_THE_AGENT = """
import asyncio
from hawatch.config.oncall import Channel, ChannelKind
from hawatch.notification.outgoing import Outgoing
from hawatch.notifiers.smstools import SmstoolsNotifier
from hawatch.replies.spool import Spool

channel = Channel(name="modem", kind=ChannelKind.SMSTOOLS, spool="/run/sms", replies="/run/sms/hawatch")

async def put(arrival):
    print(arrival.text if hasattr(arrival, "text") else arrival.state, flush=True)

outgoing = Outgoing(id="lb01-5-1", person="anna", to="+8613800000001", text="裂脑")
print(asyncio.run(SmstoolsNotifier(channel).deliver(outgoing)).name, flush=True)
asyncio.run(Spool(channel=channel, put=put).run())
"""


def test_the_agents_user_may_write_and_take_away_all_that_it_needs_and_smsds_may_read_it(smsd: Smsd) -> None:
    process = smsd.node.popen([INTERPRETER, "-c", AS_THE_AGENT], name="edges", identity=agent_identity())
    process.wait_output("^SENT$", timeout=HANG_GUARD)
    assert smsd.await_sms(to=ANNA) == "裂脑"
    smsd.reply(ANNA, "收到，47")
    process.wait_output("^sent$", timeout=HANG_GUARD)
    process.wait_output("^收到，47$", timeout=HANG_GUARD)
    wait_until(lambda: None if smsd.listing("hawatch") else True, what="an empty drop", timeout=HANG_GUARD)
    process.stop()


def test_smsd_is_not_started_twice(smsd: Smsd) -> None:
    with pytest.raises(LabError, match="runs already"):
        smsd.start()
