"""What Linux says under /proc: read as it is written, and whatever else comes is refused in one way."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch.errors import DecodeError
from hawatch.kernel.counters import REVERSE_PATH_DROPS, read_counter, read_counters
from hawatch.kernel.membership import Membership, read_igmp, read_igmp6, users_of
from hawatch.kernel.own_addresses import read_own_addresses, steady_source
from hawatch.kernel.processor import (
    ProcessorTime,
    read_processor_time,
    read_run_delay,
    read_waiting,
    stolen_share,
)
from hawatch.kernel.raw_sockets import RawSocket, read_raw_sockets
from hawatch.kernel.sysctl import ReversePath, read_number, reverse_path, sysctl_name, sysctl_path
from hawatch.wire.address import address_text

devices = st.from_regex(r"[a-z][a-z0-9.-]{0,14}", fullmatch=True)
users = st.integers(1, 9)
memberships4 = st.builds(
    Membership, interface=devices, group=st.ip_addresses(v=4, network="224.0.0.0/4").map(str), users=users
)
memberships6 = st.builds(
    Membership, interface=devices, group=st.ip_addresses(v=6, network="ff00::/8").map(str), users=users
)


def as_words(packed: bytes) -> str:
    """As /proc/net prints an address: 32 bits at a time, as numbers of this machine's byte order."""
    words = [packed[at : at + 4] for at in range(0, len(packed), 4)]
    return "".join(f"{int.from_bytes(word, sys.byteorder):08X}" for word in words)


def igmp(memberships: list[Membership]) -> str:
    lines = ["Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter"]
    for number, each in enumerate(memberships):
        lines.append(f"{number}\t{each.interface:<10}: {1:5} {'V3':>7}")
        group = as_words(IPv4Address(each.group).packed)
        lines.append(f"\t\t\t\t{group:<8} {each.users:5} 0:00000000\t\t0")
    return "\n".join(lines) + "\n"


def igmp6(memberships: list[Membership]) -> str:
    return "".join(
        f"{4:<4} {each.interface:<15} {IPv6Address(each.group).packed.hex()} {each.users:5} 00000004 0\n"
        for each in memberships
    )


@given(st.lists(memberships4, max_size=5))
def test_every_ipv4_membership_is_read_back(memberships: list[Membership]) -> None:
    assert list(read_igmp(igmp(memberships))) == memberships


@given(st.lists(memberships6, max_size=5))
def test_every_ipv6_membership_is_read_back(memberships: list[Membership]) -> None:
    assert list(read_igmp6(igmp6(memberships))) == memberships


def test_several_groups_of_a_device_are_told_apart_and_nobody_is_zero() -> None:
    text = igmp([Membership(interface="eth0", group="224.0.0.18", users=2)])
    text += "\t\t\t\t010000E0     1 0:00000000\t\t0\n"
    table = read_igmp(text)
    assert users_of(table, "eth0", "224.0.0.18") == 2
    assert users_of(table, "eth0", "224.0.0.1") == (1 if sys.byteorder == "little" else 0)
    assert users_of(table, "eth1", "224.0.0.18") == 0


def test_this_hosts_own_files_can_be_read() -> None:
    for name, reader in (("igmp", read_igmp), ("raw", read_raw_sockets), ("netstat", read_counters)):
        with open(f"/proc/net/{name}", encoding="ascii") as file:  # noqa: PTH123
            assert reader(file.read()) is not None
    with open("/proc/stat", encoding="ascii") as file:  # noqa: PTH123
        assert read_processor_time(file.read()).total > 0


NETSTAT = (
    "TcpExt: SyncookiesSent IPReversePathFilter\nTcpExt: 3 17\nIpExt: InNoRoutes InMcastPkts\nIpExt: 0 9\n"
)


def test_the_reverse_path_counter_is_found_among_the_others() -> None:
    counters = read_counters(NETSTAT)
    assert counters[REVERSE_PATH_DROPS] == 17
    assert counters["IpExt", "InMcastPkts"] == 9
    assert [read_counter(NETSTAT, wanted) for wanted in counters] == list(counters.values())


def test_a_counter_that_this_kernel_does_not_have_is_none() -> None:
    assert read_counter(NETSTAT, ("TcpExt", "InMcastPkts")) is None
    assert read_counter(NETSTAT, ("Icmp", "InMsgs")) is None


@pytest.mark.parametrize("text", ["TcpExt: A\n", "TcpExt: IPReversePathFilter\nTcpExt: x\n"])
def test_a_counter_whose_rows_do_not_belong_together_is_refused(text: str) -> None:
    with pytest.raises(DecodeError):
        read_counter(text, REVERSE_PATH_DROPS)


@pytest.mark.parametrize("text", ["TcpExt: A\n", "TcpExt: A\nTcpExt: 1 2\n", "A: x\nB: 1\n", "x\ny\n"])
def test_counters_without_their_names_are_refused(text: str) -> None:
    with pytest.raises(DecodeError):
        read_counters(text)


def test_pressure_is_the_total_of_the_line_some() -> None:
    text = "some avg10=0.18 avg60=0.49 avg300=1.64 total=4514297373\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"
    assert read_waiting(text) == 4514297373


def test_how_long_a_task_waited_for_a_processor_is_the_second_number_of_schedstat() -> None:
    assert read_run_delay("101391 68322000 1\n") == pytest.approx(0.068322)


@pytest.mark.parametrize("text", ["", "1 2", "1 two 3", "1 2 3 4", "1 -2 3"])
def test_what_is_no_schedstat_is_refused(text: str) -> None:
    with pytest.raises(DecodeError):
        read_run_delay(text)


def test_stolen_time_is_a_share_of_all_of_it_and_guests_are_not_counted_twice() -> None:
    first = read_processor_time("cpu  100 0 50 800 0 0 0 50 30 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n")
    assert first == ProcessorTime(total=1000, stolen=50)
    assert stolen_share(first, ProcessorTime(total=1200, stolen=100)) == 0.25
    assert stolen_share(first, first) is None
    assert stolen_share(first, ProcessorTime(total=1200, stolen=40)) == 0.0  # the counter may go back


@pytest.mark.parametrize(
    ("everywhere", "device", "force"),
    [
        (0, 0, ReversePath.OFF),
        (1, 0, ReversePath.STRICT),
        (0, 1, ReversePath.STRICT),
        (2, 1, ReversePath.LOOSE),
        (0, 2, ReversePath.LOOSE),
    ],
)
def test_the_greater_reverse_path_filter_is_in_force(
    everywhere: int, device: int, force: ReversePath
) -> None:
    assert reverse_path(everywhere, device) is force


def test_a_sysctl_of_a_device_with_a_dot_is_named_with_slashes() -> None:
    assert sysctl_name("ipv4", "eth0", "rp_filter") == "net.ipv4.conf.eth0.rp_filter"
    assert sysctl_name("ipv4", "eth0.7", "rp_filter") == "net/ipv4/conf/eth0.7/rp_filter"
    assert sysctl_path("ipv4", "eth0.7", "rp_filter") == "net/ipv4/conf/eth0.7/rp_filter"


@given(st.sampled_from((51, 112)), st.ip_addresses(), st.integers(0, 2**32 - 1), st.integers(1, 2**31))
def test_a_raw_socket_is_read_back(
    protocol: int, address: IPv4Address | IPv6Address, uid: int, inode: int
) -> None:
    line = (
        f"  {protocol}: {as_words(address.packed)}:{protocol:04X} {as_words(bytes(len(address.packed)))}:0000"
        f" 07 00000000:00000000 00:00000000 00000000 {uid:5}        0 {inode} 2 0000000000000000 0\n"
    )
    (read,) = read_raw_sockets("  sl  local_address rem_address   st ...\n" + line)
    assert read == RawSocket(protocol=protocol, address=address_text(address.packed), uid=uid, inode=inode)
    assert read.bound_to_group is address.is_multicast


READERS: list[Callable[[str], object]] = [
    read_igmp,
    read_igmp6,
    read_counters,
    read_waiting,
    read_processor_time,
    read_raw_sockets,
    read_number,
]
ALIKE = st.text(st.sampled_from("Idx eth0:\t\n 0123456789ABCDEF-_=some total cpu"), max_size=200)


@pytest.mark.parametrize("reader", READERS)
@given(text=st.text(max_size=200) | ALIKE | ALIKE.map("Idx\n".__add__) | ALIKE.map("sl\n ".__add__))
def test_any_text_is_read_or_refused(reader: Callable[[str], object], text: str) -> None:
    with suppress(DecodeError):
        assert reader(text) is not None


IF_INET6 = """\
fd000000000000000000000000000011 02 40 00 80     eth0
fd000000000000000000000000000100 02 40 00 80     eth0
fd000000000000000000000000000f12 02 40 00 a0     eth0
fd000000000000000000000000000013 02 40 00 c0     eth0
fd010000000000000000000000000001 03 40 00 80     eth1
fe80000000000000000000fffe00000b 02 40 20 80     eth0
fe800000000000000000000000000100 02 40 20 80     eth0
fe80000000000000000000fffe00010b 03 40 20 80     eth1
00000000000000000000000000000001 01 80 10 80       lo
"""


@pytest.mark.parametrize(
    ("chosen", "moving", "source"),
    [
        ("fd00::11", {"fd00::100"}, None),
        ("fd00::100", {"fd00::100"}, "fd00::11"),
        ("fd00::100", {"fd00::100", "fd00::11"}, "fd00::f12"),
        ("fd00::100", {"fd00::100", "fd00::11", "fd00::f12"}, "fd01::1"),
        ("fd00::100", {"fd00::100", "fd00::11", "fd00::f12", "fd01::1"}, None),
        ("fe80::100", {"fe80::100"}, "fe80::ff:fe00:b"),
        ("fe80::100", {"fe80::100", "fe80::ff:fe00:b"}, None),
    ],
)
def test_in_place_of_a_vip_another_address_of_its_kind_speaks(
    chosen: str, moving: set[str], source: str | None
) -> None:
    assert steady_source(read_own_addresses(IF_INET6), chosen, "fd00::12", moving) == source
