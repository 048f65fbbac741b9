"""What smsd 3.1.21 writes, byte for byte as it was seen, is understood."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch.config.oncall import Channel, ChannelKind
from hawatch.errors import DecodeError
from hawatch.replies.dropped import Dropped, Event
from hawatch.replies.smstools import SmstoolsReader
from hawatch.reply.arrival import Arrival, Receipt, ReceiptState, Reply

HEADERS = (
    "From: 8613800000001\nFrom_TOA: 91 international, ISDN/telephone\nSent: 26-11-27 03:02:47\n"
    "Received: 26-11-27 03:02:49\nSubject: GSM1\nModem: GSM1\nReport: no\n"
)
UTF8 = HEADERS + "Alphabet: UTF-8\nLength: 22\n\n"
UCS2 = HEADERS + "Alphabet: UCS2\nLength: 5\n\n"
REPORT = HEADERS + (
    "Alphabet: UTF-8\nLength: 117\nUDH: no\n\nSMS STATUS REPORT\nMessage_id: {number}\n"
    "Discharge_timestamp: 26-11-27 03:02:51\nStatus: {status}"
)
SENT_FILE = (
    "To: 8613800000001\nAlphabet: UTF-8\nReport: yes\nMessage_id: {numbers}\n\nMessage_id: 9\n[HAW]裂脑"
)
AT = 1795748600.0


def read(event: Event, file: str, content: str | bytes, *, spool: Path | None = None) -> Arrival | None:
    channel = Channel(name="modem", kind=ChannelKind.SMSTOOLS, spool=str(spool) if spool else None)
    content = content.encode() if isinstance(content, str) else content
    return SmstoolsReader(channel).read(Dropped(event=event, file=file, content=content, written_at=AT))


def received(content: str | bytes) -> Reply:
    reply = read(Event.RECEIVED, "GSM1.Qy1eKD", content)
    assert isinstance(reply, Reply)
    return reply


def test_a_text_in_the_gsm_alphabet_comes_out_verbatim() -> None:
    reply = received(UTF8 + "47 2 {ü€}\nsecond\n\nline")
    assert (reply.channel, reply.sender, reply.text) == (
        "modem",
        "+8613800000001",
        "47 2 {ü€}\nsecond\n\nline",
    )
    assert reply.sent_at == datetime(2026, 11, 27, 3, 2, 47).astimezone().timestamp()


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=300))
def test_any_chinese_text_comes_out_of_utf_16_even_if_it_holds_line_feeds(text: str) -> None:
    assert received(UCS2.encode() + text.encode("utf-16-be")).text == text


def test_a_text_of_a_site_without_incoming_utf8_is_latin() -> None:
    assert received((HEADERS + "Alphabet: ISO\n\nübernommen €").encode("iso-8859-15")).text == "übernommen €"


def test_a_text_handed_over_again_is_the_same_and_another_is_not() -> None:
    first, again = received(UTF8 + "47"), received((UTF8 + "47").replace("03:02:49", "03:09:00"))
    assert first.id == again.id
    others = [UTF8 + "48", (UTF8 + "47").replace("02:47", "02:48"), (UTF8 + "47").replace("0001\n", "0002\n")]
    assert len({first.id, *(received(other).id for other in others)}) == 4


def test_a_sender_with_a_name_or_a_national_number_stays_as_it_is() -> None:
    named = UTF8.replace("8613800000001", "CMCC").replace(
        "91 international, ISDN/telephone", "D0 alphanumeric, unknown"
    )
    assert received(named + "1").sender == "CMCC"
    national = UTF8.replace("8613800000001", "13800000001").replace("91 international", "A1 national")
    assert received(national + "1").sender == "13800000001"


def test_a_time_that_the_zone_makes_impossible_is_left_out() -> None:
    assert received(UTF8.replace("Sent: 26-11-27 03:02:47", "Sent: 26-11-27 11:02:47") + "47").sent_at is None
    assert received(UTF8.replace("Sent: 26-11-27 03:02:47", "Sent: yesterday") + "47").sent_at is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"From: 8613800000001",
        b"Alphabet: UTF-8\n\nno sender",
        (HEADERS + "Error: Cannot decode PDU\nAlphabet: UTF-8\n\n?").encode(),
        (HEADERS + "Alphabet: binary\n\n").encode() + bytes(range(256)),
    ],
)
def test_what_is_no_text_is_said_to_be_none(content: bytes) -> None:
    with pytest.raises(DecodeError):
        received(content)


@given(st.binary())
def test_garbage_never_does_more_than_be_refused(content: bytes) -> None:
    for event in Event:
        try:
            read(event, "hawatch-x", content)
        except DecodeError:
            continue


def test_sent_and_failed_files_of_ours_are_receipts() -> None:
    sent = read(Event.SENT, "hawatch-lb01-7-1", SENT_FILE.format(numbers="7 8 ."))
    assert sent == Receipt(channel="modem", message="lb01-7-1", state=ReceiptState.SENT)
    content = "To: garbage\nFail_reason: No destination\nFailed: 26-11-27 03:02:48\n\nFail_reason: forged"
    failed = read(Event.FAILED, "hawatch-lb01-7-1", content)
    assert failed == Receipt(
        channel="modem", message="lb01-7-1", state=ReceiptState.FAILED, problem="No destination"
    )


def test_other_peoples_messages_are_none_of_ours() -> None:
    assert read(Event.SENT, "cron-1", SENT_FILE.format(numbers="7")) is None
    assert read(Event.FAILED, "cron-1", "To: 1\n\nx") is None


# --- delivery reports -----------------------------------------------------------------------------


def report(
    spool: Path, number: int, status: str = "0,Ok,short message received by the SME"
) -> Arrival | None:
    return read(Event.REPORT, "GSM1.w3iwUi", REPORT.format(number=number, status=status), spool=spool)


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    (tmp_path / "sent").mkdir()
    sent_file(tmp_path, "hawatch-lb01-7-1", "7 8 .", AT - 60)
    return tmp_path


def sent_file(spool: Path, name: str, numbers: str, at: float) -> None:
    path = spool / "sent" / name
    path.write_text(SENT_FILE.format(numbers=numbers))
    os.utime(path, (at, at))


def test_a_message_is_delivered_when_its_last_part_is(spool: Path) -> None:
    assert report(spool, 7) is None
    assert report(spool, 8) == Receipt(channel="modem", message="lb01-7-1", state=ReceiptState.DELIVERED)


def test_a_part_that_is_given_up_fails_the_message_and_one_still_tried_says_nothing(spool: Path) -> None:
    status = "70,Permanent error,SM validity period expired"
    assert report(spool, 7, "48,Temporary error, SC still trying") is None
    assert report(spool, 7, status) == Receipt(
        channel="modem", message="lb01-7-1", state=ReceiptState.FAILED, problem=status
    )


def test_a_number_that_came_round_again_means_the_latest_message(spool: Path) -> None:
    sent_file(spool, "hawatch-lb01-9-1", "8", AT - 30)
    sent_file(spool, "cron-1", "8", AT - 10)
    latest = report(spool, 8)
    assert isinstance(latest, Receipt)
    assert latest.message == "lb01-9-1"


def test_a_report_about_another_telephone_or_a_message_of_last_week_is_nobodys(spool: Path) -> None:
    sent_file(spool, "hawatch-lb01-5-1", "5", AT - 7 * 86400)
    assert report(spool, 5) is None
    other = REPORT.format(number=8, status="0,Ok").replace("From: 8613800000001", "From: 8613800000002")
    assert read(Event.REPORT, "GSM1.x", other, spool=spool) is None
