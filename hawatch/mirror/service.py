"""Tools that know the pair as one service, Nagios and Icinga 2: what is to be done there, and what was done there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hawatch.desk.ledger import Ledger
from hawatch.desk.records import Answered, Mirrored
from hawatch.incident import Incident, State
from hawatch.mirror.mark import Mark, ServiceLook
from hawatch.mirror.notes import (
    ended_at,
    given_back,
    has_come_to_its_end,
    no_longer,
    note_of,
    seen,
    standing,
    taken_by,
)
from hawatch.mirror.wish import Acknowledge, Deed, Unacknowledge, Wish, service_wish

RECOVERS_WITHIN = 120.0
"""Seconds after the end in which the tool, which may check once a minute, drops the acknowledgement by itself."""
SAY_AGAIN = 60.0
"""Seconds after which a tool that cannot be asked is told again: what it does not take for a problem it forgets."""
ONE_MOMENT = 1.0


def overheard(
    look: ServiceLook, incidents: Sequence[Incident], ledger: Ledger, monitor: str, kind: str, now: float
) -> Iterator[Answered | Mirrored]:
    """The records of what is new there; one whom the tool drops by itself has given nothing back."""
    if look.problem is None:
        return
    yield from seen(look, ledger, monitor, now)
    present = {each.key for each in look.marks}
    for note in standing(ledger, monitor):
        if note.mark not in present:
            yield no_longer(note, now)
            if not _dropped_by_the_tool(note, look, now):
                yield from given_back(note, incidents, kind, now)
    if look.mark is not None and look.problem:
        yield from taken_by(look.mark, incidents, ledger, monitor, kind, now)


def _dropped_by_the_tool(note: Mirrored, look: ServiceLook, now: float) -> bool:
    """It recovered, now or in between; it began anew without a memory; or the time of one of ours was over."""
    if not look.problem or (note.ours and has_come_to_its_end(note, now)):
        return True
    return any(at is not None and at >= note.since for at in (look.well_at, look.started))


def deeds(
    look: ServiceLook, incidents: Sequence[Incident], ledger: Ledger, monitor: str, now: float
) -> tuple[Deed, ...]:
    """What makes the tool show what it should; `incidents` are those that are open, and the latest that are over."""
    wish = service_wish(incidents)
    if wish is not None and wish.until is not None and wish.until <= now + ONE_MOMENT:
        wish = None
    if look.problem is None:
        return _in_the_dark(wish, ledger, monitor, now)
    if look.mark is None:
        return (Acknowledge(wish=wish),) if wish is not None and look.problem else ()
    if look.mark.signature is None:
        unwanted = wish is None and any(each.state is State.OPEN for each in incidents)
        return (Unacknowledge(key=look.mark.key),) if unwanted else ()
    return _to_ours(look.mark, wish, incidents, note_of(ledger, monitor, look.mark.key), now)


def _to_ours(
    mark: Mark, wish: Wish | None, incidents: Sequence[Incident], note: Mirrored | None, now: float
) -> tuple[Deed, ...]:
    if note is None:
        # Another node made it, for a reason that has not come here yet.
        return ()
    if wish is not None:
        same = mark.signature == wish.signature and _same_end(mark.until, wish.until)
        return () if same else (Unacknowledge(key=mark.key), Acknowledge(wish=wish))
    well = all(each.resolved for each in incidents)
    recovers = well and now - ended_at(note, incidents) < RECOVERS_WITHIN
    return () if recovers else (Unacknowledge(key=mark.key),)


def _same_end(there: float | None, wanted: float | None) -> bool:
    """A tool that knows no end keeps the acknowledgement until it is taken back."""
    return there is None or (wanted is not None and abs(there - wanted) <= ONE_MOMENT)


def _in_the_dark(wish: Wish | None, ledger: Ledger, monitor: str, now: float) -> tuple[Deed, ...]:
    believed = [each for each in standing(ledger, monitor) if each.ours]
    back = tuple(Unacknowledge(key=each.mark) for each in believed)
    if wish is None:
        return back
    fresh = any(each.mark == wish.signature and now - each.at < SAY_AGAIN for each in believed)
    if fresh and len(believed) == 1:
        return ()
    # Told again after it was taken back, it stands there once.
    return (*(back or (Unacknowledge(key=wish.signature),)), Acknowledge(wish=wish))
