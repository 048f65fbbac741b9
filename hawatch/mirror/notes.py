"""What is kept of the acknowledgements in one tool, so that either node can undo ours, and knows whose end is news."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from hawatch.desk.ledger import Ledger
from hawatch.desk.records import Answer, Answered, Mirrored
from hawatch.incident import Incident, State
from hawatch.mirror.mark import Look, Mark
from hawatch.mirror.wish import Acknowledge, Deed, Silence, Unacknowledge, Unsilence, Wish, is_taken

AT_ONCE = 3.0
"""Seconds by which clocks may differ, when it is asked whether somebody has seen what he acknowledged."""
LATER = 0.001
MOST_AUTHOR, MOST_TEXT = 60, 200
"""Characters of what stands in a tool that are taken over here."""
ITS_END = 60.0
"""Seconds before its planned end from which on a mark that is gone has come to that end."""


def standing(ledger: Ledger, monitor: str) -> tuple[Mirrored, ...]:
    """What stood in the tool when it was looked at last."""
    return tuple(each for each in ledger.all(Mirrored) if each.monitor == monitor and each.stands)


def note_of(ledger: Ledger, monitor: str, key: str) -> Mirrored | None:
    """What is known of a mark; of one of ours that another node made, it may not be known yet why it was."""
    return ledger.get(Mirrored, f"{monitor}/{key}")


def seen(look: Look, ledger: Ledger, monitor: str, now: float) -> Iterator[Mirrored]:
    """What is new of marks that are known: that they stand, or until when."""
    for mark in look.marks:
        note = note_of(ledger, monitor, mark.key)
        if note is not None and (note.stands, note.since, note.until) != (True, mark.since, mark.until):
            yield replace(note, stands=True, since=mark.since, until=mark.until, at=_after(note, now))


def has_come_to_its_end(note: Mirrored, now: float) -> bool:
    """Whether it was to end by now anyway."""
    return note.until is not None and now >= note.until - ITS_END


def no_longer(note: Mirrored, now: float) -> Mirrored:
    """It stands no longer."""
    return replace(note, stands=False, at=_after(note, now))


def ended_at(note: Mirrored, incidents: Iterable[Incident]) -> float:
    """When the last of what it is about was over; long ago, if that is not known any more."""
    ends = (each.resolved_at for each in incidents if not set(each.names).isdisjoint(note.incidents))
    return max((each for each in ends if each is not None), default=0.0)


def intended(deed: Deed, ledger: Ledger, monitor: str, now: float, *, believed: bool) -> Mirrored | None:
    """What is written down before it is done; `believed` where nobody can look whether it was."""
    match deed:
        case Acknowledge(wish=wish) | Silence(wish=wish):
            return _meant(wish, ledger, monitor, now, stands=believed)
        case Unacknowledge(key=key) | Unsilence(key=key):
            note = note_of(ledger, monitor, key)
            return None if note is None or not note.stands else no_longer(note, now)


def _meant(wish: Wish, ledger: Ledger, monitor: str, now: float, *, stands: bool) -> Mirrored:
    known = note_of(ledger, monitor, wish.signature)
    return Mirrored(
        id=f"{monitor}/{wish.signature}",
        monitor=monitor,
        mark=wish.signature,
        incidents=wish.incidents,
        who=wish.author,
        ours=True,
        stands=stands or (known is not None and known.stands),
        since=now if known is None else known.since,
        until=wish.until if known is None else known.until,
        at=_after(known, now),
    )


# --- what people did there ------------------------------------------------------------------------


def taken_by(
    mark: Mark, incidents: Iterable[Incident], ledger: Ledger, monitor: str, kind: str, now: float
) -> Iterator[Answered | Mirrored]:
    """A person's mark acknowledges what is open and nobody has taken, once; what began after it is not meant."""
    if mark.signature is not None:
        return
    who = f"{_plain(mark.author, MOST_AUTHOR) or 'somebody'} ({kind})"
    meant = [each for each in incidents if _is_meant(mark, each, ledger, monitor)]
    for each in meant:
        yield Answered(
            id=_answer_id(monitor, mark, each.name),
            incidents=each.names,
            answer=Answer.ACK,
            who=who,
            at=min(max(mark.made_at, each.opened_at), now),
            text=_plain(mark.text, MOST_TEXT),
        )
    if meant:
        known = note_of(ledger, monitor, mark.key)
        before = () if known is None else known.incidents
        yield Mirrored(
            id=f"{monitor}/{mark.key}",
            monitor=monitor,
            mark=mark.key,
            incidents=tuple(dict.fromkeys((*before, *(name for each in meant for name in each.names)))),
            who=who,
            ours=False,
            stands=True,
            since=mark.since,
            until=mark.until,
            at=_after(known, now),
        )


def _is_meant(mark: Mark, incident: Incident, ledger: Ledger, monitor: str) -> bool:
    if incident.state is not State.OPEN or mark.made_at + AT_ONCE < incident.opened_at:
        return False
    return not any(ledger.get(Answered, _answer_id(monitor, mark, name)) for name in incident.names)


def _answer_id(monitor: str, mark: Mark, incident: str) -> str:
    return f"monitor/{monitor}/{mark.key}/{incident}"


def given_back(note: Mirrored, incidents: Iterable[Incident], kind: str, now: float) -> Iterator[Answered]:
    """Somebody has ended it there: what it stood for is nobody's any longer. Tools do not say who it was."""
    for each in incidents:
        took = is_taken(each) and (each.acknowledged_at or 0.0) <= note.at + AT_ONCE
        if took and not set(each.names).isdisjoint(note.incidents):
            yield Answered(
                id=f"monitor/{note.id}/{int(note.at * 1000):x}/{each.name}",
                incidents=each.names,
                answer=Answer.RELEASE,
                who=f"somebody ({kind})",
                at=now,
            )


def _plain(text: str, most: int) -> str:
    """One short line: it was written elsewhere, and is shown on terminals and in messages."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())[:most]


def _after(known: Mirrored | None, now: float) -> float:
    return now if known is None else max(now, known.at + LATER)
