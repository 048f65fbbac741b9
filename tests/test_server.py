from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import os
import select
import signal
import socket
import stat
import threading
from collections.abc import AsyncIterator, Iterator
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
from hawatch.exporter.events import said
from hawatch.exporter.listening import listen_tcp, listen_unix
from hawatch.exporter.server import serve
from hawatch.snapshot import AdvertiserView, ObserverView, Snapshot
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


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "PROPFIND"])
def test_nothing_can_be_written(tmp_path: Path, method: str) -> None:
    with served(snapshots.steady(), tmp_path) as where:
        for target in ("/api/v1/status", "/api/v1/incidents", "/api/v1/history", "/"):
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


def asked_once(where: Served) -> socket.socket:
    """A connection that was answered and is kept."""
    caller = socket.create_connection(("127.0.0.1", where.port), timeout=HANG)
    caller.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    answer = b""
    while not answer.endswith(b"\r\n\r\nok\n"):
        more = caller.recv(65536)
        assert more, answer
        answer += more
    return caller


def dribble(caller: socket.socket) -> None:
    """Send a byte now and then until the server has had enough."""
    caller.settimeout(0.01)
    with contextlib.suppress(ConnectionError):
        for _ in range(int(HANG / 0.01)):
            caller.sendall(b"a")
            with contextlib.suppress(TimeoutError):
                while caller.recv(65536):
                    pass
                return
        pytest.fail("the place is still kept")


@pytest.mark.parametrize(
    "begun",
    [
        b"GET / HT",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Endless: ",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 4000\r\n\r\n",
    ],
)
def test_a_kept_connection_is_closed_when_its_next_request_never_becomes_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begun: bytes
) -> None:
    monkeypatch.setattr(server, "REQUEST_TIMEOUT", 0.2)
    monkeypatch.setattr(server, "ANSWER_FIRST", 0.0)
    with served(snapshots.steady(), tmp_path) as where, asked_once(where) as caller:
        caller.sendall(begun)
        dribble(caller)


def test_callers_who_keep_their_places_without_asking_lock_nobody_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "REQUEST_TIMEOUT", 2.0)
    monkeypatch.setattr(server, "CONNECTIONS", 8)
    with served(snapshots.steady(), tmp_path) as where, contextlib.ExitStack() as kept:
        callers = [kept.enter_context(asked_once(where)) for _ in range(8)]
        for caller in callers:
            caller.sendall(b"GET / HT")
        with socket.create_connection(("127.0.0.1", where.port), timeout=HANG) as one_more:
            assert one_more.recv(1) == b""
        for caller in callers:
            assert caller.recv(1) == b""
        assert get(where, "/healthz")[0] == 200


LONG_ANSWER = 1 << 25
"""Bytes: more than the kernel's buffers on both sides of a connection."""


@pytest.mark.parametrize("last", [b"", b"Connection: close\r\n"])
def test_a_caller_who_does_not_read_its_answer_loses_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: bytes
) -> None:
    monkeypatch.setattr(server, "REQUEST_TIMEOUT", 0.2)
    monkeypatch.setattr(server, "CONNECTIONS", 2)

    async def long_bundle() -> AsyncIterator[bytes]:
        for _ in range(LONG_ANSWER >> 16):
            yield b"a" * 65536

    with served(snapshots.steady(), tmp_path, bundle=long_bundle) as where, contextlib.ExitStack() as kept:
        for _ in range(2):
            caller = kept.enter_context(socket.create_connection(("127.0.0.1", where.port), timeout=HANG))
            caller.sendall(b"GET /api/v1/bundle HTTP/1.1\r\nHost: x\r\n" + last + b"\r\n")
            gone = select.poll()
            gone.register(caller, 0)
            assert gone.poll(HANG * 1000), "the place is still kept"
        assert get(where, "/healthz")[0] == 200


def test_a_long_answer_that_is_read_steadily_is_given_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "REQUEST_TIMEOUT", 1.0)
    turns = 12

    async def slow_bundle() -> AsyncIterator[bytes]:
        for _ in range(turns):
            await asyncio.sleep(0.1)
            yield b"a" * 65536

    with served(snapshots.steady(), tmp_path, bundle=slow_bundle) as where:
        assert len(get(where, "/api/v1/bundle")[2]) == turns * 65536


def test_whoever_listens_and_reads_is_kept_for_longer_than_a_request_may_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "REQUEST_TIMEOUT", 0.1)
    monkeypatch.setattr(exporter_app, "HEARTBEAT", 0.1)
    with served(snapshots.steady(), tmp_path) as where:
        events = Events(where)
        events.revision()
        for _ in range(5):
            assert events.line() == b": nothing new\n"
            assert events.line() == b"\n"
        events.close()


def test_others_are_answered_while_as_many_as_may_are_connected(tmp_path: Path) -> None:
    with served(snapshots.steady(), tmp_path) as where, contextlib.ExitStack() as kept:
        for _ in range(server.CONNECTIONS - 1):
            kept.enter_context(asked_once(where))
        for _ in range(3):
            with asked_once(where):
                pass


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

    def event(self) -> tuple[str, dict[str, Any]]:
        name, data = self._response.readline(), self._response.readline()
        assert (name[:7], data[:6]) == (b"event: ", b"data: ")
        assert self._response.readline() == b"\n"
        record = json.loads(data[6:])
        assert isinstance(record, dict)
        return name[7:].decode().strip(), record

    def next(self) -> dict[str, Any]:
        """The next change of verdict."""
        while (event := self.event())[0] != "verdict":
            pass
        return event[1]

    def revision(self) -> int:
        """Of the next word of a picture."""
        while (event := self.event())[0] != "picture":
            pass
        return int(event[1]["revision"])

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
        events.revision()
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
            for number in range(BACKLOG + 1):  # each a record, and some of them a picture
                judged = verdict(VerdictKind.DEGRADED, "no standby", rule=f"D{number}")
                changes.publish(snapshot(router(judged)))
            assert await slow.get() is None
            changes.publish(snapshots.steady())
            assert slow.empty()

    asyncio.run(run())


def at(seconds: float, picture: Snapshot) -> Snapshot:
    return replace(picture, at=AT + seconds)


def test_whoever_connects_hears_at_once_which_picture_this_is_and_of_each_that_says_something_new(
    tmp_path: Path,
) -> None:
    steady = snapshots.steady()
    (peer,) = steady.peers
    silent = replace(steady, peers=(replace(peer, agent="silent"),))
    with served(steady, tmp_path) as where:
        events = Events(where)
        assert events.event()[0] == "verdict"
        first = events.revision()
        where.publish(at(1, silent))
        assert events.event() == ("picture", {"revision": first + 1})
        where.publish(at(2, silent))
        where.publish(at(3, steady))
        assert events.event() == ("picture", {"revision": first + 2})
        again = Events(where)
        assert again.event()[0] == "verdict"
        assert again.event() == ("picture", {"revision": first + 2})
        events.close()
        again.close()


def _said_otherwise() -> Iterator[tuple[str, Snapshot]]:
    """Pictures of which each says something else than `steady`."""
    steady = snapshots.steady()
    (seen,) = steady.routers
    (vip,) = seen.vips
    (peer,) = steady.peers
    yield "verdict", snapshots.split_brain()
    yield "finding", replace(steady, routers=(replace(seen, findings=(snapshots.STALE_ARP,)),))
    unknown = replace(vip, held_by=(("lb01", True), ("lb02", None)))
    yield "holder", replace(steady, routers=(replace(seen, vips=(unknown,)),))
    heard = AdvertiserView(node="lb01", heard=True)
    yield "advertiser", replace(steady, routers=(replace(seen, advertisers=(heard,)),))
    yield "link", replace(steady, peers=(replace(peer, links=(snapshots.DOWN,)),))
    yield "incident", replace(steady, incidents_open=("2026-06-01-lb01-1",), incident_versions=(1,))
    yield "maintenance", replace(steady, maintenance=snapshots.MAINTENANCE)
    yield "silence", replace(steady, silences=(snapshots.SILENCE,))
    yield "observer", replace(steady, observers=(ObserverView(name="vip", up=False, problem="no socket"),))
    yield "service", replace(steady, services=())


@pytest.mark.parametrize(("what", "otherwise"), list(_said_otherwise()))
def test_every_word_of_a_picture_counts(what: str, otherwise: Snapshot) -> None:
    assert said(otherwise) != said(snapshots.steady()), what


def test_counters_and_ages_make_no_new_picture() -> None:
    seen = snapshots.split_brain()
    (judged,) = seen.routers
    counted = replace(
        judged,
        adverts=(),
        verdict_changes=99,
        silent=(("lb02", 3.0),),
        findings=tuple(replace(each, summary=f"{each.summary}, for 12 s (3.5%)") for each in judged.findings),
    )
    before = replace(
        judged,
        findings=tuple(
            replace(each, summary=f"{each.summary}, for 9.7 s (3.1%)") for each in judged.findings
        ),
    )
    (peer,) = seen.peers
    links = (replace(peer.links[0], rtt_seconds=0.9, loss_ratio=0.5),)
    later = replace(
        seen, at=AT + 9, routers=(counted,), peers=(replace(peer, links=links),), captures_dropped=7
    )
    assert said(later) == said(replace(seen, routers=(before,)))
    elsewhere = tuple(replace(each, summary="drops 192.168.136.7") for each in judged.findings)
    here = tuple(replace(each, summary="drops 192.168.136.8") for each in judged.findings)
    assert said(snapshot(replace(judged, findings=here))) != said(
        snapshot(replace(judged, findings=elsewhere))
    )


def test_word_of_pictures_comes_four_times_a_second_at_most_and_the_last_is_never_missed() -> None:
    async def run() -> list[tuple[float, int]]:
        steady = snapshots.steady()
        (peer,) = steady.peers
        changes, heard = Broadcast(), list[tuple[float, int]]()
        changes.publish(steady)
        with changes.subscribe() as subscription:
            for number in range(100):
                agent = ("up", "silent")[number % 2]
                seconds = number / 100
                changes.publish(at(seconds, replace(steady, peers=(replace(peer, agent=agent),))))
                while not subscription.empty():
                    event = await subscription.get()
                    assert event is not None
                    heard.append((seconds, event.data["revision"]))  # type: ignore[arg-type]
            changes.publish(at(1.25, replace(steady, peers=(replace(peer, agent="silent"),))))
            last = await subscription.get()
            assert last == changes.picture
            assert subscription.empty()
        return heard

    heard = asyncio.run(run())
    assert len(heard) == 4
    assert [revision for _, revision in heard] == sorted({revision for _, revision in heard})


def test_a_later_run_of_the_agent_begins_with_a_higher_revision() -> None:
    async def first(begins: float, pictures: int) -> int:
        changes = Broadcast()
        changes.publish(at(begins, snapshots.steady()))
        with changes.subscribe():
            for number in range(pictures):
                picture = (snapshots.split_brain, snapshots.steady)[number % 2]()
                changes.publish(at(begins + number / 4, picture))
            revision = changes.picture.data["revision"]
            assert isinstance(revision, int)
            return revision

    assert asyncio.run(first(0.0, 40)) < asyncio.run(first(10.5, 0))


def test_what_changed_while_nobody_listened_is_another_revision() -> None:
    async def run() -> None:
        changes = Broadcast()
        changes.publish(snapshots.steady())
        with changes.subscribe():
            first = changes.picture
        changes.publish(at(5, snapshots.split_brain()))
        with changes.subscribe() as subscription:
            assert changes.picture != first
            changes.publish(at(6, snapshots.split_brain()))
            assert subscription.empty()

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
