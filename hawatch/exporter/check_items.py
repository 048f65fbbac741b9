"""What each check looks at, as items: a severity, a sentence, and how well founded it is; pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from hawatch.exporter.check_measure import MEASURES, crossed, measured, number, service_faults
from hawatch.exporter.check_question import CheckName, Question
from hawatch.exporter.words import duration
from hawatch.snapshot import PeerView, RouterView, Snapshot
from hawatch.verdict import Cause, Finding, Severity, VerdictKind

# The most telling first; sorts items of one severity, and lets the plugin choose between two agents.
TELLING = (
    VerdictKind.SPLIT_BRAIN,
    VerdictKind.CONFLICT,
    VerdictKind.NO_OWNER,
    VerdictKind.SPLIT_BRAIN_SUSPECTED,
    VerdictKind.ISOLATED,
    VerdictKind.FLAPPING,
    VerdictKind.FAILOVER,
    VerdictKind.SWITCHOVER,
    VerdictKind.DEGRADED,
    VerdictKind.INDETERMINATE,
    VerdictKind.FAILBACK,
    VerdictKind.STEADY,
)
# Verdicts which do not speak of the last move themselves.
QUIET = (VerdictKind.STEADY, VerdictKind.DEGRADED)
MOVES_TO_TELL = (VerdictKind.SWITCHOVER, VerdictKind.FAILOVER)
FINDINGS_IN_LINE = 2


class Basis(IntEnum):
    """How well founded an item is: a node that is cut off speaks of itself only, and the undecided of nothing."""

    DEFINITE = 0
    ISOLATED = 1
    INDETERMINATE = 2


class Detail(NamedTuple):
    """One further line, shown from this verbosity on."""

    verbosity: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing looked at: its full sentence, its short form for a list, and further lines.

    `instance` and `verdict` are those of the virtual router, if it is one.
    """

    severity: Severity
    text: str
    brief: str
    instance: str | None = None
    verdict: VerdictKind | None = None
    details: tuple[Detail, ...] = ()

    @property
    def basis(self) -> Basis:
        """How well founded it is."""
        if self.verdict is VerdictKind.ISOLATED:
            return Basis.ISOLATED
        return Basis.INDETERMINATE if self.severity is Severity.UNKNOWN else Basis.DEFINITE

    @property
    def rank(self) -> int:
        """Its place in TELLING; what is no verdict comes last."""
        return len(TELLING) if self.verdict is None else TELLING.index(self.verdict)


def items_of(snapshot: Snapshot, question: Question, now: float) -> list[Item]:
    """The items of the check, worst and most telling first; `now` is in monotonic seconds."""
    found = list(_looked_at(snapshot, question, now))
    if found:
        found += _thresholds(snapshot, question, now)
    return sorted(found, key=lambda item: (-item.severity.badness, item.basis, item.rank))


def _looked_at(snapshot: Snapshot, question: Question, now: float) -> Iterator[Item]:
    match question.check:
        case CheckName.OVERALL:
            yield from _routers(snapshot, question, now)
            yield from map(_node_finding, snapshot.node_findings)
        case CheckName.INSTANCE:
            yield from _routers(snapshot, question, now)
        case CheckName.PEERS:
            yield from map(_peer, snapshot.peers)
        case CheckName.SERVICES:
            yield from _services(snapshot)
        case CheckName.AGENT:
            yield from _agent(snapshot, now)
        case CheckName.ONCALL:
            yield from _oncall(snapshot)


def _routers(snapshot: Snapshot, question: Question, now: float) -> Iterator[Item]:
    for router in snapshot.routers:
        if question.instance in (None, router.instance):
            yield _router(router, question, now)


def _router(router: RouterView, question: Question, now: float) -> Item:
    kind = router.verdict.kind
    faults = sorted((f for f in router.findings if f.severity.badness), key=lambda f: -f.severity.badness)
    severities = [kind.severity, *(finding.severity for finding in faults)]
    parts = [f"{router.instance} {kind.value}: {router.verdict.summary}{_not_preferred(router)}"]
    # A verdict may rest on a finding, and then says the same.
    further = [finding.summary for finding in faults if finding.summary not in router.verdict.summary]
    parts += further[:FINDINGS_IN_LINE]
    if len(further) > FINDINGS_IN_LINE:
        parts.append(f"and {len(further) - FINDINGS_IN_LINE} more findings")
    move = _recent_move(router, question.moved_within, now)
    if move:
        severities.append(Severity.WARNING)
    if move and kind in QUIET:
        parts.append(move)
    severity = max(severities, key=lambda each: each.badness)
    return Item(
        severity=severity,
        text="; ".join(parts),
        brief=_brief(router, faults, move),
        instance=router.instance,
        verdict=kind,
        details=tuple(_router_details(router, now)),
    )


def _brief(router: RouterView, faults: list[Finding], move: str) -> str:
    brief = f"{router.instance} {router.verdict.kind.value}"
    if len(router.owners) == 1:
        brief += f" on {router.owners[0]}"
    if router.verdict.kind.severity.badness:
        return brief
    return f"{brief} ({faults[0].cause.value})" if faults else f"{brief} ({move})" if move else brief


def _recent_move(router: RouterView, window: float, now: float) -> str:
    move = router.last_departure
    if move is None or move.kind.value not in MOVES_TO_TELL or now - move.at >= window:
        return ""
    cause = f" ({move.cause.value})" if move.cause else ""
    return f"{move.kind.value.value} from {move.origin} to {move.to} {duration(now - move.at)} ago{cause}"


def _not_preferred(router: RouterView) -> str:
    preferred = router.preferred_owner
    if preferred is None or router.verdict.kind not in QUIET or len(router.owners) != 1:
        return ""
    return "" if preferred in router.owners else f" (preferred: {preferred})"


def _router_details(router: RouterView, now: float) -> Iterator[Detail]:
    verdict = router.verdict
    yield Detail(
        1,
        f"{router.instance} (vrid {router.vrid}, {router.interface}, {router.family.value}) {verdict.kind.value}"
        f" for {duration(now - verdict.since)} by rule {verdict.rule}: {verdict.summary}",
    )
    for finding in router.findings:
        yield from _finding_details(finding)
    for vip in router.vips:
        held = ", ".join(f"{node}: {_words(held)}" for node, held in vip.held_by)
        yield Detail(2, f"{vip.address} held by {held}")
    for fact, value in router.evidence:
        yield Detail(3, f"{fact} = {_words(value)}")


def _words(value: str | float | None) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _finding_details(finding: Finding) -> Iterator[Detail]:
    yield Detail(2, f"{finding.severity.value} {finding.cause.value} on {finding.node}: {finding.summary}")
    if finding.remedy:
        yield Detail(2, f"remedy: {finding.remedy}")


def _node_finding(finding: Finding) -> Item:
    severity = Severity.OK if finding.severity is Severity.INFO else finding.severity
    return Item(
        severity=severity,
        text=f"{finding.node} {finding.cause.value}: {finding.summary}",
        brief=f"{finding.node} {finding.cause.value}",
        details=tuple(_finding_details(finding)),
    )


_AGENTS = {
    "up": "agent up",
    "silent": "its agent is silent",
    "left": "its agent said goodbye",
    "none": "no agent there",
}


def _peer(peer: PeerView) -> Item:
    states = [link.state for link in peer.links]
    parts = [_AGENTS.get(peer.agent, peer.agent)]
    for link in peer.links:
        rtt = (
            f" {link.rtt_seconds * 1000:.1f} ms"
            if link.state == "up" and link.rtt_seconds is not None
            else ""
        )
        parts.append(f"{link.name} {link.state}{rtt}")
    severity = Severity.OK
    if peer.agent in ("silent", "left") or "down" in states:
        severity = Severity.WARNING
    elif "unknown" in states:
        severity = Severity.UNKNOWN
    text = f"{peer.name}: {', '.join(parts)}"
    return Item(severity=severity, text=text, brief=text, details=(Detail(1, text),))


def _services(snapshot: Snapshot) -> Iterator[Item]:
    """A service that is down is a fault where a finding says so; elsewhere it is meant to be."""
    yield from map(_node_finding, service_faults(snapshot))
    owners = {owner for router in snapshot.routers for owner in router.owners}
    for service in snapshot.services:
        unknown = service.state == "unknown" and service.node in owners
        text = f"{service.name} {service.state} on {service.node}"
        severity = Severity.UNKNOWN if unknown else Severity.OK
        yield Item(severity=severity, text=text, brief=text, details=(Detail(1, text),))


def _oncall(snapshot: Snapshot) -> Iterator[Item]:
    """The ways to people: each that does not work, and all that there are."""
    paths = (Cause.NOTIFICATION_PATH_DOWN, Cause.WITNESS_DOWN)
    found = [
        *snapshot.node_findings,
        *(finding for router in snapshot.routers for finding in router.findings),
    ]
    faults = {(each.cause, each.node, each.summary): each for each in found if each.cause in paths}
    yield from map(_node_finding, faults.values())
    channels = list(dict.fromkeys(channel for channel, _, _ in snapshot.notifications))
    if channels and not faults:
        text = f"ways to people: {', '.join(channels)}; {snapshot.outbox_waiting} messages waiting"
        yield Item(severity=Severity.OK, text=text, brief=text, details=(Detail(1, text),))


def _agent(snapshot: Snapshot, now: float) -> Iterator[Item]:
    seeing = sum(observer.up for observer in snapshot.observers)
    text = (
        f"agent {snapshot.version} on {snapshot.node}: {seeing} of {len(snapshot.observers)} observers see,"
        f" picture {max(now - snapshot.at, 0.0):.1f} s old"
    )
    yield Item(severity=Severity.OK, text=text, brief=text, details=(Detail(1, text),))
    for observer in snapshot.observers:
        if not observer.up:
            blind = f"{observer.name} does not see" + (f": {observer.problem}" if observer.problem else "")
            brief = f"{observer.name} blind"
            yield Item(severity=Severity.WARNING, text=blind, brief=brief, details=(Detail(1, blind),))
    for finding in snapshot.node_findings:
        if finding.cause is Cause.BLIND and finding.severity.badness:
            yield _node_finding(finding)


def _thresholds(snapshot: Snapshot, question: Question, now: float) -> Iterator[Item]:
    """A threshold only ever adds: what a check finds by itself stays as bad as it is."""
    if question.warning is None and question.critical is None:
        return
    measure, value = MEASURES[question.check], measured(snapshot, question.check, now)
    if value is None:
        text = f"{measure.words}: not known yet"
        yield Item(severity=Severity.UNKNOWN, text=text, brief=text)
    elif (found := crossed(question, value)) is not None:
        severity, limit = found
        text = f"{measure.words}: {number(value)}{measure.unit} ({severity.value} {limit})"
        yield Item(severity=severity, text=text, brief=text)


def surroundings(snapshot: Snapshot) -> list[Detail]:
    """Peers, references and services, one line each, to stand below the virtual routers."""
    found = [detail for peer in snapshot.peers for detail in _peer(peer).details]
    found += [
        Detail(1, f"{reference.name} (reference) {reference.state}") for reference in snapshot.references
    ]
    found += [Detail(1, f"{service.name} {service.state} on {service.node}") for service in snapshot.services]
    return found
