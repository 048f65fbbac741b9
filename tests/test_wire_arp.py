from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.l2 import ARP

from hawatch.errors import DecodeError
from hawatch.wire import arp, ethernet
from hawatch.wire.arp import ArpMessage, Operation
from tests import keepalived_frames as real
from tests.decoding import outcome

macs = st.binary(min_size=6, max_size=6).map(lambda raw: raw.hex(":"))
addresses = st.ip_addresses(v=4).map(str)
messages = st.builds(
    ArpMessage,
    operation=st.sampled_from(Operation),
    sender_mac=macs,
    sender_address=addresses,
    target_mac=macs,
    target_address=addresses,
)


@given(messages, st.sampled_from([b"", bytes(18)]))
def test_what_is_encoded_is_decoded_through_padding(message: ArpMessage, padding: bytes) -> None:
    assert arp.decode(arp.encode(message) + padding) == message


@given(messages)
def test_scapy_writes_the_same(message: ArpMessage) -> None:
    theirs = ARP(
        op=int(message.operation),
        hwsrc=message.sender_mac,
        psrc=message.sender_address,
        hwdst=message.target_mac,
        pdst=message.target_address,
    )
    assert bytes(theirs) == arp.encode(message)


def test_keepaliveds_gratuitous_arp_is_a_request_about_itself() -> None:
    message = arp.decode(ethernet.decode(real.GRATUITOUS_ARP).payload)
    assert (message.operation, message.sender_address) == (Operation.REQUEST, "192.0.2.100")
    assert message.sender_mac == "02:00:00:00:00:0a"
    assert message.is_gratuitous


def test_a_question_is_not_gratuitous_and_a_reply_about_oneself_is() -> None:
    question = arp.request(
        sender_mac="02:00:00:00:00:0a", sender_address="192.0.2.1", target_address="192.0.2.9"
    )
    assert not question.is_gratuitous
    assert not arp.decode(arp.encode(question)).is_gratuitous
    reply = ArpMessage(
        operation=Operation.REPLY,
        sender_mac="02:00:00:00:00:0a",
        sender_address="192.0.2.9",
        target_mac="ff:ff:ff:ff:ff:ff",
        target_address="192.0.2.9",
    )
    assert reply.is_gratuitous


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (bytes(27), "ARP message cut short"),
        (bytes.fromhex("0006080006040001") + bytes(20), "ARP for something else than IPv4 over Ethernet"),
        (bytes.fromhex("0001080006040008") + bytes(20), "ARP operation is neither request nor reply"),
    ],
)
def test_other_arp_is_refused(payload: bytes, reason: str) -> None:
    with pytest.raises(DecodeError) as caught:
        arp.decode(payload)
    assert caught.value.reason == reason


@given(st.binary(max_size=40), st.booleans())
def test_any_bytes_decode_or_are_refused(data: bytes, begun: bool) -> None:
    assert outcome(arp.decode, bytes.fromhex("0001080006040001") + data if begun else data)
