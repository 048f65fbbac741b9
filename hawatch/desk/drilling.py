"""A drill under way: what it may do when, what is expected because of it, and when its node must be back at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hawatch.ability import START_KEEPALIVED, STOP_KEEPALIVED, Ability
from hawatch.desk.around import Around
from hawatch.desk.deed import PATIENCE, Deed, DeedState
from hawatch.desk.drill import Drill, away_step
from hawatch.desk.ledger import Ledger
from hawatch.incident import Word
from hawatch.notification.message import Message
from hawatch.permit import permit
from hawatch.permit.drilling import may_step_aside
from hawatch.refusal import Refusal
from hawatch.snapshot import Snapshot
from hawatch.verdict import Cause, VerdictKind

DRILL = "drill"
"""The occasion of its messages."""
MAY_COME_LATE = 600.0
"""Seconds after its moment for which the return is tried, if no helper answers, say."""
STOPS_WITHIN = 5.0
"""Seconds after the command's end for which keepalived may still be seen to run."""
HEARD_WITHIN = 3600.0
EXPECTED = frozenset(
    {
        VerdictKind.STEADY,
        VerdictKind.DEGRADED,
        VerdictKind.SWITCHOVER,
        VerdictKind.FAILOVER,
        VerdictKind.FAILBACK,
        VerdictKind.INDETERMINATE,
    }
)
TROUBLE = frozenset(
    {
        VerdictKind.NO_OWNER,
        VerdictKind.SPLIT_BRAIN,
        VerdictKind.SPLIT_BRAIN_SUSPECTED,
        VerdictKind.CONFLICT,
        VerdictKind.FLAPPING,
        VerdictKind.ISOLATED,
    }
)
"""Verdicts at which a drill is broken off."""
_CAUSED = frozenset({Cause.KEEPALIVED_DEAD})
_OPEN = frozenset({Refusal.CHANGED, Refusal.NOT_ALLOWED})


def under_way(ledger: Ledger, now: float) -> Drill | None:
    """The drill that runs now, on whichever node it was asked for."""
    running = [each for each in ledger.all(Drill) if each.runs(now)]
    return max(running, key=lambda each: each.begun_at, default=None)


def deeds_of(drill: Drill, leg: int, around: Around) -> tuple[Deed, Deed]:
    """Step aside now, and come back after `away` seconds whatever happens: both are to be stored together."""
    node, back_at = drill.legs[leg - 1], around.now + drill.away
    stop = Deed(
        id=f"{drill.id}/{leg}/stop",
        incidents=(),
        instances=(),
        action=STOP_KEEPALIVED,
        node=node,
        person=drill.who,
        asked_by=around.node,
        asked_at=around.now,
        until=around.now + PATIENCE,
        changed_at=around.now,
        drill=drill.id,
        leg=leg,
    )
    start = replace(
        stop,
        id=f"{drill.id}/{leg}/start",
        action=START_KEEPALIVED,
        not_before=back_at,
        until=back_at + MAY_COME_LATE,
    )
    return stop, start


def is_due(deed: Deed, ledger: Ledger, around: Around) -> bool:
    """Whether a deed's time has come: the return's does with its moment, the drill's next step, or real trouble."""
    if not is_return(deed) or deed.state is not DeedState.ASKED:
        return True
    drill = ledger.get(Drill, deed.drill or "")
    if drill is None or around.now >= deed.not_before or drill.step > away_step(deed.leg):
        return True
    return in_trouble(around.snapshot)


def in_trouble(snapshot: Snapshot) -> bool:
    """Whether something is wrong that no drill brings about."""
    return any(each.verdict.kind in TROUBLE for each in snapshot.routers)


def drill_refusal(deed: Deed, ability: Ability, ledger: Ledger, around: Around) -> Refusal | None:
    """The last look before a drill's deed, on the node where it would run."""
    if deed.action == START_KEEPALIVED:
        return permit(
            around.snapshot, node=around.node, ability=replace(ability, offer=()), instances=(), vip=None
        )
    drill = ledger.get(Drill, deed.drill or "")
    if drill is None or not drill.runs(around.now) or drill.step != away_step(deed.leg):
        return Refusal.EXPIRED
    owned = {each.instance for each in around.snapshot.routers if around.node in each.owners}
    if around.data & owned:
        return Refusal.DATA
    return may_step_aside(around.snapshot) if ability.name == STOP_KEEPALIVED else Refusal.NOT_ALLOWED


def return_of(deed: Deed, ledger: Ledger) -> Deed | None:
    """The return that belongs to a node's stepping aside; None of any other deed."""
    if deed.drill is None or deed.action != STOP_KEEPALIVED:
        return None
    return ledger.get(Deed, f"{deed.drill}/{deed.leg}/start")


def is_return(deed: Deed) -> bool:
    """Whether it brings a node back that stepped aside for a drill."""
    return deed.drill is not None and deed.action == START_KEEPALIVED


def return_waits(deed: Deed, why_not: Refusal, ledger: Ledger, now: float) -> bool:
    """Whether a return that cannot be done now is to be tried again: it is given up late.

    What is not known, or no helper allows now, may be in a moment; a keepalived that runs may be about to end.
    """
    if not is_return(deed) or now >= deed.until:
        return False
    if why_not in _OPEN:
        return True
    stop = ledger.get(Deed, f"{deed.drill}/{deed.leg}/stop")
    if stop is None or why_not is not Refusal.ALREADY:
        return False
    if not stop.final:
        return True
    ran = stop.state is not DeedState.REFUSED
    return ran and now - stop.changed_at < STOPS_WITHIN


def as_drilled(words: Sequence[Word], ledger: Ledger, now: float) -> tuple[Word, ...]:
    """What stands, without what a drill brings about on purpose: no incident, as long as its node comes back."""
    drill = under_way(ledger, now)
    if drill is None or _is_broken(drill, ledger):
        return tuple(words)
    return tuple(_expected(each, drill) if each.verdict in EXPECTED else each for each in words)


def asks(person: str, ledger: Ledger, now: float) -> bool:
    """Whether a drill has lately asked somebody for an answer."""
    return any(
        each.occasion == DRILL and each.person == person and now - each.created_at < HEARD_WITHIN
        for each in ledger.all(Message)
    )


def _expected(word: Word, drill: Drill) -> Word:
    left = tuple(each for each in word.findings if each.cause not in _CAUSED or each.node not in drill.legs)
    return replace(word, findings=left, drilled=True)


def _is_broken(drill: Drill, ledger: Ledger) -> bool:
    """Whether a node that stepped aside could not be brought back."""
    lost = {DeedState.FAILED, DeedState.UNKNOWN, DeedState.EXPIRED}
    return any(
        each.drill == drill.id and each.action == START_KEEPALIVED and each.state in lost
        for each in ledger.all(Deed)
    )
