"""Wall clocks that differ: logs do not fit together, and keepalived from 2.4 on may refuse what auth_hmac dates."""

from __future__ import annotations

from collections.abc import Iterator

from hawatch.causes.finder import found, junior
from hawatch.situation.member import CLOCK_READINGS, AgentState
from hawatch.situation.node import Node
from hawatch.situation.router import RouterState
from hawatch.verdict import Cause, Finding, Severity


def clocks(router: RouterState, node: Node, now: float) -> Iterator[Finding]:
    """Members whose clock has been off ours for several reports."""
    for member in node.members.members:
        if not member.clock_is_apart or member.agent(now) is not AgentState.UP:
            continue
        offset = member.clock_offset()
        lies_on = junior(router, node, node.name, member.name)
        yield found(
            Cause.CLOCK_SKEW,
            lies_on,
            Severity.WARNING,
            f"the clocks of {node.name} and {member.name} are {abs(offset):.1f} s apart, "
            f"{member.name if offset > 0 else node.name} is ahead: their logs do not fit together, "
            "and auth_hmac (keepalived 2.4 and later) may refuse",
            f"on {node.name} and on {member.name}: timedatectl set-ntp true; timedatectl timesync-status or "
            "chronyc tracking shows which of them is off",
            tell_apart="which of the two clocks is wrong shows only against a time server",
            offset=offset,
            readings=min(len(member.clock_offsets), CLOCK_READINGS),
        )
