"""Advertisements that reach this host and not its keepalived, or never leave it: filters, and rp_filter."""

from __future__ import annotations

from collections.abc import Iterator

from hawatch.causes.finder import found, stands
from hawatch.evidence import FirewallHit
from hawatch.situation.delivery import LOOKED_AT_HOST, SETTLED, Undelivered
from hawatch.situation.facts import Facts
from hawatch.situation.member import without_zone
from hawatch.situation.node import Node
from hawatch.situation.proofs import name_of
from hawatch.situation.refresh import longest_down_interval
from hawatch.situation.router import RouterState
from hawatch.verdict import Cause, Finding, Severity
from hawatch.wire.family import Family
from hawatch.wire.report import DaemonState

DROPPED = "dropped"


def inbound(router: RouterState, node: Node, now: float) -> Iterator[Finding]:
    """What is on our wire and reaches no socket, or would reach none by the rules of this host."""
    hits = node.host.hits(router.config.instance, "in")
    src, run = _undelivered(router, node, now) or ("", None)
    rule = _standing_rule(router, node, hits, run)
    if rule is not None:
        yield _blocked_by_rule(router, node, rule, src, run)
    elif run is not None:
        strict = node.host.reverse_paths.get(router.config.listening_device)
        if strict is not None and strict.strict and router.config.family is Family.IPV4:
            yield from _by_rp_filter(router, node, src, run, now)
        elif now >= run.first_at + LOOKED_AT_HOST or router.config.family is Family.IPV6:
            yield _blocked_somewhere(router, node, hits, src, run)


def _standing_rule(
    router: RouterState, node: Node, hits: list[FirewallHit], run: Undelivered | None
) -> FirewallHit | None:
    """The rule that drops them; none when they have arrived since the rules were listed, and still do."""
    listed = node.host.firewall
    latest = max((each.at for each in router.delivered.values()), default=0.0)
    if listed is None or (latest > listed.at and run is None):
        return None
    return next((hit for hit in hits if hit.verdict == DROPPED), None)


def _undelivered(router: RouterState, node: Node, now: float) -> tuple[str, Undelivered] | None:
    """The longest run of advertisements of a member, who still speaks, that our own sockets should have been given."""
    ear = node.observers.get(f"shadow:{router.config.listening_device}")
    if ear is None or not ear.up:
        return None
    if node.woke_at > 0.0 and now <= node.woke_at + router.interval() + SETTLED:
        return None  # an agent that was held up reads its sockets one after the other
    silent = longest_down_interval(router, node) + router.jitter()
    runs = [
        (src, run)
        for src, run in router.undelivered.items()
        if run.enough_at is not None
        and run.first_at >= ear.at
        and run.enough_at + SETTLED <= now <= run.at + silent
    ]
    return min(runs, key=lambda each: each[1].first_at, default=None)


def _by_rp_filter(
    router: RouterState, node: Node, src: str, run: Undelivered, now: float
) -> Iterator[Finding]:
    """A strict reverse path filter whose counter grows; one whose counter could not have been read yet is unknown."""
    device = router.config.listening_device
    seen, dropped_at = node.host.reverse_paths[device], node.host.reverse_path_dropped_at.get(device, 0.0)
    if dropped_at >= run.first_at:
        summary = (
            f"rp_filter on {device} of {node.name} is strict and drops the advertisements of "
            f"{name_of(node, src)}: the way back to {src} does not lead through {device}"
        )
        key = f"net/ipv4/conf/{device}/rp_filter"
        remedy = (
            f"on {node.name}: sysctl -w {key}=2; echo '{key} = 2' > /etc/sysctl.d/90-vrrp-{device}.conf"
            f"  # loose; or give {src} a route through {device}: ip route get {src}"
        )
        yield found(
            Cause.RP_FILTER,
            node.name,
            Severity.WARNING,
            summary,
            remedy,
            on_the_wire=run.count,
            delivered=0,
            strict=True,
            reverse_path_counter="grew meanwhile",
            source=src,
        )
    elif now >= max(run.first_at, seen.at) + LOOKED_AT_HOST:
        hits = node.host.hits(router.config.instance, "in")
        yield _blocked_somewhere(router, node, hits, src, run)


def _blocked_by_rule(
    router: RouterState, node: Node, rule: FirewallHit, src: str, run: Undelivered | None
) -> Finding:
    verb = "drops" if run is not None else "would drop"
    summary = f"{rule.tool or 'a rule'} on {node.name} {verb} VRRP inbound: {rule.rule} ({rule.place})"
    return found(
        Cause.VRRP_BLOCKED_INBOUND,
        node.name,
        Severity.WARNING,
        summary,
        rule.remedy or _look(router, node, "input"),
        rule=rule.rule,
        place=rule.place,
        on_the_wire=run.count if run is not None else None,
        delivered=0 if run is not None else None,
        **({"source": src} if run is not None else {}),
    )


def _blocked_somewhere(
    router: RouterState, node: Node, hits: list[FirewallHit], src: str, run: Undelivered
) -> Finding:
    device = router.config.listening_device
    summary = (
        f"{node.name} drops VRRP inbound: {run.count} advertisements of {name_of(node, src)} were on {device}, "
        "and none reached a socket"
    )
    return found(
        Cause.VRRP_BLOCKED_INBOUND,
        node.name,
        Severity.WARNING,
        summary,
        _look(router, node, "input"),
        tell_apart=_tell_apart(node, hits, f"tc filter show dev {device} ingress"),
        on_the_wire=run.count,
        delivered=0,
        source=src,
        **_suspects(node, hits),
    )


def outbound(router: RouterState, node: Node, facts: Facts, now: float) -> Iterator[Finding]:
    """Our own advertisements do not leave, or would not by the rules of this host."""
    silent = router.own.silent_for(now) > router.own.interval + router.jitter() and router.we_hold(now)
    if not silent and not (node.host.firewall and node.host.firewall.hits):
        return
    hits = node.host.hits(router.config.instance, "out")
    missing = _missing_since(router, node, facts, now) if silent else None
    rule = _leaving_rule(router, node, hits, missing)
    if rule is not None:
        verb = "drops" if missing is not None else "would drop"
        yield found(
            Cause.VRRP_BLOCKED_OUTBOUND,
            node.name,
            Severity.WARNING,
            f"{rule.tool or 'a rule'} on {node.name} {verb} VRRP outbound: {rule.rule} ({rule.place})",
            rule.remedy or _look(router, node, "output"),
            rule=rule.rule,
            place=rule.place,
            holds_the_vip=router.we_hold(now),
            own_advertisements_missing_for=None if missing is None else now - missing,
        )
    elif missing is not None:
        device = router.config.listening_device
        yield found(
            Cause.VRRP_BLOCKED_OUTBOUND,
            node.name,
            Severity.WARNING,
            f"{node.name} is MASTER and its advertisements do not leave {router.config.interface}",
            _look(router, node, "output"),
            tell_apart=_tell_apart(
                node, hits, f"'send advert' in journalctl -u keepalived; tc filter show dev {device} egress"
            ),
            holds_the_vip=True,
            keepalived="running",
            own_advertisements_missing_for=now - missing,
            heard_meanwhile="nobody who could have muted it",
            **_suspects(node, hits),
        )


def _leaving_rule(
    router: RouterState, node: Node, hits: list[FirewallHit], missing: float | None
) -> FirewallHit | None:
    """The rule that drops them; none when ours have left since the rules were listed, and still do."""
    listed = node.host.firewall
    latest = max(router.own.heard_at or 0.0, router.own.zero_at or 0.0)
    if listed is None or (latest > listed.at and missing is None):
        return None
    return next((hit for hit in hits if hit.verdict == DROPPED), None)


def _missing_since(router: RouterState, node: Node, facts: Facts, now: float) -> float | None:
    """Since when ours are missing with no excuse: keepalived runs, we hold, and nobody spoke when the first was due.

    The host has been looked at since: a keepalived that is stopped or gets no processor time sends nothing, either.
    Whoever spoke then may have muted it: every advertisement heard, even one that it rejects, makes a MASTER of
    keepalived wait for another interval (vrrp_dispatcher_read in its vrrp_scheduler.c).
    """
    capture, daemon, own = node.observers.get(f"sniffer:{router.config.interface}"), node.daemon, router.own
    if daemon is None or daemon.state is not DaemonState.RUNNING or facts.carrier is not True:
        return None
    if capture is None or not capture.up or own.given_up or not router.holdings:
        return None
    if router.config.unicast and not _has_living_peer(router, node, now):
        return None
    allowed = own.interval if own.heard_at is not None else router.config.advert_interval
    since = max(own.heard_at or 0.0, router.held_since(now), daemon.at, node.loaded_at, capture.at)
    starved, dropped_at = node.host.last_starved, node.dropped_at or 0.0
    if not stands(router, Cause.VRRP_BLOCKED_OUTBOUND):
        if starved is not None and starved is node.host.pressure:
            return None
        since = max(since, node.woke_at, dropped_at, starved.at if starved is not None else 0.0)
    due = since + allowed + router.jitter()
    return None if now <= due + LOOKED_AT_HOST or _may_have_been_muted(router, since, due) else since


def _has_living_peer(router: RouterState, node: Node, now: float) -> bool:
    """Whether any unicast_peer can be spoken to: what goes to an address that no host answers for never leaves."""
    listed = {without_zone(address) for address in router.config.unicast_peers}
    return any(
        member.alive(now) and not member.addresses.isdisjoint(listed) for member in node.members.members
    )


def _may_have_been_muted(router: RouterState, since: float, due: float) -> bool:
    for talker in router.talkers.values():
        if talker.heard_at is not None and talker.heard_at > since and (talker.run_started_at or 0.0) <= due:
            return True
    return any(each.at > since and each.first_at <= due for each in router.outsiders.values())


def _suspects(node: Node, hits: list[FirewallHit]) -> dict[str, object]:
    """What the listed rules say, for the evidence."""
    listed = node.host.firewall
    if listed is None or listed.hits is None:
        return {"rules": None}
    if not hits:
        return {"rules": "none of those listed drops it"}
    return {"rule_that_may_drop_it": f"{hits[0].rule} ({hits[0].place})"}


def _tell_apart(node: Node, hits: list[FirewallHit], elsewhere: str) -> str:
    if hits:
        return f"it may be this rule, whose counter then grows: {hits[0].rule} ({hits[0].place}); or see {elsewhere}"
    if node.host.firewall is None or node.host.firewall.hits is None:
        return f"the rules of {node.name} could not be listed; those of tc and eBPF: {elsewhere}"
    return f"no listed rule drops it; what tc or an eBPF program does is shown by {elsewhere}"


def _look(router: RouterState, node: Node, chain: str) -> str:
    """How to find a rule that was not listed, and what to write in its place."""
    protocol = 51 if router.config.auth_type == "ah" else 112
    field = "ip6 nexthdr" if router.config.family is Family.IPV6 else "ip protocol"
    return (
        f"on {node.name}: nft -a list ruleset | less  # find the {chain} rule or policy that drops protocol "
        f"{protocol}, and before it write: {field} {protocol} accept; in /etc/nftables.conf, too"
    )
