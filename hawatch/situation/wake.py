"""When one virtual router next wants to be looked at, with no evidence coming."""

from __future__ import annotations

from hawatch.situation.delivery import LOOKED_AT_HOST, LOST_IN_A_ROW, moments
from hawatch.situation.holds import episodes_due
from hawatch.situation.inquiry import next_probe_at
from hawatch.situation.node import Node
from hawatch.situation.proofs import superior_deadline
from hawatch.situation.router import RouterState

AT_LEAST_EVERY = 1.05
"""Seconds, a little more than those between two of the usual inputs, which come when they come."""
AFTER = 0.001
"""Conditions are "longer than": wake a millisecond later."""


def next_wake(router: RouterState, node: Node, now: float) -> float:
    """The earliest moment at which time alone may change a fact; at least about once a second."""
    longest = router.longest_down
    wanted = [
        superior_deadline(router, node),
        router.open_until,
        next_probe_at(router, node, now),
        router.overdue_at(),
        *router.inquiry.ask_at,
        router.known_since + longest + router.jitter(),
        router.known_since + 2 * longest,
    ]
    if router.own.heard_at is not None:
        missing_at = router.own.heard_at + router.own.interval + router.jitter()
        wanted += [missing_at, missing_at + LOOKED_AT_HOST]
    for talker in router.talkers.values():
        if talker.heard_at is not None:
            wanted.append(talker.heard_at + longest + router.jitter())
            wanted.append(talker.heard_at + LOST_IN_A_ROW * talker.interval + router.jitter())
    wanted += episodes_due(router, now)
    if router.pending_move is not None:
        wanted.append(router.pending_move.move.at + router.down_interval() + router.release())
    if router.undelivered:
        wanted += moments(router.undelivered)
    soonest = now + AT_LEAST_EVERY
    for at in wanted:
        if at is not None and now < (due := at + AFTER) < soonest:
            soonest = due
    return soonest
