"""Who is told, and how, where hawatch.toml names nobody: one contact, and the phone in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hawatch.config.oncall import Channel, ChannelKind, Contact, Permission, Way
from hawatch.config.records import Config

PHONE = "phone"
ON_CALL = "oncall"


def effective_channels(config: Config) -> tuple[Channel, ...]:
    """The channels of hawatch.toml, and a phone in the terminal where somebody would otherwise have no way."""
    return config.channels if config.channels and config.contacts else usable_channels(config.channels)


def effective_contacts(config: Config) -> tuple[Contact, ...]:
    """The contacts of hawatch.toml, each with a way; without any, one who may acknowledge and act."""
    phone = next(each for each in usable_channels(config.channels) if each.kind is ChannelKind.PHONE)
    contacts = config.contacts or (
        Contact(name=ON_CALL, permissions=frozenset({Permission.ACK, Permission.ACT})),
    )
    return tuple(
        contact if contact.ways else replace(contact, ways=(Way(channel=phone.name, to=contact.name),))
        for contact in contacts
    )


def usable_channels(channels: Sequence[Channel]) -> tuple[Channel, ...]:
    """The channels, one of them a phone in the terminal."""
    if any(each.kind is ChannelKind.PHONE for each in channels):
        return tuple(channels)
    return (*channels, Channel(name=PHONE, kind=ChannelKind.PHONE))
