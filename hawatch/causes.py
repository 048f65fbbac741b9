"""From the situation to findings: what is wrong or worth knowing beside the verdict, where, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from hawatch.evidence import ObserverState
from hawatch.situation.facts import Facts, own_ready
from hawatch.situation.member import AgentState, Member
from hawatch.situation.node import Node
from hawatch.situation.outsiders import disturber
from hawatch.situation.ownership import member_holds
from hawatch.situation.router import Outsider, OutsiderKind, Owner, RouterState
from hawatch.verdict import Cause, Finding, Severity, Verdict
from hawatch.wire.report import DaemonState

Finder = Callable[[RouterState, Node, Facts, float], Iterator[Finding]]


def find_causes(
    router: RouterState, node: Node, facts: Facts, verdict: Verdict, now: float
) -> tuple[Finding, ...]:
    """Every finding that holds now, in the order in which people want to read them."""
    del verdict
    found = [finding for finder in _FINDERS for finding in finder(router, node, facts, now)]
    return tuple(_accept(finding, node, now) for finding in found)


def _accept(finding: Finding, node: Node, now: float) -> Finding:
    """What the operator said is meant to be so is information, with the reason, until its day is over."""
    epoch = now + node.wall_minus_monotonic
    for accepted in node.accepted:
        if accepted.cause == finding.cause.value and (accepted.until is None or epoch < accepted.until):
            summary = f"{finding.summary} (accepted: {accepted.reason or 'meant to be so'})"
            return replace(finding, severity=Severity.INFO, summary=summary)
    return finding


def _daemons(router: RouterState, node: Node, facts: Facts, now: float) -> Iterator[Finding]:
    del facts
    seen = [(node.name, node.daemon_state(), router.we_hold(now))]
    for member in _members(node):
        state = member.report.daemon if member.report and member.agent(now) is AgentState.UP else None
        seen.append((member.name, state, member_holds(router, member, node, now)))
    for name, state, held in seen:
        if state is DaemonState.DEAD:
            remedy = f"on {name}: systemctl start keepalived; journalctl -u keepalived tells why it ended"
            summary = f"keepalived does not run on {name}"
            yield from _left_behind(router, name, held=held)
            yield _finding(Cause.KEEPALIVED_DEAD, name, Severity.WARNING, summary, remedy)
        elif state is DaemonState.FROZEN:
            remedy = f"on {name}: kill -CONT $(pidof keepalived), or systemctl restart keepalived"
            summary = f"keepalived on {name} is stopped by a signal and keeps its VIPs"
            yield _finding(Cause.KEEPALIVED_FROZEN, name, Severity.WARNING, summary, remedy)


def _left_behind(router: RouterState, name: str, *, held: bool | None) -> Iterator[Finding]:
    """What a dead keepalived on this node has left, if it is known that the node holds it."""
    if not held:
        return
    vips = "; ".join(
        f"ip address del {v.address}/{v.prefix_length} dev {v.device or router.config.interface}"
        for v in router.config.all_vips
    )
    if router.proof is not None or router.ownership.owner is Owner.BOTH:
        summary = f"{name} still holds VIPs that a dead keepalived left behind"
        yield _finding(Cause.STALE_VIP, name, Severity.WARNING, summary, f"on {name}: {vips}")
        return
    summary = f"{name} holds VIPs, and no keepalived runs there"
    remedy = f"on {name}: systemctl start keepalived, or {vips}"
    yield _finding(Cause.VIP_WITHOUT_MASTER, name, Severity.WARNING, summary, remedy)


def _devices(router: RouterState, node: Node, facts: Facts, now: float) -> Iterator[Finding]:
    del facts, now
    kernel = node.observers.get("vip")
    if kernel is not None and not kernel.up:
        return
    for name in (router.config.interface, *(tracked.name for tracked in router.config.tracked_interfaces)):
        if node.carrier(name) is False:
            summary = f"{name} on {node.name} has no link"
            yield _finding(
                Cause.LINK_DOWN, node.name, Severity.WARNING, summary, f"check the cable and port of {name}"
            )
        elif name in node.interfaces and node.carrier(name) is None:
            summary = f"{node.name} has no device {name}, which keepalived.conf names"
            yield _finding(Cause.BLIND, node.name, Severity.WARNING, summary, f"ip link show {name}")


def _faults(router: RouterState, node: Node, facts: Facts, now: float) -> Iterator[Finding]:
    del facts
    if router.own.zero_is_fault and router.own.given_up and own_ready(router, node, now) is False:
        summary = f"keepalived on {node.name} is in FAULT: something that it tracks has failed"
        yield _finding(Cause.TRACKED_FAULT, node.name, Severity.WARNING, summary, _LOOK_AT_TRACKED)
    elif router.own.fell:
        summary = f"{node.name} advertises priority {router.own.priority}, down from {router.own.run_highest}"
        yield _finding(Cause.TRACKED_FAULT, node.name, Severity.WARNING, summary, _LOOK_AT_TRACKED)


_LOOK_AT_TRACKED = "grep keepalived in the journal; run the track_script by hand as its script_user"


def _peers(router: RouterState, node: Node, facts: Facts, now: float) -> Iterator[Finding]:
    for member in _members(node):
        agent = member.agent(now)
        if member.alive(now) is False:
            summary = f"{member.name} is out of reach on every path: down or cut off, cannot be told apart from here"
            yield _finding(Cause.PEER_UNREACHABLE, member.name, Severity.WARNING, summary)
        elif member.outlives_its_agent(now):
            summary = f"the agent on {member.name} has fallen silent"
            yield _finding(Cause.BLIND, member.name, Severity.WARNING, summary, "systemctl status hawatch")
        elif agent is AgentState.NONE:
            unlisted = "" if member.listed else " (not listed in the configuration)"
            summary = f"no agent has ever spoken on {member.name}{unlisted}: its own view is not known"
            yield _finding(Cause.PEER_UNVERIFIED, member.name, Severity.INFO, summary)
        if (
            len(node.members.members) > 1
            and facts.standby_ready
            and _is_dead_standby(router, node, member.name, now)
        ):
            summary = f"{member.name} could not take over; another standby could"
            yield _finding(Cause.STANDBY_FAULT, member.name, Severity.WARNING, summary)
    if not node.members.members:
        summary = "no peer is known: name it with --peer, or in hawatch.toml"
        yield _finding(
            Cause.PEER_UNVERIFIED, node.name, Severity.INFO, summary, "hawatch agent --peer ADDRESS"
        )


def _is_dead_standby(router: RouterState, node: Node, name: str, now: float) -> bool:
    member = node.members.find(name=name)
    heard = member.said(router.vips, router.config.family, router.config.vrid, now) if member else None
    return heard is not None and heard.router.ready is False and name not in router.ownership.names


def _paths(router: RouterState, node: Node, facts: Facts, now: float) -> Iterator[Finding]:
    del router
    for reference in node.references.values():
        if reference.alive(now) is False and reference.answered_at is not None:
            severity = Severity.INFO if facts.peer_alive else Severity.WARNING
            summary = f"the reference {reference.name} does not answer"
            yield _finding(Cause.REFERENCE_DOWN, node.name, severity, summary)
    for member in _members(node):
        states = {
            path.name: path.alive(now) for path in member.links.values() if path.answered_at is not None
        }
        if True in states.values():
            for name in (name for name, alive in states.items() if alive is False):
                summary = f"the link {name} to {member.name} is down; another still carries the truth"
                yield _finding(Cause.HEARTBEAT_LINK_DOWN, node.name, Severity.WARNING, summary)


def _outsiders(router: RouterState, node: Node, facts: Facts, now: float) -> Iterator[Finding]:
    del facts
    disturbing = disturber(router, now)
    for outsider in router.outsiders.values():
        if outsider is disturbing:
            yield _disturbance(router, outsider, node)
        elif outsider.elsewhere:
            severity = Severity.WARNING if router.config.vmac_interface else Severity.INFO
            summary = f"{outsider.who} uses VRID {router.config.vrid} too, in another multicast group"
            yield _finding(Cause.FOREIGN_ROUTER, outsider.who, severity, summary)


def _disturbance(router: RouterState, outsider: Outsider, node: Node) -> Finding:
    if outsider.kind is OutsiderKind.ADDRESS:
        summary = f"{outsider.who} answers for a VIP and belongs to no member"
        remedy = f"find the port of {outsider.who} in the switch's address table"
        return _finding(Cause.ADDRESS_CLAIMED, outsider.who, Severity.CRITICAL, summary, remedy)
    summary = (
        f"{outsider.who} speaks with VRID {router.config.vrid} on {router.config.interface} and can mute us"
    )
    remedy = (
        f"give one side another virtual_router_id or vrrp_mcast_group4; on {node.name} or on {outsider.who}"
    )
    return _finding(Cause.FOREIGN_ROUTER, outsider.who, Severity.WARNING, summary, remedy)


def _configuration(router: RouterState, node: Node, facts: Facts, now: float) -> Iterator[Finding]:
    del router, facts, now
    if node.not_loaded:
        summary = f"keepalived.conf on {node.name} is newer than what keepalived runs"
        yield _finding(
            Cause.CONFIG_NOT_LOADED, node.name, Severity.WARNING, summary, "systemctl reload keepalived"
        )


def find_node_causes(node: Node, now: float) -> tuple[Finding, ...]:
    """What is to be told of a node even while it watches no virtual router, in keepalived.conf's absence say."""
    return tuple(_watch(node, tuple(node.observers.values()), now))


def _seeing(router: RouterState, node: Node, facts: Facts, now: float) -> Iterator[Finding]:
    del facts
    watched = ("", *router.config.device_names)
    return _watch(node, [o for o in node.observers.values() if o.observer.partition(":")[2] in watched], now)


def _watch(node: Node, observers: Sequence[ObserverState], now: float) -> Iterator[Finding]:
    if node.file is not None and node.file.config is None:
        summary = f"keepalived.conf cannot be read: {node.file.problem}"
        yield _finding(
            Cause.BLIND, node.name, Severity.WARNING, summary, "hawatch check-config; is hawatch-helper up?"
        )
    for observer in observers:
        if not observer.up:
            summary = f"{observer.observer} on {node.name} does not work: {observer.problem}"
            yield _finding(Cause.BLIND, node.name, Severity.WARNING, summary)
    for (peer, link), problem in node.link_problems.items():
        summary = f"the link {link} to {peer} cannot be used: {problem}"
        yield _finding(Cause.HEARTBEAT_LINK_DOWN, node.name, Severity.WARNING, summary)
    for src, (at, reason) in node.refused.items():
        if now - at < REFUSED_SPEAKS and not _is_heard(node, src, now):
            summary = f"reports from {src} are refused: {reason}"
            remedy = f"the same peer.key on {src} and {node.name}"
            yield _finding(Cause.BLIND, node.name, Severity.WARNING, summary, remedy)
    if node.dropped_at is not None and now - node.dropped_at < REFUSED_SPEAKS:
        yield _finding(
            Cause.BLIND, node.name, Severity.WARNING, f"{node.name} lost frames of its own capture"
        )


REFUSED_SPEAKS = 10.0


def _is_heard(node: Node, src: str, now: float) -> bool:
    """Whether the agent at this address is heard all the same: what was refused came twice, or was forged."""
    member = node.members.find(address=src)
    return member is not None and member.agent(now) is AgentState.UP


def _services(router: RouterState, node: Node, facts: Facts, now: float) -> Iterator[Finding]:
    del facts, now
    for result in node.services.values():
        wanted_here = result.name not in node.services_of_owner or result.node in router.ownership.names
        if result.up is False and wanted_here:
            summary = f"the service {result.name} is down on {result.node}: {result.detail}"
            yield _finding(Cause.SERVICE_DOWN, result.node, Severity.WARNING, summary)


def _members(node: Node) -> list[Member]:
    return node.members.members


def _finding(cause: Cause, node: str, severity: Severity, summary: str, remedy: str = "") -> Finding:
    return Finding(cause=cause, node=node, severity=severity, summary=summary, remedy=remedy)


_FINDERS: tuple[Finder, ...] = (
    _outsiders,
    _daemons,
    _devices,
    _faults,
    _peers,
    _paths,
    _configuration,
    _services,
    _seeing,
)
