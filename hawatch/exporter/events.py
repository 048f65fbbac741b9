"""Verdict changes, as the records that `/api/v1/events` streams; pure."""

from __future__ import annotations

from hawatch.exporter.status import JsonDict, iso_utc
from hawatch.snapshot import RouterView, Snapshot


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
