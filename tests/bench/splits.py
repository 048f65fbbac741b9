"""The ways to a split brain of which a proof (S1 to S4, docs/design.md) can be had, brought about on a real pair."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from deploy.lab import KeepalivedConf, Topology, conf
from tests.lab.scene import Scene, scene

SLOWEST_OF_VERSION_2 = 1.0
"""Advertisement intervals below this, in seconds, exist in VRRP version 3 alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """One way: `begin` injects the fault, and the second VIP follows at once or after Master_Down_Interval.

    `common` are fields of InstanceConf for both nodes; `version_2` says that it needs VRRP version 2.
    """

    name: str
    begin: Callable[[Scene], object]
    common: Mapping[str, Any] = field(default_factory=dict)
    wire: bool = False
    version_2: bool = False

    def possible(self, interval: float) -> bool:
        """Whether it exists at this advertisement interval."""
        return not self.version_2 or interval >= SLOWEST_OF_VERSION_2

    @contextmanager
    def pair(
        self, interval: float, agents: tuple[str, ...], global_defs: tuple[str, ...] = ()
    ) -> Iterator[Scene]:
        """A pair with agents on these nodes, at rest, lb01 being the owner; `global_defs` are keepalived's."""
        common = {"advert_int": interval, **self.common}
        if interval < SLOWEST_OF_VERSION_2:
            common.setdefault("version", 3)
        topology = Topology(wire=self.wire)
        confs = {
            name: KeepalivedConf(instances=(instance,), global_defs=global_defs)
            for name, instance in conf.pair(topology, **common).items()
        }
        with scene(topology, confs=confs, agents=agents, start_agents=False, advert_int=interval) as made:
            if self.wire:
                for node in made.watched:
                    made.lab.agent(node).write_config(two_links(made.lab.topology, node))
            made.lab.start_agents(*made.watched)
            made.settle()
            yield made


def two_links(topology: Topology, node: str) -> str:
    """hawatch.toml of a node whose peer is reached over the LAN and over a wire of their own."""
    (peer,) = (name for name in topology.routers if name != node)
    links = (
        f'[[peer.link]]\nname = "{name}"\nlocal = "{topology.ipv4(node, device)}"\n'
        f'remote = "{topology.ipv4(peer, device)}"\n'
        for name, device in (("lan", "eth0"), ("wire", "eth2"))
    )
    return f'[[peer]]\nname = "{peer}"\n{"".join(links)}'


def filter_on_both(pair: Scene) -> None:
    for node in pair.lab.topology.routers:
        pair.lab.firewall.drop_vrrp_inbound(node)


def partition(pair: Scene) -> None:
    pair.lab.firewall.partition(["lb01"], ["lb02"])


def reload_with(**changes: Any) -> Callable[[Scene], None]:
    """The backup's keepalived.conf is changed, and keepalived told to read it again."""

    def begin(pair: Scene) -> None:
        before = pair.confs["lb02"]
        assert isinstance(before, KeepalivedConf)
        (instance,) = before.instances
        pair.lab.keepalived("lb02").write_conf(replace(before, instances=(replace(instance, **changes),)))
        pair.lab.keepalived("lb02").reload()

    return begin


SPLITS = (
    Split(name="inbound drop on the backup", begin=lambda pair: pair.lab.firewall.drop_vrrp_inbound("lb02")),
    Split(name="inbound drop on both", begin=filter_on_both),
    Split(
        name="outbound drop on the master", begin=lambda pair: pair.lab.firewall.drop_vrrp_outbound("lb01")
    ),
    Split(name="both processes killed, VIP left", begin=lambda pair: pair.lab.keepalived("lb01").kill_both()),
    Split(name="frozen keepalived", begin=lambda pair: pair.lab.keepalived("lb01").freeze()),
    Split(
        name="VIP added by hand on the standby",
        begin=lambda pair: pair.lab.node("lb02").add_address(f"{conf.VIP}/24"),
    ),
    Split(name="VRRP lost from A to B", begin=lambda pair: pair.lab.firewall.lose_vrrp("lb01", "lb02")),
    Split(name="silent partition, second wire", begin=partition, wire=True),
    Split(
        name="password mismatch by a reload",
        begin=reload_with(auth_pass="other"),
        common={"auth_pass": "secret"},
        version_2=True,
    ),
    Split(name="VRID mismatch by a reload", begin=reload_with(vrid=52)),
    Split(
        name="version mismatch by a reload",
        begin=reload_with(version=3),
        common={"version": 2},
        version_2=True,
    ),
    Split(name="VIP list mismatch by a reload", begin=reload_with(vips=(f"{conf.VIP}/24", "10.0.0.101/24"))),
    Split(
        name="unicast pair, inbound drop on the backup",
        begin=lambda pair: pair.lab.firewall.drop_vrrp_inbound("lb02"),
        common={"unicast": True},
    ),
    Split(
        name="VMAC pair, inbound drop on the backup",
        begin=lambda pair: pair.lab.firewall.drop_vrrp_inbound("lb02"),
        common={"use_vmac": True},
    ),
)
