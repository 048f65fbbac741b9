"""Why a VIP moved: the cause, found on the node that lost it, that stands when the move is announced or soon after."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from hawatch.verdict import Cause, Finding, Move, MoveKind

OPEN_FOR = 15.0
"""Seconds after a move within which its cause may still come to light; a keepalived started again is dead for less."""

_MOVERS = {
    MoveKind.SWITCHOVER: (Cause.TRACKED_FAULT, Cause.LINK_DOWN, Cause.VIP_REMOVED),
    MoveKind.FAILOVER: (
        Cause.KEEPALIVED_DEAD,
        Cause.KEEPALIVED_FROZEN,
        Cause.NODE_DOWN,
        Cause.LINK_DOWN,
        Cause.HOST_PAUSED,
        Cause.KEEPALIVED_STARVED,
        Cause.PEER_UNREACHABLE,
    ),
    MoveKind.FAILBACK: (),
}


def attribute(move: Move | None, findings: Iterable[Finding], now: float) -> Move | None:
    """The same move with its cause, if one of the findings is it; a cause that is known is kept."""
    if move is None or move.cause is not None or now - move.at > OPEN_FOR:
        return move
    there = {finding.cause for finding in findings if finding.node == move.origin}
    cause = next((cause for cause in _MOVERS[move.kind] if cause in there), None)
    return replace(move, cause=cause) if cause is not None else move
