"""What systemd is told: once the agent serves, while its loop turns, how it stands, and when it ends."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hawatch.agent.inbox import Inbox
from hawatch.agent.loop import Loop
from hawatch.agent.service_manager import LONGEST_STATUS, ServiceManager, status_line
from hawatch.clock import monotonic
from hawatch.evidence import Evidence, Tick
from hawatch.judge import Judge, Outcome
from hawatch.snapshot import ObserverView, Snapshot
from tests.snapshots import UNVERIFIED, split_brain, steady

GUARD = 30.0
SERVING = (ObserverView(name="http", up=True), ObserverView(name="socket", up=True))


class Systemd:
    """The other end of NOTIFY_SOCKET."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(f"\0{address[1:]}" if address.startswith("@") else address)
        self._socket.settimeout(GUARD)

    def hear(self) -> list[str]:
        """The next datagram's lines."""
        return self._socket.recv(4096).decode().splitlines()

    def waiting(self) -> list[str]:
        """All that has come until now."""
        words: list[str] = []
        self._socket.setblocking(False)
        try:
            while True:
                words += self.hear()
        except BlockingIOError:
            return words
        finally:
            self._socket.settimeout(GUARD)

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(params=["path", "abstract"])
def systemd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Systemd]:
    abstract = f"@hawatch-test-{os.getpid()}-{tmp_path.name}"
    manager = Systemd(str(tmp_path / "notify") if request.param == "path" else abstract)
    yield manager
    manager.close()


def serving(snapshot: Snapshot) -> Snapshot:
    return replace(snapshot, observers=SERVING)


# --- ready, status, end ---------------------------------------------------------------------------


def test_an_agent_is_ready_once_it_serves_and_has_judged(systemd: Systemd) -> None:
    manager = ServiceManager(systemd.address, None, monotonic)
    manager.show(replace(steady(), observers=()))
    manager.show(replace(steady(), observers=SERVING[:1]))
    assert not any(word == "READY=1" for word in systemd.waiting())
    for _ in range(3):
        manager.show(serving(steady()))
    assert systemd.waiting() == ["READY=1"]


def test_a_listener_that_cannot_listen_is_no_reason_to_end_the_agent(systemd: Systemd) -> None:
    manager = ServiceManager(systemd.address, None, monotonic)
    taken = ObserverView(name="http", up=False, problem="http 127.0.0.1:10112: the port is in use")
    manager.show(replace(steady(), observers=(taken, SERVING[1])))
    assert "READY=1" in systemd.waiting()


def test_the_status_is_the_worst_that_is_known_and_told_when_it_changes(systemd: Systemd) -> None:
    manager = ServiceManager(systemd.address, None, monotonic)
    for snapshot in (steady(), steady(), split_brain(), split_brain(), steady()):
        manager.show(snapshot)
    well, bad, well_again = systemd.waiting()
    assert well == well_again
    assert well.startswith("STATUS=ok: VI_1 steady: ")
    assert bad.startswith("STATUS=critical: VI_1 split_brain: ")


def test_a_status_is_one_line_however_long_and_broken_its_summary() -> None:
    (router, *_) = split_brain().routers
    verdict = replace(router.verdict, summary="two\nowners " * 100)
    line = status_line(replace(split_brain(), routers=(replace(router, verdict=verdict),)))
    assert len(line) == LONGEST_STATUS
    assert line.isprintable()


def test_information_is_not_bad() -> None:
    (router, *_) = steady().routers
    line = status_line(replace(steady(), routers=(replace(router, findings=(UNVERIFIED,)),)))
    assert line.startswith("ok: VI_1 steady: ")


def test_the_status_says_when_nothing_is_watched() -> None:
    assert status_line(replace(steady(), routers=(), node_findings=())) == "no virtual router is watched"


def test_an_agent_that_ends_says_so_and_nothing_after_it(systemd: Systemd) -> None:
    manager = ServiceManager(systemd.address, 1.0, monotonic)
    manager.end()
    manager.end()
    manager.show(serving(steady()))
    assert systemd.waiting() == ["STOPPING=1", "STATUS=ending"]


# --- the watchdog ---------------------------------------------------------------------------------


def test_a_sign_of_life_is_given_at_half_of_the_time_that_systemd_waits(systemd: Systemd) -> None:
    now = 0.0
    manager = ServiceManager(systemd.address, 10.0, lambda: now)
    beats = []
    for quarter in range(81):
        now = quarter / 4
        manager.show(steady())
        if "WATCHDOG=1" in systemd.waiting():
            beats.append(now)
    assert beats == [0.0, 5.0, 10.0, 15.0, 20.0]


STUCK = 99.0


class Stuck(Judge):
    """A judge that hangs at an input until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.hangs = threading.Event()
        self.let_go = threading.Event()

    def step(self, evidence: Evidence) -> Outcome:
        """Hang at one."""
        if isinstance(evidence, Tick) and evidence.late == STUCK:
            self.hangs.set()
            self.let_go.wait(GUARD)
        return super().step(evidence)


def test_a_loop_that_hangs_gives_no_sign_of_life_until_it_turns_again(systemd: Systemd) -> None:
    every = 0.1
    manager = ServiceManager(systemd.address, 2 * every, monotonic)
    judge, inbox = Stuck(), Inbox()
    loop = Loop(inbox=inbox, judge=judge, journal=None, wish=lambda *_: None, show=manager.show)

    async def run() -> None:
        systemd_has_heard = asyncio.Event()
        running = asyncio.create_task(loop.run())
        threading.Thread(target=watch, args=(asyncio.get_running_loop(), systemd_has_heard.set)).start()
        await systemd_has_heard.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    heard: list[list[str]] = []

    def watch(turning: asyncio.AbstractEventLoop, done: Callable[[], object]) -> None:
        heard.append(systemd.hear())
        turning.call_soon_threadsafe(inbox.put, Tick(at=monotonic(), late=STUCK))
        assert judge.hangs.wait(GUARD)
        systemd.waiting()
        judge.let_go.wait(10 * every)  # nobody lets it go: it hangs for ten times as long as it may be silent
        heard.append(systemd.waiting())
        judge.let_go.set()
        heard.append(systemd.hear())
        turning.call_soon_threadsafe(done)

    asyncio.run(run())
    before, stuck, after = heard
    assert "WATCHDOG=1" in before
    assert stuck == []
    assert "WATCHDOG=1" in after


# --- who wants to be told -------------------------------------------------------------------------


def test_what_systemd_has_set_is_taken_out_of_the_environment(systemd: Systemd) -> None:
    environment = {
        "NOTIFY_SOCKET": systemd.address,
        "WATCHDOG_USEC": "3000000",
        "WATCHDOG_PID": str(os.getpid()),
        "LANG": "C",
    }
    ServiceManager.of(environment, lambda: 0.0).show(serving(steady()))
    assert environment == {"LANG": "C"}
    assert {"WATCHDOG=1", "READY=1"} <= set(systemd.waiting())


@pytest.mark.parametrize(
    "watchdog",
    [
        {},
        {"WATCHDOG_USEC": "0"},
        {"WATCHDOG_USEC": "soon"},
        {"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"},
    ],
)
def test_no_sign_of_life_is_given_where_none_is_wanted_of_us(
    watchdog: dict[str, str], systemd: Systemd
) -> None:
    ServiceManager.of({"NOTIFY_SOCKET": systemd.address, **watchdog}, lambda: 0.0).show(serving(steady()))
    assert "WATCHDOG=1" not in systemd.waiting()


@pytest.mark.parametrize("address", ["", "relative", "vsock:2:1234", "/nowhere/notify", "@hawatch-nobody"])
def test_without_systemd_nothing_happens(address: str) -> None:
    manager = ServiceManager.of({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "3000000"}, lambda: 0.0)
    manager.show(serving(steady()))
    manager.end()


def test_a_manager_that_takes_nothing_more_keeps_nobody_waiting(systemd: Systemd) -> None:
    manager = ServiceManager(systemd.address, 1.0, iter(range(100_000)).__next__)
    for _ in range(2000):
        manager.show(serving(steady()))
    assert systemd.hear()
