"""What `/api/v1/events` streams: changes of verdict as records, and when a picture says something new; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from hawatch.exporter.status import JsonDict, iso_utc
from hawatch.snapshot import PeerView, RouterView, Snapshot
from hawatch.verdict import Finding

Said = tuple[object, ...]
"""What a picture says in words; equal while nobody would read anything new in it."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event of the stream: its name, and what it carries."""

    name: str
    data: JsonDict


def verdict_changes(before: Snapshot | None, after: Snapshot) -> list[JsonDict]:
    """One record per virtual router whose verdict or rule is another one than `before`; None: every router is new."""
    known = {} if before is None else {_identity(router): router.verdict for router in before.routers}
    changed = []
    for router in after.routers:
        earlier = known.get(_identity(router))
        if earlier is None or (earlier.kind, earlier.rule) != (router.verdict.kind, router.verdict.rule):
            changed.append(_record(router, after))
    return changed


def _identity(router: RouterView) -> tuple[str, int, str]:
    return router.instance, router.vrid, router.family.value


def _record(router: RouterView, snapshot: Snapshot) -> JsonDict:
    return {
        "time": iso_utc(snapshot.at + snapshot.wall_minus_monotonic),
        "node": snapshot.node,
        "pair": snapshot.pair,
        "instance": router.instance,
        "vrid": router.vrid,
        "family": router.family.value,
        "interface": router.interface,
        "verdict": router.verdict.kind.value,
        "severity": router.verdict.severity.value,
        "since": iso_utc(router.verdict.since + snapshot.wall_minus_monotonic),
        "rule": router.verdict.rule,
        "summary": router.verdict.summary,
        "owners": list(router.owners),
        "causes": [finding.cause.value for finding in router.findings],
        "incident": router.incident,
    }


# --- what is said in words ------------------------------------------------------------------------


def said(snapshot: Snapshot) -> Said:
    """All that the status says, but for counters, round trips, ages and what grows with time."""
    return (
        tuple(_router(each) for each in snapshot.routers),
        tuple(_peer(each) for each in snapshot.peers),
        snapshot.references,
        snapshot.services,
        snapshot.guards,
        snapshot.observers,
        _findings(snapshot.node_findings),
        snapshot.maintenance,
        snapshot.silences,
        snapshot.incidents_open,
        snapshot.incident_versions,
        snapshot.daemon,
        tuple((each.name, each.problem) for each in snapshot.monitors),
    )


def _router(router: RouterView) -> Said:
    return (
        _identity(router),
        router.interface,
        router.verdict,
        router.owners,
        router.preferred_owner,
        tuple((vip.address, vip.held_by) for vip in router.vips),
        tuple((each.node, each.heard) for each in router.advertisers),
        router.last_move,
        router.incident,
        _findings(router.findings),
    )


def _peer(peer: PeerView) -> Said:
    links = tuple((link.name, link.state) for link in peer.links)
    return peer.name, peer.agent, peer.daemon, peer.address, links


def _findings(findings: Iterable[Finding]) -> Said:
    return tuple(
        (each.cause, each.node, each.severity, _without_numbers(each.summary), each.remedy, each.tell_apart)
        for each in findings
    )


@lru_cache(maxsize=2048)
def _without_numbers(sentence: str) -> str:
    """Sentences of findings count seconds and frames; addresses stay."""
    return _NUMBER.sub("#", sentence)


_NUMBER = re.compile(r"(?<![\w.:/-])\d+(?:\.\d+)?(?![\w.:/-]*\w)")
