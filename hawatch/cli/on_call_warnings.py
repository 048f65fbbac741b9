"""What in the on-call side of hawatch.toml can be read, and will not do what was meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import tzinfo
from pathlib import Path

from hawatch.cli.secret_file import secret_warnings
from hawatch.config import Config, Contact, Medium, NotifyRule, effective_channels, effective_contacts
from hawatch.notification.duty import expired


def on_call_warnings(config: Config, now: float, local: tzinfo) -> Iterator[str]:
    """One line for each; `now` is in epoch seconds, `local` this host's time zone."""
    yield from _channels(config)
    for n, contact in enumerate(config.contacts):
        for problem in _contact(config, contact, now, local):
            yield f"contact[{n}].{problem}"
    if config.contacts and all(expired(each, now, local) for each in config.contacts):
        yield "contact: the last day of every one of them is over; nobody is told anything"
    yield from _rules(config.notify)


def _channels(config: Config) -> Iterator[str]:
    used = {way.channel for contact in effective_contacts(config) for way in contact.ways}
    for n, channel in enumerate(config.channels):
        for key, directory in (("spool", channel.spool), ("replies", channel.replies)):
            if directory is not None and not Path(directory).is_dir():
                yield f"channel[{n}].{key}: {directory} is not there, or no directory"
        if channel.urls_file is not None:
            yield from secret_warnings(f"channel[{n}].urls_file", Path(channel.urls_file))
        if channel.command and not Path(channel.command[0]).exists():
            yield f"channel[{n}].command[0]: {channel.command[0]} is not there"
        if channel.name not in used:
            yield f"channel[{n}]: {channel.name} is no contact's way"


def _contact(config: Config, contact: Contact, now: float, local: tzinfo) -> Iterator[str]:
    if expired(contact, now, local):
        yield f"until: the last day of {contact.name} is over ({contact.until})"
    chain = {name for step in config.oncall.chain for name in step}
    if chain and contact.name not in chain:
        yield f"name: {contact.name} is not in oncall.chain, and is told nothing unasked"
    wakes = {each.name for each in effective_channels(config) if Medium.SMS in each.media}
    if contact.ways and not any(way.channel in wakes for way in contact.ways):
        yield f"way: none of the channels of {contact.name} carries sms"
    if contact.rota is not None and contact.rota.startswith("/") and not Path(contact.rota).is_file():
        yield f"rota: {contact.rota} is not there; until it is, {contact.name} is always on duty"


def _rules(rules: Sequence[NotifyRule]) -> Iterator[str]:
    """The first rule that fits counts, so that a general one hides what stands below it."""
    for n, rule in enumerate(rules):
        first = next(m for m, other in enumerate(rules) if _covers(other, rule))
        if first < n:
            yield f"notify[{n}]: never counts, since notify[{first}] covers it and stands before it"


def _covers(wide: NotifyRule, narrow: NotifyRule) -> bool:
    return (
        (wide.verdict, wide.cause) == (narrow.verdict, narrow.cause)
        and wide.instance in {None, narrow.instance}
        and wide.contact in {None, narrow.contact}
    )
