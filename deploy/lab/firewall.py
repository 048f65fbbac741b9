"""Filters, made with nftables: on a node as an administrator would make them, on the switch as a bad path.

Every fault has a table of its own, so that healing one leaves the others in force.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from enum import Enum

from deploy.lab.fault import Fault
from deploy.lab.node import Node
from deploy.lab.topology import Topology

VRRP = "meta l4proto { 112, 51 }"
EVERYTHING = ""


class Hook(Enum):
    """Where on a node a packet is dropped."""

    INPUT = "inet input, as a firewall does"
    PREROUTING = "inet prerouting at raw priority"
    INGRESS = "netdev ingress of the device"
    OUTPUT = "inet output, as a firewall does"


class Firewall:
    """The filters of one lab."""

    def __init__(self, topology: Topology, switch: Node, nodes: Mapping[str, Node]) -> None:
        self._topology = topology
        self._switch = switch
        self._nodes = nodes
        self._serial = itertools.count(1)

    # --- on a node --------------------------------------------------------------------------------

    def drop_vrrp_inbound(self, node: str, *, hook: Hook = Hook.INPUT, device: str = "eth0") -> Fault:
        """What keepalived of this node would receive is dropped; `device` counts for INGRESS alone."""
        chain = {
            Hook.INPUT: ("inet", "type filter hook input priority 0;"),
            Hook.PREROUTING: ("inet", "type filter hook prerouting priority raw;"),
            Hook.INGRESS: ("netdev", f'type filter hook ingress device "{device}" priority 0;'),
        }[hook]
        return self._filter(self._nodes[node], *chain, rules=[f"{VRRP} drop"])

    def drop_vrrp_outbound(self, node: str) -> Fault:
        """What keepalived of this node sends is dropped (sendto gives EPERM)."""
        return self._filter(
            self._nodes[node], "inet", "type filter hook output priority 0;", rules=[f"{VRRP} drop"]
        )

    def drop(self, node: str, *, hook: Hook, match: str) -> Fault:
        """Any other filter of the inet family on a node: `match` is an nftables expression."""
        name = {Hook.INPUT: "input priority 0", Hook.PREROUTING: "prerouting priority raw"}.get(
            hook, "output priority 0"
        )
        return self._filter(self._nodes[node], "inet", f"type filter hook {name};", rules=[f"{match} drop"])

    # --- on the switch ----------------------------------------------------------------------------

    def lose_vrrp(self, source: str, target: str, *, device: str = "eth0") -> Fault:
        """The switch forwards no VRRP from source to target."""
        return self._between([(source, target)], [device], VRRP)

    def lose(self, source: str, target: str, *, device: str = "eth0") -> Fault:
        """The switch forwards nothing from source to target."""
        return self._between([(source, target)], [device], EVERYTHING)

    def lose_some(
        self, source: str, target: str, *, percent: int, match: str = EVERYTHING, device: str = "eth0"
    ) -> Fault:
        """The switch loses frames at random, from source to target; `percent` is 1 to 100."""
        return self._between([(source, target)], [device], f"{match} numgen random mod 100 <= {percent - 1}")

    def lose_every(
        self, source: str, target: str, *, nth: int, match: str = EVERYTHING, device: str = "eth0"
    ) -> Fault:
        """The switch loses every nth frame from source to target, so never two in a row."""
        return self._between([(source, target)], [device], f"{match} numgen inc mod {nth} == 0")

    def partition(
        self, one: Sequence[str], other: Sequence[str], *, devices: Sequence[str] = ("eth0",)
    ) -> Fault:
        """Silent: every carrier stays, everybody reaches the gateway, but not one group the other."""
        pairs = [pair for a in one for b in other for pair in ((a, b), (b, a))]
        return self._between(pairs, devices, EVERYTHING)

    def duplicate(self, source: str, target: str, *, device: str = "eth0") -> Fault:
        """The switch delivers twice what source sends to target, broadcast and multicast included."""
        group = "ether daddr & 01:00:00:00:00:00 == 01:00:00:00:00:00"
        copy = f'dup to "{self._topology.port(target, device)}"'
        own = f"ether daddr {self._nodes[target].mac(device)}"
        chain = f'type filter hook ingress device "{self._topology.port(source, device)}" priority 0;'
        return self._filter(self._switch, "netdev", chain, rules=[f"{group} {copy}", f"{own} {copy}"])

    def reflect(self, node: str, *, device: str = "eth0") -> Fault:
        """The switch gives a node's own advertisements back to it, as a loop behind it does."""
        port = self._topology.port(node, device)
        chain = f'type filter hook ingress device "{port}" priority 0;'
        return self._filter(self._switch, "netdev", chain, rules=[f'{VRRP} dup to "{port}"'])

    def _between(self, pairs: Sequence[tuple[str, str]], devices: Sequence[str], match: str) -> Fault:
        port = self._topology.port
        rules = [
            f'iifname "{port(source, device)}" oifname "{port(target, device)}" {match} drop'
            for device in devices
            for source, target in pairs
        ]
        return self._filter(self._switch, "bridge", "type filter hook forward priority 0;", rules=rules)

    def _filter(self, node: Node, family: str, chain: str, *, rules: Sequence[str]) -> Fault:
        table = f"{family} fault{next(self._serial)}"
        lines = [f"add table {table}", f"add chain {table} drops {{ {chain} }}"]
        lines += [f"add rule {table} drops {rule}" for rule in rules]
        node.run(["nft", "-f", "-"], stdin="\n".join(lines) + "\n")

        def heal() -> None:
            node.run(["nft", "delete", "table", *table.split()])

        return Fault(f"{node.name}: {'; '.join(rules)}", heal)
