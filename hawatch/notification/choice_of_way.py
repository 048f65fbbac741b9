"""Which of a person's ways a message goes by: the first that has not failed, and on which nothing is stuck."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hawatch.config.oncall import Channel, Way
from hawatch.notification.lateness import is_late
from hawatch.notification.message import Message, MessageState


def not_failed(mine: Sequence[Message], ways: Sequence[Way]) -> list[Way]:
    """The ways that have not failed for this incident; `mine` is what the person was sent about it."""
    failed = {(each.channel, each.to) for each in mine if each.state is MessageState.FAILED}
    return [way for way in ways if (way.channel, way.to) not in failed]


def without_waiting(mine: Sequence[Message], ways: Sequence[Way]) -> list[Way]:
    """The ways on which no message about it waits: another one behind that would only add to it."""
    waiting = {(each.channel, each.to) for each in mine if each.waiting}
    return [way for way in ways if (way.channel, way.to) not in waiting]


def best(mine: Sequence[Message], ways: Sequence[Way], channels: Mapping[str, Channel], now: float) -> Way:
    """The way to use now (epoch seconds), in the order of preference, of one at least.

    One that has failed comes after all that have not, the one that failed longest ago first; one on which something is
    late comes after those on which nothing is.
    """
    choice = not_failed(mine, ways) or _longest_ago(mine, ways)
    late = {
        (each.channel, each.to)
        for each in mine
        if (channel := channels.get(each.channel)) is not None and is_late(each, channel, now)
    }
    return min(choice, key=lambda way: (way.channel, way.to) in late)


def _longest_ago(mine: Sequence[Message], ways: Sequence[Way]) -> list[Way]:
    failed_at = {
        (each.channel, each.to): each.changed_at for each in sorted(mine, key=lambda each: each.changed_at)
    }
    return sorted(ways, key=lambda way: failed_at.get((way.channel, way.to), 0.0))
