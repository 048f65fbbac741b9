"""The on-call tables of hawatch.toml, from text to records: [oncall], [[channel]], [[contact]], [[notify]]."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from difflib import get_close_matches
from enum import StrEnum

from hawatch.config import checks
from hawatch.config.effective import PHONE, usable_channels
from hawatch.config.hours import hours, parse_hours
from hawatch.config.loading_mail import mail
from hawatch.config.loading_probe import probe
from hawatch.config.loading_provider import http_provider
from hawatch.config.loading_webhook import twilio
from hawatch.config.mail_address import address
from hawatch.config.number import is_region, to_e164
from hawatch.config.oncall import (
    Channel,
    ChannelKind,
    CodeHalf,
    Contact,
    Medium,
    NotifyRule,
    OnCallOptions,
    Permission,
    ReceiptWanted,
    Way,
)
from hawatch.config.probe import ReplyPathProbe
from hawatch.config.table import Table

WITH_SPOOL = frozenset({ChannelKind.SMSTOOLS, ChannelKind.GAMMU})
WITH_NUMBERS = WITH_SPOOL | {ChannelKind.TWILIO, ChannelKind.HTTP}
MOST = range(1001)
_USUAL_MEDIA = {
    **dict.fromkeys(WITH_NUMBERS, frozenset({Medium.SMS})),
    ChannelKind.MAIL: frozenset({Medium.MAIL}),
}


def on_call(table: Table) -> OnCallOptions:
    """[oncall]; that the contacts of `chain` are there is checked by `known_contacts`."""
    default = OnCallOptions()
    options = OnCallOptions(
        chain=table.groups("chain"),
        escalate_after=table.duration("escalate_after", default.escalate_after, 1),
        repeat_every=table.duration("repeat_every", default.repeat_every, 1),
        most_repeats=table.number("most_repeats", default.most_repeats, MOST),
        repage_after=table.duration("repage_after", default.repage_after, 1),
        takeover_after=table.duration("takeover_after", default.takeover_after, 1),
        boot_grace=table.duration("boot_grace", default.boot_grace),
        most_per_hour=table.number("most_per_hour", default.most_per_hour, MOST[1:]),
        languages=table.optional("languages", checks.absolute_path),
        codes=table.choice("codes", CodeHalf.AUTO),
        region=table.optional("region", _region),
    )
    table.end()
    return options


def channel(table: Table) -> Channel:
    """One [[channel]]; a key that is of no use to its kind is unknown."""
    kind = table.one_of("kind", ChannelKind)
    with_spool = kind in WITH_SPOOL
    default = Channel(name="", kind=kind)
    found = Channel(
        name=table.checked("name", lambda text: _channel_name(text, kind)),
        kind=kind,
        media=table.named("media", Medium, _USUAL_MEDIA.get(kind, default.media)),
        spool=table.checked("spool", checks.absolute_path) if with_spool else None,
        replies=table.optional("replies", checks.absolute_path) if with_spool else None,
        command=table.words("command") if kind is ChannelKind.SCRIPT else (),
        mail=mail(table) if kind is ChannelKind.MAIL else None,
        twilio=twilio(table) if kind is ChannelKind.TWILIO else None,
        http=http_provider(table) if kind is ChannelKind.HTTP else None,
        urls_file=table.checked("urls_file", checks.absolute_path) if kind is ChannelKind.APPRISE else None,
        timeout=table.duration("timeout", default.timeout, 1),
        receipt_within=table.duration("receipt_within", default.receipt_within),
    )
    if not found.media:
        raise table.error("media", "empty; a channel carries sms, mail or both")
    if kind is ChannelKind.SCRIPT:
        _check_command(table, found.command)
    if table.has("receipt"):
        found = replace(found, receipt=_receipt(table, found))
    if table.has("probe"):
        found = replace(found, probe=_probe(table.table("probe"), found))
    table.end()
    return found


def _receipt(table: Table, channel: Channel) -> ReceiptWanted:
    wanted = table.one_of("receipt", ReceiptWanted)
    if wanted is ReceiptWanted.DELIVERED and not channel.tells_receipts:
        raise table.error("receipt", f"nobody tells what was delivered on {channel.name}")
    return wanted


def _probe(table: Table, channel: Channel) -> ReplyPathProbe:
    """Mail goes to the channel's own address unless another is written; a modem does not know its number."""
    found = probe(table, channel, None if channel.mail is None else channel.mail.sender)
    if channel.mail is not None and (problem := address(found.to)) is not None:
        raise table.error("to", f"{found.to!r} {problem}")
    if channel.kind in WITH_NUMBERS and (number := to_e164(found.to, None)) != found.to:
        raise table.error(
            "to", f"{found.to!r} {_no_number(None) if number is None else f'is written {number}'}"
        )
    return found


def _check_command(table: Table, command: Sequence[str]) -> None:
    if not command:
        raise table.error("command", "missing: the program that delivers, and its arguments")
    problem = checks.absolute_path(command[0])
    if problem:
        raise table.error("command[0]", f"{command[0]!r} {problem}")


def contact(table: Table, channels: Sequence[Channel], region: str | None) -> Contact:
    """One [[contact]]; `channels` are those that hawatch.toml names."""
    default = Contact(name="")
    found = Contact(
        name=table.checked("name", _name),
        language=table.optional("language", checks.language) or default.language,
        permissions=table.named("permissions", Permission, default.permissions),
        ways=tuple(_way(each, channels or usable_channels(()), region) for each in table.tables("way")),
        until=table.day("until"),
        hours=tuple(filter(None, map(parse_hours, table.strings("hours", hours)))),
        quiet=tuple(filter(None, map(parse_hours, table.strings("quiet", hours)))),
        rota=table.optional("rota", checks.path_or_url),
        timezone=table.optional("timezone", checks.time_zone),
        drills=table.boolean("drills", default=default.drills),
    )
    if channels and not found.ways:
        raise table.error("way", f"missing: a [[contact.way]] says how {found.name} is reached")
    table.end()
    return found


def _way(table: Table, channels: Sequence[Channel], region: str | None) -> Way:
    name = table.checked("channel", _known("channel", [each.name for each in channels]))
    to = table.checked("to")
    on = next(each for each in channels if each.name == name)
    if on.kind in WITH_NUMBERS:
        number = to_e164(to, region)
        if number is None:
            raise table.error("to", f"{to!r} {_no_number(region)}")
        to = number
    elif on.mail is not None:
        to = table.checked("to", address).lower()
        if to == on.mail.sender:
            raise table.error("to", f"{to!r} is the address of the channel itself")
    table.end()
    return Way(channel=name, to=to)


def _no_number(region: str | None) -> str:
    if region is not None:
        return f"is not a telephone number, neither as +COUNTRY… nor in {region}"
    return "is not an international telephone number; write it like +8613800000001, or set oncall.region"


def notify(table: Table, contacts: Sequence[Contact]) -> NotifyRule:
    """One [[notify]]; whether there is such a verdict or cause is checked where these are known."""
    verdict, cause = table.optional("verdict"), table.optional("cause")
    if (verdict is None) == (cause is None):
        raise table.error("", f"{'neither' if cause is None else 'both'} of verdict and cause; one is wanted")
    by = table.one_of("by", _By)
    rule = NotifyRule(
        verdict=verdict,
        cause=cause,
        instance=table.optional("instance"),
        contact=table.optional("contact", _known("contact", [each.name for each in contacts])),
        medium=None if by is _By.NEVER else Medium(by.value),
        after=table.duration("after", 0.0),
    )
    table.end()
    return rule


class _By(StrEnum):
    """What a [[notify]] may say: a medium, or none."""

    SMS = "sms"
    MAIL = "mail"
    NEVER = "never"


def check_names(
    table: Table, options: OnCallOptions, channels: Sequence[Channel], contacts: Sequence[Contact]
) -> None:
    """ConfigError if a name is there twice, or the chain has somebody who is no contact."""
    table.once("channel", "name", (each.name for each in channels))
    table.once("contact", "name", (each.name for each in contacts))
    check = _known("contact", [each.name for each in contacts])
    for step, names in enumerate(options.chain):
        for n, name in enumerate(names):
            problem = check(name)
            if problem:
                raise table.error(f"oncall.chain[{step}][{n}]", f"{name!r} {problem}")


def check_addresses(table: Table, channels: Sequence[Channel], contacts: Sequence[Contact]) -> None:
    """ConfigError if two contacts have one address: a reply from there would have no author."""
    networks = {each.name: _network(each) for each in channels}
    # Nobody answers there: several people may share a room.
    shared = {each.name for each in channels if each.kind is ChannelKind.APPRISE}
    owners: dict[tuple[str, str], str] = {}
    for n, each in enumerate(contacts):
        table.once(f"contact[{n}].way", "to", (f"{way.to} on {way.channel}" for way in each.ways))
        for m, way in enumerate(each.ways):
            if way.channel in shared:
                continue
            network = networks.get(way.channel, way.channel)
            owner = owners.setdefault((network, way.to), each.name)
            if owner != each.name:
                raise table.error(f"contact[{n}].way[{m}].to", f"{way.to!r} is {owner}'s already")


def _network(channel: Channel) -> str:
    """What an address is unique in: telephone numbers and mail addresses are so everywhere."""
    if channel.kind in WITH_NUMBERS:
        return "numbers"
    return "mail" if channel.kind is ChannelKind.MAIL else f"channel {channel.name}"


def check_rules(table: Table, rules: Sequence[NotifyRule]) -> None:
    """ConfigError if two [[notify]] are about the same."""
    seen: dict[tuple[str | None, ...], int] = {}
    for n, rule in enumerate(rules):
        first = seen.setdefault((rule.verdict, rule.cause, rule.instance, rule.contact), n)
        if first != n:
            raise table.error(f"notify[{n}]", f"is about the same as notify[{first}]")


def _name(text: str) -> str | None:
    """A name that can be written on a command line and found in a calendar."""
    return None if text == text.strip() else "begins or ends with a space"


def _channel_name(text: str, kind: ChannelKind) -> str | None:
    if text == PHONE and kind is not ChannelKind.PHONE:
        return f"is the name of the channel of kind {PHONE}"
    return _name(text)


def _region(text: str) -> str | None:
    return None if is_region(text) else "is not a region, like CN or DE"


def _known(kind: str, names: Iterable[str]) -> Callable[[str], str | None]:
    """What is wrong with a name that should be one of those."""
    known = list(names)

    def check(text: str) -> str | None:
        if text in known:
            return None
        near = get_close_matches(text, known, n=1, cutoff=0.6)
        return f"is no {kind}" + (f", did you mean {near[0]}?" if near else "")

    return check
