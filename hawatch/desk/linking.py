"""One trouble on two nodes: which incidents are the same, and what people did that each of them is to know."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from hawatch.desk.deed import Deed
from hawatch.desk.ledger import Ledger
from hawatch.desk.records import Answer, Answered, Heard
from hawatch.desk.wording import entries
from hawatch.guard.record import GuardNote
from hawatch.incident import (
    Entry,
    EntryKind,
    Incident,
    NotPossibleError,
    State,
    acknowledge,
    release,
    snooze,
)
from hawatch.incident.changes import IT_GOT_WORSE
from hawatch.incident.transitions import wake
from hawatch.notification.message import Message, MessageState

_ANSWERS = frozenset({EntryKind.ACKNOWLEDGED, EntryKind.RELEASED, EntryKind.SNOOZED})
AT_ONCE = 3.0
"""Seconds within which an answer and a change for the worse count as one moment, on clocks that differ a little."""
KNOWN_AFTER_END = 3600.0
"""Seconds for which an incident that is over still learns what was told and answered."""


def link(incidents: Sequence[Incident], ledger: Ledger, talking: Collection[str]) -> tuple[Incident, ...]:
    """The same incidents, each with the names that other nodes give the same trouble.

    What a node that cannot be heard had open once may have ended long ago: nothing new is linked to it. Nor is what
    begins after the end of a trouble linked to the twin of that, which may not be known to be over; unless its node,
    which knows, says so.
    """
    foreign = tuple(ledger.all(Incident))
    live = {each.id for each in foreign if each.node in talking and not each.resolved}
    live -= {twin for each in incidents if each.resolved for twin in each.twins}
    return tuple(_linked(each, foreign, live) for each in incidents)


def digest(incidents: Sequence[Incident], ledger: Ledger) -> tuple[Incident, ...]:
    """The same incidents, with all that people and nodes did about them; nothing is taken twice."""
    return tuple(_digested(each, ledger) for each in incidents)


def of_others(incidents: Iterable[Incident], ledger: Ledger) -> Iterator[Incident]:
    """The incidents that other nodes have, and this one has not."""
    known = {name for each in incidents for name in each.names}
    return (each for each in ledger.all(Incident) if known.isdisjoint(each.names))


def _linked(incident: Incident, foreign: Sequence[Incident], live: Collection[str]) -> Incident:
    apart = {each.id for each in foreign if _one_before_the_other(incident, each)}
    twins = {
        each.id
        for each in foreign
        if incident.id in each.twins
        or (not incident.resolved and each.id in live and not incident.routers.isdisjoint(each.routers))
    }
    after = tuple(sorted({*incident.twins, *twins}.difference(apart)))
    return incident if after == incident.twins else replace(incident, twins=after)


def _one_before_the_other(one: Incident, other: Incident) -> bool:
    """Whether one was over before the other began: it was only not known yet that it was."""
    return any(
        first.resolved_at is not None and first.resolved_at < second.opened_at
        for first, second in ((one, other), (other, one))
    )


def _digested(incident: Incident, ledger: Ledger) -> Incident:
    seen = {entry.ref for entry in incident.timeline if entry.ref}
    names = incident.names
    answers = [each for each in ledger.about(Answered, names) if each.id not in seen]
    for answered in sorted(answers, key=lambda each: (each.at, each.id)):
        if not _is_overtaken(incident, answered):
            incident = _answered(incident, answered)
    incident = _woken(incident, ledger)
    news = [
        entry
        for entry in (
            *_replies(ledger, names),
            *_tellings(ledger, names),
            *_deeds(ledger, names),
            *_guards(ledger, names),
            *entries(ledger, names),
        )
        if entry.ref not in seen
    ]
    if news:
        incident = replace(incident, timeline=(*incident.timeline, *sorted(news, key=lambda each: each.at)))
    return incident


def _is_overtaken(incident: Incident, answered: Answered) -> bool:
    """Whether something came after it that counts: answers reach the nodes in any order, and mean the same on all."""
    return any(
        entry.at > answered.at + (AT_ONCE if _is_worse(entry) else 0.0)
        for entry in incident.timeline
        if entry.kind in _ANSWERS or _is_worse(entry)
    )


def _is_worse(entry: Entry) -> bool:
    return entry.kind is EntryKind.WOKEN and entry.text == IT_GOT_WORSE


def _woken(incident: Incident, ledger: Ledger) -> Incident:
    """Open again if another node woke it after the answer that stands here, which came late."""
    if incident.state not in {State.ACKNOWLEDGED, State.SNOOZED}:
        return incident
    twins = [each for each in ledger.all(Incident) if each.id in incident.twins]
    for entry in (entry for each in twins for entry in each.timeline if _is_worse(entry)):
        if entry.at > (incident.acknowledged_at or 0.0) + AT_ONCE:
            return wake(incident, at=entry.at, who=entry.who, text=entry.text)
    return incident


def _answered(incident: Incident, answered: Answered) -> Incident:
    """The end beats an answer that comes later; what is not possible any more is noted with the reply alone."""
    try:
        after = _after(incident, answered)
    except NotPossibleError:
        if incident.resolved or answered.answer is not Answer.RELEASE:
            return incident
        # Nobody had taken it: that this one does not want it is what the next one waits for.
        entry = Entry(at=answered.at, kind=EntryKind.RELEASED, who=answered.who, text=answered.text)
        after = replace(incident, timeline=(*incident.timeline, entry))
    last = replace(after.timeline[-1], ref=answered.id)
    return replace(after, timeline=(*after.timeline[:-1], last))


def _after(incident: Incident, answered: Answered) -> Incident:
    at, who, text = answered.at, answered.who, answered.text
    if answered.answer is Answer.ACK:
        return acknowledge(incident, at=at, who=who, text=text)
    if answered.answer is Answer.RELEASE:
        return release(incident, at=at, who=who, text=text)
    return snooze(incident, at=at, who=who, until=answered.until or at, text=text)


def _replies(ledger: Ledger, names: Iterable[str]) -> Iterator[Entry]:
    for each in ledger.about(Heard, names):
        yield Entry(
            at=each.at, kind=EntryKind.REPLIED, who=each.person or each.sender, text=each.text, ref=each.id
        )


def _tellings(ledger: Ledger, names: Iterable[str]) -> Iterator[Entry]:
    for each in ledger.about(Message, names):
        yield Entry(
            at=each.created_at,
            kind=EntryKind.TOLD,
            who=each.person,
            text=f"{each.occasion}, {each.channel}: {each.text}",
            ref=each.id,
        )
        late = ledger.get(Message, each.instead) if each.instead else None
        if late is not None:
            yield Entry(
                at=each.created_at,
                kind=EntryKind.NOT_TOLD,
                who=each.person,
                text=f"{late.channel}: {each.why}; told by {each.channel}",
                ref=f"{each.id}/instead",
            )
        if each.state in {MessageState.FAILED, MessageState.DROPPED}:
            reason = each.problem or each.state.value
            yield Entry(
                at=each.changed_at,
                kind=EntryKind.NOT_TOLD,
                who=each.person,
                text=f"{each.channel}: {reason}",
                ref=f"{each.id}/{each.state.value}",
            )


def _guards(ledger: Ledger, names: Iterable[str]) -> Iterator[Entry]:
    for each in ledger.about(GuardNote, names):
        text = f"guard of {each.service} on {each.node}: {each.text}"
        yield Entry(at=each.at, kind=EntryKind.ACTED, who=each.node, text=text, ref=f"guard/{each.id}")


def _deeds(ledger: Ledger, names: Iterable[str]) -> Iterator[Entry]:
    for each in ledger.about(Deed, names):
        what = f"{each.action} on {each.node}" + (f" ({each.vip})" if each.vip else "")
        who = each.person if each.second is None else f"{each.person}, {each.second}"
        yield Entry(at=each.asked_at, kind=EntryKind.ASKED, who=who, text=what, ref=f"deed/{each.id}")
        if each.final:
            why = f" ({each.refusal.value})" if each.refusal else ""
            text = f"{what}: {each.state.value}{why}" + (f", {each.text}" if each.text else "")
            yield Entry(
                at=each.changed_at, kind=EntryKind.ACTED, who=each.node, text=text, ref=f"deed/{each.id}/end"
            )
