"""What a finder is, and how it puts a finding into words; finders are pure and look at one virtual router."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hawatch.situation.facts import Facts
from hawatch.situation.moves import configured_priority
from hawatch.situation.node import Node
from hawatch.situation.router import RouterState
from hawatch.verdict import Cause, Finding, Severity

Finder = Callable[[RouterState, Node, Facts, float], Iterator[Finding]]
"""From one virtual router, this node, the facts and the moment to the findings that hold now."""


def found(
    cause: Cause,
    node: str,
    severity: Severity,
    summary: str,
    remedy: str = "",
    *,
    tell_apart: str = "",
    **evidence: object,
) -> Finding:
    """A finding; the facts it rests on are named, and None is a fact that is not known."""
    facts = tuple((name, _told(value)) for name, value in evidence.items())
    return Finding(
        cause=cause,
        node=node,
        severity=severity,
        summary=summary,
        remedy=remedy,
        evidence=facts,
        tell_apart=tell_apart,
    )


def _told(value: object) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.3f} s" if isinstance(value, float) else str(value)


def junior(router: RouterState, node: Node, one: str, other: str) -> str:
    """Of two members that differ from each other, the one that a difference is said to lie on: the less preferred.

    Every agent of a pair names the same one: lower configured priority, on a tie the later name.
    """
    ranked = [(-(configured_priority(router, node, name) or 0), name) for name in (one, other)]
    return max(ranked)[1]


def stands(router: RouterState, cause: Cause) -> bool:
    """Whether this cause was found on this node at the last step, so that it takes less to go on finding it."""
    return any(each.cause == cause.value for each in router.reported_findings)
