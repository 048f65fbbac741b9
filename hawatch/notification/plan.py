"""What a plan of messages is made from, who can be told and what holds at one moment, and what it consists of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hawatch.config.oncall import Channel, Contact, Medium, NotifyRule, OnCallOptions, Way
from hawatch.notification.message import Message
from hawatch.notification.mute import Mute
from hawatch.notification.policy import Need
from hawatch.notification.text.brief import Occasion


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

    def all_ways(self, person: Contact) -> tuple[Way, ...]:
        """A person's ways in the order in which they are tried in need: those that wake, and then the others."""
        waking = self.ways(person, Medium.SMS)
        return (*waking, *(way for way in person.ways if way not in waking))

    def by_name(self) -> Mapping[str, Channel]:
        """The channels."""
        return {each.name: each for each in self.channels}


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
    """One message to be written, which could have been since `since` (epoch seconds).

    It stands in for `instead`, if that is one that is late or was refused, as `why` says.
    """

    since: float
    person: Contact
    way: Way
    medium: Medium
    occasion: Occasion
    need: Need | None
    instead: Message | None = None
    why: str = ""
