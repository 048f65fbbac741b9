"""The daemon observer beside a real keepalived, as the agent's own user: every fact from /proc, no privilege."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from deploy.lab import Lab, Topology, agent_identity, conf
from deploy.lab.node import INTERPRETER, Node
from deploy.lab.process import Process, send_signal
from deploy.lab.waiting import wait_until
from hawatch.evidence import DaemonSeen
from hawatch.plain import codec
from hawatch.wire.report import DaemonState
from tests.lab.conftest import MakeLab

pytestmark = pytest.mark.lab

OBSERVE = """
import asyncio, json
from hawatch import clock
from hawatch.evidence import DaemonSeen
from hawatch.observers.keepalived_daemon import KeepalivedDaemon
from hawatch.plain import codec

def tell(evidence):
    if isinstance(evidence, DaemonSeen):
        print(json.dumps(codec(DaemonSeen).encode(evidence)), flush=True)

asyncio.run(KeepalivedDaemon(put=tell, clock=clock).run())
"""
WITHOUT_PIDFD = """
import errno, os

def pidfd_open(pid):
    raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

os.pidfd_open = pidfd_open
"""
RUNNING, FROZEN, DEAD = DaemonState.RUNNING, DaemonState.FROZEN, DaemonState.DEAD


class Watcher:
    """An observer on a node, as the unprivileged agent would run it; `sees` reads on from where it stopped."""

    def __init__(self, node: Node, *, kernel: str = "") -> None:
        """`kernel` is Python that makes the kernel seem another one."""
        self.node = node
        self.process: Process = node.popen(
            [INTERPRETER, "-c", kernel + OBSERVE], name="observer", identity=agent_identity()
        )
        self._read = 0

    def seen(self) -> list[DaemonSeen]:
        lines = self.process.output().splitlines()
        assert self.process.running, lines
        return [codec(DaemonSeen).decode(json.loads(line)) for line in lines if line.startswith("{")]

    def sees(self, state: DaemonState | None, *, other_than: DaemonSeen | None = None) -> DaemonSeen:
        """The next record with this state (and with another load)."""

        def look() -> DaemonSeen | None:
            seen = self.seen()
            while self._read < len(seen):
                record = seen[self._read]
                self._read += 1
                if record.state is state and (other_than is None or record.loads != other_than.loads):
                    return record
            return None

        return wait_until(look, what=f"keepalived to be seen {state}", timeout=30.0)

    def nothing_more(self) -> None:
        """Nothing was told since the last record that was waited for."""
        assert self.seen()[self._read :] == []


@pytest.fixture
def lab(make_lab: MakeLab) -> Lab:
    lab = make_lab(Topology(routers=("lb01", "lb02"), hosts=()))
    for name in ("lb01", "lb02"):
        lab.keepalived(name).write_conf(conf.pair(lab.topology, advert_int=1)[name])
    return lab


def inside(node: Node, pid: int | None) -> int:
    """The id in the node of a process that is known by its id on the host."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    return int(next(line for line in status.splitlines() if line.startswith("NSpid:")).split()[-1])


def test_a_keepalived_that_starts_later_is_found_and_its_reload_is_seen(lab: Lab) -> None:
    watcher, keepalived = Watcher(lab.node("lb01")), lab.keepalived("lb01")
    assert watcher.sees(DEAD).pid is None
    keepalived.start()
    found = watcher.sees(RUNNING)
    assert found.pid == inside(lab.node("lb01"), keepalived.child)
    while found.loads is None or found.loads.endswith(".0"):  # seen before its sockets were open
        found = watcher.sees(RUNNING, other_than=found)
    keepalived.reload()
    reloaded = watcher.sees(RUNNING, other_than=found)
    assert (reloaded.pid, reloaded.started_at) == (found.pid, found.started_at)
    keepalived.reload()
    again = watcher.sees(RUNNING, other_than=reloaded)
    assert again.loads not in {found.loads, reloaded.loads, None}
    watcher.nothing_more()


def test_the_start_is_told_on_the_monotonic_clock_and_never_too_early(lab: Lab) -> None:
    before = lab.now()
    lab.keepalived("lb01").start()
    found = Watcher(lab.node("lb01")).sees(RUNNING)
    assert found.started_at is not None
    assert before <= found.started_at <= found.at


def test_a_frozen_child_is_seen_and_so_is_its_thaw(lab: Lab) -> None:
    keepalived = lab.keepalived("lb01")
    keepalived.start()
    watcher = Watcher(lab.node("lb01"))
    running = watcher.sees(RUNNING)
    keepalived.freeze()
    assert watcher.sees(FROZEN).pid == running.pid
    keepalived.thaw()
    assert watcher.sees(RUNNING).pid == running.pid


def test_a_keepalived_that_was_frozen_before_the_agent_started_is_found(lab: Lab) -> None:
    keepalived = lab.keepalived("lb01")
    keepalived.start()
    keepalived.freeze()
    assert Watcher(lab.node("lb01")).sees(FROZEN).pid == inside(lab.node("lb01"), keepalived.child)


def test_a_killed_child_is_dead_at_once_and_its_successor_is_another_load(lab: Lab) -> None:
    keepalived = lab.keepalived("lb01")
    keepalived.start()
    watcher = Watcher(lab.node("lb01"))
    first = watcher.sees(RUNNING)
    former = keepalived.child
    keepalived.kill_child()
    died = watcher.sees(DEAD)
    assert died.pid == first.pid
    second = watcher.sees(RUNNING)
    keepalived.wait_child(other_than=former)
    assert second.pid == inside(lab.node("lb01"), keepalived.child)
    assert second.loads != first.loads


def test_on_a_kernel_without_pidfds_a_death_is_seen_with_the_next_look(lab: Lab) -> None:
    """A mock: the lab's kernel has them; the system call fails as it does before Linux 5.3."""
    keepalived = lab.keepalived("lb01")
    keepalived.start()
    watcher = Watcher(lab.node("lb01"), kernel=WITHOUT_PIDFD)
    first = watcher.sees(RUNNING)
    keepalived.kill_child()
    assert watcher.sees(DEAD).pid == first.pid
    assert watcher.sees(RUNNING).pid != first.pid


@pytest.mark.parametrize("end", ["stop", "kill_parent", "kill_both"])
def test_a_keepalived_that_ends_is_dead_however_it_ends(lab: Lab, end: str) -> None:
    keepalived = lab.keepalived("lb01")
    keepalived.start()
    watcher = Watcher(lab.node("lb01"))
    running = watcher.sees(RUNNING)
    getattr(keepalived, end)()
    assert watcher.sees(DEAD).pid == running.pid
    keepalived.start()
    assert watcher.sees(RUNNING).pid != running.pid


def test_the_keepalived_of_another_network_namespace_does_not_count(lab: Lab) -> None:
    node = lab.node("lb01")
    wired = "ip link add eth0 type veth peer name eth9 && ip addr add 10.0.0.99/24 dev eth0 && ip link set eth0 up"
    own_files = "--pid /run/else.pid --vrrp_pid /run/else-vrrp.pid --use-file /etc/keepalived/keepalived.conf"
    started = f"exec keepalived {own_files} --dont-fork --log-console --log-detail"
    elsewhere = node.popen(["unshare", "--net", "sh", "-c", f"{wired} && {started}"], name="elsewhere")
    elsewhere.wait_output("Startup complete", timeout=30)
    watcher = Watcher(node)
    assert watcher.sees(DEAD).pid is None
    lab.keepalived("lb01").start()
    assert watcher.sees(RUNNING).pid == inside(node, lab.keepalived("lb01").child)


def test_the_vrrp_child_is_told_from_its_siblings(lab: Lab) -> None:
    node, keepalived = lab.node("lb01"), lab.keepalived("lb01")
    written = node.path("/etc/keepalived/keepalived.conf")
    bfd = f"bfd_instance b1 {{\n neighbor_ip {lab.node('lb02').ipv4()}\n source_ip {node.ipv4()}\n}}\n"
    written.write_text(written.read_text() + bfd)
    keepalived.start()
    keepalived.wait_log("Starting BFD child process")
    watcher = Watcher(node)
    assert watcher.sees(RUNNING).pid == int(node.path("/run/vrrp.pid").read_text())
    keepalived.freeze()  # the parent and the oldest child, which is the VRRP process
    watcher.sees(FROZEN)


def add_spare_interface(node: Node) -> None:
    node.run(["ip", "link", "add", "spare0", "type", "veth", "peer", "name", "spare1"])
    node.run(["ip", "address", "add", "192.0.2.1/24", "dev", "spare0"])
    node.run(["ip", "link", "set", "spare1", "up"])
    node.run(["ip", "link", "set", "spare0", "up"])


def test_a_lost_interface_is_no_reload(lab: Lab) -> None:
    node, keepalived = lab.node("lb01"), lab.keepalived("lb01")
    add_spare_interface(node)
    written = node.path("/etc/keepalived/keepalived.conf")
    second = "vrrp_instance VI_2 {\n interface spare0\n virtual_router_id 77\n virtual_ipaddress { 192.0.2.77 }\n}\n"
    written.write_text(written.read_text() + second)
    keepalived.start()
    watcher = Watcher(node)
    running = watcher.sees(RUNNING)
    while running.loads is None or running.loads.endswith(".0"):
        running = watcher.sees(RUNNING, other_than=running)
    after = len(keepalived.log())
    node.run(["ip", "link", "del", "spare0"])
    keepalived.wait_log("Interface spare0 deleted", after=after)
    add_spare_interface(node)
    keepalived.wait_state("VI_2", "BACKUP", after=after)
    keepalived.freeze()
    assert watcher.sees(FROZEN).loads == running.loads


def test_what_may_not_be_seen_is_unknown_and_not_dead(lab: Lab) -> None:
    node = lab.node("lb01")
    lab.keepalived("lb01").start()
    hidden = "mount -t proc -o hidepid=2 proc /proc && exec " + " ".join(agent_identity().prefix)
    process = node.popen(
        ["unshare", "--mount", "sh", "-c", f'{hidden} {INTERPRETER} -c "$0"', OBSERVE], name="blind"
    )
    process.wait_output(r"\{")
    (line,) = [each for each in process.output().splitlines() if each.startswith("{")]
    assert codec(DaemonSeen).decode(json.loads(line)).state is None


def test_a_child_that_is_stopped_by_hand_is_followed_although_its_parent_is_not(lab: Lab) -> None:
    keepalived = lab.keepalived("lb01")
    keepalived.start()
    watcher = Watcher(lab.node("lb01"))
    watcher.sees(RUNNING)
    child = keepalived.child
    assert child is not None
    send_signal(child, signal.SIGSTOP)
    watcher.sees(FROZEN)
