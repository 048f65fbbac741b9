"""The keys of hawatch.toml that say who is told, when, of what."""

from __future__ import annotations

from hawatch.config.oncall import CodeHalf, Contact, NotifyRule, OnCallOptions, Permission
from hawatch.config.reference.key import (
    DURATION,
    NUMBER,
    PATH,
    TEXT,
    YES_OR_NO,
    Key,
    KeyTable,
    one_of,
    some_of,
    toml,
)

_OPTIONS = OnCallOptions()
_CONTACT = Contact(name="")

ON_CALL = KeyTable(
    heading="[oncall]",
    about="How people are told.",
    keys=(
        Key(
            name="chain",
            form="list of lists of contacts",
            meaning="who is told first, and who next if nobody answers",
            otherwise="everybody at once",
            example='[["alice"], ["bob"]]',
        ),
        Key(
            name="escalate_after",
            form=DURATION,
            meaning="then the next step of the chain is told",
            default=toml(_OPTIONS.escalate_after),
        ),
        Key(
            name="repeat_every",
            form=DURATION,
            meaning="the same people again while nobody has answered",
            default=toml(_OPTIONS.repeat_every),
        ),
        Key(
            name="most_repeats",
            form=NUMBER,
            meaning="so often at the most",
            default=toml(_OPTIONS.most_repeats),
        ),
        Key(
            name="repage_after",
            form=DURATION,
            meaning="acknowledged, and still not over: everybody again",
            default=toml(_OPTIONS.repage_after),
        ),
        Key(
            name="takeover_after",
            form=DURATION,
            meaning="the other node tells if this one's message does not get through",
            default=toml(_OPTIONS.takeover_after),
        ),
        Key(
            name="boot_grace",
            form=DURATION,
            meaning="so soon after the host's boot all but a split brain waits a little",
            default=toml(_OPTIONS.boot_grace),
        ),
        Key(
            name="most_per_hour",
            form=NUMBER,
            meaning="messages to one person; never the first of an incident",
            default=toml(_OPTIONS.most_per_hour),
        ),
        Key(
            name="languages",
            form=PATH,
            meaning="a directory with NAME.toml for each language besides en and zh",
            otherwise="en and zh alone",
            example='"/etc/hawatch/languages"',
        ),
        Key(
            name="codes",
            form=one_of(CodeHalf),
            meaning="which numbers this node gives to incidents",
            default=toml(CodeHalf.AUTO),
        ),
        Key(
            name="region",
            form="`CN`, `DE`, …",
            meaning="whose telephone numbers are meant where one does not say its country",
            otherwise="numbers begin with +",
            example='"CN"',
        ),
    ),
)
CONTACT = KeyTable(
    heading="[[contact]]",
    about="A person. Without any there is one, `oncall`, with a phone in the terminal.",
    keys=(
        Key(name="name", form=TEXT, meaning="who it is", needed=True, example='"alice"'),
        Key(
            name="language",
            form="`en`, `zh`, or one of your own",
            meaning="the language of messages",
            default=toml(_CONTACT.language),
        ),
        Key(
            name="permissions",
            form=some_of(Permission),
            meaning="what the person's replies may do",
            default=toml(_CONTACT.permissions),
        ),
        Key(
            name="until",
            form="date",
            meaning="the last day; nobody from then on",
            otherwise="for good",
            example="2027-06-30",
        ),
        Key(
            name="hours",
            form="list of `DAYS HH:MM-HH:MM`",
            meaning="when the person is on duty",
            otherwise="always",
            example='["Mon-Fri 08:00-18:00"]',
        ),
        Key(
            name="quiet",
            form="list of `DAYS HH:MM-HH:MM`",
            meaning="when nothing but what is critical comes",
            otherwise="never",
            example='["22:00-07:00"]',
        ),
        Key(
            name="rota",
            form="path or URL",
            meaning="a calendar whose events name who is on duty",
            otherwise="`hours` alone",
            example='"/etc/hawatch/rota.ics"',
        ),
        Key(
            name="timezone",
            form="a zone's name",
            meaning="where the person is",
            otherwise="this host's",
            example='"Asia/Shanghai"',
        ),
        Key(
            name="drills",
            form=YES_OR_NO,
            meaning="the person has agreed to be sent a message by `hawatch drill`, and to answer it",
            default=toml(_CONTACT.drills),
        ),
    ),
)
WAY = KeyTable(
    heading="[[contact.way]]",
    about="How the person is reached, in the order of preference; needed where there is a `[[channel]]`.",
    keys=(
        Key(
            name="channel",
            form=TEXT,
            meaning="the `name` of a `[[channel]]`",
            needed=True,
            example='"modem"',
        ),
        Key(
            name="to",
            form=TEXT,
            meaning="a telephone number, a mail address, or what the channel's program wants",
            needed=True,
            example='"+8613800000001"',
        ),
    ),
)
NOTIFY = KeyTable(
    heading="[[notify]]",
    about="Where one differs from the defaults: exactly one of `verdict` and `cause`. The first that fits counts.",
    keys=(
        Key(
            name="verdict",
            form=TEXT,
            meaning="which verdict it is about",
            otherwise="it is about a cause",
            example='"no_owner"',
        ),
        Key(
            name="cause",
            form=TEXT,
            meaning="which cause it is about",
            otherwise="it is about a verdict",
            example='"stale_arp"',
        ),
        Key(
            name="instance",
            form=TEXT,
            meaning="of which virtual router",
            otherwise="of every one",
            example='"VI_1"',
        ),
        Key(
            name="contact",
            form=TEXT,
            meaning="who is meant",
            otherwise="everybody",
            example='"alice"',
        ),
        Key(
            name="by",
            form="`sms`, `mail`, `never`",
            meaning="how they are told",
            needed=True,
            example='"sms"',
        ),
        Key(
            name="after",
            form=DURATION,
            meaning="how long it must have stood",
            default=toml(NotifyRule(cause="", medium=None).after),
        ),
    ),
)

TABLES = (ON_CALL, CONTACT, WAY, NOTIFY)
