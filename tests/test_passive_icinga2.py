"""Icinga 2's API as it answers when something is the matter: each answer is one line, and says whether to try again."""

from __future__ import annotations

import asyncio
import json
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from hawatch.config import Passive
from hawatch.errors import DeliveryError
from hawatch.passive import icinga2
from hawatch.passive.icinga2 import Icinga2, body
from tests.test_passive_files import SPLIT

PASSWORD = "not to be told"


class Api:
    """An HTTPS server of this host that gives one answer, and keeps what it was asked."""

    def __init__(self, directory: Path) -> None:
        self.ca_file = directory / "crt"
        self.answer: tuple[int, bytes] = (200, b"")
        self.location: str | None = None
        self.wait = threading.Event()
        self.wait.set()
        self.asked: list[tuple[str, dict[str, str], Any]] = []
        _make_certificate(directory)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.ca_file, directory / "key")
        self.server = HTTPServer(("127.0.0.1", 0), self._handler())
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))

    def _handler(api) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                api.asked.append((self.path, dict(self.headers), json.loads(self.rfile.read(length))))
                api.wait.wait()
                status, content = api.answer
                self.send_response(status)
                if api.location is not None:
                    self.send_header("Location", api.location)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.wait.set()
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()


def _make_certificate(directory: Path) -> None:
    subject = ("-subj", "/CN=icinga", "-addext", "subjectAltName=IP:127.0.0.1")
    files = ("-keyout", str(directory / "key"), "-out", str(directory / "crt"))
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
    argv = ["openssl", "req", "-x509", *curve, "-nodes", "-days", "2", *subject, *files]
    subprocess.run(argv, check=True, capture_output=True)


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    api = Api(tmp_path)
    api.start()
    yield api
    api.stop()


@pytest.fixture
def target(api: Api, tmp_path: Path) -> Passive:
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    return Passive(
        name="icinga",
        icinga2=f"https://127.0.0.1:{api.server.server_port}/",
        password_file=str(tmp_path / "password"),
        ca_file=str(api.ca_file),
    )


def push(target: Passive) -> None:
    asyncio.run(Icinga2(target).deliver(SPLIT))


def results(*codes: object) -> bytes:
    return json.dumps({"results": [{"code": code, "status": f"said {code}"} for code in codes]}).encode()


def test_a_result_is_one_request_with_names_as_variables(api: Api, target: Passive) -> None:
    api.answer = (200, results(200.0))
    push(target)
    ((path, headers, asked),) = api.asked
    assert (path, headers["Accept"]) == ("/v1/actions/process-check-result", "application/json")
    assert headers["Authorization"] == "Basic aGF3YXRjaDpub3QgdG8gYmUgdG9sZA=="
    assert asked == body(SPLIT)
    assert asked == {
        "type": "Service",
        "filter": "host.name == hawatch_host && service.name == hawatch_service",
        "filter_vars": {"hawatch_host": "web", "hawatch_service": "hawatch"},
        "exit_status": 2,
        "plugin_output": "\n".join([SPLIT.output, *SPLIT.details]),
        "performance_data": list(SPLIT.perfdata),
        "check_source": "lb01",
        "ttl": 180,
    }


@pytest.mark.parametrize(
    ("status", "content", "problem", "temporary"),
    [
        (401, b'{"error":401}', "401, it does not know the user hawatch with this password", False),
        (403, b"", "403, the user hawatch may not do actions/process-check-result", False),
        (
            404,
            b'{"error":404,"status":"No objects found."}',
            "404, it has no service hawatch on a host web",
            False,
        ),
        (500, b'{"results":[]}', "404, it has no service hawatch on a host web", False),
        (200, b'{"results":[]}', "404, it has no service hawatch on a host web", False),
        (503, b'{"error":503}', "503, it is reloading", True),
        (200, results(503), "503, it is reloading", True),
        (500, results(500), "500, said 500", True),
        (200, results(409.0), "409, said 409.0", True),
        (409, results(409), "409, said 409", True),
        (200, results(200, 409), "409, said 409", True),
        (400, b'{"status":"a\\nb \\u0000 \\u001b[31m"}', "400, a b [31m", False),
        (302, b"", "302, Found", True),
        (200, b"<html>", "its answer is none of Icinga 2's", True),
        (200, b'{"results":"none"}', "its answer is none of Icinga 2's", True),
        (200, b'{"results":[7]}', "404, it has no service hawatch on a host web", False),
        (200, results("x"), "its answer is none of Icinga 2's", True),
        (502, b"\xff" * 100_000, "502, Bad Gateway", True),
        (418, json.dumps({"status": "x" * 5000}).encode(), f"418, {'x' * 200}", True),
    ],
)
def test_each_other_answer_is_one_line(
    api: Api, target: Passive, status: int, content: bytes, problem: str, *, temporary: bool
) -> None:
    api.answer = (status, content)
    api.location = f"{target.way}elsewhere"
    with pytest.raises(DeliveryError) as caught:
        push(target)
    told = str(caught.value)
    assert told.startswith(f"{target.way.rstrip('/')}: {problem}")
    assert caught.value.temporary is temporary
    assert "\n" not in told
    assert PASSWORD not in told
    assert len(api.asked) == 1, "the password goes nowhere else"


def test_a_server_that_hangs_is_not_waited_for(
    api: Api, target: Passive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(icinga2, "PATIENCE", 0.2)
    api.wait.clear()
    with pytest.raises(DeliveryError, match=r": no answer in 0.2 s$") as caught:
        push(target)
    assert caught.value.temporary


def test_a_server_with_another_certificate_hears_no_password(
    api: Api, target: Passive, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    _make_certificate(other)
    api.ca_file.write_bytes((other / "crt").read_bytes())
    with pytest.raises(DeliveryError, match=r": no secure connection: self-signed certificate$"):
        push(target)
    assert api.asked == []


def test_a_certificate_file_that_is_not_there_is_named(target: Passive, tmp_path: Path) -> None:
    (tmp_path / "crt").unlink()
    with pytest.raises(DeliveryError, match=rf"{tmp_path}/crt"):
        push(target)


def test_a_password_that_has_changed_is_the_new_one_at_once(
    api: Api, target: Passive, tmp_path: Path
) -> None:
    api.answer = (200, results(200))
    push(target)
    (tmp_path / "password").write_text("another\r\nsecond line\n")
    push(target)
    said = [headers["Authorization"] for _, headers, _ in api.asked]
    assert said == ["Basic aGF3YXRjaDpub3QgdG8gYmUgdG9sZA==", "Basic aGF3YXRjaDphbm90aGVy"]
