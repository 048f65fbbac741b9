"""The real gammu-smsd with its dummy phone: both alphabets, long texts, out and in, under the poorest locale."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.lab.waiting import wait_until
from hawatch.config.oncall import Channel, ChannelKind
from hawatch.notification.outgoing import Delivery, Outgoing
from hawatch.notifiers.gammu import GammuNotifier, smsbackup
from hawatch.reply.arrival import Arrival, Receipt, ReceiptState, Reply
from tests.conftest import ALL
from tests.spooled import arrivals_of

PROGRAM = shutil.which("gammu-smsd", path="/usr/bin:/usr/local/bin") or "gammu-smsd"
CLONE = Path(__file__).resolve().parents[1]
EVENT = CLONE / "deploy/gammu/hawatch-gammu-event"
ANNA = "+8613800000001"
ENGLISH = "[HAW] lab1 split brain: VRID 51 on lb01 and lb02. 47 = ack, {x} 2, ~ [0]: more"
CHINESE = (
    "[HAW]lab1裂脑 VRID51:lb01,lb02均MASTER,原因:防火墙。回47确认,47 2降级lb02,47 3重启服务,47 0详情。谢谢"
)
VERBOSE = "debuglevel = 1"
HANG_GUARD = 90.0

pytestmark = pytest.mark.skipif(not ALL and not Path(PROGRAM).exists(), reason="needs gammu-smsd")


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Path]:
    for part in ("inbox", "outbox", "sent", "error", "hawatch", *(f"phone/sms/{box}" for box in range(1, 6))):
        (tmp_path / part).mkdir(parents=True)
    settings = (CLONE / "deploy/gammu/gammu-smsdrc").read_text()
    assert "/usr/local/lib/hawatch/hawatch-gammu-event" in settings
    settings = settings.replace("/usr/local/lib/hawatch/hawatch-gammu-event", str(EVENT))
    settings = settings.replace("/var/spool/gammu", str(tmp_path))
    settings = settings.replace("device = /dev/ttyUSB0", f"port = {tmp_path}/phone\nmodel = dummy")
    settings = settings.replace("connection = at", "connection = none")
    settings = settings.replace(
        "receivefrequency = 5", f"receivefrequency = 1\nlogfile = {tmp_path}/log\ndebuglevel = 1"
    )
    (tmp_path / "rc").write_text(settings)
    env = {
        "PATH": "/usr/bin:/bin:/usr/sbin",
        "LC_ALL": "C",
        "HAWATCH_SPOOL": str(tmp_path),
        "HAWATCH_REPLIES": str(tmp_path / "hawatch"),
    }
    daemon = subprocess.Popen(
        [PROGRAM, "--config", tmp_path / "rc"], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield tmp_path
    finally:
        daemon.terminate()
        try:
            daemon.wait(HANG_GUARD)
        finally:
            daemon.kill()  # it does not obey while a file in its outbox cannot be read
        print((tmp_path / "log").read_text(errors="replace"))


def channel(spool: Path) -> Channel:
    return Channel(name="phone", kind=ChannelKind.GAMMU, spool=str(spool), replies=str(spool / "hawatch"))


def send(spool: Path, name: str, text: str) -> Delivery:
    message = Outgoing(id=name, person="anna", to=ANNA, text=text)
    return asyncio.run(GammuNotifier(channel(spool)).deliver(message))


def sms_from(spool: Path, sender: str, text: str, slot: int) -> None:
    """A telephone sends a text, of which each part lies in the dummy phone's memory."""
    sections = smsbackup(sender, text, reference=slot).replace("PDU = Status_Report\n", "")
    for place, section in enumerate(sections.split("[SMSBackup")[1:]):
        draft = spool / "draft"
        draft.write_text(
            f"[SMSBackup000]\nDateTime = 20261127T031500\nState = UnRead\n{section.partition(']')[2]}"
        )
        draft.rename(spool / "phone/sms/1" / str(slot + place))


def await_arrivals(spool: Path, count: int) -> list[Arrival]:
    return asyncio.run(arrivals_of(channel(spool), count, hang_guard=HANG_GUARD))


def test_english_and_chinese_are_sent_each_in_its_alphabet_in_as_many_parts_as_it_takes(spool: Path) -> None:
    for name, text in (("lb01-1-1", ENGLISH), ("lb01-1-2", CHINESE), ("lb01-1-3", ENGLISH * 3)):
        assert send(spool, name, text) is Delivery.SENT
    told = await_arrivals(spool, 3)
    assert told == [
        Receipt(channel="phone", message=f"lb01-1-{number}", state=ReceiptState.SENT) for number in (1, 2, 3)
    ]
    log = (spool / "log").read_text(errors="replace")
    # gammu's words for its codings: 3 is the 7-bit alphabet, 1 is UCS-2.
    assert re.findall(r"Found (\d) sms to .* cod (\d) ", log) == [("1", "3"), ("2", "1"), ("2", "3")]
    assert send(spool, "lb01-1-1", ENGLISH) is Delivery.SENT
    assert list((spool / "outbox").iterdir()) == []


def test_replies_come_out_verbatim_in_both_languages_however_long(spool: Path) -> None:
    written = ["收到，47", "47 2\nsecond $(touch owned)", "处理中。" * 30, "I am on it. " * 20]
    for place, text in enumerate(written):
        sms_from(spool, ANNA, text, 10 * (place + 1))
    arrived = await_arrivals(spool, len(written))
    assert all(isinstance(each, Reply) and each.sender == ANNA for each in arrived)
    assert sorted(each.text for each in arrived if isinstance(each, Reply)) == sorted(written)
    wait_until(
        lambda: None if list((spool / "inbox").iterdir()) else True, what="an empty inbox", timeout=HANG_GUARD
    )


def test_a_stranger_whose_name_is_a_command_or_a_path_reaches_nothing(spool: Path) -> None:
    for place, name in enumerate(["`>owned`", "a\\nb", "../x", "+8613900000000"]):
        sms_from(spool, name, "47", 20 + place)
    sms_from(spool, ANNA, "48", 40)
    (reply,) = await_arrivals(spool, 1)
    assert isinstance(reply, Reply)
    assert (reply.sender, reply.text) == (ANNA, "48")
    assert not (CLONE / "owned").exists()
    assert not (Path.cwd() / "owned").exists()
