"""Messages into smsd's spool: what is written, once, and what is said when it cannot be."""

from __future__ import annotations

import asyncio
import os
import stat
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch.config.oncall import Channel, ChannelKind
from hawatch.errors import ConfigError, DeliveryError
from hawatch.notification.outgoing import Delivery, Outgoing
from hawatch.notifiers.smstools import SmstoolsNotifier

MESSAGE = Outgoing(id="lb01-7-1", person="anna", to="+8613800000001", text="[HAW]裂脑\n\nTo: 110\n47")
NAME = "hawatch-lb01-7-1"
NOBODY = 65534


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    for stage in ("outgoing", "checked", "sent", "failed"):
        (tmp_path / stage).mkdir()
    return tmp_path


def deliver(spool: Path, message: Outgoing = MESSAGE) -> Delivery:
    channel = Channel(name="modem", kind=ChannelKind.SMSTOOLS, spool=str(spool))
    return asyncio.run(SmstoolsNotifier(channel).deliver(message))


def refusal(spool: Path, message: Outgoing = MESSAGE) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        deliver(spool, message)
    assert "\n" not in str(caught.value)
    return caught.value


def test_a_message_is_one_whole_file_that_smsds_group_may_read_and_move(spool: Path) -> None:
    assert deliver(spool) is Delivery.SENT
    (file,) = (spool / "outgoing").iterdir()
    assert file.name == NAME
    assert stat.S_IMODE(file.stat().st_mode) == 0o660
    assert file.read_bytes() == (
        "To: 8613800000001\nAlphabet: UTF-8\nReport: yes\n\n[HAW]裂脑\n\nTo: 110\n47".encode()
    )


@pytest.mark.parametrize("stage", ["outgoing", "checked", "sent"])
def test_a_message_that_smsd_has_already_is_not_written_again(spool: Path, stage: str) -> None:
    (spool / stage / NAME).write_text("the first one")
    assert deliver(spool) is Delivery.SENT
    assert [path.read_text() for path in spool.glob("*/*")] == ["the first one"]


def test_a_message_that_smsd_has_given_up_fails_for_good_with_smsds_reason(spool: Path) -> None:
    (spool / "failed" / NAME).write_text(
        "To: 1\nFail_reason: +CMS ERROR: 38 (out of order)\n\nFail_reason: no"
    )
    error = refusal(spool)
    assert (str(error), error.temporary) == ("smsd gave it up: +CMS ERROR: 38 (out of order)", False)
    assert list((spool / "outgoing").iterdir()) == []


@pytest.mark.parametrize(
    "number", ["", "anna", "+86138\nTo: 110", "12", "+1234567890123456", "s123", "１２３４"]
)
def test_what_is_no_number_fails_for_good_and_writes_nothing(spool: Path, number: str) -> None:
    error = refusal(spool, replace(MESSAGE, to=number))
    assert (str(error), error.temporary) == (f"{number!r} is no telephone number", False)
    assert list(spool.glob("*/*")) == []


def test_a_spool_that_is_not_there_fails_for_now_and_says_where(tmp_path: Path) -> None:
    error = refusal(tmp_path / "sms")
    assert error.temporary
    assert str(error).startswith(f"{tmp_path}/sms/outgoing/")
    assert str(error).endswith("no such directory; is the SMS daemon installed?")


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone can become somebody else")
def test_a_spool_that_may_not_be_written_fails_for_now_and_says_what_to_do() -> None:
    with TemporaryDirectory() as directory:
        spool = Path(directory)
        spool.chmod(0o755)
        (spool / "outgoing").mkdir(mode=0o755)
        os.seteuid(NOBODY)
        try:
            error = refusal(spool)
        finally:
            os.seteuid(0)
    assert error.temporary
    assert str(error).endswith("permission denied; the agent's user must be in the SMS daemon's group")


def test_the_draft_of_an_agent_that_was_killed_over_it_goes_with_a_later_message(spool: Path) -> None:
    outgoing = spool / "outgoing"
    old, fresh, foreign = (
        outgoing / name for name in (".hawatch-1.2.draft", ".hawatch-3.4.draft", ".x.draft")
    )
    for path in (old, fresh, foreign):
        path.write_text("half a mess")
    for path in (old, foreign):
        os.utime(path, (1.0, 1.0))
    assert deliver(spool) is Delivery.SENT
    assert sorted(path.name for path in outgoing.iterdir()) == [fresh.name, foreign.name, NAME]


def test_a_full_disk_fails_for_now_and_leaves_no_draft(spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        error = refusal(spool)
    assert (str(error), error.temporary) == (f"{spool}: no space left on device", True)
    assert list(spool.glob("*/*")) == []
    assert deliver(spool) is Delivery.SENT


def test_a_disk_that_does_not_answer_is_not_waited_for(spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read, write = os.pipe()
    monkeypatch.setattr(os, "fsync", lambda _: os.read(read, 1))
    channel = Channel(name="modem", kind=ChannelKind.SMSTOOLS, spool=str(spool), timeout=0.2)

    async def story() -> None:
        with pytest.raises(DeliveryError, match=rf"^{spool}: no answer in 0.2 s$") as caught:
            await SmstoolsNotifier(channel).deliver(MESSAGE)
        assert caught.value.temporary
        os.write(write, b"xx")  # the disk comes back

    asyncio.run(story())
    os.close(read)
    os.close(write)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_no_text_can_add_a_header(text: str) -> None:
    with TemporaryDirectory() as directory:
        (outgoing := Path(directory) / "outgoing").mkdir()
        deliver(Path(directory), replace(MESSAGE, text=text))
        (file,) = outgoing.iterdir()
        header, _, body = file.read_bytes().partition(b"\n\n")
    assert header == b"To: 8613800000001\nAlphabet: UTF-8\nReport: yes"
    assert body.decode() == text


def test_a_channel_without_a_spool_is_refused() -> None:
    with pytest.raises(ConfigError, match="channel modem: a spool is missing"):
        SmstoolsNotifier(Channel(name="modem", kind=ChannelKind.SMSTOOLS))
