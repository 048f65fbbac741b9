from __future__ import annotations

import dataclasses
from typing import Any, Literal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scapy.layers.inet import IP
from scapy.layers.inet6 import IPv6
from scapy.layers.vrrp import VRRP, VRRPv3

from hawatch.errors import DecodeError
from hawatch.wire import vrrp
from hawatch.wire.address import address_text
from hawatch.wire.family import Family
from hawatch.wire.ip import BAD_HEADER_CHECKSUM, Packet
from hawatch.wire.vrrp import Advertisement, ChecksumForm, Problem, problems
from tests.decoding import outcome
from tests.frames_by_hand import (
    GROUP4,
    GROUP6,
    HOST4,
    HOST6,
    carp,
    pseudo_header,
    rfc1071,
    vrrp2,
    vrrp3,
)

VIP4, VIP6 = "192.0.2.100", "2001:db8::100"
PEER4 = "192.0.2.2"


IPV4 = Packet(family=Family.IPV4, src=HOST4, dst=GROUP4, ttl=255, ip_id=1, protocol=112, payload=b"")
IPV6 = Packet(family=Family.IPV6, src=HOST6, dst=GROUP6, ttl=255, ip_id=None, protocol=112, payload=b"")


def over4(payload: bytes, **changes: Any) -> Packet:
    return dataclasses.replace(IPV4, payload=payload, **changes)


def over6(payload: bytes, **changes: Any) -> Packet:
    return dataclasses.replace(IPV6, payload=payload, **changes)


def problems_of(packet: Packet) -> tuple[str, ...]:
    return problems(vrrp.decode(packet), packet)


@st.composite
def advertisements(draw: st.DrawFn) -> tuple[Advertisement, str, str, bytes]:
    """A record that can be written, its source and destination, and its trailer."""
    version = draw(st.sampled_from([2, 3]))
    ip_version: Literal[4, 6] = draw(st.sampled_from([4, 6]))
    addresses = st.ip_addresses(v=ip_version).map(lambda address: address_text(address.packed))
    src, dst = draw(addresses), draw(addresses)
    trailer = draw(st.sampled_from([b"", b"\xff" * 28, b"\x01" * 30]))
    authenticated = version == 2 and ip_version == 4
    auth_data = draw(st.binary(min_size=8, max_size=8)) if authenticated else b""
    forms = {ChecksumForm.BAD}
    forms |= {ChecksumForm.PLAIN} if authenticated else {ChecksumForm.PSEUDO_HEADER}
    if version == 3:
        forms.add(ChecksumForm.PLAIN)
        if ip_version == 4:
            forms.add(ChecksumForm.PSEUDO_HEADER_MULTICAST)
    if trailer:
        forms.add(ChecksumForm.WHOLE_PAYLOAD)
    interval = draw(st.integers(0, 255 if version == 2 else 4095)) / (1 if version == 2 else 100)
    advertisement = Advertisement(
        version=version,
        type=draw(st.integers(0, 15)),
        vrid=draw(st.integers(0, 255)),
        priority=draw(st.integers(0, 255)),
        interval_seconds=interval,
        auth_type=draw(st.integers(0, 255)) if version == 2 else 0,
        auth_data=auth_data,
        addresses=tuple(draw(st.lists(addresses, max_size=20))),
        checksum=draw(st.sampled_from(sorted(forms))),
        trailing_bytes=len(trailer),
    )
    return advertisement, src, dst, trailer


@given(advertisements())
def test_what_is_encoded_is_decoded(made: tuple[Advertisement, str, str, bytes]) -> None:
    advertisement, src, dst, trailer = made
    payload = vrrp.encode(advertisement, src=src, dst=dst, trailer=trailer)
    packet = over6(payload, src=src, dst=dst) if ":" in src else over4(payload, src=src, dst=dst)
    back = vrrp.decode(packet)
    assert dataclasses.replace(back, checksum=advertisement.checksum) == advertisement
    if back.checksum is not advertisement.checksum:
        # Sums are 16 bits: by chance another form, which is tried first, fits as well. Then it fits truly.
        assert back.checksum is not ChecksumForm.BAD
        assert vrrp.encode(back, src=src, dst=dst, trailer=trailer) == payload


@given(st.binary(max_size=80), st.booleans(), st.sampled_from([0x21, 0x31, 0x41, 0x22, 0x00]))
def test_any_bytes_decode_or_are_refused(data: bytes, ipv6: bool, first: int) -> None:
    for payload in (data, bytes((first,)) + data):
        packet = over6(payload) if ipv6 else over4(payload)
        advertisement = outcome(vrrp.decode, packet)
        assert advertisement
        if isinstance(advertisement, Advertisement):
            assert advertisement.trailing_bytes < len(payload)
            assert set(problems(advertisement, packet)) <= set(Problem)


def test_version_2_is_read() -> None:
    packet = over4(vrrp2(VIP4, "192.0.2.101", priority=150, interval=3, auth_type=1, auth_data=b"secret\0\0"))
    assert vrrp.decode(packet) == Advertisement(
        version=2,
        type=1,
        vrid=51,
        priority=150,
        interval_seconds=3.0,
        auth_type=1,
        auth_data=b"secret\0\0",
        addresses=(VIP4, "192.0.2.101"),
        checksum=ChecksumForm.PLAIN,
        trailing_bytes=0,
    )


def test_version_3_is_read_over_both_families() -> None:
    for packet, vip in [
        (over4(vrrp3(VIP4, pseudo=(HOST4, GROUP4), centiseconds=10)), VIP4),
        (over6(vrrp3(VIP6, pseudo=(HOST6, GROUP6), centiseconds=10)), VIP6),
    ]:
        assert vrrp.decode(packet) == Advertisement(
            version=3,
            type=1,
            vrid=51,
            priority=100,
            interval_seconds=0.1,
            addresses=(vip,),
            checksum=ChecksumForm.PSEUDO_HEADER,
        )
        assert problems_of(packet) == ()


def test_version_2_over_ipv6_has_no_authentication_data() -> None:
    head = bytes.fromhex("213364010001")
    tail = bytes.fromhex("20010db8000000000000000000000100")
    value = rfc1071(pseudo_header(HOST6, GROUP6, 24) + head + b"\0\0" + tail)
    packet = over6(head + value.to_bytes(2, "big") + tail)
    advertisement = vrrp.decode(packet)
    assert advertisement.addresses == (VIP6,)
    assert (advertisement.auth_data, advertisement.trailing_bytes) == (b"", 0)
    assert advertisement.checksum is ChecksumForm.PSEUDO_HEADER
    assert problems_of(packet) == ()


def test_version_2_without_its_authentication_data_is_read() -> None:
    packet = over4(vrrp2(VIP4, auth_data=b""))
    advertisement = vrrp.decode(packet)
    assert (advertisement.auth_data, advertisement.trailing_bytes) == (b"", 0)
    assert advertisement.checksum is ChecksumForm.PLAIN
    assert problems_of(packet) == ()


def test_the_reserved_bits_of_version_3_are_ignored() -> None:
    packet = over4(vrrp3(VIP4, pseudo=(HOST4, GROUP4), centiseconds=4095, reserved=15))
    assert vrrp.decode(packet).interval_seconds == 40.95
    assert problems_of(packet) == ()


@pytest.mark.parametrize(
    ("packet", "form"),
    [
        (over4(vrrp2(VIP4)), ChecksumForm.PLAIN),
        (over4(vrrp3(VIP4, pseudo=(HOST4, GROUP4))), ChecksumForm.PSEUDO_HEADER),
        (over4(vrrp3(VIP4, pseudo=(HOST4, PEER4)), dst=PEER4), ChecksumForm.PSEUDO_HEADER),
        (over4(vrrp3(VIP4, pseudo=None)), ChecksumForm.PLAIN),
        (over4(vrrp3(VIP4, pseudo=(HOST4, GROUP4)), dst=PEER4), ChecksumForm.PSEUDO_HEADER_MULTICAST),
        (over4(vrrp2(VIP4, auth_type=254, summed_trailer=b"\x5a" * 30)), ChecksumForm.WHOLE_PAYLOAD),
        (over4(vrrp3(VIP4, pseudo=(HOST4, PEER4))), ChecksumForm.BAD),
        (over6(vrrp3(VIP6, pseudo=(HOST6, GROUP6))), ChecksumForm.PSEUDO_HEADER),
        (over6(vrrp3(VIP6, pseudo=None)), ChecksumForm.PLAIN),
        (over6(vrrp3(VIP6, pseudo=(HOST6, "ff02::13"))), ChecksumForm.BAD),
    ],
)
def test_every_live_form_of_checksum_is_told(packet: Packet, form: ChecksumForm) -> None:
    assert vrrp.decode(packet).checksum is form
    assert problems_of(packet) == ((Problem.CHECKSUM,) if form is ChecksumForm.BAD else ())


def test_version_2_with_a_pseudo_header_is_damaged() -> None:
    payload = bytearray(vrrp2(VIP4))
    head = pseudo_header(HOST4, GROUP4, len(payload)) + bytes(payload[:6]) + b"\0\0"
    payload[6:8] = rfc1071(head + bytes(payload[8:])).to_bytes(2, "big")
    assert vrrp.decode(over4(bytes(payload))).checksum is ChecksumForm.BAD


def test_cisco_md5_is_summed_with_its_30_bytes() -> None:
    packet = over4(vrrp2(VIP4, auth_type=254, summed_trailer=bytes(range(30))))
    advertisement = vrrp.decode(packet)
    assert (advertisement.auth_type, advertisement.trailing_bytes) == (254, 30)
    assert advertisement.checksum is ChecksumForm.WHOLE_PAYLOAD
    assert problems_of(packet) == ()


@pytest.mark.parametrize(
    ("packet", "form"),
    [
        (over4(vrrp2(VIP4, trailer=b"\x5a" * 28)), ChecksumForm.PLAIN),
        (over4(vrrp3(VIP4, pseudo=(HOST4, GROUP4), trailer=b"\x5a" * 28)), ChecksumForm.PSEUDO_HEADER),
    ],
)
def test_keepaliveds_hmac_trailer_is_outside_of_the_sum(packet: Packet, form: ChecksumForm) -> None:
    advertisement = vrrp.decode(packet)
    assert (advertisement.trailing_bytes, advertisement.checksum) == (28, form)
    assert advertisement.addresses == (VIP4,)
    assert problems_of(packet) == ()


def test_the_kernel_sums_an_appended_digest_over_ipv6() -> None:
    message, digest = vrrp3(VIP6, pseudo=(HOST6, GROUP6)), b"\x5a" * 28
    value = rfc1071(pseudo_header(HOST6, GROUP6, 52) + message[:6] + b"\0\0" + message[8:] + digest)
    packet = over6(message[:6] + value.to_bytes(2, "big") + message[8:] + digest)
    assert vrrp.decode(packet).checksum is ChecksumForm.WHOLE_PAYLOAD
    assert problems_of(packet) == ()


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "VRRP header cut short"),
        (vrrp2(VIP4)[:7], "VRRP header cut short"),
        (vrrp2(VIP4)[:11], "address list cut short"),
        (b"\x11" + vrrp2(VIP4)[1:], "unknown version"),
        (b"\x41" + vrrp2(VIP4)[1:], "unknown version"),
        (carp(), "carp"),
    ],
)
def test_what_is_no_advertisement_is_refused_with_a_reason(payload: bytes, reason: str) -> None:
    with pytest.raises(DecodeError) as caught:
        vrrp.decode(over4(payload))
    assert caught.value.reason == reason


def test_the_family_decides_how_long_an_address_is() -> None:
    with pytest.raises(DecodeError, match="address list cut short"):
        vrrp.decode(over6(vrrp3(VIP4, pseudo=None)))


@pytest.mark.parametrize(
    ("packet", "expected"),
    [
        (over4(vrrp2(VIP4), ttl=254), [Problem.TTL]),
        (over6(vrrp3(VIP6, pseudo=(HOST6, GROUP6)), ttl=64), [Problem.TTL]),
        (over4(vrrp2(VIP4, vrid=0)), [Problem.VRID]),
        (over4(vrrp2(VIP4, interval=0)), [Problem.INTERVAL]),
        (over4(vrrp3(VIP4, pseudo=None, centiseconds=0)), [Problem.INTERVAL]),
        (over4(vrrp3(pseudo=None)), [Problem.NO_ADDRESSES]),
        (over4(vrrp2()), []),
        (over4(vrrp2(VIP4, priority=0)), []),
        (over4(vrrp2(VIP4, auth_type=3)), [Problem.AUTH_TYPE]),
        (over4(vrrp2(VIP4, auth_type=1, auth_data=b"")), [Problem.AUTH_DATA]),
        (over4(vrrp2(VIP4, auth_type=2)), [Problem.AUTH_HEADER]),
        (over4(vrrp2(VIP4, auth_type=2), authenticated=True), []),
        (over4(vrrp2(VIP4), problems=(BAD_HEADER_CHECKSUM,)), [BAD_HEADER_CHECKSUM]),
        (
            over4(vrrp2(VIP4, vrid=0)[:-1] + b"\x01", ttl=1),
            [Problem.TTL, Problem.CHECKSUM, Problem.VRID],
        ),
    ],
)
def test_what_a_receiver_refuses_is_listed(packet: Packet, expected: list[str]) -> None:
    assert list(problems_of(packet)) == expected


def test_another_type_than_advertisement_is_a_problem() -> None:
    advertisement = vrrp.decode(over4(vrrp2(VIP4)))
    for kind in (0, 2, 15):
        other = dataclasses.replace(advertisement, type=kind)
        assert problems(other, over4(b"")) == (Problem.TYPE,)


@pytest.mark.parametrize("ttl", [1, 64, 255])
def test_the_ttl_says_nothing_against_a_unicast_peer(ttl: int) -> None:
    assert problems_of(over4(vrrp3(VIP4, pseudo=None), dst=PEER4, ttl=ttl)) == ()
    assert problems_of(over6(vrrp3(VIP6, pseudo=(HOST6, "2001:db8::2")), dst="2001:db8::2", ttl=ttl)) == ()


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"interval_seconds": 256.0}, "cannot say"),
        ({"version": 3, "interval_seconds": 41.0, "auth_data": b""}, "cannot say"),
        ({"addresses": (VIP6,)}, "another family"),
        ({"trailing_bytes": 3}, "trailing bytes"),
        ({"vrid": 256}, "range"),
    ],
)
def test_what_cannot_be_written_is_a_value_error(change: dict[str, Any], complaint: str) -> None:
    advertisement = vrrp.decode(over4(vrrp2(VIP4)))
    with pytest.raises(ValueError, match=complaint):
        vrrp.encode(dataclasses.replace(advertisement, **change), src=HOST4, dst=GROUP4)


@given(advertisements())
def test_scapy_reads_what_is_encoded(made: tuple[Advertisement, str, str, bytes]) -> None:
    advertisement, src, dst, _ = made
    plain = dataclasses.replace(
        advertisement,
        type=1,
        trailing_bytes=0,
        checksum=ChecksumForm.PLAIN if advertisement.version == 2 else ChecksumForm.PSEUDO_HEADER,
    )
    assume(plain.addresses)  # scapy takes none for not VRRP
    payload = vrrp.encode(plain, src=src, dst=dst)
    network = IPv6(src=src, dst=dst) if ":" in src else IP(src=src, dst=dst)
    if plain.version == 2:
        if ":" in src:
            return  # scapy knows version 2 over IPv4 only
        theirs = VRRP(payload)
        assert (theirs.authtype, theirs.adv) == (plain.auth_type, plain.interval_seconds)
        assert theirs.auth1.to_bytes(4, "big") + theirs.auth2.to_bytes(4, "big") == plain.auth_data
    else:
        theirs = VRRPv3(payload, _underlayer=network)
        assert theirs.adv == round(plain.interval_seconds * 100)
    assert (theirs.version, theirs.type, theirs.vrid) == (plain.version, 1, plain.vrid)
    assert (theirs.priority, tuple(theirs.addrlist)) == (plain.priority, plain.addresses)
    del theirs.chksum
    assert bytes(network / theirs)[-len(payload) :] == payload  # scapy computes the same checksum


@given(advertisements())
def test_what_scapy_writes_is_decoded(made: tuple[Advertisement, str, str, bytes]) -> None:
    advertisement, src, dst, _ = made
    assume(advertisement.addresses and not (":" in src and advertisement.version == 2))
    layer = VRRP if advertisement.version == 2 else VRRPv3
    unit = 1 if advertisement.version == 2 else 100
    network = IPv6(src=src, dst=dst) if ":" in src else IP(src=src, dst=dst)
    theirs = layer(
        vrid=advertisement.vrid,
        priority=advertisement.priority,
        adv=round(advertisement.interval_seconds * unit),
        addrlist=list(advertisement.addresses),
    )
    payload = bytes(network / theirs)[len(network) :]
    packet = over6(payload, src=src, dst=dst) if ":" in src else over4(payload, src=src, dst=dst)
    back = vrrp.decode(packet)
    assert (back.vrid, back.priority) == (advertisement.vrid, advertisement.priority)
    assert (back.interval_seconds, back.addresses) == (
        advertisement.interval_seconds,
        advertisement.addresses,
    )
    assert back.checksum is (ChecksumForm.PLAIN if back.version == 2 else ChecksumForm.PSEUDO_HEADER)
    assert back.trailing_bytes == 0
