"""The lab's own promises: it plays a pair truthfully, and leaves nothing behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from deploy.lab import (
    Addressing,
    Hook,
    InstanceConf,
    KeepalivedConf,
    Lab,
    LabError,
    LabTimeout,
    ScriptConf,
    Span,
    Topology,
    agent_identity,
    conf,
    frames,
)
from deploy.lab import directory as lab_directory
from deploy.lab.waiting import wait_until
from tests.lab.conftest import MakeLab

pytestmark = pytest.mark.lab

VIP = conf.VIP
BOTH = {"lb01", "lb02"}
CLONE = Path(__file__).resolve().parents[2]
DELTA = 0.15  # seconds of overlap that a normal failback may take (facts of keepalived: 23 ms at most)


def quick_pair(topology: Topology, **fields: Any) -> dict[str, InstanceConf]:
    """VRRPv3 at 200 ms, so that the stories are short."""
    return conf.pair(topology, **{"version": 3, "advert_int": 0.2, **fields})


def elected(lab: Lab, **fields: Any) -> Lab:
    """The lab, with a pair that has elected lb01."""
    lab.start_keepalived(quick_pair(lab.topology, **fields))
    lab.truth.wait_owner(VIP, "lb01")
    return lab


# --- what happens to a pair -----------------------------------------------------------------------


def test_a_pair_elects_the_node_with_the_higher_priority(make_lab: MakeLab) -> None:
    lab = elected(make_lab())
    assert lab.truth.holders(VIP) == {"lb01"}
    assert all(overlap.seconds < DELTA for overlap in lab.truth.overlaps(VIP))


def test_a_graceful_stop_moves_the_vip_and_a_start_brings_it_back(make_lab: MakeLab) -> None:
    lab = elected(make_lab())
    stopped = lab.now()
    lab.keepalived("lb01").stop()
    lab.truth.wait_owner(VIP, "lb02")
    assert lab.truth.overlaps(VIP, since=stopped) == []
    lab.keepalived("lb01").start()
    lab.truth.wait_owner(VIP, "lb01")
    assert all(overlap.seconds < DELTA for overlap in lab.truth.overlaps(VIP))


def test_killing_the_parent_makes_the_child_resign(make_lab: MakeLab) -> None:
    lab = elected(make_lab())
    killed = lab.now()
    lab.keepalived("lb01").kill_parent()
    lab.truth.wait_owner(VIP, "lb02")
    assert lab.truth.overlaps(VIP, since=killed) == []
    assert "sent 0 priority" in lab.keepalived("lb01").log()


def test_killing_both_processes_leaves_the_vip_behind(make_lab: MakeLab) -> None:
    lab = elected(make_lab())
    lab.keepalived("lb01").kill_both()
    since = lab.truth.wait_holders(VIP, BOTH)
    overlap = lab.truth.overlaps(VIP)[-1]
    assert overlap == Span(start=since, end=None, nodes=frozenset(BOTH))


def test_a_killed_child_is_replaced_and_nobody_owns_the_vip_meanwhile(make_lab: MakeLab) -> None:
    lab = elected(make_lab())
    keepalived = lab.keepalived("lb01")
    killed, old = lab.now(), keepalived.child
    keepalived.kill_child()
    assert keepalived.wait_child(other_than=old) != old
    lab.truth.wait_nobody(VIP)
    lab.truth.wait_owner(VIP, "lb01")
    assert lab.truth.gaps(VIP, since=killed)


def test_a_frozen_keepalived_keeps_its_vip_until_it_is_thawed(make_lab: MakeLab) -> None:
    lab = elected(make_lab())
    lab.keepalived("lb01").freeze()
    lab.truth.wait_holders(VIP, BOTH)
    lab.keepalived("lb01").thaw()
    lab.truth.wait_owner(VIP, "lb01")
    overlap = lab.truth.overlaps(VIP)[-1]
    assert overlap.end is not None
    assert lab.keepalived("lb01").running


def test_a_silent_partition_gives_two_owners_who_both_reach_the_gateway(make_lab: MakeLab) -> None:
    lab = elected(make_lab(Topology(wire=True)))
    with lab.firewall.partition(["lb01"], ["lb02"]):
        lab.truth.wait_holders(VIP, BOTH)
        assert not reaches(lab, "lb01", lab.node("lb02").ipv4())
        assert reaches(lab, "lb01", lab.node("lb02").ipv4("eth2"))
        assert reaches(lab, "lb01", lab.node("gateway").ipv4())
        assert reaches(lab, "lb02", lab.node("gateway").ipv4())
    lab.truth.wait_owner(VIP, "lb01")
    assert lab.truth.overlaps(VIP)[0].seconds > 0


def test_a_cut_cable_moves_the_vip_without_an_overlap(make_lab: MakeLab) -> None:
    lab = elected(make_lab())
    cut = lab.now()
    with lab.wires.cut("lb01"):
        lab.truth.wait_owner(VIP, "lb02")
        assert lab.truth.overlaps(VIP, since=cut) == []
        assert lab.truth.gaps(VIP, since=cut)
    lab.truth.wait_owner(VIP, "lb01")


@pytest.mark.parametrize("hook", [Hook.INPUT, Hook.PREROUTING, Hook.INGRESS])
def test_a_backup_that_hears_nothing_takes_the_vip_too(make_lab: MakeLab, hook: Hook) -> None:
    lab = elected(make_lab())
    with lab.firewall.drop_vrrp_inbound("lb02", hook=hook):
        lab.truth.wait_holders(VIP, BOTH)
    lab.truth.wait_owner(VIP, "lb01")


def test_one_way_loss_gives_two_owners_whoever_drops(make_lab: MakeLab) -> None:
    lab = elected(make_lab())
    with lab.firewall.drop_vrrp_outbound("lb01"):
        lab.truth.wait_holders(VIP, BOTH)
    lab.truth.wait_owner(VIP, "lb01")
    with lab.firewall.lose_vrrp("lb01", "lb02"):
        lab.truth.wait_holders(VIP, BOTH)
        assert reaches(lab, "lb01", lab.node("lb02").ipv4())
    lab.truth.wait_owner(VIP, "lb01")
    with lab.firewall.lose_vrrp("lb02", "lb01"), pytest.raises(LabTimeout, match="it was on"):
        lab.truth.wait_holders(VIP, BOTH, timeout=2)  # nothing to lose: a backup is silent


def test_a_failing_script_lowers_the_priority(make_lab: MakeLab) -> None:
    lab = make_lab()
    pair = quick_pair(lab.topology, track_scripts=("check",))
    script = ScriptConf(weight=-60)
    lab.start_keepalived(
        {name: KeepalivedConf(instances=(one,), scripts=(script,)) for name, one in pair.items()}
    )
    lab.truth.wait_owner(VIP, "lb01")
    lab.keepalived("lb01").mark_unhealthy()
    lab.truth.wait_owner(VIP, "lb02")
    lab.keepalived("lb01").mark_healthy()
    lab.truth.wait_owner(VIP, "lb01")


def test_a_reload_takes_the_new_configuration(make_lab: MakeLab) -> None:
    lab = make_lab()
    pair = quick_pair(lab.topology)
    lab.start_keepalived(pair)
    lab.truth.wait_owner(VIP, "lb01")
    lab.keepalived("lb01").write_conf(replace(pair["lb01"], priority=50))
    lab.keepalived("lb01").reload()
    lab.truth.wait_owner(VIP, "lb02")


@pytest.mark.parametrize(
    ("topology", "fields", "vip"),
    [
        pytest.param(Topology(), {"unicast": True}, VIP, id="unicast"),
        pytest.param(Topology(), {"use_vmac": True}, VIP, id="vmac"),
        pytest.param(
            Topology(second_lan=True),
            {"vips": ("10.0.1.100/24 dev eth1",)},
            "10.0.1.100",
            id="another device",
        ),
        pytest.param(
            Topology(addressing=Addressing.LINK_LOCAL),
            {"vips": ("fe80::100", f"{conf.VIP6}/64")},
            conf.VIP6,
            id="link-local sources",
        ),
        pytest.param(
            Topology(dad=True),
            {"vips": ("fe80::100", f"{conf.VIP6}/64")},
            conf.VIP6,
            id="duplicate detection",
        ),
        pytest.param(Topology(routers=("lb01", "lb02", "lb03")), {}, VIP, id="three"),
    ],
)
def test_every_kind_of_pair_fails_over_and_back(
    make_lab: MakeLab, topology: Topology, fields: dict[str, Any], vip: str
) -> None:
    lab = make_lab(topology)
    lab.start_keepalived(quick_pair(topology, **fields))
    lab.truth.wait_owner(vip, "lb01")
    lab.keepalived("lb01").stop()
    lab.truth.wait_owner(vip, "lb02")
    lab.keepalived("lb01").start()
    lab.truth.wait_owner(vip, "lb01")


# --- ground truth -----------------------------------------------------------------------------------


def test_an_address_added_by_hand_is_seen_at_once(make_lab: MakeLab) -> None:
    lab = make_lab()
    before = lab.now()
    lab.node("lb01").add_address(f"{VIP}/24")
    lab.node("lb02").add_address(f"{VIP}/24")
    assert lab.truth.holders(VIP) == BOTH
    after = lab.now()
    overlap = lab.truth.overlaps(VIP)[-1]
    assert before < overlap.start < after
    lab.node("lb01").remove_address(f"{VIP}/24")
    assert lab.truth.holders(VIP) == {"lb02"}
    assert lab.truth.held_at(VIP, overlap.start) == BOTH


def test_an_address_whose_duplicate_was_detected_is_not_held(make_lab: MakeLab) -> None:
    lab = make_lab(Topology(dad=True))
    lab.node("lb01").add_address(f"{conf.VIP6}/64")
    lab.truth.wait_owner(conf.VIP6, "lb01")
    lab.node("lb02").add_address(f"{conf.VIP6}/64")
    wait_until(
        lambda: "dadfailed" in lab.node("lb02").run(["ip", "-6", "address"]).stdout or None,
        what="DAD",
        timeout=20,
    )
    assert lab.truth.holders(conf.VIP6) == {"lb01"}
    assert lab.truth.overlaps(conf.VIP6) == []


# --- the nodes -----------------------------------------------------------------------------------


def test_a_node_has_a_name_and_private_directories(make_lab: MakeLab) -> None:
    lab = make_lab()
    for name in BOTH:
        assert lab.node(name).run(["uname", "-n"]).stdout == f"{name}\n"
    for identity in ("/etc/machine-id", "/proc/sys/kernel/random/boot_id"):
        assert len({lab.node(name).run(["cat", identity]).stdout for name in BOTH}) == 2
    lab.node("lb01").write("/run/mark", "")
    lab.node("lb01").write("/tmp/mark", "")
    lab.node("lb01").write("/etc/hawatch/mark", "")
    marks = ["/run/mark", "/tmp/mark", "/etc/hawatch/mark"]
    for mark in marks:
        assert lab.node("lb01").path(mark).exists()
        assert not lab.node("lb02").path(mark).exists()
        assert not Path(mark).exists()


def test_the_agents_user_can_do_what_it_may_and_no_more(make_lab: MakeLab) -> None:
    lab = make_lab()
    probe = (
        "import os, pathlib, socket, hawatch\n"
        "socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)\n"
        "pathlib.Path('/var/lib/hawatch/mark').touch()\n"
        "pathlib.Path('/run/hawatch/mark').touch()\n"
        "assert os.path.getsize('/etc/hawatch/peer.key') == len(pathlib.Path('/etc/hawatch/peer.key').read_text())\n"
        "print(os.getuid(), hawatch.__file__)\n"
        "print([line.split()[1] for line in open('/proc/self/status') if line.startswith('CapEff')][0])\n"
    )
    identity = agent_identity()
    keepalived = lab.keepalived("lb01")
    keepalived.write_conf(InstanceConf())
    words = lab.node("lb01").run([sys.executable, "-c", probe], identity=identity).stdout.split()
    assert words == [str(identity.uid), "/opt/hawatch/hawatch/__init__.py", f"{1 << 13:016x}"]
    assert (lab.agent("lb01").state / "mark").exists()
    refused = lab.node("lb01").run(["cat", "/etc/keepalived/keepalived.conf"], identity=identity, check=False)
    assert "Permission denied" in refused.stderr
    assert lab.node("lb01").path("/etc/hawatch/peer.key").read_text() == (
        lab.node("lb02").path("/etc/hawatch/peer.key").read_text()
    )


def test_a_command_that_fails_says_why_and_one_that_hangs_is_ended(make_lab: MakeLab) -> None:
    node = make_lab().node("client")
    with pytest.raises(LabError, match=r"client: ip link show nosuch gave 1: .*nosuch"):
        node.run(["ip", "link", "show", "nosuch"])
    with pytest.raises(LabError, match=r"client: sleep 600 ran longer than 0.2 s"):
        node.run(["sleep", "600"], timeout=0.2)
    assert "sleep" not in node.run(["ps", "-eo", "comm"]).stdout


def test_orphans_are_reaped_inside_the_node(make_lab: MakeLab) -> None:
    node = make_lab().node("client")
    node.run(["sh", "-c", "(sleep 0.05 &) ; exit 0"])
    wait_until(
        lambda: "sleep" not in node.run(["ps", "-eo", "comm"]).stdout or None,
        what="the orphan to go",
        timeout=20,
    )


# --- the path and the outsiders --------------------------------------------------------------------


def test_a_switch_can_duplicate_and_lose_frames(make_lab: MakeLab) -> None:
    lab = make_lab()
    assert reaches(lab, "lb01", lab.node("lb02").ipv4())
    with lab.firewall.duplicate("lb01", "lb02"):
        answer = lab.node("lb01").run(["ping", "-c", "2", "-i", "0.2", lab.node("lb02").ipv4()]).stdout
        assert "DUP!" in answer
        answer = lab.node("lb01").run(["ping", "-c", "2", "-i", "0.2", lab.node("gateway").ipv4()]).stdout
        assert "DUP!" not in answer
    with lab.firewall.lose_some("lb01", "lb02", percent=100):
        assert not reaches(lab, "lb01", lab.node("lb02").ipv4())
    assert reaches(lab, "lb01", lab.node("lb02").ipv4())


def test_a_host_can_answer_arp_for_everything(make_lab: MakeLab) -> None:
    lab = make_lab(Topology(hosts=("client", "gateway", "stranger")))
    client, mac = lab.node("client"), lab.node("stranger").mac()
    with lab.outsiders.answer_for_everything("stranger"):
        client.run(["ping", "-c", "1", "-W", "1", "10.0.0.222"], check=False)
        client.run(["ping", "-c", "1", "-W", "1", "fd00::222"], check=False)
        neighbours = client.run(["ip", "neigh"]).stdout
    assert f"10.0.0.222 dev eth0 lladdr {mac}" in neighbours
    assert f"fd00::222 dev eth0 lladdr {mac}" in neighbours


def test_keepalived_hears_the_frames_of_a_foreign_router(make_lab: MakeLab) -> None:
    lab = elected(make_lab(Topology(hosts=("gateway", "stranger"))))
    stranger = lab.node("stranger")
    address, mac = stranger.ipv4(), stranger.mac()
    higher = frames.vrrp3(vrid=51, priority=200, vips=[VIP], interval=0.2, source=address, source_mac=mac)
    with lab.outsiders.send("stranger", [higher], period=0.1):
        lab.truth.wait_nobody(VIP)  # a valid advertisement of a higher priority: lb01 gives way
    lab.truth.wait_owner(VIP, "lb01")
    mark = len(lab.keepalived("lb02").log())
    carp = frames.carp(vhid=51, source=address, source_mac=mac)
    old = frames.vrrp2(vrid=51, priority=10, vips=[VIP], password="other", source=address, source_mac=mac)
    with lab.outsiders.send("stranger", [carp, old], period=0.1):
        lab.keepalived("lb02").wait_log("wrong version. Received 2 and expect 3", after=mark)


def test_a_gateway_can_go_and_come_back(make_lab: MakeLab) -> None:
    lab = make_lab()
    gateway = lab.node("gateway")
    gateway.link_down()
    assert not reaches(lab, "lb01", gateway.ipv4())
    gateway.link_up()
    assert reaches(lab, "lb01", gateway.ipv4())
    assert reaches(lab, "lb01", gateway.ipv6())


# --- nothing is left behind ------------------------------------------------------------------------


def test_two_labs_side_by_side_do_not_meet(make_lab: MakeLab) -> None:
    one, other = elected(make_lab()), elected(make_lab())
    one.keepalived("lb01").kill_both()
    one.truth.wait_holders(VIP, BOTH)
    assert other.truth.holders(VIP) == {"lb01"}
    assert all(overlap.seconds < DELTA for overlap in other.truth.overlaps(VIP))


def test_nothing_is_left_behind_even_when_a_test_fails_in_the_middle() -> None:
    with pytest.raises(RuntimeError, match="in the middle") as failure:
        fail_in_the_middle()
    lab, remains = failure.value.args[1:]
    assert remains.namespaces_in_use() == set()
    assert not remains.directory.exists()
    running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert not re.search(rf"{lab.name}\b", running)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_behind_when_its_process_is_ended(number: signal.Signals) -> None:
    with another_process() as (popen, remains):
        assert remains.namespaces_in_use() == remains.namespaces
        popen.send_signal(number)
        popen.wait(30)
        remains.wait_gone()
    if number is signal.SIGKILL:
        lab_directory.sweep()
    assert not remains.directory.exists()


def test_a_sweep_spares_the_lab_of_a_living_process() -> None:
    with another_process() as (_, remains):
        lab_directory.sweep()
        assert remains.directory.exists()


def test_a_lab_that_is_kept_runs_on_until_its_keeper_is_ended() -> None:
    with another_process("print(lab.keep(), flush=True)", "raise SystemExit") as (popen, remains):
        assert popen.stdout is not None
        keeper = int(popen.stdout.readline())
        try:
            popen.wait(30)
            lab_directory.sweep()
            assert remains.namespaces_in_use() == remains.namespaces
            assert remains.directory.exists()
        finally:
            os.kill(keeper, signal.SIGTERM)
        remains.wait_gone()
        wait_until(
            lambda: None if remains.directory.exists() else True, what="the directory to go", timeout=20
        )


# --- how the stories are told ------------------------------------------------------------------------


def fail_in_the_middle() -> None:
    """A lab with a frozen keepalived and a fault in force, and then an exception that carries its remains."""
    with Lab(Topology(wire=True)) as lab:
        elected(lab).keepalived("lb01").freeze()
        lab.firewall.partition(["lb01"], ["lb02"])
        remains = Remains.of(lab)
        assert remains.namespaces_in_use() == remains.namespaces
        raise RuntimeError("in the middle", lab, remains)


def reaches(lab: Lab, node: str, address: str) -> bool:
    """Does an echo request come back? Two tries, since the first may go to resolve the address."""
    done = lab.node(node).run(["ping", "-c", "2", "-i", "0.2", "-W", "1", address], check=False)
    return done.returncode == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Remains:
    """What of a lab could stay behind: its network namespaces, by inode, and its directory."""

    namespaces: set[int]
    directory: Path

    @classmethod
    def of(cls, lab: Lab) -> Remains:
        pids = [lab.switch.pid, *(lab.node(name).pid for name in lab.topology.nodes)]
        return cls(namespaces={inode(pid) for pid in pids}, directory=lab.directory)

    def namespaces_in_use(self) -> set[int]:
        """Those that a process of this host is in."""
        used = set()
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                used.add(inode(int(entry.name)))
            except OSError:
                continue
        return used & self.namespaces

    def wait_gone(self) -> None:
        wait_until(
            lambda: None if self.namespaces_in_use() else True, what="the namespaces to go", timeout=20
        )


def inode(pid: int) -> int:
    return os.stat(f"/proc/{pid}/ns/net").st_ino  # noqa: PTH116  follows the link, as it must


SCRIPT = """
import sys
from deploy.lab import Lab, conf
from tests.lab.test_lab_itself import Remains, quick_pair
with Lab() as lab:
    lab.start_keepalived(quick_pair(lab.topology))
    lab.truth.wait_owner(conf.VIP, "lb01")
    lab.keepalived("lb02").freeze()
    remains = Remains.of(lab)
    print(remains.directory, *remains.namespaces, flush=True)
    {then}
    sys.stdin.read()
"""


@contextmanager
def another_process(*then: str) -> Iterator[tuple[subprocess.Popen[str], Remains]]:
    """A lab in a process of its own, and what it will have to take away."""
    popen = subprocess.Popen(
        [sys.executable, "-c", SCRIPT.format(then="\n    ".join(then))],
        cwd=CLONE,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with popen:
        assert popen.stdout is not None
        directory, *inodes = popen.stdout.readline().split()
        yield popen, Remains(namespaces=set(map(int, inodes)), directory=Path(directory))
        popen.terminate()
