"""What /proc says of keepalived, read from a /proc that the test has written."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch.observers.keepalived_daemon.loads import Loads
from hawatch.observers.keepalived_daemon.process import TICKS_PER_SECOND, Process
from hawatch.observers.keepalived_daemon.search import Nobody, Search
from hawatch.observers.keepalived_daemon.sockets import link_followers, vrrp_sockets

PARENT, CHECKER, VRRP = 100, 101, 102
MINUTE = 60 * TICKS_PER_SECOND


class Proc:
    """A /proc with the files that the search reads; everything shares one network namespace unless told."""

    def __init__(self, directory: Path) -> None:
        self.path = directory
        (directory / "net").mkdir()
        (directory / "self").mkdir()
        (directory / "uptime").write_text("3600.00 1000.00\n")
        (directory / "net" / "dev").write_text("")
        self.join("self", directory / "net")
        self.raw([])
        self.netlink([])
        self.process(1, "init", 0)

    def join(self, pid: int | str, net: Path) -> None:
        (self.path / str(pid) / "net").symlink_to(net)

    def process(
        self,
        pid: int,
        name: str,
        parent: int,
        *,
        program: str = "/sbin/init",
        age: int = MINUTE,
        state: str = "S",
    ) -> None:
        directory = self.path / str(pid)
        directory.mkdir()
        self.join(pid, self.path / "net")
        start = 3600 * TICKS_PER_SECOND - age
        zeros = " 0" * 17
        (directory / "stat").write_text(f"{pid} ({name}) {state} {parent}{zeros} {start} 0 0\n")
        (directory / "cmdline").write_bytes(program.encode() + b"\0--dont-fork\0")
        (directory / "status").write_text(f"Name:\t{name}\nNSpid:\t{pid}\n")

    def keepalived(self, pid: int, parent: int, *, name: str = "keepalived", age: int = MINUTE) -> None:
        self.process(pid, name, parent, program="/usr/sbin/keepalived", age=age)

    def raw(self, inodes: list[int], *, protocol: int = 112, uid: int = 0) -> None:
        line = "{0:4}: 00000000:{1:04X} 00000000:0000 07 00000000:00000000 00:00000000 00000000 {2:5} 0 {3} 2 0 0\n"
        rows = "".join(line.format(protocol, protocol, uid, inode) for inode in inodes)
        (self.path / "net" / "raw").write_text("  sl  local_address rem_address   st ...\n" + rows)

    def netlink(self, rows: list[tuple[int, int, int]]) -> None:
        text = "".join(
            f"0000 {protocol:<3} {port:<10} {groups:08x} 0 0 0 2 0 999\n" for protocol, port, groups in rows
        )
        (self.path / "net" / "netlink").write_text(
            "sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode\n" + text
        )


@pytest.fixture
def proc(tmp_path: Path) -> Proc:
    return Proc(tmp_path)


def search(proc: Proc) -> Search:
    return Search(proc.path, proc.path)


def found(result: Process | Nobody | None) -> int:
    assert isinstance(result, Process)
    return result.pid


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0\n"), min_size=1, max_size=15))
def test_any_process_name_is_read_brackets_and_blanks_too(name: str) -> None:
    zeros = " 0" * 17
    process = Process.parse(f"4711 ({name}) T 1{zeros} 98765 0 0\n".encode())
    assert process == Process(4711, name, "T", 1, 98765)


def test_netlink_tells_the_vrrp_process_from_its_siblings(proc: Proc) -> None:
    proc.keepalived(PARENT, 1)
    proc.keepalived(CHECKER, PARENT)
    proc.keepalived(VRRP, PARENT)
    proc.netlink([(0, CHECKER, 0x110), (0, VRRP, 0x111), (16, PARENT, 0x1), (0, 0, 0)])
    assert found(search(proc).quick()) == VRRP
    assert found(search(proc).thorough()) == VRRP
    assert link_followers(proc.path) == {VRRP}


def test_another_program_that_follows_links_is_not_keepalived(proc: Proc) -> None:
    proc.process(50, "networkd", 1, program="/lib/systemd/systemd-networkd")
    proc.netlink([(0, 50, 0x111)])
    assert search(proc).quick() is None
    assert search(proc).thorough() is Nobody.ABSENT


def test_a_process_name_of_its_own_tells_it_too(proc: Proc) -> None:
    proc.keepalived(PARENT, 1)
    proc.keepalived(CHECKER, PARENT, name="keepalived_ipvs")
    proc.keepalived(VRRP, PARENT, name="keepalived_vrrp")
    assert found(search(proc).thorough()) == VRRP


def test_a_pid_file_tells_it_when_nothing_else_does(proc: Proc) -> None:
    proc.keepalived(PARENT, 1)
    proc.keepalived(CHECKER, PARENT)
    proc.keepalived(VRRP, PARENT)
    assert search(proc).thorough() is Nobody.UNSEEN
    (proc.path / "run").mkdir()
    (proc.path / "run" / "vrrp.pid").write_text(f"{VRRP}\n")
    assert found(search(proc).thorough()) == VRRP


def test_an_only_child_is_the_vrrp_process_once_it_has_had_time_to_say_so(proc: Proc) -> None:
    proc.keepalived(PARENT, 1)
    proc.keepalived(VRRP, PARENT, age=TICKS_PER_SECOND // 2)
    assert search(proc).thorough() is Nobody.STARTING
    proc.keepalived(CHECKER + 100, 1, age=5)  # a `keepalived --config-test` beside it changes nothing
    assert search(proc).thorough() is Nobody.STARTING


def test_a_parent_without_children_is_starting_and_later_without_vrrp(proc: Proc) -> None:
    proc.keepalived(PARENT, 1, age=0)
    assert search(proc).thorough() is Nobody.STARTING


def test_a_parent_whose_children_are_all_dead_has_no_vrrp(proc: Proc) -> None:
    proc.keepalived(PARENT, 1)
    proc.process(VRRP, "keepalived", PARENT, program="/usr/sbin/keepalived", state="Z")
    assert search(proc).thorough() is Nobody.ABSENT


def test_sockets_without_a_visible_owner_mean_that_we_see_too_little(proc: Proc) -> None:
    assert search(proc).thorough() is Nobody.ABSENT
    proc.raw([7, 8], uid=4_000_000)
    assert search(proc).thorough() is Nobody.UNSEEN


def test_only_sockets_for_vrrp_and_ah_count_and_only_of_the_user_asked_for(proc: Proc) -> None:
    proc.raw([7, 8], uid=4_000_000)
    assert vrrp_sockets(proc.path) == {7, 8}
    assert vrrp_sockets(proc.path, 4_000_001) == frozenset()
    proc.raw([9], protocol=51, uid=4_000_000)
    assert vrrp_sockets(proc.path) == {9}
    proc.raw([10], protocol=1, uid=4_000_000)
    assert vrrp_sockets(proc.path) == frozenset()


def test_a_load_is_told_by_none_of_the_former_sockets_being_left(proc: Proc) -> None:
    proc.keepalived(VRRP, 1)
    process = Process.look(proc.path, VRRP)
    assert process is not None
    uid = (proc.path / str(VRRP)).stat().st_uid
    loads = Loads(proc.path, process)

    def with_sockets(*inodes: int) -> str | None:
        proc.raw(list(inodes), uid=uid)
        (proc.path / "self" / "fd").mkdir(exist_ok=True)
        return loads.token()

    first = with_sockets(10, 11, 12, 13)
    assert with_sockets(10, 11, 12, 13) == first
    assert with_sockets(10, 11) == first  # an interface is lost
    assert with_sockets(10, 11, 20, 21) == first  # and comes back
    second = with_sockets(30, 31)
    assert second not in {first, None}
    assert with_sockets() == second  # all interfaces are lost, or the reload is under way
    assert with_sockets(40, 41) not in {first, second, None}


def test_sockets_that_cannot_be_read_make_the_load_unknown(proc: Proc) -> None:
    proc.keepalived(VRRP, 1)
    process = Process.look(proc.path, VRRP)
    assert process is not None
    (proc.path / "net" / "raw").write_text("header\nsomething else\n")
    assert Loads(proc.path, process).token() is None
