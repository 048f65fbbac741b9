"""Where the members of a virtual router are configured differently: by their advertisements and by what agents report.

Both sources matter. A standby says nothing on the wire, so that only its agent tells of a difference while all is well;
where there is no agent, only advertisements do. In a split the owners mute each other: what was heard last then counts
to its end.
"""

from __future__ import annotations

from collections.abc import Iterator

from hawatch.causes.mismatches.clocks import clocks
from hawatch.causes.mismatches.differences import differences
from hawatch.causes.mismatches.priorities import priorities
from hawatch.causes.mismatches.sources import lost_source, unicast_sources
from hawatch.causes.mismatches.ttl import ttl
from hawatch.causes.mismatches.word import words_of
from hawatch.situation.facts import Facts
from hawatch.situation.node import Node
from hawatch.situation.router import RouterState
from hawatch.verdict import Finding

__all__ = ["mismatches"]


def mismatches(router: RouterState, node: Node, facts: Facts, now: float) -> Iterator[Finding]:
    """Every finding of this kind that holds now; a bare VIP (VRID 0) has no configuration to compare."""
    del facts
    if not router.config.vrid:
        return
    words = words_of(router, node, now)
    if words:
        yield from differences(router, node, words)
        yield from priorities(router, node, words)
        if router.config.unicast:
            yield from unicast_sources(router, node, words)
    if node.lost_addresses:
        yield from lost_source(router, node, now)
    yield from ttl(router, node, now)
    yield from clocks(router, node, now)
