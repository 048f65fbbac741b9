"""What the agents tell each other of their own nodes: nobody sees a host as well as the agent on it."""

from __future__ import annotations

from collections.abc import Iterable

from hawatch.situation.member import AgentState
from hawatch.situation.node import Node
from hawatch.situation.router import RouterState
from hawatch.verdict import Cause, Finding, Severity
from hawatch.wire.report import ReportedFinding

_ONE_SIDED = frozenset(
    {Cause.PEER_UNVERIFIED, Cause.PEER_UNREACHABLE, Cause.REFERENCE_DOWN, Cause.HEARTBEAT_LINK_DOWN}
)
"""How the rest of the world looks from one node is no news about that node."""
_KNOWN = {cause.value: cause for cause in Cause}
_SEVERITIES = {severity.value: severity for severity in Severity}


def to_report(findings: Iterable[Finding], name: str) -> tuple[ReportedFinding, ...]:
    """Those of the findings that this node may say of itself, the worst first."""
    own = [each for each in findings if each.node == name and each.cause not in _ONE_SIDED]
    return tuple(
        ReportedFinding(
            cause=each.cause.value,
            severity=each.severity.value,
            summary=each.summary,
            remedy=each.remedy,
            evidence=each.evidence,
            tell_apart=each.tell_apart,
        )
        for each in sorted(own, key=lambda each: -each.severity.badness)
    )


def reported(router: RouterState, node: Node, now: float) -> list[Finding]:
    """What the other agents have found on their own nodes; a cause that this version does not know is passed over."""
    return [
        Finding(
            cause=_KNOWN[each.cause],
            node=member.name,
            severity=_SEVERITIES[each.severity],
            summary=each.summary,
            remedy=each.remedy,
            evidence=each.evidence,
            tell_apart=each.tell_apart,
        )
        for member in node.members.members
        if member.agent(now) is AgentState.UP and (heard := router.word_of(member, now)) is not None
        for each in heard.router.findings
        if each.cause in _KNOWN and each.severity in _SEVERITIES
    ]
