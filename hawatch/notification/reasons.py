"""What one person is to be told of an incident now, by which way, and why now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hawatch.config.oncall import Contact, Medium, OnCallOptions, Way
from hawatch.incident import EntryKind, Incident, State
from hawatch.incident.changes import IT_GOT_WORSE
from hawatch.notification.choice_of_way import best, not_failed, without_waiting
from hawatch.notification.message import LOST, Message
from hawatch.notification.plan import Due, Hour, Roster
from hawatch.notification.policy import Need, needs
from hawatch.notification.standing_in import stand_in, stood_in_for
from hawatch.notification.text.brief import Occasion
from hawatch.verdict import Severity

LIMITED = frozenset({Occasion.REPEAT, Occasion.REPAGE})
"""What a rate limit may hold back: never the first message of an incident, nor that it got worse, nor its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One person whose turn it is, since when (epoch seconds) and why, and the pages of the incident that they had."""

    incident: Incident
    person: Contact
    since: float
    occasion: Occasion
    told: Sequence[Message]
    roster: Roster
    hour: Hour

    def by(self, medium: Medium) -> list[Message]:
        """What they had by a medium."""
        return [each for each in self.told if each.medium is medium]


def for_person(turn: Turn) -> Iterator[Due]:
    """What this person is to be told now, one message by each medium at the most."""
    person, roster, hour = turn.person, turn.roster, turn.hour
    standing = [
        each
        for each in needs(
            turn.incident,
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
        if need is None or not roster.ways(person, medium):
            continue
        item = _anew(turn, need, medium)
        if item is None and medium is Medium.SMS:
            item = _by_the_next_way(turn, need)
        if item is None:
            continue
        if item.occasion not in LIMITED or hour.lately(person.name) < roster.options.most_per_hour:
            yield item
        if item.medium is not medium:
            return


def _anew(turn: Turn, need: Need, medium: Medium) -> Due | None:
    """What there is to tell by this medium for a reason of its own."""
    mine, ways, now = turn.by(medium), turn.roster.ways(turn.person, medium), turn.hour.now
    found = _occasion(turn, mine, need)
    if found is None:
        return None
    occasion, since = found[0], max(found[1], _after_failures(mine, need, ways, turn.roster.options))
    # Another one behind one that waits would be no help: they would all come at once.
    choice = without_waiting(mine, ways) if occasion in LIMITED else ways
    if since > now or not choice:
        return None
    way = best(mine, choice, turn.roster.by_name(), now)
    return Due(since=since, person=turn.person, way=way, medium=medium, occasion=occasion, need=need)


def _by_the_next_way(turn: Turn, need: Need) -> Due | None:
    """The same once more by another way, if it is late; one that wakes nobody carries it when no other is left."""
    channels = turn.roster.by_name()
    ways = turn.roster.all_ways(turn.person)
    found = stand_in(turn.incident, turn.told, ways, channels, turn.hour.now)
    if found is None:
        return None
    return Due(
        since=found.since,
        person=turn.person,
        way=found.way,
        medium=Medium.SMS if Medium.SMS in channels[found.way.channel].media else Medium.MAIL,
        occasion=Occasion(found.instead.occasion),
        need=need,
        instead=found.instead,
        why=found.why,
    )


def _medium(need: Need, person: Contact, roster: Roster) -> Medium:
    """What wakes others is mailed to those who have nothing but mail."""
    return need.medium if roster.ways(person, Medium.SMS) else Medium.MAIL


def _held_back(need: Need, person: Contact, hour: Hour) -> bool:
    """Quiet hours never hold back what is critical."""
    critical = need.verdict is not None and need.verdict.severity is Severity.CRITICAL
    return not critical and need.medium is Medium.MAIL and hour.quiet(person)


def _occasion(turn: Turn, mine: Sequence[Message], need: Need) -> tuple[Occasion, float] | None:
    """Why this person is to be told, and from when on; None: there is no reason."""
    incident = turn.incident
    reached = [each for each in mine if each.state not in LOST]
    if not reached:
        # What somebody had taken already is nothing new for a person who was not told of it.
        if incident.state is State.ACKNOWLEDGED and need.since <= (incident.acknowledged_at or 0.0):
            return None
        return turn.occasion, max(need.due, turn.since)
    if need.medium is Medium.MAIL:
        return None
    if need.level > max(each.level for each in reached):
        return Occasion.WORSE, need.due
    replaced = stood_in_for(turn.told)
    held_up = any(each.waiting and each.id not in replaced for each in reached)
    if held_up:
        return None
    last = max(
        (each.created_at for each in turn.told if each.instead and each.state not in LOST), default=0.0
    )
    return _again(incident, reached, turn.roster.options, last)


def _after_failures(
    mine: Sequence[Message], need: Need, ways: Sequence[Way], options: OnCallOptions
) -> float:
    """When to try again what failed for good: by another way at once, by the same ones after a while.

    What is worse than all that failed so far is tried at once.
    """
    pause = 0.0 if not_failed(mine, ways) else options.repeat_every
    failed = [each for each in mine if each.state in LOST and each.level >= need.level]
    return max((each.changed_at + pause for each in failed), default=0.0)


def _again(
    incident: Incident, reached: list[Message], options: OnCallOptions, told_otherwise: float
) -> tuple[Occasion, float] | None:
    """The next repetition, and when it is due; what stood in for a message counts from `told_otherwise` on."""
    last = max(reached, key=lambda each: each.created_at)
    if incident.state is State.ACKNOWLEDGED:
        since = max(incident.acknowledged_at or 0.0, last.created_at)
        return Occasion.REPAGE, since + options.repage_after
    for entry in reversed(incident.timeline):
        if entry.at > last.created_at and entry.kind is EntryKind.WOKEN:
            return (Occasion.WORSE if entry.text == IT_GOT_WORSE else Occasion.WOKEN), entry.at
        if entry.at > last.created_at and entry.kind is EntryKind.RELEASED and entry.who != last.person:
            return Occasion.RELEASED, entry.at
    if sum(each.occasion == Occasion.REPEAT and not each.instead for each in reached) >= options.most_repeats:
        return None
    return Occasion.REPEAT, max(last.created_at, told_otherwise) + options.repeat_every
