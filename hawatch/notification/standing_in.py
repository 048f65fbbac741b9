"""The next way to a person in time: one message stands in for another that is late, or was refused on every way."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from hawatch.config.oncall import Channel, Medium, Way
from hawatch.incident import EntryKind, Incident, State
from hawatch.notification.lateness import has_got_through, late_at, lateness
from hawatch.notification.message import LOST, Message

_ANSWERS = frozenset(
    {EntryKind.ACKNOWLEDGED, EntryKind.RELEASED, EntryKind.SNOOZED, EntryKind.REPLIED, EntryKind.ASKED}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """By which way a person is to be told instead, since when (epoch seconds), of which message, and why."""

    way: Way
    since: float
    instead: Message
    why: str


def stand_in(
    incident: Incident,
    told: Sequence[Message],
    ways: Sequence[Way],
    channels: Mapping[str, Channel],
    now: float,
) -> StandIn | None:
    """What a person is to be sent by the next way, once for each late message, so at most once on every way.

    `told` are all pages of the incident to this person, `ways` all ways of theirs in the order in which they are
    tried. Of each node the latest message counts, and what stands in for it.
    """
    found = [_instead(chain, incident, told, ways, channels) for chain in _latest_chains(told)]
    return min(
        (each for each in found if each is not None and each.since <= now),
        key=lambda each: (each.since, each.instead.id),
        default=None,
    )


def _instead(
    chain: Sequence[Message],
    incident: Incident,
    told: Sequence[Message],
    ways: Sequence[Way],
    channels: Mapping[str, Channel],
) -> StandIn | None:
    """What follows the last message of a chain, and when."""
    first, last = chain[0], chain[-1]
    heard = any(each.created_at >= first.created_at and _through(each, channels) for each in told)
    free = _free(ways, chain, told)
    if heard or not free or not _still_wanted(incident, first):
        return None
    if last.state in LOST:
        # By then the ways that wake have failed: what is left is said once, and no more with every further attempt.
        if any(each.level >= last.level and _counts(each, channels) for each in told):
            return None
        return StandIn(way=free[0], since=last.changed_at, instead=last, why=last.problem or last.state.value)
    channel = channels.get(last.channel)
    since = None if channel is None else late_at(last, channel)
    if channel is None or since is None:
        return None
    return StandIn(way=free[0], since=since, instead=last, why=lateness(last, channel))


def _counts(message: Message, channels: Mapping[str, Channel]) -> bool:
    """Whether it has got through, or is another node's attempt by a way that wakes nobody."""
    return _through(message, channels) or (bool(message.instead) and message.state not in LOST)


def stood_in_for(told: Iterable[Message]) -> frozenset[str]:
    """The messages instead of which others were sent that are not lost themselves, by their ids."""
    return frozenset(each.instead for each in told if each.instead and each.state not in LOST)


def _latest_chains(told: Sequence[Message]) -> Iterator[list[Message]]:
    """Of each node the latest message that is to wake somebody, and what was sent instead of it, the oldest first."""
    by_id = {each.id: each for each in told}

    def root(message: Message) -> str:
        while message.instead in by_id:
            message = by_id[message.instead]
        return message.instead or message.id

    loud = sorted(
        (each for each in told if each.medium is Medium.SMS or each.instead),
        key=lambda each: (each.created_at, each.id),
    )
    latest = {each.node: each.id for each in loud if not each.instead}
    for name in latest.values():
        yield [each for each in loud if root(each) == name]


def _through(message: Message, channels: Mapping[str, Channel]) -> bool:
    channel = channels.get(message.channel)
    return channel is not None and has_got_through(message, channel)


def _still_wanted(incident: Incident, first: Message) -> bool:
    """Whether somebody is still to be told: nobody has it, and this person has not answered since."""
    taken = incident.state is State.ACKNOWLEDGED and first.created_at < (incident.acknowledged_at or 0.0)
    return not taken and not any(
        entry.who == first.person and entry.kind in _ANSWERS and entry.at >= first.created_at
        for entry in incident.timeline
    )


def _free(ways: Sequence[Way], chain: Collection[Message], told: Collection[Message]) -> list[Way]:
    """The ways that were not used for it, and have not failed for this incident."""
    used = {(each.channel, each.to) for each in chain}
    used |= {(each.channel, each.to) for each in told if each.state in LOST}
    return [way for way in ways if (way.channel, way.to) not in used]
