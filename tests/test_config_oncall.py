"""The on-call side of hawatch.toml as people write it."""

from __future__ import annotations

import re
from datetime import date, time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch.config import (
    Channel,
    ChannelKind,
    CodeHalf,
    Config,
    Contact,
    Hours,
    Medium,
    NotifyRule,
    OnCallOptions,
    Permission,
    Way,
    effective_channels,
    effective_contacts,
    load,
    normalise_sender,
)
from hawatch.config.hours import parse_hours
from hawatch.errors import ConfigError

FULL = """
[oncall]
chain = [["alice"], ["bob", "alice"]]
escalate_after = "5m"
repeat_every = 600
most_repeats = 0
repage_after = "1h"
takeover_after = "20s"
boot_grace = 0
most_per_hour = 6
languages = "/etc/hawatch/languages"
codes = "odd"
region = "CN"

[[channel]]
name = "modem"
kind = "smstools"
spool = "/var/spool/sms"
replies = "/var/spool/sms/hawatch"
timeout = "10s"
[[channel]]
name = "stick"
kind = "gammu"
spool = "/var/spool/gammu/outbox"
media = ["mail", "sms"]
[[channel]]
name = "pager"
kind = "script"
command = ["/usr/local/bin/page", "--now", "--now"]

[[contact]]
name = "alice"
language = "zh"
permissions = ["ack", "act", "fence"]
until = 2027-06-30
hours = ["Mon-Fri 08:00-18:00", "Sat,Sun 10:00-24:00"]
quiet = ["22:00-07:00"]
rota = "https://calendar.example.net/rota.ics"
timezone = "Asia/Shanghai"
[[contact.way]]
channel = "modem"
to = "138 0000 0001"
[[contact.way]]
channel = "stick"
to = "+8613800000001"
[[contact]]
name = "bob"
[[contact.way]]
channel = "pager"
to = "bob@example.net"

[[notify]]
verdict = "no_owner"
instance = "VI_1"
contact = "alice"
by = "sms"
after = "10s"
[[notify]]
cause = "stale_arp"
by = "never"
"""

MANUAL = Path(__file__).parent.parent / "docs"
MODEM = "[[channel]]\nname = 'modem'\nkind = 'smstools'\nspool = '/var/spool/sms'\n"
ALICE = "[[contact]]\nname = 'alice'\n"
WAY = "[[contact.way]]\nchannel = 'modem'\nto = '{}'\n"


def problem(text: str) -> str:
    with pytest.raises(ConfigError) as raised:
        load(text, "hawatch.toml")
    return str(raised.value)


def test_everything_about_on_call_that_can_be_said_is_taken_in() -> None:
    config = load(FULL, "hawatch.toml")

    assert config.oncall == OnCallOptions(
        chain=(("alice",), ("bob", "alice")),
        escalate_after=300.0,
        repeat_every=600.0,
        most_repeats=0,
        repage_after=3600.0,
        takeover_after=20.0,
        boot_grace=0.0,
        most_per_hour=6,
        languages="/etc/hawatch/languages",
        codes=CodeHalf.ODD,
        region="CN",
    )
    assert config.channels == (
        Channel(
            name="modem",
            kind=ChannelKind.SMSTOOLS,
            media=frozenset({Medium.SMS}),
            spool="/var/spool/sms",
            replies="/var/spool/sms/hawatch",
            timeout=10.0,
        ),
        Channel(name="stick", kind=ChannelKind.GAMMU, spool="/var/spool/gammu/outbox"),
        Channel(name="pager", kind=ChannelKind.SCRIPT, command=("/usr/local/bin/page", "--now", "--now")),
    )
    assert config.contacts == (
        Contact(
            name="alice",
            language="zh",
            permissions=frozenset(Permission),
            ways=(
                Way(channel="modem", to="+8613800000001"),
                Way(channel="stick", to="+8613800000001"),
            ),
            until=date(2027, 6, 30),
            hours=(
                Hours(days=frozenset({0, 1, 2, 3, 4}), start=time(8), end=time(18)),
                Hours(days=frozenset({5, 6}), start=time(10), end=time(0)),
            ),
            quiet=(Hours(days=frozenset(range(7)), start=time(22), end=time(7)),),
            rota="https://calendar.example.net/rota.ics",
            timezone="Asia/Shanghai",
        ),
        Contact(name="bob", ways=(Way(channel="pager", to="bob@example.net"),)),
    )
    assert config.notify == (
        NotifyRule(verdict="no_owner", instance="VI_1", contact="alice", medium=Medium.SMS, after=10.0),
        NotifyRule(cause="stale_arp", medium=None),
    )
    assert effective_channels(config) == config.channels
    assert effective_contacts(config) == config.contacts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[oncall]\nrepeat = 1", "oncall.repeat: unknown key, did you mean repeat_every?"),
        ("[oncall]\nchain = ['a']", "oncall.chain[0]: an array is wanted, not a string"),
        ("[oncall]\nchain = [[]]", "oncall.chain[0]: empty"),
        ("[oncall]\nchain = [['a', 3]]", "oncall.chain[0][1]: a string is wanted, not a whole number"),
        ("[oncall]\nchain = [['a', 'a']]", "oncall.chain[0][1]: 'a' is there twice"),
        (
            ALICE + "[oncall]\nchain = [['alice'], ['alicia']]",
            "oncall.chain[1][0]: 'alicia' is no contact, did you mean alice?",
        ),
        (
            "[oncall]\nescalate_after = '10 min'",
            'oncall.escalate_after: \'10 min\' is not a duration, like "10s", "2m", "1h" or whole seconds',
        ),
        ("[oncall]\nescalate_after = 1.5", "oncall.escalate_after: a number is not a duration"),
        ("[oncall]\nescalate_after = true", "oncall.escalate_after: a boolean is not a duration"),
        (
            "[oncall]\nrepeat_every = 0",
            "oncall.repeat_every: 0 s is not between 1 s and 30 days",
        ),
        ("[oncall]\nboot_grace = '9999h'", "oncall.boot_grace: '9999h' is not between 0 s and 30 days"),
        (f"[oncall]\nboot_grace = {10**400}", "oncall.boot_grace: 1000"),
        ("[oncall]\nmost_repeats = -1", "oncall.most_repeats: -1 is not between 0 and 1000"),
        ("[oncall]\nmost_per_hour = 0", "oncall.most_per_hour: 0 is not between 1 and 1000"),
        ("[oncall]\nlanguages = 'zh.toml'", "oncall.languages: 'zh.toml' is not an absolute path"),
        ("[oncall]\ncodes = 'both'", "oncall.codes: 'both' is none of auto, even, odd"),
        ("[oncall]\nregion = 'China'", "oncall.region: 'China' is not a region, like CN or DE"),
        ("[[channel]]\nname = 'x'", "channel[0].kind: missing"),
        (
            "[[channel]]\nkind = 'email'",
            "channel[0].kind: 'email' is none of phone, smstools, gammu, script",
        ),
        ("[[channel]]\nkind = 'smstools'", "channel[0].name: missing"),
        ("[[channel]]\nkind = 'gammu'\nname = 'x'", "channel[0].spool: missing"),
        (
            "[[channel]]\nkind = 'gammu'\nname = 'x'\nspool = 'outbox'",
            "channel[0].spool: 'outbox' is not an absolute path",
        ),
        (MODEM + "replies = 'in'", "channel[0].replies: 'in' is not an absolute path"),
        (MODEM + "media = []", "channel[0].media: empty; a channel carries sms, mail or both"),
        (MODEM + "media = ['sms', 'fax']", "channel[0].media[1]: 'fax' is none of sms, mail"),
        (MODEM + "media = ['sms', 'sms']", "channel[0].media[1]: 'sms' is there twice"),
        (MODEM + "timeout = 0", "channel[0].timeout: 0 s is not between 1 s and 30 days"),
        (
            MODEM + "command = ['/bin/true']",
            "channel[0].command: unknown key; known here: kind, media, name, probe, receipt, receipt_within,",
        ),
        (
            "[[channel]]\nkind = 'phone'\nname = 'x'\nspool = '/x'",
            "channel[0].spool: unknown key; known here: kind, media, name, probe, receipt, receipt_within, timeout",
        ),
        (
            "[[channel]]\nkind = 'script'\nname = 'x'",
            "channel[0].command: missing: the program that delivers, and its arguments",
        ),
        (
            "[[channel]]\nkind = 'script'\nname = 'x'\ncommand = ['page']",
            "channel[0].command[0]: 'page' is not an absolute path",
        ),
        (
            "[[channel]]\nkind = 'script'\nname = 'x'\ncommand = '/bin/page'",
            "channel[0].command: an array is wanted, not a string",
        ),
        (
            "[[channel]]\nkind = 'script'\nname = 'x'\ncommand = ['/bin/page', '']",
            "channel[0].command[1]: empty",
        ),
        (
            "[[channel]]\nkind = 'script'\nname = 'phone'\ncommand = ['/bin/page']",
            "channel[0].name: 'phone' is the name of the channel of kind phone",
        ),
        (MODEM + MODEM, "channel[1].name: 'modem' is there twice"),
        ("[[contact]]", "contact[0].name: missing"),
        ("[[contact]]\nname = ' x'", "contact[0].name: ' x' begins or ends with a space"),
        (ALICE + ALICE, "contact[1].name: 'alice' is there twice"),
        (ALICE + "language = '../zh'", "contact[0].language: '../zh' is not a language's short name"),
        (ALICE + "permissions = ['root']", "contact[0].permissions[0]: 'root' is none of ack, act, fence"),
        (ALICE + "until = '2027-06-30'", "contact[0].until: a date is wanted, written like 2027-06-30"),
        (
            ALICE + "hours = ['Mon-Fri 8-18']",
            "contact[0].hours[0]: 'Mon-Fri 8-18' is not a span of hours, like",
        ),
        (ALICE + "quiet = ['22:00-25:00']", "contact[0].quiet[0]: '22:00-25:00' is not a span of hours"),
        (ALICE + "rota = 'rota.ics'", "contact[0].rota: 'rota.ics' is not an absolute path"),
        (ALICE + "rota = 'https:///rota'", "contact[0].rota: 'https:///rota' is not a URL"),
        (
            ALICE + "timezone = 'Asia/Peking'",
            "contact[0].timezone: 'Asia/Peking' is not a time zone, like Asia/Shanghai",
        ),
        (ALICE + "timezone = 'Asia'", "contact[0].timezone: 'Asia' is not a time zone"),
        (ALICE + "timezone = '../../etc/passwd'", "contact[0].timezone: '../../etc/passwd' is not a time"),
        (MODEM + ALICE, "contact[0].way: missing: a [[contact.way]] says how alice is reached"),
        (
            MODEM + ALICE + "[[contact.way]]\nchannel = 'model'\nto = '+8613800000001'",
            "contact[0].way[0].channel: 'model' is no channel, did you mean modem?",
        ),
        (
            MODEM + ALICE + "[[contact.way]]\nchannel = 'phone'\nto = 'alice'",
            "contact[0].way[0].channel: 'phone' is no channel",
        ),
        (MODEM + ALICE + "[[contact.way]]\nchannel = 'modem'", "contact[0].way[0].to: missing"),
        (
            MODEM + ALICE + WAY.format("13800000001"),
            "contact[0].way[0].to: '13800000001' is not an international telephone number; write it like +86",
        ),
        (
            "[oncall]\nregion = 'CN'\n" + MODEM + ALICE + WAY.format("138"),
            "contact[0].way[0].to: '138' is not a telephone number, neither as +COUNTRY… nor in CN",
        ),
        (MODEM + ALICE + WAY.format("+86 1-800-FLOWERS"), "contact[0].way[0].to: '+86 1-800-FLOWERS' is not"),
        (
            MODEM + ALICE + WAY.format("+8613800000001") + WAY.format("0086 138 0000 0001"),
            "contact[0].way[1].to: '+8613800000001 on modem' is there twice",
        ),
        (
            MODEM
            + ALICE
            + WAY.format("+8613800000001")
            + "[[contact]]\nname='bob'\n"
            + WAY.format("+86 138-0000-0001"),
            "contact[1].way[0].to: '+8613800000001' is alice's already",
        ),
        ("[[notify]]\nby = 'sms'", "notify[0]: neither of verdict and cause; one is wanted"),
        (
            "[[notify]]\nverdict = 'a'\ncause = 'b'\nby = 'sms'",
            "notify[0]: both of verdict and cause; one is wanted",
        ),
        ("[[notify]]\nverdict = 'no_owner'", "notify[0].by: missing"),
        (
            "[[notify]]\nverdict = 'no_owner'\nby = 'pigeon'",
            "notify[0].by: 'pigeon' is none of sms, mail, never",
        ),
        (
            "[[notify]]\nverdict = 'no_owner'\nby = 'sms'\ncontact = 'x'",
            "notify[0].contact: 'x' is no contact",
        ),
        (
            "[[notify]]\nverdict = 'x'\nby = 'sms'\n[[notify]]\nverdict = 'x'\nby = 'mail'",
            "notify[1]: is about the same as notify[0]",
        ),
    ],
)
def test_each_mistake_about_on_call_is_one_line_with_its_key(text: str, expected: str) -> None:
    assert problem(text).startswith(f"hawatch.toml: {expected}")
    assert len(problem(text).splitlines()) == 1


@pytest.mark.parametrize("page", ["configuration.md", "oncall.md"])
def test_what_the_manual_shows_can_be_used(page: str) -> None:
    shown = re.findall(r"^```toml\n(.*?)^```", (MANUAL / page).read_text(), re.DOTALL | re.MULTILINE)
    config = load("\n".join(shown), page)

    assert config.contacts
    assert config.notify
    assert {name for step in config.oncall.chain for name in step} == {"alice", "bob", "carol"}


def test_without_any_contact_one_person_has_a_phone_in_the_terminal() -> None:
    nobody = Config()

    assert effective_channels(nobody) == (Channel(name="phone", kind=ChannelKind.PHONE),)
    (contact,) = effective_contacts(nobody)
    assert contact == Contact(
        name="oncall",
        permissions=frozenset({Permission.ACK, Permission.ACT}),
        ways=(Way(channel="phone", to="oncall"),),
    )


def test_a_contact_without_a_way_has_the_phone_where_no_channel_is_named() -> None:
    config = load(ALICE + "[[contact]]\nname = 'bob'\n[[contact.way]]\nchannel = 'phone'\nto = '1'", "x")

    assert [each.name for each in effective_channels(config)] == ["phone"]
    assert [each.ways for each in effective_contacts(config)] == [
        (Way(channel="phone", to="alice"),),
        (Way(channel="phone", to="1"),),
    ]


def test_channels_without_contacts_do_not_take_the_phone_away() -> None:
    config = load(MODEM, "x")

    assert [each.kind for each in effective_channels(config)] == [ChannelKind.SMSTOOLS, ChannelKind.PHONE]
    assert effective_contacts(config)[0].ways == (Way(channel="phone", to="oncall"),)


def test_every_effective_contact_has_ways_on_effective_channels() -> None:
    for text in ("", MODEM, ALICE, "[[channel]]\nname = 'desk'\nkind = 'phone'", FULL):
        config = load(text, "x")
        names = {each.name for each in effective_channels(config)}
        for contact in effective_contacts(config):
            assert contact.ways
            assert {way.channel for way in contact.ways} <= names


def test_people_who_share_a_pager_are_told_apart_by_channel() -> None:
    text = """
[[channel]]
name = "a"
kind = "script"
command = ["/bin/a"]
[[channel]]
name = "b"
kind = "script"
command = ["/bin/b"]
[[contact]]
name = "alice"
way = [{channel = "a", to = "7"}]
[[contact]]
name = "bob"
way = [{channel = "b", to = "7"}]
"""
    assert len(load(text, "x").contacts) == 2
    assert problem(text.replace('"b", to', '"a", to')).endswith(
        "contact[1].way[0].to: '7' is alice's already"
    )


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Mon 08:00-09:00", {0}),
        ("fri-MON 08:00-09:00", {4, 5, 6, 0}),
        ("Tue,Thu-Fri  08:00-09:00", {1, 3, 4}),
        ("Mon-Sun 08:00-09:00", set(range(7))),
        ("08:00-09:00", set(range(7))),
    ],
)
def test_days_are_written_alone_in_spans_and_in_lists(text: str, days: set[int]) -> None:
    assert parse_hours(text) == Hours(days=frozenset(days), start=time(8), end=time(9))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Mon",
        "Mon- 08:00-09:00",
        "Mon, 08:00-09:00",
        "Mo 08:00-09:00",
        "Mon 8:00-9:00",
        "24:00-08:00",
        "Mon-Tue-Wed 08:00-09:00",
        "Mon 08:00",
        "08:60-09:00",
        "٠8:00-09:00",
    ],
)
def test_what_is_no_span_of_hours_is_refused(text: str) -> None:
    assert parse_hours(text) is None


@pytest.mark.parametrize(
    ("sender", "region", "normal"),
    [
        ("+8613800000001", None, "+8613800000001"),
        ("8613800000001", None, "+8613800000001"),
        ("8613800000001", "CN", "+8613800000001"),
        ("008613800000001", None, "+8613800000001"),
        ("008613800000001", "US", "+8613800000001"),
        (" 138 0000 0001 ", "CN", "+8613800000001"),
        ("13802234567", "CN", "+8613802234567"),  # also a number in Ohio, without its +
        ("13800000001", None, "+13800000001"),  # who knows no region takes it as international
        ("491701234567", "DE", "+491701234567"),  # 0491 is a town's code too
        ("01701234567", "DE", "+491701234567"),
        ("3912345678", "IT", "+393912345678"),  # 391 is a mobile's prefix, and 39 is Italy's code
        ("12025550123", "CN", "+12025550123"),
        ("2025550123", "US", "+12025550123"),
        ("85291234567", "CN", "+85291234567"),
        ("10086", "CN", "10086"),
        ("106575258912345", "CN", "106575258912345"),
        ("CMCC", "CN", "CMCC"),
        ("1-800-FLOWERS", "CN", "1-800-FLOWERS"),
        ("alice@example.net", "CN", "alice@example.net"),
        ("", "CN", ""),
    ],
)
def test_a_sender_is_the_same_person_however_the_gateway_writes_the_number(
    sender: str, region: str | None, normal: str
) -> None:
    assert normalise_sender(sender, region) == normal


@given(st.text() | st.from_regex(r"[+0-9 ().-]{1,24}", fullmatch=True), st.sampled_from([None, "CN", "DE"]))
def test_normalising_a_sender_twice_changes_nothing(sender: str, region: str | None) -> None:
    once = normalise_sender(sender, region)
    assert normalise_sender(once, region) == once


_KEYS = st.sampled_from(
    """chain escalate_after region codes name kind spool replies media timeout command language permissions until
    hours quiet rota timezone channel to verdict cause contact by after""".split()  # noqa: SIM905
)
_VALUES = st.sampled_from(
    """'' 'x' '/x' '10s' 'sms' 'phone' 'script' 1 -1 1e9 true 2027-06-30 12:00:00 [] [[]] [['x']] ['x'] ['ack'] [{}]
    {} ['22:00-07:00'] 'Asia/Shanghai' '+8613800000001' 'https://a/b' nan""".split()  # noqa: SIM905
)
_LINES = st.one_of(
    st.builds("{} = {}".format, _KEYS, _VALUES),
    st.sampled_from(["[oncall]", "[[channel]]", "[[contact]]", "[[contact.way]]", "[[notify]]"]),
    st.just("[[channel]]\nname = 'x'\nkind = 'script'\ncommand = ['/x']"),
    st.just("[[contact]]\nname = 'x'\n[[contact.way]]\nchannel = 'x'\nto = 'x'"),
)


@given(st.lists(_LINES).map("\n".join))
def test_any_text_about_on_call_is_a_configuration_or_one_line_of_complaint(text: str) -> None:
    try:
        config = load(text, "hawatch.toml")
    except ConfigError as error:
        said = str(error)
    else:
        said = ""
        assert effective_contacts(config)
    assert len(said.splitlines()) <= 1
