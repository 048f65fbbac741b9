"""A log file is followed as it grows, is rotated, cut, taken away; old lines are never read, and a storm is counted."""

from __future__ import annotations

import asyncio
import os
import tracemalloc
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

import pytest

from hawatch.errors import ObserverError
from hawatch.evidence import Mouth
from hawatch.keepalived.log.sayings import LinesUnread, SaidState, StateChanged
from hawatch.observers.keepalived_log import KeepalivedLog
from hawatch.observers.keepalived_log import observer as observer_module
from tests.listening import Told, running


def line(text: str, *, program: str = "Keepalived_vrrp") -> str:
    stamp = datetime.now().astimezone().isoformat()
    return f"{stamp} lb01 {program}[812]: {text}\n"


def prio(number: int) -> str:
    return f"(VI_1) Changing effective priority from 1 to {number}"


def add(path: Path, *lines: str) -> None:
    with path.open("a", encoding="utf-8") as stream:
        stream.writelines(lines)


def follow(told: Told, path: Path | str, *, usual: Path = Path("/nonexistent")) -> KeepalivedLog:
    return KeepalivedLog(log=str(path), put=told.put, clock=told.clock, usual=usual)


def story(path: Path, tell: Callable[[Told], Awaitable[None]]) -> Told:
    """`tell` is what happens while the log is followed."""

    async def play() -> Told:
        told = Told()
        async with running(follow(told, path)):
            await told.until(lambda: told.states or None)
            await tell(told)
        return told

    return asyncio.run(play())


def test_what_is_written_from_now_on_is_told_with_its_own_time_and_what_is_old_is_not(tmp_path: Path) -> None:
    log = tmp_path / "keepalived.log"
    add(log, line(prio(1)), line("(VI_1) Entering BACKUP STATE"))

    async def tell(told: Told) -> None:
        await told.sees(True)
        before = told.clock.monotonic()
        add(log, line("(VI_1) Entering MASTER STATE"))
        said = await told.hears("(VI_1) Entering MASTER STATE")
        assert said.saying == StateChanged(instance="VI_1", state=SaidState.MASTER)
        assert said.mouth is Mouth.LOG
        assert before - 0.5 <= said.said_at <= said.at <= told.clock.monotonic()

    assert story(log, tell).texts == ["(VI_1) Entering MASTER STATE"]


def test_through_a_rotation_every_line_is_told_once_also_those_that_a_slow_writer_adds_to_the_old_file(
    tmp_path: Path,
) -> None:
    log, old = tmp_path / "keepalived.log", tmp_path / "keepalived.log.1"
    log.touch()

    async def tell(told: Told) -> None:
        add(log, line(prio(1)))
        await told.hears(prio(1))
        writer = log.open("a", encoding="utf-8")
        log.rename(old)
        log.touch()
        add(log, line(prio(2)))
        await told.hears(prio(2))
        writer.write(line(prio(3)))
        writer.close()
        await told.hears(prio(3))
        add(log, line(prio(4)))
        await told.hears(prio(4))

    assert sorted(story(log, tell).texts) == [prio(1), prio(2), prio(3), prio(4)]


def test_copytruncate_is_followed_and_nothing_is_told_twice(tmp_path: Path) -> None:
    log = tmp_path / "keepalived.log"
    add(log, *(line(prio(9)) for _ in range(100)))

    async def tell(told: Told) -> None:
        add(log, line(prio(1)))
        await told.hears(prio(1))
        (tmp_path / "keepalived.log.1").write_bytes(log.read_bytes())
        os.truncate(log, 0)
        add(log, line(prio(2)))
        await told.hears(prio(2))

    assert story(log, tell).texts == [prio(1), prio(2)]


def test_a_log_that_is_deleted_is_let_go_and_followed_again_when_it_comes_back(tmp_path: Path) -> None:
    log = tmp_path / "keepalived.log"
    log.touch()

    async def tell(told: Told) -> None:
        add(log, line(prio(1)))
        await told.hears(prio(1))
        log.unlink()
        await told.sees(False, "no such file yet")
        held = [os.readlink(f"/proc/self/fd/{each}") for each in os.listdir("/proc/self/fd") if _there(each)]  # noqa: PTH115, PTH208
        assert not any("keepalived.log" in each for each in held)
        add(log, line(prio(2)))
        await told.hears(prio(2))

    assert [up for up, _ in story(log, tell).states] == [True, False, True]


def _there(descriptor: str) -> bool:
    return Path(f"/proc/self/fd/{descriptor}").exists() or os.path.islink(f"/proc/self/fd/{descriptor}")  # noqa: PTH114


def test_an_agent_that_is_restarted_reads_no_line_a_second_time(tmp_path: Path) -> None:
    log = tmp_path / "keepalived.log"
    log.touch()

    async def first(told: Told) -> None:
        add(log, line(prio(1)))
        await told.hears(prio(1))

    async def second(told: Told) -> None:
        add(log, line(prio(3)))
        await told.hears(prio(3))

    story(log, first)
    add(log, line(prio(2)))  # while nobody was there
    assert story(log, second).texts == [prio(3)]


def test_foreign_bytes_long_lines_and_other_programs_lines_are_passed_over(tmp_path: Path) -> None:
    log = tmp_path / "syslog"
    log.touch()

    async def tell(told: Told) -> None:
        with log.open("ab") as stream:
            stream.write(b"\xff\xfe\x00Keepalived_vrrp\x00\n" + b"Keepalived" * 100_000)
            stream.write(b"\n" + line(prio(7), program="sshd").encode())
            stream.write(line("(VI_1) Entering \x9b MASTER STATE").encode())
            stream.write(b"(VI_1) Entering MASTER STATE\n")
            stream.write(line(prio(1)).encode()[:-1])
        await asyncio.sleep(0)
        add(log, "\n")
        await told.hears(prio(1))

    assert story(log, tell).texts == [prio(1)]


def test_of_a_storm_some_lines_are_told_and_the_rest_is_counted_in_bounded_memory(tmp_path: Path) -> None:
    log = tmp_path / "keepalived.log"
    log.touch()
    storm = 60_000

    async def tell(told: Told) -> None:
        await told.sees(True)
        tracemalloc.start()
        with log.open("a", encoding="utf-8") as stream:
            for number in range(storm):
                stream.write(line(prio(number % 254)))
        await told.until(lambda: True if _counted(told) else None)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 8_000_000
        add(log, line("(VI_1) Entering MASTER STATE"))
        await told.until(
            lambda: _counted(told) + sum(each.count for each in told.said) >= storm * 0.9 or None
        )

    told = story(log, tell)
    assert len(told.said) < storm / 50


def _counted(told: Told) -> int:
    return sum(each.saying.count for each in told.said if isinstance(each.saying, LinesUnread))


def test_a_log_that_was_named_and_is_not_there_yet_is_told_and_read_from_its_beginning(
    tmp_path: Path,
) -> None:
    log = tmp_path / "keepalived.log"

    async def tell(told: Told) -> None:
        await told.sees(False, f"{log}: there is no such file yet")
        add(log, line(prio(1)))
        await told.hears(prio(1))
        await told.sees(True)

    story(log, tell)


@pytest.mark.parametrize("kind", ["directory", "fifo", "device"])
def test_what_is_no_file_is_refused_in_one_line(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "log"
    if kind == "directory":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/null")
    with pytest.raises(ObserverError, match=f"{path}: no regular file"):
        asyncio.run(follow(Told(), path).run())


def test_auto_says_nothing_while_there_is_no_log_and_finds_it_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(observer_module, "SEARCH_EVERY", 0.05)
    log = tmp_path / "keepalived.log"

    async def play() -> Told:
        told = Told()
        async with running(follow(told, "auto", usual=log)) as task:
            log.mkdir()
            await asyncio.sleep(0.2)
            assert not task.done()
            assert told.all == []
            log.rmdir()
            log.touch()
            await told.sees(True)
            add(log, line(prio(1)))
            await told.hears(prio(1))
        return told

    assert asyncio.run(play()).states == [(True, None)]
