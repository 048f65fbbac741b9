"""Why a VIP moved, told with the move."""

from __future__ import annotations

from hawatch.causes import attribute
from hawatch.verdict import Cause, Finding, Move, MoveKind, Severity

FAILOVER = Move(at=100.0, origin="lb01", to="lb02", kind=MoveKind.FAILOVER)


def finding(cause: Cause, node: str) -> Finding:
    return Finding(cause=cause, node=node, severity=Severity.WARNING, summary="so it is")


def cause_of(move: Move, *findings: Finding, now: float = 101.0) -> Cause | None:
    told = attribute(move, findings, now)
    return told.cause if told else None


def test_a_dead_keepalived_on_the_node_that_lost_the_vip_is_why_it_moved() -> None:
    assert cause_of(FAILOVER, finding(Cause.KEEPALIVED_DEAD, "lb01")) is Cause.KEEPALIVED_DEAD


def test_the_same_on_another_node_explains_nothing() -> None:
    assert cause_of(FAILOVER, finding(Cause.KEEPALIVED_DEAD, "lb02")) is None


def test_the_nearer_cause_is_told_where_two_fit() -> None:
    both = (finding(Cause.PEER_UNREACHABLE, "lb01"), finding(Cause.LINK_DOWN, "lb01"))
    assert cause_of(FAILOVER, *both) is Cause.LINK_DOWN


def test_what_came_to_light_much_later_is_not_taken_for_the_cause() -> None:
    assert cause_of(FAILOVER, finding(Cause.KEEPALIVED_DEAD, "lb01"), now=200.0) is None


def test_a_cause_once_told_is_kept() -> None:
    known = Move(at=100.0, origin="lb01", to="lb02", kind=MoveKind.SWITCHOVER, cause=Cause.TRACKED_FAULT)
    assert cause_of(known, finding(Cause.LINK_DOWN, "lb01")) is Cause.TRACKED_FAULT
