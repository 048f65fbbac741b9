"""The drop directory: everything that comes in is stored once before its file goes, in order, and nothing is lost."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from deploy.lab.waiting import wait_until
from hawatch.config.oncall import Channel, ChannelKind
from hawatch.errors import ConfigError, ObserverError
from hawatch.replies import spool as spool_module
from hawatch.replies.spool import Spool
from hawatch.reply.arrival import Arrival, Receipt, Reply

HANG_GUARD = 60.0
Put = Callable[[Arrival], Awaitable[None]]


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    (tmp_path / "hawatch").mkdir()
    return tmp_path / "hawatch"


@pytest.fixture
def no_sweeps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool_module, "SWEEP_EVERY", 10 * HANG_GUARD)


def text(words: str) -> bytes:
    return f"From: 8613800000001\nSent: 26-11-27 03:02:47\nAlphabet: UTF-8\n\n{words}".encode()


def publish(drop: Path, name: str, content: bytes) -> Path:
    """As the event script does it."""
    draft = drop / f".{name}.draft"
    draft.write_bytes(content)
    os.link(draft, drop / name)
    draft.unlink()
    return drop / name


class Desk:
    """What stands behind the spool: it stores, or fails to."""

    def __init__(self, drop: Path) -> None:
        self.spool = Spool(
            channel=Channel(name="modem", kind=ChannelKind.SMSTOOLS, replies=str(drop)), put=self.put
        )
        self.stored: list[Arrival] = []
        self.changed = asyncio.Condition()

    async def put(self, arrival: Arrival) -> None:
        self.stored.append(arrival)
        async with self.changed:
            self.changed.notify_all()

    async def until(self, count: int) -> list[str]:
        async with asyncio.timeout(HANG_GUARD), self.changed:
            await self.changed.wait_for(lambda: len(self.stored) >= count)
        return [each.text if isinstance(each, Reply) else each.message for each in self.stored]


def play(story: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(story(), 2 * HANG_GUARD))


async def finish(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def gone(path: Path) -> None:
    await asyncio.to_thread(
        wait_until, lambda: None if path.exists() else True, what=f"{path} to go", timeout=HANG_GUARD
    )


def test_what_waited_comes_out_in_the_order_in_which_it_was_written(drop: Path) -> None:
    for place, (name, words) in enumerate(
        [("9.9.RECEIVED.c", "one"), ("5.1.RECEIVED.a", "two"), ("7.7.RECEIVED.b", "three")]
    ):
        os.utime(publish(drop, name, text(words)), (1000 + place, 1000 + place))
    publish(drop, "10.1.SENT.hawatch-lb01-7-1", b"To: 1\n\nx")

    async def story() -> None:
        desk = Desk(drop)
        task = asyncio.create_task(desk.spool.run())
        assert await desk.until(4) == ["one", "two", "three", "lb01-7-1"]
        assert isinstance(desk.stored[3], Receipt)
        await gone(drop / "10.1.SENT.hawatch-lb01-7-1")
        await finish(task)

    play(story)
    assert list(drop.iterdir()) == []


@pytest.mark.usefixtures("no_sweeps")
def test_a_new_file_is_seen_at_once_and_a_draft_never(drop: Path) -> None:
    async def story() -> None:
        desk = Desk(drop)
        task = asyncio.create_task(desk.spool.run())
        publish(drop, "1.1.RECEIVED.a", text("first"))
        assert await desk.until(1) == ["first"]
        (drop / ".2.draft").write_bytes(text("not yet"))
        publish(drop, "3.1.RECEIVED.b", text("second"))
        assert await desk.until(2) == ["first", "second"]
        (drop / ".2.draft").rename(drop / "2.1.RECEIVED.c")
        assert await desk.until(3) == ["first", "second", "not yet"]
        await finish(task)

    play(story)


def test_a_file_stays_until_it_is_stored_and_comes_again_as_the_same_reply(drop: Path) -> None:
    file = publish(drop, "1.1.RECEIVED.a", text("47"))
    seen: list[Arrival] = []

    async def fails(arrival: Arrival) -> None:
        seen.append(arrival)
        assert file.exists()
        raise RuntimeError("disk")

    async def story() -> None:
        channel = Channel(name="modem", kind=ChannelKind.SMSTOOLS, replies=str(drop))
        for _ in range(2):
            with pytest.raises(RuntimeError, match="disk"):
                await Spool(channel=channel, put=fails).run()
        desk = Desk(drop)
        task = asyncio.create_task(desk.spool.run())
        assert await desk.until(1) == ["47"]
        await gone(file)
        assert seen == [desk.stored[0]] * 2
        await finish(task)

    play(story)


def test_what_cannot_be_understood_is_set_aside_with_one_line_and_stops_nobody(
    drop: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bad = {
        "1.1.RECEIVED.a": b"\xff\xfe no header",
        "hello": b"not ours",
        "2.1.CALL.b": b"",
        "3.1.RECEIVED.c": b"x" * (2 << 20),
    }
    for name, content in bad.items():
        publish(drop, name, content)
    os.mkfifo(drop / "4.1.RECEIVED.pipe")
    (drop / "5.1.RECEIVED.link").symlink_to("/etc/hostname")
    (drop / "6.1.RECEIVED.directory").mkdir()
    publish(drop, "7.1.RECEIVED.good", text("47"))

    async def story() -> None:
        desk = Desk(drop)
        task = asyncio.create_task(desk.spool.run())
        assert await desk.until(1) == ["47"]
        await gone(drop / "7.1.RECEIVED.good")
        await finish(task)

    with caplog.at_level(logging.WARNING):
        play(story)
    aside = {*bad, "4.1.RECEIVED.pipe", "5.1.RECEIVED.link", "6.1.RECEIVED.directory"}
    assert {path.name for path in (drop / "bad").iterdir()} == aside
    assert all((drop / "bad" / name).read_bytes() == content for name, content in bad.items())
    assert len(caplog.records) == len(aside)
    assert not any("\n" in record.getMessage() for record in caplog.records)


def test_a_file_that_cannot_be_read_is_told_once_stops_nobody_and_comes_when_it_can(
    drop: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck = publish(drop, "1.1.RECEIVED.a", text("mine"))
    readable = Path.read_bytes

    def read_bytes(path: Path) -> bytes:
        if path == stuck:
            raise PermissionError(13, "Permission denied")
        return readable(path)

    async def story() -> None:
        desk = Desk(drop)
        task = asyncio.create_task(desk.spool.run())
        with monkeypatch.context() as patch:
            patch.setattr(Path, "read_bytes", read_bytes)
            for count in (1, 2, 3):
                publish(drop, f"{count}.2.RECEIVED.b", text(f"{count}"))
                await desk.until(count)
        publish(drop, "4.2.RECEIVED.b", text("4"))
        assert set(await desk.until(5)) == {"1", "2", "3", "4", "mine"}
        await finish(task)

    with caplog.at_level(logging.ERROR):
        play(story)
    (record,) = caplog.records
    assert "'1.1.RECEIVED.a'" in record.getMessage()


def test_a_file_that_cannot_be_removed_is_put_once_and_told_once(
    drop: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = publish(drop, "1.1.RECEIVED.a", text("mine"))
    removable = Path.unlink

    def unlink(path: Path, *, missing_ok: bool = False) -> None:
        if path == kept:
            raise PermissionError(13, "Permission denied")
        removable(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", unlink)

    async def story() -> None:
        desk = Desk(drop)
        task = asyncio.create_task(desk.spool.run())
        for count in (2, 3):
            publish(drop, f"{count}.2.RECEIVED.b", text(f"{count}"))
            await desk.until(count)
        assert await desk.until(3) == ["mine", "2", "3"]
        await finish(task)

    with caplog.at_level(logging.ERROR):
        play(story)
    assert len(caplog.records) == 1


@pytest.mark.usefixtures("no_sweeps")
def test_a_directory_that_is_missing_or_taken_away_is_told_in_one_line(drop: Path) -> None:
    async def story() -> None:
        desk = Desk(drop)
        task = asyncio.create_task(desk.spool.run())
        publish(drop, "1.1.RECEIVED.a", text("47"))
        await desk.until(1)
        await gone(drop / "1.1.RECEIVED.a")
        await asyncio.to_thread(drop.rename, drop.with_name("elsewhere"))
        with pytest.raises(ObserverError, match=rf"^{drop}: "):
            await task
        with pytest.raises(ObserverError, match=rf"^{drop}: no such file or directory$"):
            await desk.spool.run()

    play(story)


def test_a_channel_without_a_directory_for_replies_is_refused() -> None:
    async def put(_: Arrival) -> None: ...

    with pytest.raises(ConfigError, match="channel modem: no directory for replies"):
        Spool(channel=Channel(name="modem", kind=ChannelKind.SMSTOOLS), put=put)
