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


def note_fault(router: RouterState, node: Node) -> None:
    """Remember whether the last word of one of our own was that of a FAULT, so that nobody need ask all of them."""
    if router.own.zero_is_fault:
        node.in_fault[router.config.instance] = router
    elif node.in_fault:
        node.in_fault.pop(router.config.instance, None)


def sharers_in_fault(config: VirtualRouter, node: Node) -> Iterator[RouterState]:
    """The node's others whose last word was FAULT, which could only come from something that this one tracks too."""
    if not node.in_fault:
        return
    ours = _faulting(config)
    for instance, kin in node.in_fault.items():
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
