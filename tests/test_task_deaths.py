"""No task of the agent dies silently: a whole agent, each of whose tasks is killed in turn."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from hawatch.agent import composition, crew, loop
from hawatch.agent.composition import Agent
from hawatch.agent.equipment import Equipment
from hawatch.agent.patient_journal import PatientJournal
from hawatch.config import read
from hawatch.errors import HawatchError
from hawatch.evidence import Tick
from hawatch.exporter.metrics import exposition, new_registry
from hawatch.snapshot import Snapshot
from hawatch.together import together
from tests.test_patient_journal import read as read_journal

GUARD = 10.0
CONF = """
vrrp_instance VI_1 {
    interface lo
    virtual_router_id 51
    priority 150
    unicast_src_ip 127.0.0.1
    unicast_peer { 127.0.0.2 }
    virtual_ipaddress { 127.0.0.100/8 dev lo }
}
"""
READY = {"http", "socket", "sniffer:lo", "arp_probe", "keepalived_log", "peer_link", "firewall"}
"""What sees when all orders have been given."""
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="packet sockets need root")


def free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


class Watched:
    """An agent, and every observer that was down in one of its pictures."""

    def __init__(self, directory: Path) -> None:
        (directory / "keepalived.conf").write_text(CONF)
        config = directory / "hawatch.toml"
        config.write_text(
            f"""
[node]
name = "lb01"
state_dir = "{directory}"
[keepalived]
config = "{directory}/keepalived.conf"
log = "{directory}/keepalived.log"
[listen]
http = "127.0.0.1:{free_port(socket.SOCK_STREAM)}"
socket = "{directory}/hawatch.sock"
[peer_link]
port = {free_port(socket.SOCK_DGRAM)}
[[peer]]
name = "lb02"
[[peer.link]]
name = "lan"
remote = "127.0.0.2"
[[service]]
name = "nothing"
tcp = "127.0.0.1:9"
every = "1s"
"""
        )
        (directory / "keepalived.log").touch()
        self.down: dict[str, str] = {}
        self.pictures = 0
        self.shown = asyncio.Event()
        self.agent = Agent(
            Equipment(
                config=read(str(config)),
                key=b"a key for this one test alone, 32b",
                show=self._show,
                state_directory=directory,
                config_path=config,
            )
        )

    def _show(self, snapshot: Snapshot) -> None:
        self.pictures += 1
        self.down |= {each.name: str(each.problem) for each in snapshot.observers if not each.up}
        self.shown.set()

    async def until(self, so: Callable[[], object], what: str) -> None:
        """Look at each new picture until it is so."""
        try:
            async with asyncio.timeout(GUARD):
                while not so():
                    self.shown.clear()
                    await self.shown.wait()
        except TimeoutError:
            raise AssertionError(f"never: {what}; down: {self.down}; metrics: {self.metrics()}") from None

    def metrics(self) -> dict[str, float]:
        """hawatch_observer_up by observer."""
        text = exposition(new_registry(lambda: self.agent.loop.snapshot))[0].decode()
        lines = [line for line in text.splitlines() if line.startswith("hawatch_observer_up{")]
        return {line.split('observer="')[1].split('"')[0]: float(line.rsplit(" ", 1)[1]) for line in lines}

    def fallen(self, usual: dict[str, float]) -> set[str]:
        """The observers that were down since, and not before."""
        return {name for name in self.down if usual.get(name, 1.0)}

    def sees(self, names: set[str]) -> bool:
        """Whether all of these are up now."""
        return all(self.metrics()[name] == 1.0 for name in names)

    async def at_work(self) -> set[asyncio.Task[Any]]:
        """The tasks that go on: those of now that are still there some pictures later."""
        before = asyncio.all_tasks()
        seen = self.pictures
        await self.until(lambda: self.pictures >= seen + 6, "six more pictures")
        return {task for task in before & asyncio.all_tasks() if task is not asyncio.current_task()}


@asynccontextmanager
async def watching(directory: Path) -> AsyncIterator[tuple[Watched, asyncio.Task[None]]]:
    watched = Watched(directory)
    running = asyncio.create_task(watched.agent.run(), name="agent")
    try:
        await watched.until(lambda: watched.metrics().keys() >= READY, "ready")
        yield watched, running
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def name_of(task: asyncio.Task[Any]) -> str:
    coroutine = task.get_coro()
    return (
        f"{task.get_name()} {getattr(coroutine, '__qualname__', '')}"
        if not task.get_name().startswith("Task-")
        else str(getattr(coroutine, "__qualname__", ""))
    )


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures and looks for dead tasks as often as while something happens."""
    monkeypatch.setattr(loop, "TURN_EVERY", 0.1)
    monkeypatch.setattr(loop, "PICTURE_AT_LEAST_EVERY", loop.PICTURE_EVERY)
    monkeypatch.setattr(composition, "REPLAN_SELDOM", composition.REPLAN_EVERY)


def run(story: Callable[[], Awaitable[None]]) -> None:
    async def whole() -> None:
        await story()

    logging.disable(logging.WARNING)
    try:
        asyncio.run(whole())
    finally:
        logging.disable(logging.NOTSET)


@needs_root
def test_whichever_task_of_an_agent_is_killed_it_is_told_and_there_is_a_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew, "FIRST_PAUSE", 0.05)
    monkeypatch.setattr(crew, "GOES_WELL_AFTER", 0.1)
    hurry(monkeypatch)

    async def story() -> None:
        async with watching(tmp_path) as (watched, running):
            ends_the_agent = {"Loop.run", "Agent._keep_planned"}
            names = {
                name_of(each) for each in await watched.at_work() if each is not running
            } - ends_the_agent
            assert {"oncall Crew._supervise", "sniffer Crew._supervise", "Capture.run"} <= names
            assert len(names) >= 15
            silent = []
            for name in sorted(names):
                found = [each for each in asyncio.all_tasks() if name_of(each) == name]
                assert found, f"{name} was there, and is no more"
                watched.down.clear()
                usual = watched.metrics()
                found[0].cancel()
                try:
                    await watched.until(partial(watched.fallen, usual), f"{name} is told")
                except AssertionError:
                    silent.append(name)
                    continue
                await watched.until(partial(watched.sees, watched.fallen(usual)), f"{name} is back")
            assert silent == []
            assert not running.done()

    run(story)


@needs_root
@pytest.mark.parametrize("name", ["Loop.run", "Agent._keep_planned"])
def test_without_its_loop_or_its_plan_an_agent_ends_with_a_word(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurry(monkeypatch)

    async def story() -> None:
        async with watching(tmp_path) as (watched, running):
            (task,) = [each for each in await watched.at_work() if name_of(each) == name]
            task.cancel()
            with pytest.raises(HawatchError, match=f"{name} was cancelled"):
                await running

    run(story)


def test_the_first_error_ends_all_that_run_together_and_is_raised_as_it_is() -> None:
    ended: list[str] = []

    async def waits() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("waits")

    async def fails() -> None:
        await asyncio.sleep(0)
        raise HawatchError("eth0 is gone")

    with pytest.raises(HawatchError, match="eth0 is gone"):
        asyncio.run(together((waits(), fails())))
    assert ended == ["waits"]


@needs_root
def test_a_task_that_was_killed_is_told_and_replaced_before_the_agent_would_plan_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(composition, "PLAN_ANEW_EVERY", 3600.0)

    async def story() -> None:
        async with watching(tmp_path) as (watched, _):
            (task,) = [each for each in asyncio.all_tasks() if name_of(each) == "host Crew._supervise"]
            task.cancel()
            await watched.until(lambda: "host" in watched.down, "it is told")
            await watched.until(partial(watched.sees, {"host"}), "it is back")

    run(story)


class Clumsy(PatientJournal):
    """One that stumbles over a tick."""

    def _append(self, line: str) -> None:
        if '"at":2.0' in line:
            raise ValueError("no such tick")
        super()._append(line)


def test_what_breaks_the_writing_of_one_line_is_told_and_ends_no_thread(tmp_path: Path) -> None:
    journal = Clumsy(tmp_path / "journal.jsonl")
    problems = []
    for at in (1.0, 2.0):
        journal.input(Tick(at=at))
    journal.close()
    problems.append(journal.problem)
    journal.input(Tick(at=3.0))
    journal.close()
    problems.append(journal.problem)
    assert read_journal(journal.path) == [Tick(at=1.0), Tick(at=3.0)]
    assert problems[-1] is None
