"""What a drill must know of each virtual router's configuration: its times, and whether its owner takes it again."""

from __future__ import annotations

from collections.abc import Iterable

from hawatch.drill.preconditions import MOVES, Timing
from hawatch.judge import Judge
from hawatch.situation.moves import FLAPS_LONG, FLAPS_SHORT, LONG_SECONDS, SHORT_INTERVALS
from hawatch.situation.router import RouterState
from hawatch.snapshot import RouterView, Snapshot
from hawatch.wire.report import ReportedRouter


def timings_of(judge: Judge, snapshot: Snapshot) -> dict[str, Timing]:
    """By instance, for those that this node has configured."""
    known = judge.situation.routers
    return {
        each.instance: _timing(judge, known[each.instance], each, snapshot.at, snapshot.node)
        for each in snapshot.routers
        if each.instance in known
    }


def _timing(judge: Judge, router: RouterState, view: RouterView, now: float, node: str) -> Timing:
    here = node in view.owners
    told = _told_by_others(judge, router, now)
    return Timing(
        interval=router.interval(),
        comes_back=_comes_back(router, told, here=here),
        # The other node's preempt_delay is not told; that of a pair is mostly the same.
        delay=router.config.preempt_delay,
        sync_group=router.config.sync_group,
        rest=_rest(router, now),
    )


def _rest(router: RouterState, now: float) -> float:
    """Seconds until two more moves are not called flapping."""
    short = _wait(router.moves, now, SHORT_INTERVALS * router.own_down_interval(), FLAPS_SHORT)
    return max(short, _wait(router.moves, now, LONG_SECONDS, FLAPS_LONG))


def _wait(moves: Iterable[float], now: float, window: float, flaps: int) -> float:
    """Until of the moves within a window so few are left that two more are still less than `flaps`."""
    inside = sorted(at for at in moves if now - at <= window)
    too_many = inside[: max(len(inside) - (flaps - 1 - MOVES), 0)]
    return max((at + window - now for at in too_many), default=0.0)


def _told_by_others(judge: Judge, router: RouterState, now: float) -> list[ReportedRouter]:
    words = [router.word_of(member, now) for member in judge.situation.node.members.members]
    return [each.router for each in words if each is not None]


def _comes_back(router: RouterState, told: list[ReportedRouter], *, here: bool) -> bool | None:
    """Whether the owner would preempt: higher priority, and no nopreempt. None: the other node has not told."""
    if len(told) != 1:
        return None
    (other,) = told
    ours, theirs = router.config.priority, other.configured_priority
    if here:
        return ours > theirs and not router.config.nopreempt
    if other.settings is None:
        return None
    return theirs > ours and not other.settings.nopreempt
