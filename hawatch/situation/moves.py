"""How a VIP came to its owner: settle on an owner, name the kind of move, count them for flapping."""

from __future__ import annotations

from hawatch.situation.member import REPORT_FRESH, AgentState, Member
from hawatch.situation.node import Node
from hawatch.situation.ownership import member_holds, talkers_of, vip_word
from hawatch.situation.probing import RoundResult
from hawatch.situation.router import Owner, PendingMove, RouterState
from hawatch.situation.talker import Talker
from hawatch.situation.timing import master_down_interval
from hawatch.situation.usurper import stranger_open_until
from hawatch.verdict import Cause, Move, MoveKind
from hawatch.wire.report import DaemonState

FLAPS_SHORT, SHORT_INTERVALS = 3, 10
FLAPS_LONG, LONG_SECONDS = 4, 1800.0
WORD_WITHIN = 1.5
"""Seconds in which an agent that speaks once a second is heard again, over the slowest line."""


def settle(router: RouterState, node: Node, now: float) -> None:
    """Take the present single owner as the settled one; a change from a settled owner becomes a pending move."""
    ownership = router.ownership
    if ownership.owner not in (Owner.US, Owner.PEER) or router.proof is not None:
        return
    owner = ownership.names[0]
    former, router.settled_owner = router.settled_owner, owner
    if former == owner:
        return
    pending = router.pending_move
    if pending is not None and not pending.confirmed and pending.move.origin == owner:
        router.pending_move = None  # it never was known to have let go
        return
    since, router.settled_at = router.settled_at, now
    if former is None or not _is_known(node, former):
        return
    kind, cause = classify(router, node, former, owner, now, since=since)
    move = Move(at=now, origin=former, to=owner, kind=kind, cause=cause)
    router.pending_move = PendingMove(move, adverts_at_start=_adverts(router, node, owner))
    if former == node.name or _resigned(router, node, former):
        _confirm(router)
    else:
        router.inquiry.ask_at.append(now)


def unsettle(router: RouterState) -> None:
    """Forget whom we took for the owner: what follows was not watched as a move."""
    router.settled_owner = None
    router.pending_move = None


def _confirm(router: RouterState) -> None:
    pending = router.pending_move
    if pending is None or pending.confirmed:
        return
    pending.confirmed = True
    router.last_move = pending.move
    if pending.move.kind is not MoveKind.FAILBACK:
        router.last_departure = pending.move
    router.moves.append(pending.move.at)
    router.owner_changes += 1


def _is_known(node: Node, name: str) -> bool:
    return name == node.name or node.members.find(name=name) is not None


def voice(router: RouterState, node: Node, name: str) -> Talker | None:
    """The talker with the newest word of the node by this name."""
    if name == node.name:
        return router.own
    member = node.members.find(name=name)
    talkers = talkers_of(router, member) if member else []
    return max(talkers, key=lambda t: max(t.heard_at or 0.0, t.zero_at or 0.0), default=None)


def _adverts(router: RouterState, node: Node, name: str) -> int:
    talker = voice(router, node, name)
    return talker.adverts if talker else 0


def _resigned(router: RouterState, node: Node, name: str) -> bool:
    talker = voice(router, node, name)
    return talker is not None and talker.given_up


def classify(
    router: RouterState, node: Node, former: str, owner: str, now: float, *, since: float
) -> tuple[MoveKind, Cause | None]:
    """Name the move from the last words of the former owner, which owned `since`, and the new one's first."""
    old, new = voice(router, node, former), voice(router, node, owner)
    if old is not None and old.given_up:
        cause = Cause.TRACKED_FAULT if old.zero_is_fault else None
        return MoveKind.SWITCHOVER, cause
    never_spoke = old is None or old.heard_at is None or old.heard_at < since - router.down_interval()
    if never_spoke and _says_it_let_go(router, node, former, now):
        return MoveKind.SWITCHOVER, None
    if old is None or new is None or old.heard_at is None:
        return MoveKind.FAILOVER, _failure(node, former)
    took_at = new.run_started_at if new.run_started_at is not None else now
    shortest = master_down_interval(
        old.version, max(new.priority, 1), old.interval, router.config.down_timer_adverts
    )
    if took_at - old.heard_at >= shortest - router.jitter():
        return MoveKind.FAILOVER, _failure(node, former)
    if old.fell:
        return MoveKind.SWITCHOVER, Cause.TRACKED_FAULT
    if preferred(router, node) == owner:
        return MoveKind.FAILBACK, None
    return MoveKind.SWITCHOVER, None


def _says_it_let_go(router: RouterState, node: Node, former: str, now: float) -> bool:
    """Whether the former owner's kernel, which we or its agent can ask, has the VIP no more."""
    member = node.members.find(name=former)
    if member is None:
        return router.we_hold(now) is False
    heard = router.word_of(member, now)
    return heard is not None and vip_word(router, heard.router) is False


def _failure(node: Node, former: str) -> Cause | None:
    state = node.daemon_state()
    if former != node.name:
        member = node.members.find(name=former)
        state = member.report.daemon if member and member.report else None
    return {DaemonState.DEAD: Cause.KEEPALIVED_DEAD, DaemonState.FROZEN: Cause.KEEPALIVED_FROZEN}.get(
        state or DaemonState.RUNNING
    )


def configured_priority(router: RouterState, node: Node, name: str) -> int | None:
    """A node's configured priority: by its file or report, else the highest it ever advertised."""
    if name == node.name:
        return router.config.priority if router.config.vrid else None
    member = node.members.find(name=name)
    return None if member is None else member_priority(router, member)


def member_priority(router: RouterState, member: Member) -> int | None:
    """The same of another node."""
    heard = member.routers.get((router.config.family, router.config.vrid)) or member.sharing(router.holdings)
    if heard is not None:
        return heard.router.configured_priority
    return max((talker.highest for talker in talkers_of(router, member)), default=None)


def preferred(router: RouterState, node: Node) -> str | None:
    """The node with the highest configured priority, None on a tie or when no peer's is known."""
    known = {node.name: configured_priority(router, node, node.name)}
    known |= {m.name: configured_priority(router, node, m.name) for m in node.members.members}
    ranked = sorted(((p, name) for name, p in known.items() if p), reverse=True)
    if len(ranked) < 2 or ranked[0][0] == ranked[1][0]:
        return None
    return ranked[0][1]


def advance(router: RouterState, node: Node, now: float) -> None:
    """Confirm a pending move, and end it at the new owner's third advertisement and one probe round.

    It stands on for a moment while it is open whether the former owner died or lives where it cannot be asked, or
    whether the new one belongs to the pair; then it is told for a moment at least.
    """
    pending = router.pending_move
    if pending is None:
        return
    move = pending.move
    single = router.ownership.owner in (Owner.US, Owner.PEER)
    if single and router.ownership.names[0] != move.to:
        router.pending_move = None
        return
    pending.probed = pending.probed or not router.probings or _probed_since(router, move.at)
    if single and _released(router, node, move, now):
        _confirm(router)
    adverts = _adverts(router, node, move.to) - pending.adverts_at_start
    long_since = now - move.at > router.down_interval() + router.release()
    over = (adverts >= 2 and pending.probed) or long_since
    open_until = stranger_open_until(router, node, now)
    is_open = open_until is not None and now <= open_until + router.release()
    if pending.confirmed and over and not is_open and not _former_may_live(router, node, move, now):
        router.pending_move = None


def _former_may_live(router: RouterState, node: Node, move: Move, now: float) -> bool:
    former = node.members.find(name=move.origin)
    if former is None or router.word_of(former, now) is not None:
        return False
    until = former.whereabouts_open_until(now)
    return until is not None and now <= until


def _probed_since(router: RouterState, since: float) -> bool:
    probings = router.probings.values()
    return bool(probings) and all(p.latest is not None and p.latest.asked_at >= since for p in probings)


def _one_owner_since(router: RouterState, since: float, now: float) -> bool:
    """Whether nobody but the new owner answered for any VIP since; a void round shows no release."""
    alone = RoundResult.EMPTY if router.we_hold(now) else RoundResult.MEMBER
    return _probed_since(router, since) and all(
        p.latest is not None and p.latest.result is alone for p in router.probings.values()
    )


def confirmed_by(router: RouterState, node: Node, move: Move, now: float) -> float:
    """Until when the former owner's word is waited for: longer where its agent speaks and will be heard."""
    former = node.members.find(name=move.origin)
    speaks = former is not None and former.agent(now) is AgentState.UP
    return max(move.at, node.woke_at) + (REPORT_FRESH if speaks else 2 * router.release())


def _released(router: RouterState, node: Node, move: Move, now: float) -> bool:
    former = node.members.find(name=move.origin)
    if (
        former is None
        or (_one_owner_since(router, move.at, now) and not _may_tell(router, node, former, move, now))
        or now > confirmed_by(router, node, move, now)
    ):
        return True
    return member_holds(router, former, node, now) is False


def _may_tell(router: RouterState, node: Node, former: Member, move: Move, now: float) -> bool:
    """Whether the former owner's agent has outlived its advertisements, on a path that may be slow: a partition, say.

    Then its word on the move is waited for a moment, and if it still holds, for the proof: what nobody answers for on
    this side may be held beyond a cut.
    """
    talker = voice(router, node, move.origin)
    heard_at = talker.heard_at if talker else None
    if former.report_at is None or heard_at is None:
        return False
    if former.report_at - heard_at <= 2 * router.interval() + router.jitter():
        return False
    if former.report_at <= move.at:
        return now - move.at <= WORD_WITHIN
    return member_holds(router, former, node, now) is True


def flapping(router: RouterState, now: float) -> bool:
    """Whether the owner keeps changing: three moves within ten Master_Down_Intervals, or four in half an hour."""
    if not router.moves:
        return False
    short = [at for at in router.moves if now - at <= SHORT_INTERVALS * router.own_down_interval()]
    long = [at for at in router.moves if now - at <= LONG_SECONDS]
    return len(short) >= FLAPS_SHORT or len(long) >= FLAPS_LONG


def flapping_ends_at(router: RouterState, now: float) -> float | None:
    """When the oldest move that counts will no longer count."""
    ends = [at + SHORT_INTERVALS * router.own_down_interval() for at in router.moves]
    ends += [at + LONG_SECONDS for at in router.moves]
    return min((end for end in ends if end > now), default=None)
