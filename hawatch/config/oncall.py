"""The on-call side of hawatch.toml, as plain records; times are seconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum

from hawatch.config.mail import Mail
from hawatch.config.probe import ReplyPathProbe
from hawatch.config.provider import HttpProvider, Twilio, Webhook

MINUTE = 60.0


class Medium(StrEnum):
    """How urgently somebody is told: `sms` wakes people, `mail` waits until they look."""

    SMS = "sms"
    MAIL = "mail"


class ChannelKind(StrEnum):
    """What carries messages."""

    PHONE = "phone"
    SMSTOOLS = "smstools"
    GAMMU = "gammu"
    SCRIPT = "script"
    MAIL = "mail"
    APPRISE = "apprise"
    TWILIO = "twilio"
    HTTP = "http"


class ReceiptWanted(StrEnum):
    """What shows that a message got through, on a channel whose gateway tells: it has gone out, or has arrived."""

    LEFT = "left"
    DELIVERED = "delivered"


class Permission(StrEnum):
    """What a contact's replies may do."""

    ACK = "ack"
    ACT = "act"
    FENCE = "fence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A way to people: `spool` and `replies` are directories, `command` is a script's argument vector,
    `mail`, `twilio` and `http` what a channel of that kind has, `urls_file` the file with the services of an apprise
    channel.

    `media` says which messages it carries. `timeout` bounds one delivery. A message that wakes somebody, and has not
    come as far as `receipt` within `receipt_within` seconds (0: however long), goes by the person's next way as well.
    """

    name: str
    kind: ChannelKind
    media: frozenset[Medium] = frozenset(Medium)
    spool: str | None = None
    replies: str | None = None
    command: tuple[str, ...] = ()
    mail: Mail | None = None
    twilio: Twilio | None = None
    http: HttpProvider | None = None
    urls_file: str | None = None
    timeout: float = 30.0
    receipt: ReceiptWanted = ReceiptWanted.LEFT
    receipt_within: float = MINUTE
    probe: ReplyPathProbe | None = None

    @property
    def two_way(self) -> bool:
        """Whether what people answer on it is read."""
        if self.http is not None:
            return self.http.replies is not None
        if self.twilio is not None:
            return self.twilio.poll > 0 or self.twilio.webhook is not None
        return self.replies is not None or (self.mail is not None and self.mail.imap is not None)

    @property
    def tells_receipts(self) -> bool:
        """Whether news follows of a message that was handed over."""
        if self.http is not None:
            return self.http.receipts is not None
        return self.twilio is not None or self.replies is not None

    @property
    def webhook(self) -> Webhook | None:
        """What may be posted to the agent for this channel, if anything."""
        if self.twilio is not None:
            return self.twilio.webhook
        return None if self.http is None else self.http.webhook


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One address of a contact on a channel; a telephone number is in E.164 (+8613800000001), a mail address in
    lower case."""

    channel: str
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """A span of local time on some days of the week (Monday is 0); `start` after `end` passes midnight."""

    days: frozenset[int]
    start: time
    end: time


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A person: without `hours` and `rota` always on duty, after the day `until` nobody.

    `quiet` holds back what is not critical. `rota` is the URL or path of a calendar whose events name the person.
    Local times are those of `timezone` (None: this host's). `drills`: has agreed to answer messages of drills.
    """

    name: str
    language: str = "en"
    permissions: frozenset[Permission] = frozenset({Permission.ACK})
    ways: tuple[Way, ...] = ()
    until: date | None = None
    hours: tuple[Hours, ...] = ()
    quiet: tuple[Hours, ...] = ()
    rota: str | None = None
    timezone: str | None = None
    drills: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyRule:
    """Where one differs from the defaults: which trouble, of which virtual router, tells whom, how, after how long.

    Exactly one of `verdict` and `cause` is set. None for `instance` or `contact` means any; `medium` None: never.
    """

    verdict: str | None = None
    cause: str | None = None
    instance: str | None = None
    contact: str | None = None
    medium: Medium | None
    after: float = 0.0


class CodeHalf(StrEnum):
    """Which numbers this node gives out; `auto` follows the members' names."""

    AUTO = "auto"
    EVEN = "even"
    ODD = "odd"


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCallOptions:
    """How people are told: `chain` has the contacts step by step (empty: all at once).

    `takeover_after`: when the other node tells if this one's message did not get through. `region` (CN, DE) is whose
    telephone numbers are meant where a number does not say its country.
    """

    chain: tuple[tuple[str, ...], ...] = ()
    escalate_after: float = 10 * MINUTE
    repeat_every: float = 15 * MINUTE
    most_repeats: int = 8
    repage_after: float = 30 * MINUTE
    takeover_after: float = 45.0
    boot_grace: float = 3 * MINUTE
    most_per_hour: int = 12
    languages: str | None = None
    codes: CodeHalf = CodeHalf.AUTO
    region: str | None = None
