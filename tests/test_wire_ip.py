from __future__ import annotations

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP
from scapy.layers.inet6 import (
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting,
)
from scapy.layers.ipsec import AH

from hawatch.errors import DecodeError
from hawatch.wire import ip
from hawatch.wire.address import address_text
from hawatch.wire.ethernet import Frame
from hawatch.wire.family import Family
from hawatch.wire.ip import BAD_HEADER_CHECKSUM, Packet, PacketError, decode_ipv4, decode_ipv6
from tests.decoding import outcome
from tests.frames_by_hand import authentication_header, ipv4, ipv6

PAYLOAD = b"payload!"


@st.composite
def packets(draw: st.DrawFn) -> Packet:
    version: Literal[4, 6] = draw(st.sampled_from([4, 6]))
    ends = st.ip_addresses(v=version).map(lambda address: address_text(address.packed))
    wrappers = {0, 43, 44, 51, 60, 135}
    return Packet(
        family=Family.IPV4 if version == 4 else Family.IPV6,
        src=draw(ends),
        dst=draw(ends),
        ttl=draw(st.integers(0, 255)),
        protocol=draw(st.integers(0, 255).filter(lambda number: number not in wrappers)),
        ip_id=draw(st.integers(0, 65535)) if version == 4 else None,
        payload=draw(st.binary(max_size=60)),
    )


def decode(data: bytes) -> Packet:
    return decode_ipv4(data) if data[0] >> 4 == 4 else decode_ipv6(data)


def refusal(data: bytes) -> PacketError:
    with pytest.raises(PacketError) as caught:
        decode(data)
    return caught.value


def test_an_ipv4_packet_is_read() -> None:
    assert decode_ipv4(ipv4(PAYLOAD, ttl=254, ip_id=7)) == Packet(
        family=Family.IPV4,
        src="192.0.2.1",
        dst="224.0.0.18",
        ttl=254,
        protocol=112,
        ip_id=7,
        payload=PAYLOAD,
    )


def test_an_ipv6_packet_is_read_and_has_no_identification() -> None:
    assert decode_ipv6(ipv6(PAYLOAD, hop_limit=64)) == Packet(
        family=Family.IPV6,
        src="fe80::1",
        dst="ff02::12",
        ttl=64,
        protocol=112,
        ip_id=None,
        payload=PAYLOAD,
    )


@pytest.mark.parametrize("padding", [6, 14])
def test_padding_is_cut_at_the_length_the_header_tells(padding: int) -> None:
    assert decode_ipv4(ipv4(PAYLOAD) + bytes(padding)).payload == PAYLOAD
    assert decode_ipv6(ipv6(PAYLOAD) + bytes(padding)).payload == PAYLOAD


def test_ipv4_options_are_skipped_and_summed() -> None:
    packet = decode_ipv4(ipv4(PAYLOAD, options=bytes.fromhex("94040000")))
    assert (packet.payload, packet.problems) == (PAYLOAD, ())


def test_a_wrong_header_checksum_is_a_problem_and_not_an_end() -> None:
    damaged = bytearray(ipv4(PAYLOAD))
    damaged[8] -= 1  # a TTL changed on the way, the checksum not
    packet = decode_ipv4(bytes(damaged))
    assert (packet.problems, packet.payload) == ((BAD_HEADER_CHECKSUM,), PAYLOAD)


@pytest.mark.parametrize(
    ("fragment", "left"),
    [(0x2000, PAYLOAD), (0x0001, b""), (0x2001, b"")],
)
def test_an_ipv4_fragment_is_refused_and_only_the_first_keeps_its_payload(fragment: int, left: bytes) -> None:
    error = refusal(ipv4(PAYLOAD, fragment=fragment))
    assert (error.reason, error.packet.protocol, error.packet.payload) == ("IPv4 fragment", 112, left)


def test_do_not_fragment_is_no_fragment() -> None:
    assert decode_ipv4(ipv4(PAYLOAD, fragment=0x4000)).payload == PAYLOAD


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (ipv4(PAYLOAD, total=400), "IPv4 packet cut short"),
        (ipv4(PAYLOAD)[:-1], "IPv4 packet cut short"),
        (ipv4(PAYLOAD, total=19), "bad IPv4 header length"),
        (b"\x44" + ipv4(PAYLOAD)[1:], "bad IPv4 header length"),
        (b"\x4f" + ipv4(PAYLOAD)[1:], "bad IPv4 header length"),
        (ipv6(PAYLOAD, length=9), "IPv6 packet cut short"),
    ],
)
def test_a_wrong_length_is_refused_by_whom_it_came_from(data: bytes, reason: str) -> None:
    error = refusal(data)
    assert error.reason == reason
    assert error.packet.src in {"192.0.2.1", "fe80::1"}
    assert error.packet.protocol == 112


@pytest.mark.parametrize(
    ("data", "reason"),
    [(ipv4(b"")[:19], "IPv4 header cut short"), (b"\x65" + ipv4(b"")[1:], "not IPv4")],
)
def test_less_than_an_ipv4_header_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(DecodeError, match=reason):
        decode_ipv4(data)


@pytest.mark.parametrize(
    ("data", "reason"),
    [(ipv6(b"")[:39], "IPv6 header cut short"), (b"\x45" + ipv6(b"")[1:], "not IPv6")],
)
def test_less_than_an_ipv6_header_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(DecodeError, match=reason):
        decode_ipv6(data)


@pytest.mark.parametrize("icv", [b"", bytes(4), bytes(12), bytes(20)])
def test_an_authentication_header_of_any_length_is_taken_off_ipv4(icv: bytes) -> None:
    packet = decode_ipv4(ipv4(authentication_header(PAYLOAD, icv=icv), protocol=51))
    assert (packet.protocol, packet.payload, packet.authenticated) == (112, PAYLOAD, True)


def test_an_authentication_header_is_taken_off_ipv6_in_units_of_eight() -> None:
    packet = decode_ipv6(ipv6(authentication_header(PAYLOAD, icv=bytes(12)), next_header=51))
    assert (packet.protocol, packet.payload, packet.authenticated) == (112, PAYLOAD, True)
    error = refusal(ipv6(authentication_header(PAYLOAD, icv=bytes(16)), next_header=51))
    assert (error.reason, error.packet.protocol) == ("bad authentication header length", 112)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (bytes.fromhex("7000000000000100") + bytes(16), "bad authentication header length"),
        (bytes.fromhex("70ff000000000100") + bytes(16), "extension header cut short"),
        (bytes.fromhex("7004"), "extension header cut short"),
    ],
)
def test_a_broken_authentication_header_still_tells_what_it_hides(header: bytes, reason: str) -> None:
    error = refusal(ipv4(header, protocol=51))
    assert (error.reason, error.packet.protocol, error.packet.payload) == (reason, 112, b"")


def test_nothing_behind_the_header_that_promises_more_is_refused() -> None:
    assert refusal(ipv4(b"", protocol=51)).packet.protocol == 51


def test_extension_headers_are_walked_through() -> None:
    chain = (
        IPv6(src="fe80::1", dst="ff02::12", hlim=255)
        / IPv6ExtHdrHopByHop()
        / IPv6ExtHdrDestOpt()
        / IPv6ExtHdrRouting(addresses=[])
        / IPv6ExtHdrFragment(offset=0, m=0, nh=51)
        / AH(nh=112, payloadlen=4, icv=bytes(12))
        / PAYLOAD
    )
    packet = decode_ipv6(bytes(chain))
    assert (packet.protocol, packet.payload, packet.authenticated) == (112, PAYLOAD, True)


@pytest.mark.parametrize(("offset", "more", "left"), [(0, 1, PAYLOAD), (1, 0, b""), (5, 1, b"")])
def test_an_ipv6_fragment_is_refused(offset: int, more: int, left: bytes) -> None:
    fragment = (
        IPv6(src="fe80::1", dst="ff02::12") / IPv6ExtHdrFragment(offset=offset, m=more, nh=112) / PAYLOAD
    )
    error = refusal(bytes(fragment))
    assert (error.reason, error.packet.protocol, error.packet.payload) == ("IPv6 fragment", 112, left)


def test_the_ethertype_decides_and_not_the_version_within() -> None:
    def frame(ethertype: int, payload: bytes) -> Frame:
        return Frame(dst_mac="", src_mac="", vlans=(), ethertype=ethertype, payload=payload)

    assert ip.decode(frame(0x0800, ipv4(PAYLOAD))).family is Family.IPV4
    assert ip.decode(frame(0x86DD, ipv6(PAYLOAD))).family is Family.IPV6
    for ethertype, payload, reason in [
        (0x0800, ipv6(PAYLOAD), "not IPv4"),
        (0x86DD, ipv4(bytes(60)), "not IPv6"),
        (0x0806, ipv4(PAYLOAD), "not IP"),
    ]:
        with pytest.raises(DecodeError, match=f"^{reason}$"):
            ip.decode(frame(ethertype, payload))


@given(packets())
def test_what_is_encoded_is_decoded(packet: Packet) -> None:
    assert decode(ip.encode(packet)) == packet


@given(packets())
def test_scapy_reads_what_is_encoded(packet: Packet) -> None:
    data = ip.encode(packet)
    theirs = IP(data) if packet.family is Family.IPV4 else IPv6(data)
    rebuilt = type(theirs)(data)
    if packet.family is Family.IPV4:
        assert (theirs.src, theirs.ttl, theirs.proto, theirs.id) == (
            packet.src,
            packet.ttl,
            packet.protocol,
            packet.ip_id,
        )
        del rebuilt.chksum
        assert IP(bytes(rebuilt)).chksum == theirs.chksum
    else:
        assert (theirs.hlim, theirs.nh, theirs.plen) == (packet.ttl, packet.protocol, len(packet.payload))


def test_an_authentication_header_is_not_written_without_a_key() -> None:
    packet = decode_ipv4(ipv4(authentication_header(PAYLOAD), protocol=51))
    with pytest.raises(ValueError, match="key"):
        ip.encode(packet)


@given(st.binary(max_size=100), st.sampled_from([0x45, 0x46, 0x4F, 0x60, 0x00]))
def test_any_bytes_decode_or_are_refused(data: bytes, first: int) -> None:
    for read in (decode_ipv4, decode_ipv6):
        assert outcome(read, bytes((first,)) + data)


@given(st.lists(st.sampled_from([0, 43, 44, 51, 60, 135, 112]), max_size=6), st.data())
def test_any_chain_of_extension_headers_ends(chain: list[int], data: st.DataObject) -> None:
    payload = b""
    for following in chain:
        payload += bytes((following, data.draw(st.integers(0, 3)))) + data.draw(
            st.binary(min_size=6, max_size=14)
        )
    try:
        packet = decode_ipv6(ipv6(payload, next_header=data.draw(st.sampled_from([0, 43, 44, 51, 60, 135]))))
    except PacketError as error:
        packet = error.packet
    assert len(packet.payload) <= len(payload)
