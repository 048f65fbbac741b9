"""keepalived's notify FIFO is read if nobody else does, and keepalived never waits for us.

The writer here does what keepalived does (lib/notify.c): it makes the FIFO, opens it for reading and writing without
blocking, writes a line at a time and cares for no error. The lab has the real one.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from hawatch.errors import ObserverError
from hawatch.evidence import Mouth
from hawatch.keepalived.log.sayings import LinesUnread, SaidState, StateChanged
from hawatch.observers.notify_fifo import NotifyFifo
from tests.listening import Told, running


class Keepalived:
    """The end that writes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.made = not path.exists()
        if self.made:
            os.mkfifo(path, 0o600)
        self.descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOFOLLOW)

    def says(self, state: str, priority: int = 150) -> bool:
        """Whether it fitted into the pipe."""
        with suppress(BlockingIOError):
            os.write(self.descriptor, f'INSTANCE "VI_1" {state} {priority}\n'.encode())
            return True
        return False

    def ends(self) -> None:
        if self.made:
            self.path.unlink()
        os.close(self.descriptor)


def listen(told: Told, path: Path, *, taken: bool = False) -> NotifyFifo:
    return NotifyFifo(path=path, taken=taken, put=told.put, clock=told.clock)


def story(path: Path, tell: Callable[[Told], Awaitable[None]], *, taken: bool = False) -> Told:
    async def play() -> Told:
        told = Told()
        async with running(listen(told, path, taken=taken)):
            await told.until(lambda: told.states or None)
            await tell(told)
        return told

    return asyncio.run(play())


def states(told: Told) -> list[str]:
    return [each.saying.state.value for each in told.said if isinstance(each.saying, StateChanged)]


def test_a_change_of_state_is_told_at_once(tmp_path: Path) -> None:
    keepalived = Keepalived(tmp_path / "fifo")

    async def tell(told: Told) -> None:
        await told.sees(True)
        before = told.clock.monotonic()
        keepalived.says("MASTER")
        said = await told.hears('INSTANCE "VI_1" MASTER 150')
        assert said.saying == StateChanged(instance="VI_1", state=SaidState.MASTER)
        assert (said.mouth, said.count) == (Mouth.FIFO, 1)
        assert before - said.within <= said.said_at <= said.at

    story(keepalived.path, tell)
    keepalived.ends()


def test_what_lies_in_the_pipe_when_we_come_is_of_no_known_time_and_is_not_told(tmp_path: Path) -> None:
    keepalived = Keepalived(tmp_path / "fifo")
    keepalived.says("BACKUP")

    async def tell(told: Told) -> None:
        await told.sees(True)
        await asyncio.sleep(0.05)
        keepalived.says("MASTER")
        await told.until(lambda: states(told) or None)

    assert states(story(keepalived.path, tell)) == ["MASTER"]
    keepalived.ends()


def test_keepalived_goes_on_writing_while_nobody_reads_and_is_heard_again_afterwards(tmp_path: Path) -> None:
    keepalived = Keepalived(tmp_path / "fifo")

    async def first(told: Told) -> None:
        await told.sees(True)
        keepalived.says("MASTER")
        await told.until(lambda: states(told) or None)

    story(keepalived.path, first)
    fitted = sum(keepalived.says("BACKUP") for _ in range(5000))
    assert 0 < fitted < 5000  # the pipe is full: it neither blocks nor gets a SIGPIPE

    async def second(told: Told) -> None:
        await told.sees(True)
        await asyncio.sleep(0.05)
        keepalived.says("FAULT")
        await told.until(lambda: states(told) or None)

    assert states(story(keepalived.path, second)) == ["FAULT"]
    keepalived.ends()


def test_a_keepalived_that_starts_anew_with_another_fifo_is_found(tmp_path: Path) -> None:
    path = tmp_path / "fifo"

    async def tell(told: Told) -> None:
        await told.sees(False, "keepalived has not made it yet")
        keepalived = Keepalived(path)
        keepalived.says("BACKUP")
        await told.until(lambda: states(told) == ["BACKUP"] or None)
        keepalived.ends()
        keepalived = Keepalived(path)
        keepalived.says("MASTER")
        await told.until(lambda: states(told) == ["BACKUP", "MASTER"] or None)
        keepalived.ends()

    story(path, tell)


def test_a_fifo_that_an_administrator_made_is_read_from_one_keepalived_to_the_next(tmp_path: Path) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)

    async def tell(told: Told) -> None:
        await told.sees(True)
        for state in ("BACKUP", "MASTER"):
            keepalived = Keepalived(path)
            keepalived.says(state)
            await told.hears(f'INSTANCE "VI_1" {state} 150')
            keepalived.ends()

    assert states(story(path, tell)) == ["BACKUP", "MASTER"]


def test_a_fifo_that_a_script_of_keepalived_reads_is_left_alone_and_that_is_said(tmp_path: Path) -> None:
    keepalived = Keepalived(tmp_path / "fifo")
    keepalived.says("MASTER")

    async def tell(told: Told) -> None:
        await told.sees(False, "keepalived's own script reads it")
        await asyncio.sleep(0.05)

    told = story(keepalived.path, tell, taken=True)
    assert told.said == []
    assert os.read(keepalived.descriptor, 100) == b'INSTANCE "VI_1" MASTER 150\n'
    keepalived.ends()


@pytest.mark.parametrize("kind", ["file", "link"])
def test_what_is_no_fifo_is_refused_in_one_line(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "fifo"
    if kind == "file":
        path.touch()
    else:
        os.mkfifo(tmp_path / "other")
        path.symlink_to(tmp_path / "other")
    with pytest.raises(ObserverError, match=f"{path}: no FIFO"):
        asyncio.run(listen(Told(), path).run())


def test_a_fifo_that_we_may_not_read_is_named_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)

    def refuse(*_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied")

    async def play() -> None:
        observer = listen(Told(), path)
        with monkeypatch.context() as patch:
            patch.setattr("hawatch.observers.notify_fifo.observer.os.open", refuse)
            await observer.run()

    with pytest.raises(ObserverError, match=f"{path}: permission denied"):
        asyncio.run(play())


def test_a_fifo_that_pours_is_counted_and_nonsense_in_it_is_passed_over(tmp_path: Path) -> None:
    keepalived = Keepalived(tmp_path / "fifo")

    async def tell(told: Told) -> None:
        await told.sees(True)
        for number in range(20_000):
            if not keepalived.says("MASTER_PRIORITY", number % 254):
                await asyncio.sleep(0.001)  # the pipe is full, and the line is lost
        os.write(keepalived.descriptor, b"\xff\x00" * 3000 + b"\nGROUP\n")
        await told.until(lambda: any(isinstance(each.saying, LinesUnread) for each in told.said) or None)

    assert len(story(keepalived.path, tell).said) < 2000
    keepalived.ends()
