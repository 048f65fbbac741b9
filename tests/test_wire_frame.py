from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch.errors import DecodeError
from hawatch.wire import ethernet, ip
from hawatch.wire.family import Family
from hawatch.wire.frame import (
    CarpFrame,
    MalformedVrrp,
    VrrpFrame,
    decode_vrrp_frame,
    decode_vrrp_packet,
)
from hawatch.wire.link import LinkType
from hawatch.wire.vrrp import ChecksumForm, Problem
from tests import keepalived_frames as real
from tests.decoding import outcome
from tests.frames_by_hand import GROUP4, HOST4, authentication_header, carp, ipv4, ipv6, vrrp2, vrrp3
from tests.frames_by_hand import ethernet as on_ethernet

VIP = "192.0.2.100"
WHOLE = [
    on_ethernet(ipv4(vrrp2(VIP))),
    on_ethernet(ipv4(vrrp3(VIP, pseudo=(HOST4, GROUP4))), (0x88A8, 5), (0x8100, 6)),
    on_ethernet(ipv4(authentication_header(vrrp2(VIP, auth_type=2)), protocol=51)),
    on_ethernet(ipv4(carp())),
    real.V3_IPV6,
]


def read(data: bytes, link_type: int = LinkType.ETHERNET) -> VrrpFrame:
    frame = decode_vrrp_frame(data, link_type)
    assert isinstance(frame, VrrpFrame)
    return frame


@pytest.mark.parametrize(
    ("data", "version", "family", "auth_type", "form", "addresses"),
    [
        (real.V2_PASSWORD, 2, Family.IPV4, 1, "plain", ("192.0.2.100",)),
        (real.V2_AH, 2, Family.IPV4, 2, "plain", ("192.0.2.100",)),
        (real.V2_WITHOUT_VIPS, 2, Family.IPV4, 0, "plain", ()),
        (real.V2_OVER_IPV6, 2, Family.IPV6, 0, "pseudo_header", ("fe80::100", "2001:db8::100")),
        (real.V3, 3, Family.IPV4, 0, "pseudo_header", ("192.0.2.100", "192.0.2.101")),
        (real.V3_IPV6, 3, Family.IPV6, 0, "pseudo_header", ("fe80::100", "2001:db8::100")),
        (real.V3_UNICAST, 3, Family.IPV4, 0, "pseudo_header", ("192.0.2.100",)),
        (real.V3_UNICAST_OLD_CHECKSUM, 3, Family.IPV4, 0, "pseudo_header_multicast", ("192.0.2.100",)),
        (real.V3_IPV6_UNICAST, 3, Family.IPV6, 0, "pseudo_header", ("fe80::100", "2001:db8::100")),
    ],
)
def test_what_keepalived_sends_is_read_and_valid(
    data: bytes, version: int, family: Family, auth_type: int, form: str, addresses: tuple[str, ...]
) -> None:
    frame = read(data)
    said = frame.advertisement
    assert (said.version, said.vrid, said.priority, said.type) == (version, 51, 150, 1)
    assert (said.auth_type, said.checksum, said.addresses) == (auth_type, ChecksumForm(form), addresses)
    assert (frame.packet.family, frame.link.src_mac) == (family, "02:00:00:00:00:0a")
    assert said.trailing_bytes == 0
    assert (frame.problems, frame.valid) == ((), True)


def test_keepalived_resigns_with_its_addresses_kept() -> None:
    frame = read(real.V3_RESIGNATION)
    assert (frame.advertisement.priority, frame.advertisement.interval_seconds) == (0, 0.5)
    assert frame.advertisement.addresses == read(real.V3).advertisement.addresses
    assert frame.packet.ip_id == 8
    assert frame.valid


def test_keepaliveds_password_stands_in_the_authentication_data() -> None:
    assert read(real.V2_PASSWORD).advertisement.auth_data == b"1111\0\0\0\0"


def test_vrrp_is_found_behind_tags_options_authentication_and_padding() -> None:
    inner = authentication_header(vrrp2(VIP, auth_type=2))
    data = on_ethernet(
        ipv4(inner, protocol=51, options=bytes.fromhex("94040000")) + bytes(9),
        (0x88A8, 300),
        (0x9100, 20),
        (0x8100, 1),
    )
    frame = read(data)
    assert frame.link.vlans == (300, 20, 1)
    assert frame.packet.authenticated
    assert frame.advertisement.addresses == (VIP,)
    assert (frame.advertisement.trailing_bytes, frame.problems) == (0, ())


def test_other_links_than_ethernet_carry_vrrp_too() -> None:
    frame = read(ipv4(vrrp2(VIP)), LinkType.RAW)
    assert (frame.link.src_mac, frame.packet.src, frame.valid) == ("", "192.0.2.1", True)


def test_carp_is_told_apart_with_its_own_number() -> None:
    frame = decode_vrrp_frame(on_ethernet(ipv4(carp(vhid=51, advskew=10)) + bytes(6)))
    assert isinstance(frame, CarpFrame)
    assert (frame.announcement.vhid, frame.announcement.advskew, frame.packet.src) == (51, 10, "192.0.2.1")


def test_seven_addresses_do_not_make_carp() -> None:
    vips = [f"192.0.2.{number}" for number in range(1, 8)]
    assert read(on_ethernet(ipv4(vrrp2(*vips)))).advertisement.addresses == tuple(vips)
    assert read(on_ethernet(ipv4(vrrp3(*vips, pseudo=None)))).advertisement.addresses == tuple(vips)


@pytest.mark.parametrize(
    ("data", "reason", "claims"),
    [
        (on_ethernet(ipv4(b"")), "VRRP header cut short", (None, None, None)),
        (on_ethernet(ipv4(b"\x21")), "VRRP header cut short", (2, 1, None)),
        (on_ethernet(ipv4(vrrp2(VIP)[:10])), "address list cut short", (2, 1, 51)),
        (on_ethernet(ipv4(b"\x4f" + vrrp2(VIP)[1:])), "unknown version", (4, 15, 51)),
        (on_ethernet(ipv4(vrrp2(VIP))[:30]), "IPv4 packet cut short", (2, 1, 51)),
        (on_ethernet(ipv4(vrrp2(VIP), fragment=0x2000)), "IPv4 fragment", (2, 1, 51)),
        (on_ethernet(ipv4(vrrp2(VIP), fragment=3)), "IPv4 fragment", (None, None, None)),
        (
            on_ethernet(ipv6(vrrp3("::1", pseudo=None), length=99), ethertype=0x86DD),
            "IPv6 packet cut short",
            (3, 1, 51),
        ),
        (
            on_ethernet(ipv4(authentication_header(vrrp2(VIP))[:20], protocol=51)),
            "extension header cut short",
            (None, None, None),
        ),
    ],
)
def test_broken_vrrp_is_evidence_with_a_sender(
    data: bytes, reason: str, claims: tuple[int | None, int | None, int | None]
) -> None:
    frame = decode_vrrp_frame(data)
    assert isinstance(frame, MalformedVrrp)
    assert (frame.reason, (frame.version, frame.type, frame.vrid)) == (reason, claims)
    assert frame.packet.src in {"192.0.2.1", "fe80::1"}
    assert (frame.packet.ttl, frame.link.src_mac) == (255, "02:00:00:00:00:0a")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (on_ethernet(ipv4(vrrp2(VIP), protocol=17)), "not VRRP"),
        (on_ethernet(ipv4(vrrp2(VIP), protocol=17, fragment=1)), "IPv4 fragment"),
        (real.GRATUITOUS_ARP, "not IP"),
        (real.UNSOLICITED_ADVERTISEMENT, "not VRRP"),
        (b"", "Ethernet header cut short"),
    ],
)
def test_what_is_not_vrrp_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decode_vrrp_frame(data)
    assert caught.value.reason == reason


def test_a_frame_taken_apart_before_is_read_the_same() -> None:
    link = ethernet.decode(real.V3)
    assert decode_vrrp_packet(link, ip.decode(link)) == decode_vrrp_frame(real.V3)


def test_a_changed_ttl_shows_in_both_sums() -> None:
    data = bytearray(real.V3)
    data[22] = 1
    assert read(bytes(data)).problems == ("bad IP header checksum", Problem.TTL)


@given(st.binary(max_size=120), st.sampled_from(list(LinkType)))
def test_any_bytes_decode_or_are_refused(data: bytes, link_type: int) -> None:
    assert outcome(decode_vrrp_frame, data, link_type)


@given(st.sampled_from(WHOLE), st.data())
def test_any_damage_decodes_or_is_refused(whole: bytes, data: st.DataObject) -> None:
    damaged = bytearray(whole[: data.draw(st.integers(0, len(whole)))])
    for _ in range(data.draw(st.integers(0, 4)) if damaged else 0):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    frame = outcome(decode_vrrp_frame, bytes(damaged))
    assert frame
    if not isinstance(frame, str):
        assert isinstance(frame, VrrpFrame | CarpFrame | MalformedVrrp)
        assert frame.packet.protocol == 112


@given(st.sampled_from([real.V2_PASSWORD, real.V3, real.V3_IPV6, real.V3_UNICAST]), st.data())
def test_no_changed_byte_of_an_advertisement_goes_unnoticed(whole: bytes, data: st.DataObject) -> None:
    """Within the sums' reach: all of the payload, and the IPv4 header."""
    start = 14 + (40 if whole[12:14] == b"\x86\xdd" else 0)
    place = data.draw(st.integers(start, len(whole) - 1))
    damaged = bytearray(whole)
    damaged[place] ^= data.draw(st.integers(1, 255))
    frame = outcome(decode_vrrp_frame, bytes(damaged))
    assert not isinstance(frame, VrrpFrame) or not frame.valid
