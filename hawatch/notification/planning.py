"""Who is to be told of an incident now, and why now: first message, worse, repetition, escalation, the end of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from hawatch.config.oncall import Channel, Contact, Medium, NotifyRule, OnCallOptions, Way
from hawatch.incident import EntryKind, Incident, State
from hawatch.incident.changes import IT_GOT_WORSE
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
    """What holds at one moment (epoch seconds): who is on duty, for whom it is a quiet hour, what is muted.

    `handover` are the seconds that other nodes have to get through to a person when this one cannot.
    """

    now: float
    booted_at: float
    on_duty: Callable[[Contact], bool]
    quiet: Callable[[Contact], bool]
    lately: Callable[[str], int]
    """How many messages by SMS a person has had in the last hour."""
    mutes: tuple[Mute, ...] = ()
    handover: float = 0.0


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
    """Some people, since when (epoch seconds) it is their turn, 0 for the first, and why."""

    people: tuple[str, ...]
    since: float = 0.0
    occasion: Occasion = Occasion.FIRST


def _reached(incident: Incident, told: Sequence[Message], roster: Roster, hour: Hour) -> list[_Step]:
    """The steps that it has come to, of each those who are on duty; if nobody at all is, everybody."""
    on_duty = [tuple(name for name in step if _serves(name, roster, hour)) for step in roster.steps()]
    steps = [step for step in on_duty if step] or [tuple(each.name for each in roster.contacts)]
    reached = [_Step(steps[0])]
    while len(reached) < len(steps):
        passed_on = _passed_on(incident, told, reached[-1].people, roster, hour)
        if passed_on is None or passed_on[0] > hour.now:
            break
        reached.append(_Step(steps[len(reached)], *passed_on))
    # Whoever was told once stays informed, even when the shift has changed.
    known = {name for step in reached for name in step.people}
    more = tuple(dict.fromkeys(each.person for each in told if each.person not in known and _is_page(each)))
    return [*reached, _Step(more)] if more else reached


def _serves(name: str, roster: Roster, hour: Hour) -> bool:
    person = roster.contact(name)
    return person is not None and hour.on_duty(person)


def _passed_on(
    incident: Incident, told: Sequence[Message], step: Sequence[str], roster: Roster, hour: Hour
) -> tuple[float, Occasion] | None:
    """When it is the next step's turn, and why: this one has had its time, cannot be reached, or gave it back.

    None while somebody looks after it, or while nobody of this step has been told.
    """
    if incident.state is not State.OPEN:
        return None
    people = [person for name in step if (person := roster.contact(name)) is not None]
    if not any(roster.ways(person, Medium.SMS) for person in people):
        return incident.opened_at, Occasion.ESCALATED
    pages = [each for each in told if each.person in step and _is_page(each) and each.medium is Medium.SMS]
    if not pages:
        return None
    lost = all(each.state in LOST for each in pages)
    if lost and not any(_free_ways(pages, person, roster) for person in people):
        return max(each.changed_at for each in pages) + hour.handover, Occasion.ESCALATED
    first = min(each.created_at for each in pages)
    given_back = [
        (entry.at, Occasion.RELEASED)
        for entry in incident.timeline
        if entry.kind is EntryKind.RELEASED and entry.at >= first
    ]
    return min([(first + roster.options.escalate_after, Occasion.ESCALATED), *given_back])


def _free_ways(pages: Sequence[Message], person: Contact, roster: Roster) -> list[Way]:
    """The ways by which a person may still be woken: those that have not failed for this incident."""
    mine = [each for each in pages if each.person == person.name]
    return _not_failed(mine, roster.ways(person, Medium.SMS))


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
            (each for each in standing if _medium(each, person, roster) is medium),
            key=lambda each: each.level,
            default=None,
        )
        mine = [each for each in told if each.medium is medium]
        ways = roster.ways(person, medium)
        if need is None or not ways:
            continue
        found = _occasion(incident, mine, need, step, roster.options)
        if found is None:
            continue
        occasion, since = found[0], max(found[1], _after_failures(mine, need, ways, roster.options))
        if since > hour.now:
            continue
        way = next(iter(_not_failed(mine, ways) or _longest_ago(mine, ways)))
        if occasion not in LIMITED or hour.lately(person.name) < roster.options.most_per_hour:
            yield Due(since=since, person=person, way=way, medium=medium, occasion=occasion, need=need)


def _medium(need: Need, person: Contact, roster: Roster) -> Medium:
    """What wakes others is mailed to those who have nothing but mail."""
    return need.medium if roster.ways(person, Medium.SMS) else Medium.MAIL


def _held_back(need: Need, person: Contact, hour: Hour) -> bool:
    """Quiet hours never hold back what is critical."""
    critical = need.verdict is not None and need.verdict.severity is Severity.CRITICAL
    return not critical and need.medium is Medium.MAIL and hour.quiet(person)


def _occasion(
    incident: Incident,
    mine: list[Message],
    need: Need,
    step: _Step,
    options: OnCallOptions,
) -> tuple[Occasion, float] | None:
    """Why this person is to be told, and from when on; None: there is no reason."""
    reached = [each for each in mine if each.state not in LOST]
    if not reached:
        # What somebody had taken already is nothing new for a person who was not told of it.
        if incident.state is State.ACKNOWLEDGED and need.since <= (incident.acknowledged_at or 0.0):
            return None
        return step.occasion, max(need.due, step.since)
    if need.medium is Medium.MAIL:
        return None
    if need.level > max(each.level for each in reached):
        return Occasion.WORSE, need.due
    return None if any(each.waiting for each in reached) else _again(incident, reached, options)


def _after_failures(
    mine: Sequence[Message], need: Need, ways: Sequence[Way], options: OnCallOptions
) -> float:
    """When to try again what failed for good: by another way at once, by the same ones after a while.

    What is worse than all that failed so far is tried at once.
    """
    pause = 0.0 if _not_failed(mine, ways) else options.repeat_every
    failed = [each for each in mine if each.state in LOST and each.level >= need.level]
    return max((each.changed_at + pause for each in failed), default=0.0)


def _again(
    incident: Incident, reached: list[Message], options: OnCallOptions
) -> tuple[Occasion, float] | None:
    """The next repetition, and when it is due."""
    last = max(reached, key=lambda each: each.created_at)
    if incident.state is State.ACKNOWLEDGED:
        since = max(incident.acknowledged_at or 0.0, last.created_at)
        return Occasion.REPAGE, since + options.repage_after
    for entry in reversed(incident.timeline):
        if entry.at > last.created_at and entry.kind is EntryKind.WOKEN:
            return (Occasion.WORSE if entry.text == IT_GOT_WORSE else Occasion.WOKEN), entry.at
        if entry.at > last.created_at and entry.kind is EntryKind.RELEASED and entry.who != last.person:
            return Occasion.RELEASED, entry.at
    if sum(each.occasion == Occasion.REPEAT for each in reached) >= options.most_repeats:
        return None
    return Occasion.REPEAT, last.created_at + options.repeat_every


def _not_failed(mine: Sequence[Message], ways: Sequence[Way]) -> list[Way]:
    """The ways that have not failed for this incident."""
    failed = {(each.channel, each.to) for each in mine if each.state is MessageState.FAILED}
    return [way for way in ways if (way.channel, way.to) not in failed]


def _longest_ago(mine: Sequence[Message], ways: Sequence[Way]) -> list[Way]:
    """All ways, the one that failed longest ago first."""
    failed_at = {
        (each.channel, each.to): each.changed_at for each in sorted(mine, key=lambda each: each.changed_at)
    }
    return sorted(ways, key=lambda way: failed_at.get((way.channel, way.to), 0.0))


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
