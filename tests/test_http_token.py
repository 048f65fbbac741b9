"""Answers over HTTP: for whoever has a token, from our own page or a program, and for nobody else."""

from __future__ import annotations

import hmac
import http.client
import json
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch.cli.token_warnings import token_warnings
from hawatch.config import Listen, load
from hawatch.errors import ConfigError, HawatchError
from hawatch.exporter import answer_routes
from hawatch.exporter.answer_routes import AnswerRoutes
from hawatch.exporter.doorkeeper import Doorkeeper
from hawatch.exporter.tokens import MOST_BYTES, SHORTEST, TokenFile, TokenFileError
from hawatch.exporter.tries import MOST_CALLERS, MOST_FROM_ALL, MOST_FROM_ONE, WINDOW, Tries
from hawatch.incident import Incident, NotPossibleError, State, UnknownIncidentError
from hawatch.verdict import Severity, VerdictKind
from tests import snapshots
from tests.serving import HANG, Served, served

ANNA, BOB = "a-3f9c2b7d1e88ab04", "b-8a61d4c0f25b9e17"
INCIDENT = "2026-06-01-lb01-1"
ACK = f"/api/v1/incidents/{INCIDENT}/ack"


def an_incident() -> Incident:
    return Incident(
        id=INCIDENT,
        node="lb01",
        opened_at=snapshots.EPOCH,
        state=State.OPEN,
        verdict=VerdictKind.SPLIT_BRAIN,
        severity=Severity.CRITICAL,
        parts=(),
    )


@dataclass
class Desk:
    """Knows one incident, and keeps who answered it how."""

    answers: list[tuple[str, ...]] = field(default_factory=list)

    def _answer(self, name: str, *answer: str) -> Incident:
        if name != INCIDENT:
            raise UnknownIncidentError(f"no such incident: {name}")
        self.answers.append(answer)
        return replace(an_incident(), state=State.ACKNOWLEDGED, acknowledged_by=answer[1])

    async def acknowledge(self, name: str, who: str) -> Incident:
        return self._answer(name, "ack", who)

    async def release(self, name: str, who: str) -> Incident:
        if not self.answers:
            raise NotPossibleError("nobody looks after it")
        return self._answer(name, "release", who)

    async def snooze(self, name: str, who: str, seconds: float) -> Incident:
        return self._answer(name, "snooze", who, f"{seconds:g}")


@dataclass
class Door:
    """A server that takes answers, what its desk was told, and its clock."""

    where: Served
    desk: Desk
    tokens: Path
    now: list[float]

    def post(
        self, target: str = ACK, body: bytes | str = "{}", method: str = "POST", **headers: str | None
    ) -> tuple[int, dict[str, str], str]:
        sent = {"Content-Type": "application/json", "Authorization": f"Bearer {ANNA}"}
        for name, value in headers.items():
            sent.pop(name.replace("_", "-"), None)
            if value is not None:
                sent[name.replace("_", "-")] = value
        connection = http.client.HTTPConnection("127.0.0.1", self.where.port, timeout=HANG)
        try:
            connection.request(method, target, body, sent)
            response = connection.getresponse()
            text = response.read().decode()
            return response.status, {each.lower(): value for each, value in response.getheaders()}, text
        finally:
            connection.close()


def written(path: Path, text: str, mode: int = 0o640) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


@contextmanager
def door(directory: Path, text: str = f"# who may answer\nanna:{ANNA}\n\n bob : {BOB}\n") -> Iterator[Door]:
    tokens = written(directory / "http.token", text)
    desk, now = Desk(), [1000.0]
    answers = AnswerRoutes(desk, Doorkeeper(TokenFile(tokens), lambda: now[0]))
    with served(snapshots.split_brain(), directory / "run", answers=answers) as where:
        yield Door(where, desk, tokens, now)


@pytest.fixture(name="at_door")
def _at_door(tmp_path: Path) -> Iterator[Door]:
    with door(tmp_path) as opened:
        yield opened


# --- who may --------------------------------------------------------------------------------------


def test_whoever_has_a_token_answers_under_their_name(at_door: Door) -> None:
    code, headers, body = at_door.post(body='{"as": "somebody else"}')
    assert (code, headers["content-type"]) == (200, "application/json")
    told = json.loads(body)
    assert (told["id"], told["state"], told["acknowledged_by"]) == (INCIDENT, "acknowledged", "anna")
    assert {"messages", "codes", "menu"}.isdisjoint(told)
    target = f"/api/v1/incidents/{INCIDENT}"
    assert at_door.post(f"{target}/release", Authorization=f"bearer  {BOB} ")[0] == 200
    assert at_door.post(f"{target}/snooze", '{"seconds": 1800}', Authorization=f"Bearer {BOB}")[0] == 200
    assert at_door.desk.answers == [("ack", "anna"), ("release", "bob"), ("snooze", "bob", "1800")]


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", f"Basic {ANNA}", ANNA],
)
def test_without_a_token_one_is_asked_for(at_door: Door, authorization: str | None) -> None:
    code, headers, body = at_door.post(Authorization=authorization)
    assert (code, body) == (401, "a token is wanted\n")
    assert headers["www-authenticate"] == 'Bearer realm="hawatch"'
    assert at_door.desk.answers == []


@pytest.mark.parametrize(
    "token", ["x" * 20, ANNA[:-1], ANNA + "x", ANNA.upper(), "anna", f"anna:{ANNA}", "é" * 16]
)
def test_a_wrong_token_is_refused_and_is_in_no_log(
    at_door: Door, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        code, _, body = at_door.post(Authorization=f"Bearer {token}")
    assert (code, body) == (401, "the token is not known\n")
    assert at_door.desk.answers == []
    assert [each.getMessage() for each in caplog.records if each.name == "hawatch.http"] == [
        "token=wrong from=127.0.0.1"
    ]
    assert token not in caplog.text


def test_two_tokens_at_once_are_none(at_door: Door) -> None:
    request = (
        f"POST {ACK} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
        f"Authorization: Bearer {ANNA}\r\nAuthorization: Bearer {BOB}\r\nConnection: close\r\n\r\n{{}}"
    )
    assert raw(at_door, request).startswith("HTTP/1.1 401")


def raw(at_door: Door, request: str) -> str:
    with socket.create_connection(("127.0.0.1", at_door.where.port), timeout=HANG) as caller:
        caller.sendall(request.encode())
        received = b""
        while chunk := caller.recv(65536):
            received += chunk
        return received.decode()


def test_until_it_is_configured_nobody_may(tmp_path: Path) -> None:
    desk = Desk()
    answers = AnswerRoutes(desk, Doorkeeper(None, lambda: 0.0))
    with served(snapshots.steady(), tmp_path, answers=answers) as where:
        code, _, body = Door(where, desk, tmp_path, [0.0]).post()
    assert (code, body) == (403, "answers over HTTP are off: listen.token_file is not set\n")
    assert desk.answers == []


def test_only_answers_are_taken_over_http(at_door: Door) -> None:
    incident = f"/api/v1/incidents/{INCIDENT}"
    for target in (
        f"{incident}/act",
        f"{incident}/bundle",
        "/api/v1/silence",
        "/api/v1/phone/anna",
        incident,
    ):
        assert at_door.post(target, '{"number": 1, "yes": true, "seconds": 60, "subject": "VI_1"}')[0] == 404
    assert at_door.post("/api/v1/maintenance", '{"seconds": 60}')[0] == 404
    for method in ("GET", "PUT", "DELETE", "PATCH", "TRACE", "OPTIONS"):
        assert at_door.post(method=method)[0] == 405
    assert at_door.desk.answers == []


# --- from where -----------------------------------------------------------------------------------


def test_a_page_of_another_site_is_refused_whatever_it_knows(at_door: Door) -> None:
    own = f"127.0.0.1:{at_door.where.port}"
    for headers in (
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": f"http://{own}.evil.example"},
        {"Origin": f"ftp://{own}"},
        {"Origin": f"http://127.0.0.1:{at_door.where.port + 1}"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Origin": f"http://{own}", "Host": "evil.example"},
    ):
        code, answer, body = at_door.post(**headers)
        assert (code, body) == (403, "this does not come from the agent's own page\n"), headers
        assert "access-control-allow-origin" not in answer
    assert at_door.desk.answers == []
    assert at_door.post(Origin=f"http://{own}", Sec_Fetch_Site="same-origin")[0] == 200


def test_a_proxy_that_ends_tls_and_keeps_the_host_is_no_other_site(at_door: Door) -> None:
    assert at_door.post(Origin="https://lb01.example", Host="lb01.example")[0] == 200


@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "json"]
)
def test_what_a_form_could_send_is_refused(at_door: Door, content_type: str | None) -> None:
    assert at_door.post(Content_Type=content_type)[0] == 415
    assert at_door.desk.answers == []


def test_json_may_say_its_letter_set(at_door: Door) -> None:
    assert at_door.post(Content_Type="application/json; charset=utf-8")[0] == 200


# --- what -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body", ["[]", "{", "1", '{"seconds": "soon"}', '{"seconds": 0}', '{"seconds": 1e9}', "{}"]
)
def test_a_wish_that_cannot_be_understood_is_named(at_door: Door, body: str) -> None:
    code, _, text = at_door.post(f"/api/v1/incidents/{INCIDENT}/snooze", body)
    assert code == 400
    assert text.count("\n") == 1


def test_what_cannot_be_done_is_one_line(at_door: Door) -> None:
    assert at_door.post("/api/v1/incidents/none/ack")[::2] == (404, "no such incident: none\n")
    assert at_door.post(f"/api/v1/incidents/{INCIDENT}/release")[::2] == (409, "nobody looks after it\n")


def test_a_body_beyond_4_kib_is_refused(at_door: Door) -> None:
    assert at_door.post(body="{" + " " * 4094 + "}")[0] == 200
    assert at_door.post(body="{" + " " * 4095 + "}")[0] == 413
    # Whoever has no token is not read at all.
    assert at_door.post(body=" " * 60_000, Authorization=None)[0] == 401


def test_a_body_that_never_ends_is_given_up(at_door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_routes, "BODY_TIMEOUT", 0.05)
    request = (
        f"POST {ACK} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 20\r\n"
        f"Authorization: Bearer {ANNA}\r\n\r\n{{"
    )
    assert raw(at_door, request).startswith("HTTP/1.1 408")
    assert at_door.desk.answers == []


@pytest.mark.parametrize("asked", [ANNA, BOB, "nobody-s-token-at-all", "", ANNA[:-1]])
def test_every_token_is_compared_in_constant_time_by_digests_of_one_length_and_nothing_else_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    path = tmp_path / "tokens"
    path.write_text(f"anna:{ANNA}\nbob:{BOB}\n", encoding="utf-8")
    path.chmod(0o640)
    compared: list[tuple[int, int]] = []

    def compare_as(verdict: bool) -> None:
        def compare(known: bytes, given: bytes) -> bool:
            compared.append((len(known), len(given)))
            return verdict

        monkeypatch.setattr(hmac, "compare_digest", compare)

    compare_as(False)
    assert TokenFile(path).holder(asked) is None
    compare_as(True)
    assert TokenFile(path).holder(asked) == "bob"
    assert compared == [(32, 32)] * 4


# --- tries ----------------------------------------------------------------------------------------


def test_wrong_tokens_may_be_tried_a_few_times_a_minute(at_door: Door) -> None:
    for _ in range(MOST_FROM_ONE):
        assert at_door.post(Authorization="Bearer " + "y" * 20)[0] == 401
    code, headers, _ = at_door.post()  # the right one, too late
    assert (code, headers["retry-after"]) == (429, "60")
    at_door.now[0] += WINDOW + 1
    assert at_door.post()[0] == 200
    assert at_door.desk.answers == [("ack", "anna")]


def test_asking_without_a_token_is_no_try(at_door: Door) -> None:
    for _ in range(MOST_FROM_ONE + 1):
        assert at_door.post(Authorization=None)[0] == 401
    assert at_door.post()[0] == 200


def test_whoever_tries_hinders_nobody_else_until_too_many_do() -> None:
    tries = Tries()
    for number in range(MOST_FROM_ONE):
        tries.failed("10.0.0.1", number)
    assert tries.wait("10.0.0.1", 10.0) == WINDOW - 10.0
    assert tries.wait("10.0.0.2", 10.0) == 0.0
    assert tries.wait("10.0.0.1", WINDOW) == 0.0
    for number in range(MOST_FROM_ALL):
        tries.failed(f"10.1.{number // 250}.{number % 250}", 100.0)
    assert tries.wait("10.0.0.2", 110.0) == WINDOW - 10.0


def test_a_prefix_is_one_caller_and_few_callers_are_remembered() -> None:
    tries = Tries()
    for number in range(MOST_FROM_ONE):
        tries.failed(f"2001:db8::{number:x}", 0.0)
    assert tries.wait("2001:db8::ffff", 1.0) > 0.0
    assert tries.wait("2001:db8:0:1::1", 1.0) == 0.0
    for number in range(2 * MOST_CALLERS):
        tries.failed(f"caller {number}", 1000.0 * number)
    assert len(tries._by_caller) == MOST_CALLERS


# --- the file -------------------------------------------------------------------------------------


def test_whoever_is_taken_out_of_the_file_is_out_at_once(at_door: Door) -> None:
    assert at_door.post()[0] == 200
    written(at_door.tokens, f"bob:{BOB}\n")
    assert at_door.post()[0] == 401
    assert at_door.post(Authorization=f"Bearer {BOB}")[0] == 200


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("anna\n", "{path}:1: not NAME:TOKEN"),
        (f":{ANNA}\n", "{path}:1: not NAME:TOKEN"),
        ("# all\n\nanna:short\n", f"{{path}}:3: the token is shorter than {SHORTEST} characters"),
        (f"anna:{'x' * 300}\n", "{path}:1: the token is longer than 256 characters"),
        (f"anna:{ANNA} {ANNA}\n", "{path}:1: a token is made of visible ASCII characters"),
        (f"anna:{'é' * 20}\n", "{path}:1: a token is made of visible ASCII characters"),
        (f"{'a' * 65}:{ANNA}\n", "{path}:1: a name has at most 64 printable characters"),
        (f"an\x07na:{ANNA}\n", "{path}:1: a name has at most 64 printable characters"),
        (f"anna:{ANNA}\nbob:{ANNA}\n", "{path}:2: the token is there twice"),
        ("#" * (MOST_BYTES + 1), "{path}: is longer than 64 KiB"),
    ],
)
def test_a_file_with_a_mistake_lets_nobody_in_and_names_the_line_never_the_token(
    tmp_path: Path, text: str, problem: str
) -> None:
    path = written(tmp_path / "http.token", text)
    with pytest.raises(TokenFileError) as caught:
        TokenFile(path).holder(ANNA)
    assert str(caught.value) == problem.format(path=path)
    assert ANNA not in str(caught.value)


@pytest.mark.parametrize("mode", [0o644, 0o642, 0o641, 0o666])
def test_a_file_that_everybody_can_use_lets_nobody_in(tmp_path: Path, mode: int) -> None:
    path = written(tmp_path / "http.token", f"anna:{ANNA}\n", mode)
    with pytest.raises(TokenFileError, match="everybody on this host can use it"):
        TokenFile(path).holder(ANNA)


def test_what_is_no_file_is_said_and_not_waited_for(tmp_path: Path) -> None:
    with pytest.raises(TokenFileError, match="no such file"):
        TokenFile(tmp_path / "nowhere").holders()
    os.mkfifo(tmp_path / "fifo", 0o600)
    with pytest.raises(TokenFileError, match="is no file"):
        TokenFile(tmp_path / "fifo").holders()
    (tmp_path / "latin").write_bytes(b"\xe4nna:" + b"x" * 20)
    (tmp_path / "latin").chmod(0o600)
    with pytest.raises(TokenFileError, match="UTF-8"):
        TokenFile(tmp_path / "latin").holders()


def test_a_file_that_cannot_be_used_is_told_in_the_log_once_and_to_the_caller_vaguely(
    at_door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    at_door.tokens.chmod(0o644)
    for _ in range(3):
        code, _, body = at_door.post()
        assert (code, body) == (503, "the token file cannot be used; the agent's log says why\n")
    told = [each.getMessage() for each in caplog.records if each.name == "hawatch.http"]
    assert told == [
        f"token_file={at_door.tokens}: everybody on this host can use it (chmod 640 {at_door.tokens})"
    ]
    at_door.tokens.chmod(0o640)
    assert at_door.post()[0] == 200


@given(st.binary(max_size=200))
def test_any_bytes_are_a_file_of_tokens_or_an_error_of_one_line(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("tokens", numbered=True) / "http.token"
    path.write_bytes(content)
    path.chmod(0o600)
    try:
        TokenFile(path).holder(ANNA)
    except HawatchError as error:
        assert "\n" not in str(error)  # noqa: PT017


# --- hawatch.toml ---------------------------------------------------------------------------------


def listens(text: str) -> Listen:
    return load(f"[listen]\n{text}", "hawatch.toml").listen


def test_the_file_is_named_in_hawatch_toml_and_by_default_there_is_none() -> None:
    assert listens("").token_file is None
    assert listens("token_file = '/etc/hawatch/http.token'").token_file == "/etc/hawatch/http.token"
    with pytest.raises(ConfigError, match=r"hawatch\.toml: listen\.token_file: .* is not an absolute path"):
        listens("token_file = 'http.token'")


def test_check_config_says_what_is_wrong_with_the_file_and_how_tokens_travel(tmp_path: Path) -> None:
    path = written(tmp_path / "http.token", f"anna:{ANNA}\n")
    for where in ("127.0.0.1:10112", "[::1]:10112", "localhost:10112"):
        assert list(token_warnings(listens(f"http = '{where}'\ntoken_file = '{path}'"))) == []
    assert list(token_warnings(listens(f"http = '0.0.0.0:10112'\ntoken_file = '{path}'"))) == [
        "listen.token_file: tokens come to 0.0.0.0:10112 as they are; let a proxy with TLS take them there"
    ]
    path.chmod(0o644)
    assert list(token_warnings(listens(f"token_file = '{path}'"))) == [
        f"listen.token_file: {path}: everybody on this host can use it (chmod 640 {path})"
    ]
    written(path, "# nobody yet\n")
    assert list(token_warnings(listens(f"token_file = '{path}'"))) == [
        f"listen.token_file: {path}: nobody is in it"
    ]
    assert list(token_warnings(listens(""))) == []
