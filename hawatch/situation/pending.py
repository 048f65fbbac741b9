"""When it is too early to tell, so that the standing verdict stands; all times are monotonic seconds."""

from __future__ import annotations

from collections.abc import Iterator

from hawatch.situation.moves import confirmed_by
from hawatch.situation.node import Node
from hawatch.situation.outlook import outlook
from hawatch.situation.proofs import superior_deadline
from hawatch.situation.router import Owner, RouterState
from hawatch.situation.usurper import stranger_open_until


def pending_until(router: RouterState, node: Node, now: float) -> float | None:
    """Until when it is too early to tell, None when it is not a matter of time."""
    open_until = outlook(node, now).cut_off_open_until
    ends = [*_WAITS[router.ownership.owner](router, node, now)]
    if open_until is not None:
        ends.append(open_until)
    return max(ends, default=None)


def _while_we_own(router: RouterState, node: Node, now: float) -> Iterator[float]:
    """A return, ours or of another; an order to yield; a move whose former owner may not have let go.

    Another that is back may have held the VIP all the time: its agent says so, a question for it, or its next
    advertisement.
    """
    if router.returning:
        yield router.back_at + router.longest_down + router.jitter()
    deadline = superior_deadline(router, node)
    if deadline is not None:
        yield deadline
    for member in node.members.members:
        whereabouts = member.return_open_until(now)
        if whereabouts is not None:
            yield whereabouts
        if member.returned_at is not None and not member.is_placed_since(member.returned_at):
            yield member.returned_at + router.interval() + router.jitter()
    yield from _confirmation(router, node, now)


def _while_another_owns(router: RouterState, node: Node, now: float) -> Iterator[float]:
    """Our own first advertisement, just before the VIP; a move; a stranger; an advertisement that stays away."""
    began = router.own.run_started_at
    if began is not None and not router.own.given_up:
        yield began + router.release()
    yield from _confirmation(router, node, now)
    open_until = stranger_open_until(router, node, now)
    if open_until is not None:
        yield open_until
    overdue_at = router.overdue_at()
    if overdue_at is not None and now > overdue_at:
        yield overdue_at + router.longest_down - router.interval()


def _confirmation(router: RouterState, node: Node, now: float) -> Iterator[float]:
    if router.pending_move and not router.pending_move.confirmed:
        yield confirmed_by(router, node, router.pending_move.move, now)


def _while_both_own(router: RouterState, node: Node, now: float) -> Iterator[float]:
    """An overlap, until it is an orderly handover or proved."""
    del node, now
    if router.both_since is not None:
        yield router.both_since + router.longest_down


def _while_nobody_owns(router: RouterState, node: Node, now: float) -> Iterator[float]:
    """A gap, until somebody must have taken over."""
    del node, now
    since = max(router.last_held_at, router.back_at)
    yield since + router.longest_down + router.release() + router.jitter()


_WAITS = {
    Owner.US: _while_we_own,
    Owner.PEER: _while_another_owns,
    Owner.BOTH: _while_both_own,
    Owner.NOBODY: _while_nobody_owns,
    Owner.UNKNOWN: _while_nobody_owns,
}
