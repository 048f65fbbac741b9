"""Does a trouble to a stage, and gives the Fault that undoes it."""

from __future__ import annotations

import itertools
import os
import secrets
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from deploy.lab import VRRP, Hook, frames
from deploy.lab.fault import Fault
from tests.campaign.differing import DIFFERENCES, differ
from tests.campaign.episode import NODES, Trouble, other
from tests.campaign.expected import STRANGER
from tests.campaign.kinds import FROM_START
from tests.campaign.stage import STATE, Stage

Doing = Callable[[Stage, str], Fault]
CPU = Path("/sys/fs/cgroup/cpu")
_groups = itertools.count(1)


def do(stage: Stage, trouble: Trouble) -> Fault:
    """Do it; the Fault undoes it."""
    kind = trouble.kind
    if kind.removesuffix(FROM_START) in DIFFERENCES:
        difference = DIFFERENCES[kind.removesuffix(FROM_START)]
        return differ(stage, trouble.node, difference(stage, trouble.node), restart=kind.endswith(FROM_START))
    return DOINGS[kind](stage, trouble.node)


def nothing() -> None:
    """What is over by itself needs no undoing."""


# --- keepalived -----------------------------------------------------------------------------------


def ended(end: str) -> Doing:
    """keepalived is ended in this way, and started again."""

    def doing(stage: Stage, node: str) -> Fault:
        keepalived = stage.lab.keepalived(node)
        getattr(keepalived, end)()
        return Fault(f"{end} on {node}", keepalived.start)

    return doing


def told(word: str) -> Doing:
    """Something that keepalived is over with at once."""

    def doing(stage: Stage, node: str) -> Fault:
        getattr(stage.lab.keepalived(node), word)()
        return Fault(f"{word} on {node}", nothing)

    return doing


def freeze(stage: Stage, node: str) -> Fault:
    keepalived = stage.lab.keepalived(node)
    keepalived.freeze()
    return Fault(f"frozen on {node}", keepalived.thaw)


def pause(stage: Stage, node: str) -> Fault:
    """All processes of a host stand still."""
    lab = stage.lab
    parts = [lab.agent(node), lab.helper(node)] if node in stage.episode.pair.agents else []
    every: list[Any] = [*parts, lab.keepalived(node)]
    for each in every:
        each.freeze()

    def heal() -> None:
        for each in reversed(every):
            each.thaw()

    return Fault(f"{node} stands still", heal)


def starve(stage: Stage, node: str) -> Fault:
    """keepalived, the agent and a hog share a hundredth of one processor, where cgroup v1 allows it."""
    lab = stage.lab
    group = CPU / f"hawatch-campaign-{os.getpid()}-{next(_groups)}"
    hog = lab.node(node).popen(["sh", "-c", "while :; do :; done"], name="hog")
    keepalived = lab.keepalived(node)
    agent = [lab.agent(node).pid] if node in stage.episode.pair.agents else []
    group.mkdir()
    (group / "cpu.cfs_period_us").write_text("1000000")
    (group / "cpu.cfs_quota_us").write_text("10000")
    for pid in (keepalived.parent, keepalived.child, *agent, hog.pid):
        if pid:
            (group / "cgroup.procs").write_text(str(pid))

    def heal() -> None:
        for left in (group / "cgroup.procs").read_text().split():
            (CPU / "cgroup.procs").write_text(left)
        hog.kill()
        group.rmdir()

    return Fault(f"starved on {node}", heal)


# --- the network ----------------------------------------------------------------------------------


def several(*faults: Fault) -> Fault:
    """Some at once."""

    def heal() -> None:
        with ExitStack() as stack:
            for each in faults:
                stack.callback(each.heal)

    return Fault(", ".join(each.name for each in faults), heal)


def both_ways(cut: Callable[..., Fault], **words: Any) -> Fault:
    return several(cut(*NODES, **words), cut(*reversed(NODES), **words))


def foreign(stage: Stage, frame: bytes) -> Fault:
    return stage.lab.outsiders.send("client", [frame], period=0.3)


def stranger_frame(vrid: int) -> bytes:
    """What a router that is no member of the pair says, below every priority of it but the lowest."""
    return frames.vrrp3(
        vrid=vrid,
        priority=40,
        vips=("10.0.0.240",),
        interval=0.3,
        source=STRANGER.ipv4("client"),
        source_mac=STRANGER.mac("client"),
    )


def claim(stage: Stage, node: str) -> Fault:
    """A host takes the first VIP for itself."""
    del node
    vip, mac = stage.vips()["VI_1"][0], STRANGER.mac("client")
    fault = stage.lab.outsiders.answer_for("client", [vip])
    stage.lab.outsiders.send("client", [frames.gratuitous_arp(address=vip, mac=mac)], count=1)
    return fault


# --- hands ----------------------------------------------------------------------------------------


def remove_vip(stage: Stage, node: str) -> Fault:
    """The first VIP is taken away from its owner; nothing where it is not."""
    vip = stage.vips()["VI_1"][0]
    if node in stage.lab.truth.holders(vip):
        stage.lab.node(node).remove_address(f"{vip}/{64 if ':' in vip else 24}")
    return Fault(f"{vip} removed on {node}", nothing)


def add_vip(stage: Stage, node: str) -> Fault:
    """The first VIP is put up on the other node; nothing where it is already."""
    vip = stage.vips()["VI_1"][0]
    if node in stage.lab.truth.holders(vip):
        return Fault(f"{vip} was on {node}", nothing)
    stage.lab.node(node).add_address(f"{vip}/24")

    def heal() -> None:
        # keepalived may have taken it away meanwhile
        stage.lab.node(node).run(["ip", "address", "del", f"{vip}/24", "dev", "eth0"], check=False)

    return Fault(f"{vip} added on {node}", heal)


# --- hawatch itself -------------------------------------------------------------------------------


def agent_gone(end: str) -> Doing:
    def doing(stage: Stage, node: str) -> Fault:
        agent = stage.lab.agent(node)
        getattr(agent, end)()
        return Fault(f"agent on {node}: {end}", agent.start)

    return doing


def wrong_key(stage: Stage, node: str) -> Fault:
    agent = stage.lab.agent(node)
    right = stage.lab.node(node).path("/etc/hawatch/peer.key").read_text().strip()

    def start_with(key: str) -> None:
        agent.stop()
        agent.write_key(key)
        agent.start()

    start_with(secrets.token_hex(32))
    return Fault(f"another key on {node}", lambda: start_with(right))


def fill_disk(stage: Stage, node: str) -> Fault:
    """Nothing more can be written where the agent keeps its journal and its store."""
    host = stage.lab.node(node)
    fill = f"{STATE}/fill"
    host.run(["dd", "if=/dev/zero", f"of={fill}", "bs=64k"], check=False)
    return Fault(f"full disk on {node}", lambda: host.path(fill).unlink())


def witness_killed(stage: Stage, node: str) -> Fault:
    del node
    assert stage.witness is not None
    stage.witness.kill()
    return Fault("witness killed", stage.witness.start)


def cable(word: str, **words: float) -> Doing:
    def doing(stage: Stage, node: str) -> Fault:
        del node
        assert stage.cable is not None
        fault: Fault = getattr(stage.cable, word)(**words)
        return fault

    return doing


DOINGS: dict[str, Doing] = {
    "stop": ended("stop"),
    "kill_parent": ended("kill_parent"),
    "kill_both": ended("kill_both"),
    "kill_child": told("kill_child"),
    "reload": told("reload"),
    "freeze": freeze,
    "pause": pause,
    "starve": starve,
    "leave_group": lambda stage, node: stage.lab.keepalived(node).leave_group(),
    "carrier": lambda stage, node: stage.lab.wires.cut(node),
    "tracked_down": lambda stage, node: stage.lab.wires.cut(node, device="eth1"),
    "reference_down": lambda stage, _node: stage.lab.wires.cut("gateway"),
    "drop_in": lambda stage, node: stage.lab.firewall.drop_vrrp_inbound(node),
    "drop_in_early": lambda stage, node: stage.lab.firewall.drop_vrrp_inbound(node, hook=Hook.PREROUTING),
    "drop_out": lambda stage, node: stage.lab.firewall.drop_vrrp_outbound(node),
    "lose_vrrp": lambda stage, node: stage.lab.firewall.lose_vrrp(node, other(node)),
    "lose_vrrp_both": lambda stage, _node: both_ways(stage.lab.firewall.lose_vrrp),
    "one_way": lambda stage, node: stage.lab.firewall.lose(node, other(node)),
    "partition": lambda stage, _node: stage.lab.firewall.partition(NODES[:1], NODES[1:]),
    "loss_regular": lambda stage, node: stage.lab.firewall.lose_every(node, other(node), nth=3, match=VRRP),
    "loss_random": lambda stage, _node: both_ways(stage.lab.firewall.lose_some, percent=20),
    "duplicate": lambda stage, _node: both_ways(stage.lab.firewall.duplicate),
    "delay": lambda stage, node: stage.lab.wires.slow(node, delay=0.03, jitter=0.02),
    "second_cut": lambda stage, _node: stage.lab.firewall.partition(NODES[:1], NODES[1:], devices=("eth2",)),
    "cable_pulled": cable("pull"),
    "cable_noise": cable("noise", flip=0.001, rate=4.0),
    "vip_removed": remove_vip,
    "vip_added": add_vip,
    "foreign_router": lambda stage, _node: foreign(stage, stranger_frame(51)),
    "stranger": lambda stage, _node: foreign(stage, stranger_frame(99)),
    "foreign_carp": lambda stage, _node: foreign(
        stage, frames.carp(vhid=51, source=STRANGER.ipv4("client"), source_mac=STRANGER.mac("client"))
    ),
    "address_claimed": claim,
    "agent_killed": agent_gone("kill"),
    "agent_restarted": agent_gone("stop"),
    "key_wrong": wrong_key,
    "disk_full": fill_disk,
    "witness_killed": witness_killed,
}
