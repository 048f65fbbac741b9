"""Service checks before real services: web servers, listeners, processes, plugins that succeed, fail and hang."""

from __future__ import annotations

import asyncio
import http.server
import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hawatch import clock
from hawatch.evidence import Evidence, ObserverState, ServiceResult
from hawatch.observers.service import ServiceObserver
from hawatch.observers.service.process import check_process
from hawatch.targets import ServiceTarget

HANG_GUARD = 60.0
QUICK = 0.02


class Sink:
    """Keeps what was told, and lets the story wait for what it wants."""

    def __init__(self) -> None:
        self.results: list[ServiceResult] = []
        self._more = asyncio.Event()

    def put(self, evidence: Evidence) -> None:
        if isinstance(evidence, ServiceResult):
            self.results.append(evidence)
            self._more.set()

    async def until(self, wanted: Callable[[ServiceResult], bool]) -> ServiceResult:
        async with asyncio.timeout(HANG_GUARD):
            while True:
                for result in self.results:
                    if wanted(result):
                        return result
                self._more.clear()
                await self._more.wait()


def first_result(timeout: float = HANG_GUARD, **how: Any) -> ServiceResult:
    """What one look at one service finds."""

    async def look() -> ServiceResult:
        sink = Sink()
        service = ServiceTarget(name="web", on="owner", **how)
        observer = ServiceObserver(
            services=[service], node="lb01", put=sink.put, clock=clock, timeout=timeout
        )
        watching = asyncio.create_task(observer.run())
        try:
            return await sink.until(lambda _: True)
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    return asyncio.run(look())


class Pages(http.server.BaseHTTPRequestHandler):
    """Answers with the status that the path names; /slow answers when the test is over."""

    released = threading.Event()

    def do_GET(self) -> None:
        if self.path == "/slow":
            self.released.wait(HANG_GUARD)
        status = int(self.path[1:]) if self.path[1:].isdigit() else 200
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", "/200")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class has this name
        del format, args


@pytest.fixture
def web() -> Iterator[str]:
    Pages.released.clear()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        Pages.released.set()
        server.shutdown()


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


# --- http ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "up"), [("/", True), ("/204", True), ("/302", True), ("/404", False), ("/503", False)]
)
def test_a_web_server_is_up_when_its_status_is_below_400(web: str, path: str, up: bool) -> None:
    result = first_result(http=web + path)
    assert (result.name, result.node, result.up) == ("web", "lb01", up)


def test_a_web_server_that_is_not_there_is_down(closed_port: int) -> None:
    result = first_result(http=f"http://127.0.0.1:{closed_port}/")
    assert result.up is False
    assert "refused" in result.detail


def test_a_web_server_that_does_not_answer_in_time_is_down(web: str) -> None:
    result = first_result(http=f"{web}/slow", timeout=0.05)
    assert result.up is False
    assert "no answer" in result.detail


def test_a_proxy_of_the_environment_is_not_asked(
    web: str, closed_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port}")
    assert first_result(http=web).up is True


def test_a_host_name_that_does_not_resolve_says_nothing_of_the_service() -> None:
    assert first_result(http="http://nosuch." + "x" * 64 + "/").up is None
    assert first_result(tcp="nosuch." + "x" * 64 + ":80").up is None


def test_a_web_server_without_encryption_asked_with_it_says_nothing(web: str) -> None:
    result = first_result(http=web.replace("http:", "https:"))
    assert result.up is None
    assert "no secure connection" in result.detail


# --- tcp -----------------------------------------------------------------------------------------


def test_a_listener_is_up_and_a_closed_port_is_down(closed_port: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert first_result(tcp=f"127.0.0.1:{listener.getsockname()[1]}").up is True
    assert first_result(tcp=f"127.0.0.1:{closed_port}").up is False


def test_a_listener_on_ipv6_is_written_in_brackets() -> None:
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this host has no IPv6 loopback address")
    with listener:
        assert first_result(tcp=f"[::1]:{listener.getsockname()[1]}").up is True


def test_a_target_without_a_port_is_said_to_be_none() -> None:
    result = first_result(tcp="localhost")
    assert (result.up, result.detail) == (None, "'localhost' is not host:port")


def test_a_full_backlog_is_down_after_the_time_out() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        address = deaf.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(address)
        result = first_result(tcp=f"127.0.0.1:{address[1]}", timeout=0.2)
        for each in waiting:
            each.close()
    assert result.up is False


# --- process -------------------------------------------------------------------------------------


def test_a_process_is_found_by_its_name_and_by_its_program() -> None:
    assert first_result(process=Path("/proc/self/comm").read_text().strip()).up is True
    program = Path("/proc/self/cmdline").read_bytes().partition(b"\0")[0].decode()
    assert first_result(process=Path(program).name).up is True


def test_a_process_that_does_not_run_is_down() -> None:
    result = first_result(process="no-such-daemon")
    assert (result.up, result.detail) == (False, "no-such-daemon: no such process")


def test_a_dead_process_that_nobody_has_buried_is_no_process(tmp_path: Path) -> None:
    program = tmp_path / "shortlived"
    program.write_text("#!/bin/sh\nexit 0\n")
    program.chmod(0o755)
    zombie = subprocess.Popen([program])
    os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
    assert first_result(process="shortlived").up is False
    zombie.wait()


def test_daemons_that_write_a_title_and_long_names_are_found(tmp_path: Path) -> None:
    for pid, name, program in (
        ("1", "init", "/sbin/init"),
        ("7", "nginx", "nginx: master process /usr/sbin/nginx"),
    ):
        (tmp_path / pid).mkdir()
        (tmp_path / pid / "stat").write_text(f"{pid} ({name}) S 0 0 0\n")
        (tmp_path / pid / "cmdline").write_bytes(program.encode() + b"\0")
    assert check_process(tmp_path, "nginx").up is True
    (tmp_path / "8").mkdir()
    (tmp_path / "8" / "stat").write_text("8 (a-daemon-with-a) R 1 8 8\n")
    (tmp_path / "8" / "cmdline").write_bytes(b"/opt/a-daemon-with-a-long-name\0")
    assert check_process(tmp_path, "a-daemon-with-a-long-name").up is True
    assert check_process(tmp_path, "a-daemon-with-another-name").up is False


def test_hidden_processes_say_nothing(tmp_path: Path) -> None:
    assert check_process(tmp_path, "nginx").up is None


# --- plugin --------------------------------------------------------------------------------------


@pytest.fixture
def plugin(tmp_path: Path) -> Callable[[str], str]:
    """Writes a plugin as a shell script; the command that runs it."""

    def write(script: str) -> str:
        path = tmp_path / "check_something"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return str(path)

    return write


@pytest.mark.parametrize(("code", "up"), [(0, True), (1, True), (2, False), (3, None), (127, None)])
def test_the_exit_code_of_a_plugin_tells(plugin: Callable[[str], str], code: int, up: bool | None) -> None:
    result = first_result(plugin=plugin(f"echo 'SOMETHING says {code} | x=1'; exit {code}"))
    assert (result.up, result.detail) == (up, f"SOMETHING says {code}")


def test_a_plugin_gets_its_arguments_without_a_shell(plugin: Callable[[str], str]) -> None:
    command = plugin('echo "$# $1"') + " 'a b' '$(date)'"
    assert first_result(plugin=command).detail == "2 a b"


def test_a_plugin_that_hangs_is_unknown_and_leaves_nothing_behind(
    plugin: Callable[[str], str], tmp_path: Path
) -> None:
    fifo = tmp_path / "alive"
    os.mkfifo(fifo)
    # The grandchild holds the pipe open as long as it lives.
    command = plugin(f"(exec 3>{fifo}; sleep 1000) & echo started; sleep 1000")
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    try:
        result = first_result(plugin=command, timeout=0.5)
        assert result.up is None
        assert "no result" in result.detail
        os.set_blocking(reader, True)
        assert os.read(reader, 1) == b""  # end of file: the last of them is gone
    finally:
        os.close(reader)


def test_a_plugin_that_floods_keeps_only_its_beginning(plugin: Callable[[str], str]) -> None:
    result = first_result(plugin=plugin("yes much | head -c 1000000; exit 2"))
    assert (result.up, result.detail) == (False, "much")


@pytest.mark.parametrize("command", ["/nosuch/check_it", "check 'unbalanced", "", " "])
def test_a_plugin_that_cannot_be_run_is_unknown(command: str) -> None:
    assert first_result(plugin=command).up is None


# --- all of them ---------------------------------------------------------------------------------


def test_a_change_is_told_at_once_and_an_unchanged_result_each_minute() -> None:
    class Skipping:
        """Half a minute passes between two looks at it."""

        at = 0.0

        def monotonic(self) -> float:
            self.at += 30.0
            return self.at

    async def story() -> None:
        sink = Sink()
        listener = socket.create_server(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        service = ServiceTarget(name="db", on="both", tcp=f"127.0.0.1:{port}", every=QUICK)
        observer = ServiceObserver(
            services=[service],
            node="lb01",
            put=sink.put,
            clock=Skipping(),
            timeout=HANG_GUARD,
        )
        watching = asyncio.create_task(observer.run())
        first = await sink.until(lambda result: result.up is True)
        again = await sink.until(lambda result: result.at > first.at)
        assert again.at - first.at == 60.0
        listener.close()
        await sink.until(lambda result: result.up is False)
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)

    asyncio.run(story())


def test_a_slow_service_keeps_no_other_waiting(web: str) -> None:
    async def story() -> None:
        sink = Sink()
        services = [
            ServiceTarget(name="slow", on="owner", http=f"{web}/slow"),
            ServiceTarget(name="quick", on="owner", http=web),
        ]
        observer = ServiceObserver(
            services=services, node="lb01", put=sink.put, clock=clock, timeout=HANG_GUARD
        )
        watching = asyncio.create_task(observer.run())
        assert (await sink.until(lambda result: result.name == "quick")).up is True
        Pages.released.set()
        assert (await sink.until(lambda result: result.name == "slow")).up is True
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)

    asyncio.run(story())


def test_the_observer_says_that_it_has_begun() -> None:
    async def story() -> None:
        told: list[Evidence] = []
        observer = ServiceObserver(services=[], node="lb01", put=told.append, clock=clock)
        await observer.run()
        assert [(each.observer, each.up) for each in told if isinstance(each, ObserverState)] == [
            ("service", True)
        ]

    asyncio.run(story())
