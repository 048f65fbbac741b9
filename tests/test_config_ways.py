"""What hawatch.toml says of a second way in time, of the probe of the way back, and of chat and push services."""

from __future__ import annotations

from datetime import time

import pytest

from hawatch.config import Channel, ChannelKind, Medium, ReceiptWanted, ReplyPathProbe, load
from hawatch.errors import ConfigError

MODEM = "[[channel]]\nname = 'modem'\nkind = 'smstools'\nspool = '/s'\nreplies = '/r'\n"
ONE_WAY = "[[channel]]\nname = 'modem'\nkind = 'gammu'\nspool = '/s'\n"
MAIL = (
    "[[channel]]\nname = 'mail'\nkind = 'mail'\nfrom = 'Haw@example.org'\nsmtp = { host = 'mx.example.org' }\n"
    "imap = { host = 'mx.example.org', user = 'haw', password_file = '/p' }\n"
)
ROOM = "[[channel]]\nname = 'room'\nkind = 'apprise'\nurls_file = '/etc/hawatch/push.urls'\n"
TO = "[channel.probe]\nto = '+8613900000009'\n"


def only(text: str) -> Channel:
    (channel,) = load(text, "hawatch.toml").channels
    return channel


def problem(text: str) -> str:
    with pytest.raises(ConfigError) as raised:
        load(text, "hawatch.toml")
    return str(raised.value).removeprefix("hawatch.toml: ")


def test_a_way_has_a_minute_and_a_message_that_has_gone_out_has_got_through() -> None:
    modem = only(MODEM)
    assert (modem.receipt_within, modem.receipt, modem.probe) == (60.0, ReceiptWanted.LEFT, None)
    patient = only(MODEM + "receipt_within = '2m'\nreceipt = 'delivered'\n")
    assert (patient.receipt_within, patient.receipt) == (120.0, ReceiptWanted.DELIVERED)
    assert only(MODEM + "receipt_within = 0\n").receipt_within == 0.0


def test_a_probe_is_sent_once_a_day_and_has_five_minutes() -> None:
    assert only(MODEM + TO).probe == ReplyPathProbe(to="+8613900000009", every=86400.0, within=300.0)
    often = "every = '12h'\nwithin = '90s'\n"
    assert only(MODEM + TO + often).probe == ReplyPathProbe(to="+8613900000009", every=43200.0, within=90.0)
    assert only(MODEM + TO + "at = '10:05'\nevery = '48h'\n").probe == ReplyPathProbe(
        to="+8613900000009", every=172800.0, at=time(10, 5)
    )


def test_a_mailbox_knows_its_own_address() -> None:
    assert only(MAIL + "[channel.probe]\n").probe == ReplyPathProbe(to="haw@example.org")
    assert only(MAIL + "[channel.probe]\nto = 'loop@example.org'\n").probe == ReplyPathProbe(
        to="loop@example.org"
    )


def test_chat_and_push_are_one_way_and_several_people_may_be_in_one_room() -> None:
    people = "".join(
        f"[[contact]]\nname = '{name}'\n[[contact.way]]\nchannel = 'room'\nto = 'oncall'\n"
        for name in ("anna", "bo")
    )
    room = load(ROOM + people, "hawatch.toml").channels[0]
    assert room.kind is ChannelKind.APPRISE
    assert room.urls_file == "/etc/hawatch/push.urls"
    assert room.media == frozenset(Medium)
    assert not room.two_way


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (MODEM + "receipt_within = 'soon'", "channel[0].receipt_within: 'soon' is not a duration"),
        (MODEM + "receipt = 'read'", "channel[0].receipt: 'read' is none of left, delivered"),
        (ONE_WAY + "receipt = 'delivered'", "channel[0].receipt: nobody tells what was delivered on modem"),
        (MAIL + "receipt = 'delivered'", "channel[0].receipt: nobody tells what was delivered on mail"),
        (MODEM + "[channel.probe]", "channel[0].probe.to: missing"),
        (
            MODEM + "[channel.probe]\nto = '13800000001'",
            "channel[0].probe.to: '13800000001' is not an intern",
        ),
        (
            MODEM + "[channel.probe]\nto = '+86 139 0000 0009'",
            "channel[0].probe.to: '+86 139 0000 0009' is written +8613900000009",
        ),
        (MAIL + "[channel.probe]\nto = 'me'", "channel[0].probe.to: 'me' is not a mail address"),
        (ONE_WAY + TO, "channel[0].probe: is of no use: nothing that is answered on modem is read"),
        (ROOM + TO, "channel[0].probe: is of no use: nothing that is answered on room is read"),
        (MODEM + TO + "every = '1m'", "channel[0].probe.every: '1m' is not between 600 s"),
        (MODEM + TO + "at = '9:00'", "channel[0].probe.at: '9:00' is not a time of day, like 10:00"),
        (MODEM + TO + "at = '24:00'", "channel[0].probe.at: '24:00' is not a time of day"),
        (MODEM + TO + "at = '09:00'\nevery = '36h'", "channel[0].probe.every: is not whole days"),
        (MODEM + TO + "every = '1h'\nwithin = '31m'", "channel[0].probe.within: is more than half of the"),
        (MODEM + TO + "often = 1", "channel[0].probe.often: unknown key"),
        ("[[channel]]\nname = 'room'\nkind = 'apprise'\n", "channel[0].urls_file: missing"),
        (
            ROOM.replace("/etc/", "etc/"),
            "channel[0].urls_file: 'etc/hawatch/push.urls' is not an absolute path",
        ),
        (MODEM + "urls_file = '/x'", "channel[0].urls_file: unknown key"),
    ],
)
def test_each_mistake_is_one_line_with_its_key(text: str, expected: str) -> None:
    told = problem(text)
    assert told.startswith(expected), told
    assert "\n" not in told
