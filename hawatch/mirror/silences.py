"""A tool that silences alerts, Alertmanager: one silence for each incident, and what people's silences mean here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hawatch.desk.ledger import Ledger
from hawatch.desk.records import Answered, Mirrored
from hawatch.incident import Incident
from hawatch.mirror.mark import Mark, SilencesLook
from hawatch.mirror.notes import ended_at, given_back, no_longer, note_of, seen, standing, taken_by
from hawatch.mirror.wish import Deed, Silence, Unsilence, Wish, silence_wishes

LASTS = 900.0
"""Seconds after which a silence of ours ends by itself, should both agents be gone."""
RENEW_BEFORE = 600.0
"""Seconds before its end at which it is renewed."""
ALERTS_END_WITHIN = 15.0
"""Seconds after the end of a trouble in which its alerts end, too, and would be told if nothing silenced them."""
ONE_MOMENT = 1.0


def overheard(
    look: SilencesLook, incidents: Sequence[Incident], ledger: Ledger, monitor: str, kind: str, now: float
) -> Iterator[Answered | Mirrored]:
    """The records of what is new there.

    Somebody has ended a silence when the tool remembers that it ended before its time; what it knows nothing of any
    more, it has lost. A person's that came to its end has ended, too.
    """
    yield from seen(look, ledger, monitor, now)
    present = {each.key for each in look.silences}
    for note in standing(ledger, monitor):
        if note.mark not in present:
            yield no_longer(note, now)
            if _was_ended(note, look):
                yield from given_back(note, incidents, kind, now)
    for mark in look.silences:
        yield from taken_by(mark, _covered(mark, incidents, look), ledger, monitor, kind, now)


def _was_ended(note: Mirrored, look: SilencesLook) -> bool:
    ends = [end for key, end in look.ended if key == note.mark]
    if not ends:
        return False
    return not note.ours or note.until is None or max(ends) < note.until - ONE_MOMENT


def _covered(mark: Mark, incidents: Sequence[Incident], look: SilencesLook) -> list[Incident]:
    """Those whose alerts it silences, while no other of theirs is to be heard."""
    return [
        each
        for each in incidents
        if not mark.covers.isdisjoint(each.instances) and look.loud.isdisjoint(each.instances)
    ]


def deeds(
    look: SilencesLook, incidents: Sequence[Incident], ledger: Ledger, monitor: str, now: float
) -> tuple[Deed, ...]:
    """What makes the tool show what it should. A person's silence, which may be about more, is left to the person."""
    found: list[Deed] = []
    wanted = {each.signature: each for each in silence_wishes(incidents)}
    for wish in wanted.values():
        if wish.until is None or wish.until > now + ONE_MOMENT:
            found += _for(wish, look, ledger, monitor, now)
    for mark in look.silences:
        note = None if mark.signature is None else note_of(ledger, monitor, mark.key)
        if note is not None and mark.key not in wanted and not _ends_with_its_alerts(note, incidents, now):
            found.append(Unsilence(id=mark.id, key=mark.key))
    return tuple(found)


def _ends_with_its_alerts(note: Mirrored, incidents: Sequence[Incident], now: float) -> bool:
    """Whether its trouble has only just ended; a new one is silenced by nothing."""
    return all(each.resolved for each in incidents) and now - ended_at(note, incidents) < ALERTS_END_WITHIN


def _for(wish: Wish, look: SilencesLook, ledger: Ledger, monitor: str, now: float) -> Iterator[Deed]:
    ours = sorted(
        (each for each in look.silences if each.signature == wish.signature), key=lambda each: each.id
    )
    until = now + LASTS if wish.until is None else min(now + LASTS, wish.until)
    if not ours:
        if not _is_taken_there(wish, look, ledger, monitor):
            yield Silence(wish=wish, until=until)
        return
    first, *others = ours
    for each in others:  # two nodes made one each
        yield Unsilence(id=each.id, key=f"{each.key}/{each.id}")
    left = (first.until or until) - now
    if left < RENEW_BEFORE and until - (first.until or until) > ONE_MOMENT:
        yield Silence(wish=wish, until=until, id=first.id, begins=first.begins)


def _is_taken_there(wish: Wish, look: SilencesLook, ledger: Ledger, monitor: str) -> bool:
    """Whether a person's silence, which was taken for an acknowledgement, still stands."""
    notes = (note_of(ledger, monitor, each.key) for each in look.silences if each.signature is None)
    return any(note is not None and not set(note.incidents).isdisjoint(wish.incidents) for note in notes)
