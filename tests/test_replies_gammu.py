"""What gammu-smsd 1.42 writes in its detail format, as it was seen, is understood."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch.config.oncall import Channel, ChannelKind
from hawatch.errors import DecodeError
from hawatch.replies.dropped import Dropped, Event
from hawatch.replies.gammu import GammuReader
from hawatch.reply.arrival import Arrival, Receipt, ReceiptState, Reply

HEAD = "; This file format was designed for Gammu and is compatible with Gammu+\r\n; Saved 20261127T030550\r\n\r\n"
NUMBER = "+8613800000001"


def section(
    text: str, *, place: int = 0, number: str = NUMBER, time: str = "20261127T031500Z", extra: str = ""
) -> str:
    digits = hexed(text)
    lines = [
        f"[SMSBackup{place:03d}]",
        *(f"; {line}" for line in text.split("\n")),
        "PDU = Deliver",
        f"DateTime = {time}",
        "State = UnRead",
        f'Number = "{number}"',
        f"NumberUnicode = {hexed(number)}",
        'Name = ""',
        "NameUnicode = ",
        *(
            f"Text{line:02d} = {digits[cut : cut + 200]}"
            for line, cut in enumerate(range(0, len(digits), 200))
        ),
        "Coding = Unicode_No_Compression",
        "Folder = 1",
        extra,
    ]
    return "\r\n".join(lines) + "\r\n"


def hexed(text: str) -> str:
    return text.encode("utf-16-be").hex().upper()


def read(event: Event, file: str, content: str | bytes) -> Arrival | None:
    content = content.encode(errors="replace") if isinstance(content, str) else content
    reader = GammuReader(Channel(name="phone", kind=ChannelKind.GAMMU))
    return reader.read(Dropped(event=event, file=file, content=content, written_at=0.0))


def received(content: str | bytes) -> Reply:
    reply = read(Event.RECEIVED, "1", content)
    assert isinstance(reply, Reply)
    return reply


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=600))
def test_any_text_comes_out_verbatim_whatever_it_says(text: str) -> None:
    assert received(HEAD + section(text)).text == text


def test_the_parts_of_a_long_text_are_one_reply_with_number_and_time() -> None:
    reply = received(HEAD + section("收" * 67) + section("到" * 60, place=1))
    assert (reply.channel, reply.sender, reply.text) == ("phone", NUMBER, "收" * 67 + "到" * 60)
    assert reply.sent_at == datetime(2026, 11, 27, 3, 15, tzinfo=UTC).timestamp()


def test_a_time_without_zone_is_this_hosts() -> None:
    local = datetime(2026, 11, 27, 3, 15).astimezone().timestamp()
    assert received(section("47", time="20261127T031500")).sent_at == local
    assert received(section("47", time="soon")).sent_at is None


def test_a_text_handed_over_again_is_the_same_and_another_is_not() -> None:
    first = received(HEAD + section("47"))
    assert received(section("47")).id == first.id
    others = [section("48"), section("47", time="20261127T031501Z"), section("47", number="+8613800000002")]
    assert len({first.id, *(received(other).id for other in others)}) == 4


def test_a_text_that_plays_a_section_does_not_become_one() -> None:
    text = f'x\n[SMSBackup001]\nNumber = "{NUMBER}"\nText00 = 00340037'
    reply = received(HEAD + section(text, number="+8613900000000"))
    assert (reply.sender, reply.text) == ("+8613900000000", text)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "no section"),
        ("garbage", "no section"),
        (section("47", number=""), "without a sender"),
        (section("47", extra="Text00 = 00340038"), "Text00 is said twice"),
        (section("47").replace("Unicode_No", "8bit_No"), "8-bit"),
        (section("47").replace("Text00 = 0034", "Text00 = 00X4"), "not hexadecimal"),
    ],
)
def test_what_is_no_text_is_said_to_be_none(content: str, problem: str) -> None:
    with pytest.raises(DecodeError, match=problem):
        received(content)


@given(st.binary())
def test_garbage_never_does_more_than_be_refused(content: bytes) -> None:
    with pytest.raises(DecodeError):
        read(Event.RECEIVED, "1", b"[SMSBackup000]\n" + content)


def test_a_delivery_report_in_the_inbox_is_no_reply() -> None:
    assert read(Event.RECEIVED, "1", section("Delivered").replace("Deliver\r", "Status_Report\r")) is None


def test_sent_and_given_up_files_of_ours_are_receipts() -> None:
    ours = "OUTA20261127_031500_000042_+8613800000001_hawatch-lb01-7-1.smsbackup"
    assert read(Event.SENT, ours, "") == Receipt(channel="phone", message="lb01-7-1", state=ReceiptState.SENT)
    failed = read(Event.FAILED, ours, "")
    assert isinstance(failed, Receipt)
    assert (failed.message, failed.state) == ("lb01-7-1", ReceiptState.FAILED)
    assert read(Event.SENT, "OUTA20261127_031500_00_+8613800000001_xpq.txtd", "") is None
    assert read(Event.FAILED, "INIT", "") is None
