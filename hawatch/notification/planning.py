"""Who is to be told of an incident now, and why now: first message, worse, repetition, escalation, the end of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from hawatch.config.oncall import Channel, Contact, Medium, NotifyRule, OnCallOptions, Way
from hawatch.incident import EntryKind, Incident, State
from hawatch.notification.message import LOST, Message, MessageState
from hawatch.notification.mute import Mute
from hawatch.notification.policy import Need, needs
from hawatch.notification.text.brief import Occasion
from hawatch.verdict import Severity

_PAGES = frozenset(Occasion) - {Occasion.RESOLVED}
LIMITED = frozenset({Occasion.REPEAT, Occasion.REPAGE})
"""What a rate limit may hold back: never the first message of an incident, nor that it got worse, nor its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """Who can be told, and how the site wants it: what does not change while the agent runs."""

    contacts: tuple[Contact, ...]
    channels: tuple[Channel, ...]
    options: OnCallOptions
    rules: tuple[NotifyRule, ...] = ()

    def contact(self, name: str) -> Contact | None:
        """One person."""
        return next((each for each in self.contacts if each.name == name), None)

    def steps(self) -> tuple[tuple[str, ...], ...]:
        """The people, step by step; without a chain all at once."""
        return self.options.chain or (tuple(each.name for each in self.contacts),)

    def ways(self, person: Contact, medium: Medium) -> tuple[Way, ...]:
        """A person's ways that carry such messages, the preferred one first."""
        carry = {each.name for each in self.channels if medium in each.media}
        return tuple(way for way in person.ways if way.channel in carry)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """What holds at one moment (epoch seconds): who is on duty, for whom it is a quiet hour, what is muted."""

    now: float
    booted_at: float
    on_duty: Callable[[Contact], bool]
    quiet: Callable[[Contact], bool]
    lately: Callable[[str], int]
    """How many messages by SMS a person has had in the last hour."""
    mutes: tuple[Mute, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One message to be written, which could have been since `since` (epoch seconds)."""

    since: float
    person: Contact
    way: Way
    medium: Medium
    occasion: Occasion
    need: Need | None


def due(incident: Incident, told: Sequence[Message], roster: Roster, hour: Hour) -> Iterator[Due]:
    """The messages about one incident that are to be written now; `told` are those about it that were."""
    if incident.resolved:
        yield from _over(incident, told, roster)
        return
    if incident.state is State.SNOOZED:
        return
    for step in _reached(incident, told, roster, hour):
        for name in step.people:
            person = roster.contact(name)
            if person is not None:
                mine = [each for each in told if each.person == name and _is_page(each)]
                yield from _for_person(incident, mine, roster, hour, person, step)


# --- who ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Step:
    """Some people, and since when (epoch seconds) it is their turn; 0 for the first."""

    people: tuple[str, ...]
    since: float = 0.0


def _reached(incident: Incident, told: Sequence[Message], roster: Roster, hour: Hour) -> list[_Step]:
    """The steps that it has come to, of each those who are on duty; if nobody at all is, everybody."""
    on_duty = [tuple(name for name in step if _serves(name, roster, hour)) for step in roster.steps()]
    steps = [step for step in on_duty if step] or [tuple(each.name for each in roster.contacts)]
    reached = [_Step(steps[0])]
    while len(reached) < len(steps):
        since = _passed_on_at(incident, told, reached[-1].people, roster.options)
        if since is None or since > hour.now:
            break
        reached.append(_Step(steps[len(reached)], since))
    # Whoever was told once stays informed, even when the shift has changed.
    known = {name for step in reached for name in step.people}
    more = tuple(dict.fromkeys(each.person for each in told if each.person not in known and _is_page(each)))
    return [*reached, _Step(more)] if more else reached


def _serves(name: str, roster: Roster, hour: Hour) -> bool:
    person = roster.contact(name)
    return person is not None and hour.on_duty(person)


def _passed_on_at(
    incident: Incident, told: Sequence[Message], step: Sequence[str], options: OnCallOptions
) -> float | None:
    """When it is the next step's turn: this one has had its time, could not be reached, or gave it back.

    None while somebody looks after it, or while nobody of this step has been told.
    """
    pages = [each for each in told if each.person in step and _is_page(each) and each.medium is Medium.SMS]
    if not pages or incident.state is not State.OPEN:
        return None
    if all(each.state in LOST for each in pages):
        return max(each.changed_at for each in pages)
    first = min(each.created_at for each in pages)
    given_back = (
        entry.at for entry in incident.timeline if entry.kind is EntryKind.RELEASED and entry.at >= first
    )
    return min([first + options.escalate_after, *given_back])


# --- what -----------------------------------------------------------------------------------------


def _for_person(
    incident: Incident, told: Sequence[Message], roster: Roster, hour: Hour, person: Contact, step: _Step
) -> Iterator[Due]:
    standing = [
        each
        for each in needs(
            incident,
            person.name,
            rules=roster.rules,
            mutes=hour.mutes,
            booted_at=hour.booted_at,
            boot_grace=roster.options.boot_grace,
        )
        if each.due <= hour.now and not _held_back(each, person, hour)
    ]
    for medium in Medium:
        need = max(
            (each for each in standing if each.medium is medium), key=lambda each: each.level, default=None
        )
        mine = [each for each in told if each.medium is medium]
        found = None if need is None else _occasion(incident, mine, need, roster.options, hour.now, step)
        way = _way(mine, roster.ways(person, medium))
        if found is None or way is None:
            continue
        occasion, since = found
        if occasion not in LIMITED or hour.lately(person.name) < roster.options.most_per_hour:
            yield Due(since=since, person=person, way=way, medium=medium, occasion=occasion, need=need)


def _held_back(need: Need, person: Contact, hour: Hour) -> bool:
    """Quiet hours never hold back what is critical."""
    critical = need.verdict is not None and need.verdict.severity is Severity.CRITICAL
    return not critical and need.medium is Medium.MAIL and hour.quiet(person)


def _occasion(
    incident: Incident, mine: list[Message], need: Need, options: OnCallOptions, now: float, step: _Step
) -> tuple[Occasion, float] | None:
    """Why this person is to be told now, and since when; None: not now."""
    reached = [each for each in mine if each.state not in LOST]
    if not reached:
        return _first(mine, need, options, now, step)
    last = max(reached, key=lambda each: each.created_at)
    if need.medium is Medium.MAIL:
        return None
    if need.level > max(each.level for each in reached):
        return Occasion.WORSE, need.due
    if any(each.waiting for each in reached):
        return None
    found = _again(incident, last, reached, options)
    return found if found is not None and found[1] <= now else None


def _first(
    mine: list[Message], need: Need, options: OnCallOptions, now: float, step: _Step
) -> tuple[Occasion, float] | None:
    """The first message, or the first that may get through: another way at once, the same one after a while."""
    failed_at = max((each.changed_at for each in mine), default=None)
    since = max(need.due, step.since, failed_at or 0.0)
    if failed_at is not None and len(mine) > 1:
        since += options.repeat_every
    occasion = Occasion.ESCALATED if step.since else Occasion.FIRST
    return (occasion, since) if since <= now else None


def _again(
    incident: Incident, last: Message, reached: list[Message], options: OnCallOptions
) -> tuple[Occasion, float] | None:
    """The next repetition, and when it is due."""
    if incident.state is State.ACKNOWLEDGED:
        since = max(incident.acknowledged_at or 0.0, last.created_at)
        return Occasion.REPAGE, since + options.repage_after
    for entry in reversed(incident.timeline):
        if entry.at > last.created_at and entry.kind is EntryKind.WOKEN:
            return Occasion.WOKEN, entry.at
        if entry.at > last.created_at and entry.kind is EntryKind.RELEASED and entry.who != last.person:
            return Occasion.RELEASED, entry.at
    if sum(each.occasion == Occasion.REPEAT for each in reached) >= options.most_repeats:
        return None
    return Occasion.REPEAT, last.created_at + options.repeat_every


def _way(mine: Sequence[Message], ways: Sequence[Way]) -> Way | None:
    """The first way that has not failed for this incident; if all have, the first again."""
    failed = {(each.channel, each.to) for each in mine if each.state is MessageState.FAILED}
    free = [way for way in ways if (way.channel, way.to) not in failed]
    return next(iter(free or ways), None)


def _over(incident: Incident, told: Sequence[Message], roster: Roster) -> Iterator[Due]:
    """Everybody who was told hears the end of it, where they heard of it; in maintenance, too."""
    for name in dict.fromkeys(each.person for each in told):
        person = roster.contact(name)
        mine = [each for each in told if each.person == name]
        if person is None or any(each.occasion == Occasion.RESOLVED for each in mine):
            continue
        heard = [each for each in mine if _is_page(each) and each.state not in LOST]
        if heard:
            last = max(heard, key=lambda each: each.created_at)
            way = Way(channel=last.channel, to=last.to)
            since = incident.resolved_at or 0.0
            yield Due(
                since=since, person=person, way=way, medium=last.medium, occasion=Occasion.RESOLVED, need=None
            )


def _is_page(message: Message) -> bool:
    return message.occasion in {each.value for each in _PAGES}
