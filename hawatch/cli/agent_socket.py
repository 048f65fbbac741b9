"""Asks the running agent over its Unix socket."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

from hawatch.errors import AgentUnreachableError, HawatchError

DEFAULT_SOCKET = Path("/run/hawatch/hawatch.sock")
TIMEOUT = 5.0
ANSWER_LIMIT = 16 << 20
LINE_LIMIT = 500
PIECE = 1 << 16
_NO_REASONS = frozenset({"", "Not Found", "Method Not Allowed", "Internal Server Error"})
"""What a server says that knows no such address, or does not know what is the matter."""


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=TIMEOUT)
        self._path = path

    def connect(self) -> None:
        """Connect to the path instead of the host."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(TIMEOUT)
        try:
            connection.connect(str(self._path))
        except OSError:
            connection.close()
            raise
        self.sock = connection


def ask_agent(path: Path, target: str) -> dict[str, Any]:
    """The JSON object that the agent gives for `target`; raises AgentUnreachableError that names the socket."""
    with _asked(path, target) as response:
        body = response.read(ANSWER_LIMIT)
    return _json_object(body, path)


def list_from_agent(path: Path, target: str) -> list[dict[str, Any]]:
    """The JSON list of objects that the agent gives for `target`; raises AgentUnreachableError as ask_agent does."""
    with _asked(path, target) as response:
        body = response.read(ANSWER_LIMIT)
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, list) or not all(isinstance(each, dict) for each in answer):
        raise AgentUnreachableError(f"{path}: what answers there is no hawatch agent")
    return answer


def look_up(path: Path, target: str) -> dict[str, Any]:
    """One thing of which the agent may not know; HawatchError with its reason when it does not."""
    with _connected(path) as connection:
        connection.request("GET", target)
        return _answer(path, target, connection)


def tell_agent(path: Path, target: str, wish: dict[str, Any]) -> dict[str, Any]:
    """What the agent answers to a wish; HawatchError with its reason when it does not do it."""
    with _connected(path) as connection:
        connection.request("POST", target, json.dumps(wish).encode(), {"content-type": "application/json"})
        return _answer(path, target, connection)


def _answer(path: Path, target: str, connection: http.client.HTTPConnection) -> dict[str, Any]:
    response = connection.getresponse()
    body = response.read(ANSWER_LIMIT)
    if response.status == HTTPStatus.OK:
        return _json_object(body, path)
    reason = body[:LINE_LIMIT].decode("utf-8", "replace").strip()
    is_line = response.getheader("content-type", "").startswith("text/plain") and reason.isprintable()
    if is_line and reason not in _NO_REASONS:
        raise HawatchError(reason)
    raise AgentUnreachableError(f"{path}: the agent answers HTTP {response.status} for {target}")


def pieces_from_agent(path: Path, target: str) -> Iterator[bytes]:
    """What the agent gives for `target`, piece by piece; raises AgentUnreachableError, also where it breaks off."""
    with _asked(path, target) as response:
        while piece := response.read(PIECE):
            yield piece


@contextmanager
def _asked(path: Path, target: str) -> Iterator[http.client.HTTPResponse]:
    """An answer to a GET, its head read and found good; what goes wrong within is told in one line, too."""
    with _connected(path) as connection:
        connection.request("GET", target)
        response = connection.getresponse()
        if response.status != HTTPStatus.OK:
            raise AgentUnreachableError(_refusal(path, target, response))
        yield response


@contextmanager
def _connected(path: Path) -> Iterator[_UnixConnection]:
    """A connection that is closed in the end; what goes wrong with it is an AgentUnreachableError of one line."""
    connection = _UnixConnection(path)
    try:
        yield connection
    except TimeoutError as error:
        raise AgentUnreachableError(f"{path}: the agent does not answer within {TIMEOUT:g} s") from error
    except OSError as error:
        raise AgentUnreachableError(f"{path}: {_reason(error)}") from error
    except http.client.IncompleteRead as error:
        raise AgentUnreachableError(f"{path}: the agent broke off in the middle of its answer") from error
    except http.client.HTTPException as error:
        raise AgentUnreachableError(f"{path}: what answers there does not speak HTTP") from error
    finally:
        connection.close()


def _refusal(path: Path, target: str, response: http.client.HTTPResponse) -> str:
    reason = response.read(LINE_LIMIT).decode("utf-8", "replace").strip()
    is_line = (
        reason and reason.isprintable() and response.getheader("content-type", "").startswith("text/plain")
    )
    return f"{path}: the agent answers HTTP {response.status} for {target}" + (
        f": {reason}" if is_line else ""
    )


def _json_object(body: bytes, path: Path) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):  # UnicodeDecodeError is one of the first
        answer = None
    if not isinstance(answer, dict):
        raise AgentUnreachableError(f"{path}: what answers there is no hawatch agent")
    return answer


def _reason(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "no agent is running here (there is no such socket)"
    if isinstance(error, ConnectionRefusedError):
        return "no agent is running here (it left its socket behind)"
    if isinstance(error, PermissionError):
        return "permission denied (the socket's group may ask the agent)"
    return (error.strerror or str(error)).lower()
