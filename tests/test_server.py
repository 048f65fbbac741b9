from __future__ import annotations

import asyncio
import http.client
import json
import os
import signal
import socket
import stat
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from hawatch.errors import ObserverError
from hawatch.exporter import app as exporter_app
from hawatch.exporter import server
from hawatch.exporter.app import build_app
from hawatch.exporter.broadcast import BACKLOG, SUBSCRIBERS, Broadcast
from hawatch.exporter.listening import listen_tcp, listen_unix
from hawatch.exporter.server import serve
from hawatch.verdict import VerdictKind
from tests import snapshots
from tests.serving import HANG, Served, served
from tests.snapshots import AT, router, snapshot, verdict


def get(
    where: Served, target: str, method: str = "GET", headers: dict[str, str] | None = None
) -> tuple[int, dict[str, str], str]:
    connection = http.client.HTTPConnection("127.0.0.1", where.port, timeout=HANG)
    try:
        connection.putrequest(method, target, skip_host=bool(headers and "Host" in headers))
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        connection.endheaders()
        response = connection.getresponse()
        return (
            response.status,
            {name.lower(): value for name, value in response.getheaders()},
            response.read().decode(),
        )
    finally:
        connection.close()


def over_unix(path: Path, request: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as caller:
        caller.settimeout(HANG)
        caller.connect(str(path))
        return exchange(caller, request)


def exchange(caller: socket.socket, request: bytes) -> bytes:
    caller.sendall(request)
    received = b""
    while chunk := caller.recv(65536):
        received += chunk
    return received


def test_every_view_answers(tmp_path: Path) -> None:
    with served(snapshots.split_brain(), tmp_path) as where:
        code, headers, body = get(where, "/")
        assert (code, headers["content-type"]) == (200, "text/plain; charset=utf-8")
        assert "split_brain" in body
        code, headers, body = get(where, "/api/v1/status")
        assert (code, headers["content-type"]) == (200, "application/json")
        assert json.loads(body)["virtual_routers"][0]["verdict"] == "split_brain"
        code, headers, body = get(where, "/metrics")
        assert code == 200
        assert headers["content-type"].startswith("text/plain; version=0.0.4")
        assert 'verdict="split_brain",vrid="51",vrrp_instance="VI_1"} 1.0' in body
        assert get(where, "/api/v1/check?verbosity=1")[2].startswith("hawatch=1 state=2 age=0.013 node=lb01 ")
        assert json.loads(get(where, "/api/v1/incidents")[2]) == []
        code, headers, body = get(where, "/api/v1/targets")
        assert (code, headers["content-type"], json.loads(body)) == (200, "application/json", [])
        assert get(where, "/healthz")[::2] == (200, "ok\n")


def test_an_agent_that_stopped_making_pictures_is_not_healthy(tmp_path: Path) -> None:
    with served(snapshots.steady(), tmp_path, age=42.0) as where:
        assert get(where, "/healthz")[::2] == (503, "the picture is 42.0 s old\n")


def test_a_bad_parameter_is_one_line_that_names_it(tmp_path: Path) -> None:
    with served(snapshots.steady(), tmp_path) as where:
        code, _, body = get(where, "/api/v1/check?moved-within=soon")
        assert (code, body) == (400, "moved-within: 'soon' is not a number of seconds\n")


def test_every_answer_carries_the_security_headers(tmp_path: Path) -> None:
    with served(snapshots.steady(), tmp_path) as where:
        for target in ("/", "/nowhere", "/api/v1/check?check=x"):
            headers = get(where, target)[1]
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["x-frame-options"] == "DENY"
            assert headers["cache-control"] == "no-store"
            assert "default-src 'self'" in headers["content-security-policy"]
            assert "server" not in headers
            assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize(
    "target",
    ["/../etc/passwd", "/metrics/", "//metrics", "/api/v1/status/..", "/%2e%2e/%2e%2e/etc/passwd", "/api"],
)
def test_there_is_nothing_beside_the_views_and_no_redirect(tmp_path: Path, target: str) -> None:
    with served(snapshots.steady(), tmp_path) as where:
        code, headers, _ = get(where, target, headers={"Host": "evil.example"})
        assert code == 404
        assert "location" not in headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_written(tmp_path: Path, method: str) -> None:
    with served(snapshots.steady(), tmp_path) as where:
        for target in ("/api/v1/status", "/api/v1/incidents", "/"):
            assert get(where, target, method, {"Content-Length": "0"})[0] == 405


@pytest.mark.parametrize(
    ("target", "headers", "code"),
    [
        ("/" + "a" * 600, {}, 414),
        ("/api/v1/check?instance=" + "a" * 3000, {}, 414),
        ("/", {"Content-Length": str(1 << 30)}, 413),
        ("/", {"Content-Length": "9" * 15}, 413),
        ("/", {"Transfer-Encoding": "chunked"}, 411),
        ("/", {"X-Large": "a" * 40_000}, 431),
    ],
)
def test_an_oversized_request_is_refused(
    tmp_path: Path, target: str, headers: dict[str, str], code: int
) -> None:
    with served(snapshots.steady(), tmp_path) as where:
        assert get(where, target, headers=headers)[0] == code
        assert get(where, "/healthz")[0] == 200


def test_bytes_that_are_no_http_are_refused_and_cost_nothing(tmp_path: Path) -> None:
    with served(snapshots.steady(), tmp_path) as where:
        with socket.create_connection(("127.0.0.1", where.port), timeout=HANG) as caller:
            assert exchange(caller, b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n").startswith(b"HTTP/1.1 400")
        assert get(where, "/healthz")[0] == 200


def _send_for_ever(caller: socket.socket) -> None:
    while True:
        caller.sendall(b"a" * 65536)


def test_a_head_without_end_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    with served(snapshots.steady(), tmp_path) as where:
        with socket.create_connection(("127.0.0.1", where.port), timeout=HANG) as caller:
            caller.sendall(b"GET / HTTP/1.1\r\nX-Endless: ")
            with pytest.raises(ConnectionError):
                _send_for_ever(caller)
        assert get(where, "/healthz")[0] == 200


def test_a_connection_that_asks_nothing_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "REQUEST_TIMEOUT", 0.05)
    with (
        served(snapshots.steady(), tmp_path) as where,
        socket.create_connection(("127.0.0.1", where.port), timeout=HANG) as caller,
    ):
        caller.sendall(b"GET / HT")
        assert caller.recv(1) == b""


def test_more_connections_than_the_agent_can_spare_are_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "CONNECTIONS", 2)
    with served(snapshots.steady(), tmp_path) as where:
        callers = [socket.create_connection(("127.0.0.1", where.port), timeout=HANG) for _ in range(3)]
        try:
            assert callers[2].recv(1) == b""
            callers[0].sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert callers[0].recv(65536).startswith(b"HTTP/1.1 200")
        finally:
            for caller in callers:
                caller.close()


def test_the_unix_socket_serves_the_same_and_is_for_owner_and_group(tmp_path: Path) -> None:
    with served(snapshots.steady(), tmp_path) as where:
        assert stat.S_IMODE(where.socket_path.stat().st_mode) == 0o660
        answer = over_unix(where.socket_path, b"GET /api/v1/check HTTP/1.0\r\n\r\n")
        assert b"HAWATCH OK - VI_1 steady: lb01 holds 192.168.136.100 | " in answer
        assert [each.name for each in tmp_path.iterdir()] == ["hawatch.sock"]


# --- events ---------------------------------------------------------------------------------------


class Events:
    """A client of the event stream."""

    def __init__(self, where: Served) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", where.port, timeout=HANG)
        self._connection.request("GET", "/api/v1/events")
        self._response = self._connection.getresponse()
        assert self._response.getheader("content-type", "").startswith("text/event-stream")

    def next(self) -> dict[str, Any]:
        assert self._response.readline() == b"event: verdict\n"
        data = self._response.readline()
        assert data.startswith(b"data: ")
        assert self._response.readline() == b"\n"
        record = json.loads(data[6:])
        assert isinstance(record, dict)
        return record

    def line(self) -> bytes:
        return self._response.readline()

    def close(self) -> None:
        self._response.close()
        self._connection.close()


def test_events_begin_with_what_holds_and_go_on_with_every_change(tmp_path: Path) -> None:
    with served(snapshots.steady(), tmp_path) as where:
        events = Events(where)
        assert events.next()["verdict"] == "steady"
        where.publish(replace(snapshots.steady(), at=AT + 1))  # nothing has changed
        where.publish(snapshots.split_brain())
        assert events.next() == {
            "time": "2026-06-01T00:00:00.000Z",
            "node": "lb01",
            "pair": "web",
            "instance": "VI_1",
            "vrid": 51,
            "family": "ipv4",
            "interface": "eth0",
            "verdict": "split_brain",
            "severity": "critical",
            "since": "2026-05-31T23:56:48.000Z",
            "rule": "SB1",
            "summary": "lb01 and lb02 both hold 192.168.136.100",
            "owners": ["lb01", "lb02"],
            "causes": ["vrrp_blocked_inbound"],
            "incident": None,
        }
        where.publish(snapshots.steady())
        assert events.next()["verdict"] == "steady"
        events.close()


def test_a_quiet_event_stream_shows_that_it_lives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporter_app, "HEARTBEAT", 0.01)
    with served(snapshots.steady(), tmp_path) as where:
        events = Events(where)
        events.next()
        assert events.line() == b": nothing new\n"
        events.close()


def test_the_server_stops_while_somebody_listens_for_events(tmp_path: Path) -> None:
    with served(snapshots.steady(), tmp_path) as where:
        events = Events(where)
        events.next()
    events.close()


def test_only_so_many_may_listen_and_a_place_becomes_free_again(tmp_path: Path) -> None:
    with served(snapshots.steady(), tmp_path) as where:
        listening = [Events(where) for _ in range(SUBSCRIBERS)]
        for events in listening:
            events.next()
        assert get(where, "/api/v1/events")[0] == 503
        listening.pop().close()
        for _ in range(1000):  # until the server has noticed
            if get(where, "/api/v1/events", "HEAD")[0] == 200:
                break
        else:
            pytest.fail("the place of a listener who left was not given away")
        for events in listening:
            events.close()


def test_a_listener_who_does_not_read_is_cut_off_and_hinders_nobody() -> None:
    async def run() -> None:
        changes = Broadcast()
        changes.publish(snapshots.steady())
        with changes.subscribe() as slow:
            for number in range(BACKLOG + 1):
                judged = verdict(VerdictKind.DEGRADED, "no standby", rule=f"D{number}")
                changes.publish(snapshot(router(judged)))
            assert await slow.get() is None
            changes.publish(snapshots.steady())
            assert slow.empty()

    asyncio.run(run())


# --- listening ------------------------------------------------------------------------------------


def app() -> Starlette:
    return build_app(snapshots.steady, now=lambda: AT, changes=Broadcast())


def fails(http_address: str | None = None, socket_path: Path | None = None) -> str:
    path = None if socket_path is None else str(socket_path)
    with pytest.raises(ObserverError) as caught:
        asyncio.run(serve(app(), http=http_address, socket_path=path))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_port_in_use_is_one_line_that_names_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        assert fails(address) == f"http {address}: the port is in use"


@pytest.mark.parametrize(
    "address", ["127.0.0.1", ":80", "127.0.0.1:", "127.0.0.1:http", "127.0.0.1:70000", ""]
)
def test_an_address_that_is_none_is_named(address: str) -> None:
    assert fails(address) == f"http {address}: not an address and a port, such as 127.0.0.1:10112"


def test_an_address_of_another_host_is_named() -> None:
    assert fails("192.0.2.1:10112") == "http 192.0.2.1:10112: cannot assign requested address"


def test_a_socket_path_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "hawatch.sock"
    assert fails(socket_path=path) == f"socket {path}: no such file or directory"
    long = tmp_path / ("a" * 120)
    assert fails(socket_path=long).startswith(f"socket {long}: ")


def test_a_file_in_the_place_of_the_socket_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "hawatch.sock"
    path.write_text("precious")
    assert fails(socket_path=path) == f"socket {path}: there is something else of that name"
    assert path.read_text() == "precious"


def test_a_socket_on_which_another_agent_answers_is_left_alone(tmp_path: Path) -> None:
    with served(snapshots.steady(), tmp_path) as where:
        assert (
            fails(socket_path=where.socket_path) == f"socket {where.socket_path}: another agent answers there"
        )
        assert b"HTTP/1.1 200" in over_unix(where.socket_path, b"GET /healthz HTTP/1.0\r\n\r\n")


def test_a_socket_left_behind_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "hawatch.sock"
    with socket.socket(socket.AF_UNIX) as gone:
        gone.bind(str(path))
    assert path.is_socket()
    with listen_unix(path) as listener, socket.socket(socket.AF_UNIX) as caller:
        caller.settimeout(HANG)
        caller.connect(str(path))
        listener.accept()[0].close()


def test_a_side_that_fails_leaves_nothing_open(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    fails(address, tmp_path / "nowhere" / "hawatch.sock")
    with asyncio.Runner() as runner:
        runner.run(listen_tcp(address)).close()


def test_ipv6_is_served(tmp_path: Path) -> None:
    async def run() -> str:
        with await listen_tcp("[::1]:0") as listener:
            return str(listener.getsockname()[0])

    assert asyncio.run(run()) == "::1"


def test_the_agents_signal_handlers_stay_as_they_are(tmp_path: Path) -> None:
    assert threading.current_thread() is threading.main_thread()

    async def run() -> None:
        before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
        path = tmp_path / "hawatch.sock"
        listening: list[bool] = []
        task = asyncio.ensure_future(
            serve(app(), http=None, socket_path=str(path), listening=lambda: listening.append(path.exists()))
        )
        try:
            answer = await asyncio.to_thread(_when_there, path)
            assert b"HTTP/1.1 200" in answer
            assert listening == [True]
            assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before
        finally:
            task.cancel()
            await asyncio.wait([task])

    asyncio.run(run())


def _when_there(path: Path) -> bytes:
    while not path.exists():
        os.sched_yield()
    return over_unix(path, b"GET /healthz HTTP/1.0\r\n\r\n")
