"""The clients of a drill, against real sockets on this host: what they notice, and what they are not given to ask."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from deploy.lab.waiting import wait_until
from hawatch import clock
from hawatch.drill.client import Ask, Asking, ask_by
from hawatch.drill.losses import outages
from hawatch.errors import HawatchError

HANG = 30.0


class Page(BaseHTTPRequestHandler):
    """A service that says what it is asked for: `/503` is an error."""

    def do_GET(self) -> None:
        self.send_response(503 if self.path == "/503" else 200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def serving(port: int = 0) -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", port), Page)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def asking(ask: Ask) -> Asking:
    return Asking({"it": ask}, clock=clock, every=0.02, patience=0.5)


def decided(found: Asking, answered: bool, count: int) -> None:
    """Wait until so many requests in a row came to this."""

    def look() -> bool | None:
        lately = found.samples["it"][-count:]
        return True if len(lately) == count and all(each.answered is answered for each in lately) else None

    wait_until(look, what=f"{count} requests that are {answered}", timeout=HANG)


@pytest.mark.parametrize("form", ["http://127.0.0.1:{port}/up", "tcp://127.0.0.1:{port}"])
def test_an_outage_is_one_run_of_lost_requests(form: str) -> None:
    with serving() as port:
        found = asking(ask_by(form.format(port=port)))
        found.start()
        decided(found, answered=True, count=3)
    decided(found, answered=False, count=5)
    with serving(port):
        decided(found, answered=True, count=3)
        found.end()
    (gap,) = outages(found.samples["it"])
    assert gap.lost >= 5
    assert gap.seconds > 0


def test_a_server_s_error_is_no_answer() -> None:
    with serving() as port:
        found = asking(ask_by(f"http://127.0.0.1:{port}/503"))
        found.start()
        decided(found, answered=False, count=3)
        found.end()


def test_who_answers_too_late_has_not_answered() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        found = asking(ask_by(f"http://127.0.0.1:{silent.getsockname()[1]}/"))
        found.start()
        decided(found, answered=False, count=2)
        found.end()
    assert all(not each.answered for each in found.samples["it"])


def test_echoes_of_this_host_are_answered() -> None:
    found = asking(ask_by("icmp://127.0.0.1"))
    found.start()
    decided(found, answered=True, count=3)
    found.end()
    assert found.answered_lately("it", 0.0) is True
    assert found.answered_lately("it", clock.wall() + 1) is None


@pytest.mark.parametrize(
    "target",
    ["", "x", "ftp://a/", "tcp://a", "tcp://a:b", "http://", "http://[::1", "http://a:99999/", "icmp:"],
)
def test_what_nobody_can_ask_is_named(target: str) -> None:
    with pytest.raises(HawatchError) as told:
        ask_by(target)
    assert repr(target) in str(told.value)
    assert "\n" not in str(told.value)
