from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet6 import (
    ICMPv6ND_NA,
    ICMPv6ND_NS,
    ICMPv6NDOptDstLLAddr,
    ICMPv6NDOptSrcLLAddr,
    IPv6,
)

from hawatch.errors import DecodeError
from hawatch.wire import ethernet, ip, ndp
from hawatch.wire.address import address_text
from hawatch.wire.checksum import checksum, pseudo_header_sum
from hawatch.wire.family import Family
from hawatch.wire.ip import Packet
from hawatch.wire.ndp import NeighbourAdvertisement, NeighbourMessage, NeighbourSolicitation
from tests import keepalived_frames as real
from tests.decoding import outcome

SRC, DST = "fe80::1", "ff02::1"
macs = st.none() | st.binary(min_size=6, max_size=6).map(lambda raw: raw.hex(":"))
unicast = st.ip_addresses(v=6).filter(lambda address: not address.is_multicast)
targets = unicast.map(lambda address: address_text(address.packed))
messages = st.builds(NeighbourSolicitation, target=targets, source_mac=macs) | st.builds(
    NeighbourAdvertisement,
    target=targets,
    target_mac=macs,
    router=st.booleans(),
    solicited=st.booleans(),
    override=st.booleans(),
)


def carried(payload: bytes, *, ttl: int = 255, protocol: int = 58) -> Packet:
    return Packet(
        family=Family.IPV6, src=SRC, dst=DST, ttl=ttl, protocol=protocol, ip_id=None, payload=payload
    )


def written(message: NeighbourMessage) -> bytes:
    return ndp.encode(message, src=SRC, dst=DST)


def by_scapy(message: NeighbourMessage) -> bytes:
    head = IPv6(src=SRC, dst=DST, hlim=255)
    if isinstance(message, NeighbourSolicitation):
        body = ICMPv6ND_NS(tgt=message.target)
        option = ICMPv6NDOptSrcLLAddr(lladdr=message.source_mac) if message.source_mac else None
    else:
        body = ICMPv6ND_NA(
            tgt=message.target, R=int(message.router), S=int(message.solicited), O=int(message.override)
        )
        option = ICMPv6NDOptDstLLAddr(lladdr=message.target_mac) if message.target_mac else None
    return bytes(head / body / option if option else head / body)[40:]


@given(messages)
def test_what_is_encoded_is_decoded(message: NeighbourMessage) -> None:
    assert ndp.decode(carried(written(message))) == message


@given(messages)
def test_scapy_writes_the_same(message: NeighbourMessage) -> None:
    assert by_scapy(message) == written(message)


def test_keepaliveds_neighbour_advertisement_is_unsolicited() -> None:
    message = ndp.decode(ip.decode(ethernet.decode(real.UNSOLICITED_ADVERTISEMENT)))
    assert message == NeighbourAdvertisement(
        target="fe80::100", target_mac="02:00:00:00:00:0a", override=True, solicited=False
    )
    assert isinstance(message, NeighbourAdvertisement)
    assert message.is_unsolicited
    assert not dataclasses.replace(message, solicited=True).is_unsolicited


SOLICITATION = written(NeighbourSolicitation(target="2001:db8::1", source_mac="02:00:00:00:00:0a"))


def resummed(body: bytes) -> bytes:
    """Put the right checksum into a message that was changed."""
    bare = body[:2] + b"\0\0" + body[4:]
    value = checksum(bare, pseudo_header_sum(SRC, DST, 58, len(bare)))
    return body[:2] + value.to_bytes(2, "big") + body[4:]


@pytest.mark.parametrize(
    ("packet", "reason"),
    [
        (carried(b""), "not a neighbour message"),
        (carried(b"\x80" + SOLICITATION[1:]), "not a neighbour message"),
        (carried(SOLICITATION, protocol=17), "not a neighbour message"),
        (carried(SOLICITATION[:23]), "neighbour message cut short"),
        (carried(SOLICITATION, ttl=254), "neighbour message from beyond the link"),
        (carried(SOLICITATION[:1] + b"\1" + SOLICITATION[2:]), "neighbour message with a code"),
        (carried(SOLICITATION[:-1] + b"\0"), "bad ICMPv6 checksum"),
        (carried(resummed(SOLICITATION[:8] + b"\xff" + SOLICITATION[9:])), "neighbour message about a group"),
        (
            carried(resummed(SOLICITATION[:25] + b"\0" + SOLICITATION[26:])),
            "bad option in a neighbour message",
        ),
        (
            carried(resummed(SOLICITATION[:25] + b"\2" + SOLICITATION[26:])),
            "bad option in a neighbour message",
        ),
        (carried(resummed(SOLICITATION + b"\1")), "bad option in a neighbour message"),
    ],
)
def test_what_rfc_4861_has_us_discard_is_refused(packet: Packet, reason: str) -> None:
    with pytest.raises(DecodeError) as caught:
        ndp.decode(packet)
    assert caught.value.reason == reason


def test_unknown_options_are_passed_over() -> None:
    nonce = bytes.fromhex("0e01aabbccddeeff")
    message = ndp.decode(carried(resummed(SOLICITATION[:24] + nonce + SOLICITATION[24:])))
    assert message == NeighbourSolicitation(target="2001:db8::1", source_mac="02:00:00:00:00:0a")


@given(st.binary(max_size=60), st.sampled_from([b"", b"\x87\0\0\0\0\0\0\0", b"\x88\0\0\0\x20\0\0\0"]))
def test_any_bytes_decode_or_are_refused(data: bytes, head: bytes) -> None:
    body = head + data
    assert outcome(ndp.decode, carried(resummed(body) if len(body) >= 4 else body))
