"""Messages into gammu-smsd's outbox: both alphabets, long texts in parts, once each."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch.config.oncall import Channel, ChannelKind
from hawatch.errors import DeliveryError
from hawatch.notification.outgoing import Delivery, Outgoing
from hawatch.notifiers.gammu import GammuNotifier, smsbackup

MESSAGE = Outgoing(id="lb01-7-1", person="anna", to="+8613800000001", text="[HAW]裂脑 47")
SECTION = """\
[SMSBackup000]
PDU = Status_Report
Number = "+8613800000001"
Coding = Unicode_No_Compression
Class = -1
Folder = 2
Text00 = 005B004800410057005D88C2811100200034 0037
""".replace(" 0037\n", "0037\n")


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    for stage in ("outbox", "sent", "error"):
        (tmp_path / stage).mkdir()
    return tmp_path


def deliver(spool: Path, message: Outgoing = MESSAGE) -> Delivery:
    channel = Channel(name="phone", kind=ChannelKind.GAMMU, spool=str(spool))
    return asyncio.run(GammuNotifier(channel).deliver(message))


def test_a_message_is_a_file_that_names_its_alphabet(spool: Path) -> None:
    assert deliver(spool) is Delivery.SENT
    (file,) = (spool / "outbox").iterdir()
    assert re.fullmatch(r"OUTA\d{8}_\d{6}_\d{6}_\+8613800000001_hawatch-lb01-7-1\.smsbackup", file.name)
    assert file.read_text() == SECTION


def test_messages_sort_by_the_time_at_which_they_were_written(spool: Path) -> None:
    for name in ("lb01-9-1", "lb01-10-1", "lb01-8-1"):
        deliver(spool, replace(MESSAGE, id=name))
    names = sorted(path.name for path in (spool / "outbox").iterdir())
    assert [name.partition("hawatch-")[2] for name in names] == [
        f"lb01-{number}-1.smsbackup" for number in (9, 10, 8)
    ]


@pytest.mark.parametrize("stage", ["outbox", "sent"])
def test_a_message_that_gammu_has_already_is_not_written_again(spool: Path, stage: str) -> None:
    deliver(spool)
    (file,) = (spool / "outbox").iterdir()
    file.rename(spool / stage / file.name)
    assert deliver(spool) is Delivery.SENT
    assert len(list(spool.glob("*/*"))) == 1
    deliver(spool, replace(MESSAGE, id="lb01-7-11"))
    assert len(list(spool.glob("*/*"))) == 2


def test_a_message_that_gammu_has_given_up_fails_for_good(spool: Path) -> None:
    (spool / "error" / "OUTA20261127_031500_000000_+8613800000001_hawatch-lb01-7-1.smsbackup").touch()
    with pytest.raises(DeliveryError, match="gammu-smsd gave it up") as caught:
        deliver(spool)
    assert not caught.value.temporary


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=700), st.integers(0, 255))
def test_the_parts_of_a_text_are_the_text_and_each_fits_a_message(text: str, reference: int) -> None:
    sections = smsbackup("+8613800000001", text, reference=reference).split("[SMSBackup")[1:]
    words = []
    for place, section in enumerate(sections, 1):
        digits = "".join(re.findall(r"^Text\d\d = ([0-9A-F]{1,200})$", section, re.MULTILINE))
        words.append(bytes.fromhex(digits).decode("utf-16-be"))
        headed = f"UDH = 050003{reference:02X}{len(sections):02X}{place:02X}\n" in section
        assert headed == (len(sections) > 1)
        unicode = "Coding = Unicode_No_Compression" in section
        assert len(digits) // 4 <= ((67 if headed else 70) if unicode else (153 if headed else 160))
    assert "".join(words) == text
