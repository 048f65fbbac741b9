"""keepalived itself on each node: dead, frozen, and what it left behind; a configuration it has not loaded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hawatch.causes.finder import found
from hawatch.situation.facts import ICMP_SPEAKS, Facts
from hawatch.situation.member import AgentState, Member
from hawatch.situation.node import Node
from hawatch.situation.ownership import member_holds
from hawatch.situation.router import Owner, RouterState
from hawatch.verdict import Cause, Finding, Severity
from hawatch.wire.report import DaemonState


def daemons(router: RouterState, node: Node, facts: Facts, now: float) -> Iterator[Finding]:
    """A keepalived that is dead or frozen, and VIPs that a dead one left behind."""
    del facts
    own = node.daemon_state()
    if own in _BAD:
        since = node.daemon.at if node.daemon else now
        yield from _told(router, node.name, own, held=router.we_hold(now), for_seconds=now - since)
    for member in node.members.members:
        up = member.agent(now) is AgentState.UP
        state = member.report.daemon if member.report and up else None
        if state in _BAD:
            held = member_holds(router, member, node, now)
            yield from _told(router, member.name, state, held=held, for_seconds=None)
        elif not up and _is_refused(router, member, now):
            yield _dead_by_icmp(router, member, now)


_BAD = frozenset({DaemonState.DEAD, DaemonState.FROZEN})


def _told(
    router: RouterState, name: str, state: DaemonState | None, *, held: bool | None, for_seconds: float | None
) -> Iterator[Finding]:
    vips = ", ".join(vip.address for vip in router.config.all_vips)
    known: dict[str, Any] = {"process": state, "has_vips": held, "for_seconds": for_seconds}
    if state is DaemonState.DEAD:
        if held:
            yield _left_behind(router, name)
        summary = f"keepalived does not run on {name}"
        remedy = (
            f"on {name}: systemctl start keepalived; journalctl -u keepalived -n 50  # tells why it ended"
        )
        yield found(Cause.KEEPALIVED_DEAD, name, Severity.WARNING, summary, remedy, **known)
    elif state is DaemonState.FROZEN:
        keeps = f" and keeps {vips}" if held and vips else ""
        summary = f"keepalived on {name} is stopped by a signal{keeps}"
        remedy = f"on {name}: kill -CONT $(pidof keepalived)  # or systemctl restart keepalived"
        yield found(Cause.KEEPALIVED_FROZEN, name, Severity.WARNING, summary, remedy, **known)


def _left_behind(router: RouterState, name: str) -> Finding:
    """What a dead keepalived on this node has left: beside another owner, or as the only one."""
    device = router.config.interface
    vips = [
        f"ip address del {v.address}/{v.prefix_length} dev {v.device or device}"
        for v in router.config.all_vips
    ]
    remedy = (
        f"on {name}: systemctl restart keepalived  # it removes the VIPs that it finds and takes part again; to keep "
        f"it down: {'; '.join(vips)}"
    )
    beside_another = router.proof is not None or router.ownership.owner is Owner.BOTH
    if beside_another:
        summary = f"{name} still holds VIPs that a dead keepalived left behind"
        cause = Cause.STALE_VIP
    else:
        summary = f"{name} holds VIPs, and no keepalived runs there"
        cause = Cause.VIP_WITHOUT_MASTER
    owners = ", ".join(router.ownership.names) or "unknown"
    return found(
        cause, name, Severity.WARNING, summary, remedy, has_vips=True, keepalived="dead", owners=owners
    )


def _is_refused(router: RouterState, member: Member, now: float) -> bool:
    """Whether the host of a member whose agent says nothing answers that nobody there listens for VRRP."""
    speaks = max(ICMP_SPEAKS, 2 * router.interval() + router.jitter())
    return member.unreachable_icmp_at is not None and now - member.unreachable_icmp_at <= speaks


def _dead_by_icmp(router: RouterState, member: Member, now: float) -> Finding:
    return found(
        Cause.KEEPALIVED_DEAD,
        member.name,
        Severity.WARNING,
        f"keepalived does not run on {member.name}: its host refuses our advertisements (ICMP 3/2)",
        f"on {member.name}: systemctl start keepalived; journalctl -u keepalived -n 50  # tells why it ended",
        refused_before=now - (member.unreachable_icmp_at or now),
        its_agent=member.agent(now).value,
        unicast=router.config.unicast,
    )


def not_loaded(router: RouterState, node: Node, facts: Facts, now: float) -> Iterator[Finding]:
    """A configuration file that is newer than what runs."""
    del router, facts
    if not node.not_loaded:
        return
    modified = node.file.modified_at if node.file else None
    age = None if modified is None else now + node.wall_minus_monotonic - modified
    yield found(
        Cause.CONFIG_NOT_LOADED,
        node.name,
        Severity.WARNING,
        f"keepalived.conf on {node.name} is newer than what keepalived runs",
        f"on {node.name}: keepalived --config-test && systemctl reload keepalived",
        file_changed_before=age,
        loaded_before=now - node.loaded_at if node.loaded_at else None,
    )
