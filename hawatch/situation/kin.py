"""Virtual routers of one node that track the same: the FAULT of one is then the other's, too.

A standby says nothing of its FAULT (keepalived 2.2.7 sends priority 0 as MASTER alone), so that another virtual router
of the node, which was MASTER, is what tells of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from hawatch.keepalived.model import VirtualRouter
from hawatch.situation.node import Node
from hawatch.situation.router import RouterState

Tracked = tuple[str, str]
"""A kind (interface, script, process, file) and a name."""


def sharers(config: VirtualRouter, node: Node) -> Iterator[RouterState]:
    """The node's other virtual routers whose FAULT could only come from something that this one tracks too."""
    ours = _faulting(config)
    for instance, kin in node.kin.items():
        suspects = _suspects(kin.config, node)
        if instance != config.instance and suspects and suspects <= ours:
            yield kin


def _faulting(config: VirtualRouter) -> set[Tracked]:
    """What puts it into FAULT when it fails: all that it tracks without a weight, and its own device."""
    interfaces = {each.name for each in config.tracked_interfaces if not each.weight}
    if not config.dont_track_primary:
        interfaces.add(config.interface)
    scripts = {(each.kind, each.name) for each in config.tracked_scripts if not each.weight}
    return {("interface", name) for name in interfaces} | scripts


def _suspects(config: VirtualRouter, node: Node) -> set[Tracked]:
    """What of it may have failed: not a device that is seen as it should be."""
    reverse = {each.name for each in config.tracked_interfaces if each.reverse}
    well = {name for name in node.interfaces if node.carrier(name) is (name not in reverse)}
    return {(kind, name) for kind, name in _faulting(config) if kind != "interface" or name not in well}
