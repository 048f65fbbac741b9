"""Lays out the lab of an episode: keepalived on both nodes, agents, witness and cable, all at rest."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from deploy.lab import InstanceConf, KeepalivedConf, Lab, LabError, Topology, conf
from deploy.lab.fault import Fault
from deploy.lab.serial_cable import DEVICE, SerialCable
from deploy.lab.waiting import wait_until
from tests.campaign.episode import NODES, Episode, Family, Pair, Wire, other
from tests.lab.scene import Scene, start_in_order
from tests.lab.test_partitions import CONFIGS as SECOND_WIRE
from tests.lab.test_serial import BAUD, link_config
from tests.lab.witness_host import NAME as WITNESS
from tests.lab.witness_host import WitnessHost, with_witness, witness_of

SETTLE_GUARD = 45.0
STATE = "/var/lib/hawatch"
LAN_ALONE = '[[peer]]\nname = "{peer}"\n[[peer.link]]\nname = "lan"\nremote = "{remote}"\n'
SMALL_DISK = "size=32m,mode=0750"


@dataclass
class Stage:
    """What a trouble can be done to."""

    episode: Episode
    scene: Scene
    witness: WitnessHost | None = None
    cable: SerialCable | None = None
    in_force: dict[int, Fault] = field(default_factory=dict)

    @property
    def lab(self) -> Lab:
        return self.scene.lab

    def journal(self, node: str) -> Path:
        """The journal of an agent, wherever its disk is."""
        if self.small_disk(node):
            return self.lab.node(node).path(f"{STATE}/journal.jsonl")
        return self.scene.journal(node)

    def small_disk(self, node: str) -> bool:
        """Whether the agent's disk is one that can be filled."""
        return any((each.kind, each.node) == ("disk_full", node) for each in self.episode.troubles)

    def vips(self) -> dict[str, tuple[str, ...]]:
        """The addresses of each instance, without prefix lengths."""
        found = {}
        for instance in self.confs(NODES[0]).instances:
            every = (*instance.vips, *instance.excluded_vips)
            found[instance.name] = tuple(vip.partition("/")[0] for vip in every)
        return found

    def confs(self, node: str) -> KeepalivedConf:
        made = self.scene.confs[node]
        assert isinstance(made, KeepalivedConf)
        return made


def topology_of(pair: Pair) -> Topology:
    """The network that the pair stands in."""
    hosts = ("client", "gateway", *([WITNESS] if pair.witness else []))
    return Topology(hosts=hosts, wire=pair.wire is Wire.SECOND, second_lan=pair.tracked)


def confs_of(pair: Pair, topology: Topology) -> dict[str, KeepalivedConf]:
    """keepalived.conf of both nodes."""
    common: dict[str, Any] = {
        "version": pair.version,
        "advert_int": int(pair.interval) if pair.version == 2 else pair.interval,
        "nopreempt": pair.nopreempt,
        "preempt_delay": pair.preempt_delay,
        "use_vmac": pair.vmac,
        "auth_type": pair.auth or "PASS",
        "auth_pass": "secret" if pair.auth else None,
    }
    six = pair.family is Family.SIX
    many = tuple(f"fd00::{0x100 + n:x}/64" if six else f"10.0.0.{100 + n}/24" for n in range(pair.vips))
    excluded = ("fd00::1:1/64",) if pair.family is Family.BOTH else ()
    tracked = ("eth1",) if pair.tracked else ()
    make = conf.pair
    first = make(
        topology,
        unicast=pair.unicast,
        priorities=pair.priorities,
        vips=many,
        excluded_vips=excluded,
        track_interfaces=tracked,
        **common,
    )
    found = {node: KeepalivedConf(instances=(first[node],)) for node in NODES}
    if pair.instances == 2:
        one = ("fd00::2:1/64",) if six else ("10.0.0.200/24",)
        others = {"name": "VI_2", "vrid": 52, "vips": one, **common}
        second = make(topology, unicast=pair.unicast, priorities=pair.priorities, **others)
        groups = {"G": ("VI_1", "VI_2")} if pair.sync_group else None
        found = {
            node: KeepalivedConf(instances=(first[node], second[node]), sync_groups=groups) for node in NODES
        }
    return found


def agent_configs(pair: Pair, topology: Topology) -> dict[str, str]:
    """hawatch.toml of both nodes."""
    alone = len(pair.agents) == 1  # it is told the peer's IPv4 address, whatever VRRP runs over
    own = topology.ipv6 if pair.family is Family.SIX and not alone else topology.ipv4
    found = {node: LAN_ALONE.format(peer=other(node), remote=own(other(node))) for node in NODES}
    if pair.wire is Wire.SECOND:
        found = dict(SECOND_WIRE)
    elif pair.wire is Wire.SERIAL:
        found = {"lb01": link_config("lb02", 12), "lb02": link_config("lb01", 11)}
    return with_witness(topology, **found) if pair.witness else found


def changed(usual: KeepalivedConf, **fields: Any) -> KeepalivedConf:
    """The configuration with other fields in its first instance."""
    first, *rest = usual.instances
    return replace(usual, instances=(replace(first, **fields), *rest))


@contextmanager
def staged(episode: Episode) -> Iterator[Stage]:
    """The pair of an episode, settled: the preferred node owns, and every agent says `steady`.

    LabError when it does not come to that.
    """
    pair = episode.pair
    topology = topology_of(pair)
    confs = confs_of(pair, topology)
    order = (pair.preferred, pair.lesser)
    with Lab(topology) as lab, ExitStack() as extra:
        scene = Scene(lab, {node: confs[node] for node in order}, pair.agents, interval=pair.interval)
        stage = Stage(episode, scene)
        for node, text in agent_configs(pair, topology).items():
            if text and node in pair.agents:
                lab.agent(node).write_config(text)
        start_in_order(lab, scene.confs, "VI_1")
        if pair.wire is Wire.SERIAL:
            ends = {node: lab.node(node).path(DEVICE) for node in NODES}
            cable = SerialCable(ends, baud=BAUD, uid=lab.agent("lb01").identity.uid)
            stage.cable = extra.enter_context(cable)
        if pair.witness:
            stage.witness = witness_of(lab)
            stage.witness.start()
        for node in pair.agents:
            if stage.small_disk(node):
                mount_small_disk(stage, node)
        lab.start_agents(*pair.agents)
        await_rest(stage)
        yield stage


def mount_small_disk(stage: Stage, node: str) -> None:
    """A disk of its own for the agent's state, small enough to be filled."""
    host, identity = stage.lab.node(node), stage.lab.agent(node).identity
    owned = f"{SMALL_DISK},uid={identity.uid},gid={identity.gid}"
    host.run(["mount", "-t", "tmpfs", "-o", owned, "tmpfs", STATE])


def await_rest(stage: Stage) -> None:
    """Until one node holds all, and every agent says `steady` of every instance."""
    pair, lab = stage.episode.pair, stage.lab
    for vips in stage.vips().values():
        for vip in vips:
            lab.truth.wait_owner(vip, pair.preferred, timeout=SETTLE_GUARD)

    def steady() -> bool | None:
        return True if all(at_rest(stage, lab.agent(node).status()) for node in pair.agents) else None

    time.sleep(2 * pair.interval)  # each has heard an advertisement, and what it may say at first is said
    try:
        wait_until(steady, what="steady on every agent", timeout=SETTLE_GUARD)
    except LabError as error:
        raise LabError(f"not settled: {error}") from None


def at_rest(stage: Stage, status: dict[str, Any]) -> bool:
    """Whether an agent says `steady` of all, and knows its peer, over every wire, and the witness."""
    pair = stage.episode.pair
    told = {router["instance"]: router["verdict"] for router in status["virtual_routers"]}
    if told != dict.fromkeys(pair.names, "steady"):
        return False
    links = [link["state"] for peer in status["peers"] for link in peer["links"]]
    alone = len(pair.agents) == 1
    if alone:
        return "up" in links
    known = all(peer["agent"] == "up" for peer in status["peers"]) and bool(links)
    return known and set(links) == {"up"} and all(each["state"] == "up" for each in status["witnesses"])


def first_instance(confs: KeepalivedConf) -> InstanceConf:
    """The instance to which troubles are done."""
    return confs.instances[0]
