"""Where VRRP is lost on its way: seen on the wire, delivered to the stack, seen leaving, joined, counted."""

from __future__ import annotations

from collections.abc import Iterator

from hawatch.causes.filters import inbound, outbound
from hawatch.causes.finder import found
from hawatch.causes.losses import losses
from hawatch.situation.delivery import LOOKED_AT_HOST
from hawatch.situation.facts import Facts
from hawatch.situation.node import Loop, Node
from hawatch.situation.router import RouterState
from hawatch.verdict import Cause, Finding, Severity
from hawatch.wire.report import DaemonState

LOOP_SPEAKS = 10.0
LOOPED_AT_LEAST = 2


def paths(router: RouterState, node: Node, facts: Facts, now: float) -> Iterator[Finding]:
    """Every finding of this kind that holds now."""
    stopped = node.host.firewall is not None and node.host.firewall.hits
    if router.undelivered or stopped:
        yield from inbound(router, node, now)
    yield from outbound(router, node, facts, now)
    if node.host.memberships:
        yield from _membership(router, node, now)
    yield from losses(router, node, facts, now)
    loop = node.loops.get(router.config.interface)
    if loop is not None and loop.count >= LOOPED_AT_LEAST and now - loop.at <= LOOP_SPEAKS:
        yield _looped(router, node, loop)


def _membership(router: RouterState, node: Node, now: float) -> Iterator[Finding]:
    """keepalived runs, and no socket but our own has joined the group, so that it hears nobody."""
    config, daemon = router.config, node.daemon
    joined = node.host.memberships.get((config.listening_device, config.multicast_group))
    if joined is None or joined.sockets != 0 or config.unicast:
        return
    if daemon is None or daemon.state is not DaemonState.RUNNING:
        return
    if now <= max(joined.at, daemon.at, node.loaded_at) + LOOKED_AT_HOST:
        return
    device, group = config.listening_device, config.multicast_group
    table = "igmp6" if ":" in group else "igmp"
    summary = f"keepalived runs on {node.name}, and none of its sockets has joined {group} on {device}: it hears nobody"
    remedy = f"on {node.name}: systemctl restart keepalived; then {group} is in: ip maddr show dev {device}"
    yield found(
        Cause.MULTICAST_MEMBERSHIP_LOST,
        node.name,
        Severity.WARNING,
        summary,
        remedy,
        sockets_in_the_group=f"{joined.sockets}, our own not counted (/proc/net/{table})",
        keepalived="running",
    )


def _looped(router: RouterState, node: Node, loop: Loop) -> Finding:
    """Our own address came in from the wire: with our own MAC it is a loop, with another one a second host."""
    device = router.config.interface
    last = router.own.last
    own = node.own_macs() | ({last.src_mac} if last is not None else set())
    if loop.mac in own:
        summary = (
            f"advertisements of {node.name} come back to {device}: the network has a loop, or reflects them"
        )
        remedy = (
            f"look for the loop between the switches behind {device} of {node.name}: spanning tree, a bond without "
            f"LACP, a mirror port; tcpdump -eni {device} -Q in ether src {loop.mac} shows what comes back"
        )
    else:
        summary = f"{loop.mac} advertises from an address of {node.name}: another host has the same address"
        remedy = (
            f"find the port of {loop.mac} in the switch's address table, and give that host an address of its own: a "
            "cloned virtual machine keeps the address, machine-id and keepalived.conf of its origin"
        )
    return found(
        Cause.LOOPED_FRAMES,
        node.name,
        Severity.WARNING,
        summary,
        remedy,
        came_back=loop.count,
        source_mac=loop.mac,
        own_mac=loop.mac in own,
    )
