"""Where the tables of a VIP's owner and its standby differ by more than the health checks of each make of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from hawatch.causes.finder import found
from hawatch.situation.balancing import heard_balancing, own_virtual_services
from hawatch.situation.member import HeardRouter, Member
from hawatch.situation.node import Node
from hawatch.situation.router import Owner, RouterState
from hawatch.verdict import Cause, Finding, Severity
from hawatch.wire.report import DaemonState, ReportedVirtualService

APART = 15.0
"""Seconds for which services must have differed: a reload on one node, and its report, take less."""
CHECKS_APART = 60.0
"""Seconds for which the checks of two nodes may come to different ends."""
MOST_NAMED = 3
ByName = dict[str, ReportedVirtualService]


@dataclass(frozen=True, slots=True, kw_only=True)
class Both:
    """The owner's table and the standby's, by the services' names."""

    owner: str
    standby: str
    owners: ByName
    standbys: ByName


def tables_differ(router: RouterState, node: Node, now: float) -> Iterator[Finding]:
    """One finding for each standby; it lies on the standby, since the owner's table is the one that counts."""
    if node.daemon_state() is not DaemonState.RUNNING:
        return
    for member in node.members.members:
        heard = _heard(router, member, now)
        standby = _standby(router, node, member) if heard is not None else None
        if heard is None or standby is None or (mine := own_virtual_services(router, node, now)) is None:
            continue
        ours, theirs = _by_name(mine), _by_name(heard.router.virtual_services or ())
        if standby == node.name:
            both = Both(owner=member.name, standby=node.name, owners=theirs, standbys=ours)
        else:
            both = Both(owner=node.name, standby=member.name, owners=ours, standbys=theirs)
        yield from _compare(router, node, heard, both, now)


def _by_name(services: Iterable[ReportedVirtualService]) -> ByName:
    return {each.name: each for each in services}


def _heard(router: RouterState, member: Member, now: float) -> HeardRouter | None:
    """Its word, if its keepalived runs: one that has ended has taken its services with it."""
    if member.report is None or member.report.daemon is not DaemonState.RUNNING:
        return None
    return heard_balancing(router, member, now)


def _standby(router: RouterState, node: Node, member: Member) -> str | None:
    """Which of the two is the standby; None where neither is known to be the owner."""
    if router.ownership.owner is Owner.US:
        return member.name
    if router.ownership.owner is Owner.PEER and router.ownership.names[0] == member.name:
        return node.name
    return None


def _compare(
    router: RouterState, node: Node, heard: HeardRouter, both: Both, now: float
) -> Iterator[Finding]:
    services = node.host.virtual_services
    began = max(heard.services_since, node.loaded_at, router.known_since)
    lasting = [
        name
        for name in sorted(both.owners.keys() | both.standbys.keys())
        if now - max(began, services.since(name)) > APART
    ]
    lacks = [name for name in lasting if name not in both.standbys]
    missed = _missed(router, node, heard, both)
    extra = [name for name in lasting if name not in both.owners and name not in missed]
    if not heard.router.all_virtual_services:
        lacks, extra = (lacks, []) if both.standby == node.name else ([], extra)
    common = [name for name in lasting if name in both.owners and name in both.standbys]
    otherwise = [name for name in common if both.owners[name].make != both.standbys[name].make]
    if lacks or extra or otherwise:
        yield _differ(both, lacks, extra, otherwise)
        return
    unchecked = {name for name, server in router.virtual_servers.items() if server.ha_suspend}
    checked = [
        name
        for name in common
        if name not in unchecked
        and both.owners[name].servers != both.standbys[name].servers
        and now - max(began, heard.servers_since, services.since(name)) > CHECKS_APART
    ]
    if checked:
        yield _checks_differ(both, checked)


def _missed(router: RouterState, node: Node, heard: HeardRouter, both: Both) -> Collection[str]:
    """What the owner is known to lack although it should have it, which is told of it and no difference besides."""
    if both.owner == node.name:
        return router.virtual_servers
    told = any(each.cause == Cause.VIRTUAL_SERVICE_MISSING.value for each in heard.router.findings)
    return both.standbys if told else ()


def _differ(both: Both, lacks: Sequence[str], extra: Sequence[str], otherwise: Sequence[str]) -> Finding:
    parts = []
    if lacks:
        parts.append(f"lacks {listed(lacks)}")
    if extra:
        parts.append(f"has {listed(extra)}, which the owner lacks")
    if otherwise:
        parts.append(f"balances {listed(otherwise)} otherwise (scheduler, flags, persistence)")
    return found(
        Cause.VIRTUAL_SERVICES_DIFFER,
        both.standby,
        Severity.WARNING,
        f"the virtual services of {both.standby} are not those of the owner {both.owner}: it {'; it '.join(parts)}",
        f"on {both.owner} and on {both.standby}: ipvsadm -Sn | sort  # compare, then make the virtual_server blocks of "
        f"both /etc/keepalived/keepalived.conf the same; on {both.standby}: systemctl reload keepalived",
        standby_lacks=listed(lacks) or "nothing",
        standby_alone_has=listed(extra) or "nothing",
        balanced_otherwise=listed(otherwise) or "nothing",
    )


def _checks_differ(both: Both, names: Sequence[str]) -> Finding:
    here, there = both.standbys[names[0]].usable, both.owners[names[0]].usable
    return found(
        Cause.VIRTUAL_SERVICES_DIFFER,
        both.standby,
        Severity.INFO,
        f"the health checks of {both.standby} and of the owner {both.owner} end differently for {listed(names)}: "
        f"{here} real servers on {both.standby}, {there} on {both.owner}",
        f"on {both.owner} and on {both.standby}: ipvsadm -Ln; journalctl -u keepalived -n 50  # a real server that the "
        f"standby does not reach is missing after a move",
        usable_on_owner=there,
        usable_on_standby=here,
        virtual_service=listed(names),
    )


def listed(names: Sequence[str]) -> str:
    """The first few by name, and how many more."""
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
