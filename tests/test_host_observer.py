"""What the host observer tells, and what it does not, of a /proc that the test has written."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawatch.evidence import HostTools, PressureSeen
from hawatch.observers.host.membership import Groups
from hawatch.observers.host.network_tool import LOOK_EVERY, NetworkTool
from hawatch.observers.host.pressure import Pressure
from hawatch.observers.host.reverse_path import ReversePaths

GROUP = ("lo", "224.0.0.18")


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def users(root: Path, number: int) -> None:
    write(
        root,
        "net/igmp",
        f"Idx\tDevice\n1\tlo        :     1      V3\n\t\t\t\t120000E0     {number} 0:0\t\t0\n",
    )
    write(root, "net/igmp6", "")


def test_our_own_membership_is_not_told_and_a_change_is_told_once(tmp_path: Path) -> None:
    joined = {GROUP: 1}
    groups = Groups(tmp_path, [GROUP], joined)
    users(tmp_path, 2)
    assert [each.sockets for each in groups.look(1.0)] == [1]
    assert list(groups.look(2.0)) == []
    users(tmp_path, 1)
    assert [(each.at, each.interface, each.group, each.sockets) for each in groups.look(3.0)] == [
        (3.0, *GROUP, 0)
    ]
    joined[GROUP] = 0  # ours is closed; somebody else's is there now
    assert [each.sockets for each in groups.look(4.0)] == [1]


def test_a_table_that_cannot_be_read_and_a_device_that_is_not_there_are_unknown(tmp_path: Path) -> None:
    groups = Groups(tmp_path, [GROUP, ("missing0", "224.0.0.18")], {})
    assert [each.sockets for each in groups.look(1.0)] == [None, None]
    users(tmp_path, 1)
    assert [(each.interface, each.sockets) for each in groups.look(2.0)] == [("lo", 1)]


def reverse(root: Path, *, everywhere: int, device: int, drops: int) -> None:
    write(root, "sys/net/ipv4/conf/all/rp_filter", f"{everywhere}\n")
    write(root, "sys/net/ipv4/conf/eth0/rp_filter", f"{device}\n")
    write(root, "net/netstat", f"TcpExt: A IPReversePathFilter\nTcpExt: 0 {drops}\n")


def test_drops_are_told_where_the_filter_is_strict_and_as_growth(tmp_path: Path) -> None:
    paths = ReversePaths(tmp_path, ["eth0"])
    reverse(tmp_path, everywhere=0, device=0, drops=100)
    assert [(each.strict, each.dropped) for each in paths.look(1.0)] == [(False, 0)]
    reverse(tmp_path, everywhere=0, device=0, drops=110)
    assert list(paths.look(2.0)) == []  # some other device's
    reverse(tmp_path, everywhere=1, device=0, drops=110)
    assert [(each.strict, each.dropped) for each in paths.look(3.0)] == [(True, 0)]
    assert list(paths.look(4.0)) == []
    reverse(tmp_path, everywhere=1, device=0, drops=113)
    assert [(each.strict, each.dropped) for each in paths.look(5.0)] == [(True, 3)]
    reverse(tmp_path, everywhere=2, device=1, drops=113)
    assert [(each.strict, each.dropped) for each in paths.look(6.0)] == [(False, 0)]


def test_a_filter_that_cannot_be_read_is_neither_strict_nor_not(tmp_path: Path) -> None:
    (seen,) = ReversePaths(tmp_path, ["eth0"]).look(1.0)
    assert (seen.strict, seen.dropped) == (None, None)


def load(root: Path, *, waiting: int, total: int = 100, stolen: int = 0) -> None:
    write(root, "pressure/cpu", f"some avg10=0.00 avg60=0.00 avg300=0.00 total={waiting}\n")
    write(root, "stat", f"cpu  {total - stolen} 0 0 0 0 0 0 {stolen} 0 0\n")


def test_pressure_is_told_when_it_begins_changes_much_and_ends(tmp_path: Path) -> None:
    pressure = Pressure(tmp_path)
    waited, told = 0, []
    for second, share in enumerate((0.0, 0.02, 0.05, 0.12, 0.15, 0.09, 0.40, 0.05, 0.01)):
        waited += round(share * 1_000_000)
        load(tmp_path, waiting=waited)
        told += [round(each.starved_share or 0.0, 2) for each in pressure.look(float(second), 0.0)]
    assert told == [0.02, 0.12, 0.40, 0.05]


def test_stolen_time_is_told_as_well(tmp_path: Path) -> None:
    pressure = Pressure(tmp_path)
    told: list[PressureSeen] = []
    for second, stolen in enumerate((0, 0, 30, 30)):
        load(tmp_path, waiting=0, total=100 * (second + 1), stolen=stolen)
        told += pressure.look(float(second), 0.0)
    assert [each.stolen_share for each in told] == [0.0, 0.3, 0.0]


def test_every_late_awakening_is_told_and_then_that_it_is_over(tmp_path: Path) -> None:
    pressure = Pressure(tmp_path)
    told: list[float] = []
    for second, slept in enumerate((0.0, 0.0, 0.3, 0.2, 0.01, 0.0)):
        load(tmp_path, waiting=0)
        told += [each.slept for each in pressure.look(float(second), slept)]
    assert told == [0.0, 0.3, 0.2, 0.01]


def test_how_long_the_agent_itself_waited_for_a_processor_is_told_with_a_late_awakening(
    tmp_path: Path,
) -> None:
    pressure = Pressure(tmp_path)
    told: list[float | None] = []
    for second, waited in enumerate((0, 10_000_000, 910_000_000)):
        load(tmp_path, waiting=0)
        write(tmp_path, "self/schedstat", f"5000 {waited} 7\n")
        told += [each.waited for each in pressure.look(float(second), 0.9 if second == 2 else 0.0)]
    assert told == [0.01, 0.9]


def test_a_kernel_without_pressure_stall_information_leaves_it_unknown(tmp_path: Path) -> None:
    pressure = Pressure(tmp_path)
    list(pressure.look(1.0, 0.0))
    (seen,) = pressure.look(2.0, 0.0)
    assert (seen.starved_share, seen.stolen_share) == (None, None)


@pytest.mark.parametrize(
    ("file", "text", "tool"),
    [
        ("run/systemd/netif/links/1", "# private\nADMIN_STATE=configured\n", "systemd-networkd"),
        ("run/systemd/netif/links/1", "ADMIN_STATE=unmanaged\n", None),
        ("run/NetworkManager/devices/1", "[device]\nmanaged=true\n", "NetworkManager"),
        ("run/NetworkManager/devices/1", "[device]\nmanaged=false\n", None),
        ("run/network/ifstate", "lo=lo\n", "ifupdown"),
        ("run/network/ifstate", "eth0=eth0\n", None),
    ],
)
def test_the_tool_that_manages_the_device_is_named(
    tmp_path: Path, file: str, text: str, tool: str | None
) -> None:
    write(tmp_path, file, text)
    look = NetworkTool(tmp_path, ["lo"])
    assert list(look.look(1.0)) == [HostTools(at=1.0, network=tool)]
    assert list(look.look(2.0 + LOOK_EVERY)) == []
