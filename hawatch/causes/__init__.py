"""From the situation to findings: what is wrong or worth knowing beside the verdict, where, and what to do."""

from __future__ import annotations

from dataclasses import replace

from hawatch.causes.attribution import attribute
from hawatch.causes.daemons import daemons, not_loaded
from hawatch.causes.devices import devices
from hawatch.causes.faults import faults
from hawatch.causes.finder import Finder
from hawatch.causes.guards import guards
from hawatch.causes.hosts import hosts
from hawatch.causes.lvs import lvs
from hawatch.causes.mismatches import mismatches
from hawatch.causes.outsiders import outsiders
from hawatch.causes.paths import paths
from hawatch.causes.peers import links, peers
from hawatch.causes.quotes import quoting
from hawatch.causes.relay import reported, to_report
from hawatch.causes.sight import find_node_causes, seeing, services
from hawatch.causes.vips import vips
from hawatch.causes.witnesses import witnesses
from hawatch.situation.facts import Facts
from hawatch.situation.node import Node
from hawatch.situation.router import RouterState
from hawatch.verdict import Finding, Severity

__all__ = ["attribute", "find_causes", "find_node_causes", "to_report"]

FINDERS: tuple[Finder, ...] = (
    outsiders,
    daemons,
    devices,
    paths,
    mismatches,
    vips,
    faults,
    hosts,
    peers,
    links,
    witnesses,
    not_loaded,
    services,
    lvs,
    guards,
    seeing,
)
"""In the order in which people want to read what they find."""


def find_causes(router: RouterState, node: Node, facts: Facts, now: float) -> tuple[Finding, ...]:
    """Every finding that holds now: our own, and what the other agents say of their nodes, which they know better."""
    own = [finding for finder in FINDERS for finding in finder(router, node, facts, now)]
    others = reported(router, node, now)
    if not own and not others:
        return ()
    better_known = {(finding.cause, finding.node) for finding in others}
    known_best_here = [
        quoting(finding, router, node, now)
        for finding in own
        if (finding.cause, finding.node) not in better_known
    ]
    return tuple(_accept(finding, node, now) for finding in (*known_best_here, *others))


def _accept(finding: Finding, node: Node, now: float) -> Finding:
    """What the operator said is meant to be so is information, with the reason, until its day is over."""
    epoch = now + node.wall_minus_monotonic
    for accepted in node.accepted:
        if accepted.cause == finding.cause.value and (accepted.until is None or epoch < accepted.until):
            summary = f"{finding.summary} (accepted: {accepted.reason or 'meant to be so'})"
            return replace(finding, severity=Severity.INFO, summary=summary)
    return finding
