from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch.wire.address import (
    address_bytes,
    address_list,
    address_text,
    family_of,
    is_multicast,
    mac_bytes,
    mac_text,
    multicast_mac,
    solicited_node,
)
from hawatch.wire.checksum import checksum, ones_sum, pseudo_header_sum
from hawatch.wire.family import Family
from tests.frames_by_hand import pseudo_header, rfc1071


@given(st.ip_addresses())
def test_text_and_bytes_are_each_other(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    text = address_text(address.packed)
    assert ipaddress.ip_address(text) == address
    assert address_bytes(text) == address.packed
    assert is_multicast(text) == address.is_multicast
    assert family_of(text) == (Family.IPV4 if address.version == 4 else Family.IPV6)


def test_ipv6_text_is_canonical() -> None:
    assert address_text(bytes.fromhex("20010db8000000000000000000000001")) == "2001:db8::1"


def test_a_list_of_addresses_is_cut_by_size() -> None:
    assert address_list(bytes.fromhex("c0000201c0000202"), 4) == ("192.0.2.1", "192.0.2.2")
    assert address_list(b"", 16) == ()


@given(st.binary(min_size=6, max_size=6))
def test_mac_text_and_bytes_are_each_other(raw: bytes) -> None:
    assert mac_bytes(mac_text(raw)) == raw
    assert mac_text(raw) == mac_text(raw).lower()


@pytest.mark.parametrize(
    ("group", "mac"),
    [
        ("224.0.0.18", "01:00:5e:00:00:12"),
        ("239.255.1.2", "01:00:5e:7f:01:02"),
        ("ff02::12", "33:33:00:00:00:12"),
        ("ff02::1:ff28:9c5a", "33:33:ff:28:9c:5a"),
    ],
)
def test_groups_have_their_mac(group: str, mac: str) -> None:
    assert multicast_mac(group) == mac


def test_a_solicited_node_group_ends_in_the_address() -> None:
    assert solicited_node("4037::01:800:200e:8c6c") == "ff02::1:ff0e:8c6c"  # RFC 4291's own example


@given(st.binary(min_size=1, max_size=64))
def test_the_sum_is_that_of_rfc_1071(data: bytes) -> None:
    if any(data):
        assert checksum(data) == rfc1071(data)


@given(st.binary(min_size=4, max_size=60).filter(lambda data: len(data) % 2 == 0))
def test_a_message_with_its_checksum_sums_to_zero(data: bytes) -> None:
    assert ones_sum(data + checksum(data).to_bytes(2, "big")) == 0


@given(
    st.tuples(st.ip_addresses(v=4), st.ip_addresses(v=4))
    | st.tuples(st.ip_addresses(v=6), st.ip_addresses(v=6)),
    st.integers(0, 65535),
)
def test_the_pseudo_header_is_summed_without_being_built(
    ends: tuple[ipaddress.IPv4Address | ipaddress.IPv6Address, ...], length: int
) -> None:
    src, dst = map(str, ends)
    assert pseudo_header_sum(src, dst, 112, length) % 65535 == ones_sum(pseudo_header(src, dst, length))
