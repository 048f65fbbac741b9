"""Asks the running agent over its Unix socket."""

from __future__ import annotations

import http.client
import json
import socket
from pathlib import Path
from typing import Any

from hawatch.errors import AgentUnreachableError

DEFAULT_SOCKET = Path("/run/hawatch/hawatch.sock")
TIMEOUT = 5.0
ANSWER_LIMIT = 16 << 20


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
    connection = _UnixConnection(path)
    try:
        connection.request("GET", target)
        response = connection.getresponse()
        body = response.read(ANSWER_LIMIT)
    except TimeoutError as error:
        raise AgentUnreachableError(f"{path}: the agent does not answer within {TIMEOUT:g} s") from error
    except OSError as error:
        raise AgentUnreachableError(f"{path}: {_reason(error)}") from error
    except http.client.HTTPException as error:
        raise AgentUnreachableError(f"{path}: what answers there does not speak HTTP") from error
    finally:
        connection.close()
    if response.status != http.client.OK:
        raise AgentUnreachableError(f"{path}: the agent answers HTTP {response.status} for {target}")
    return _json_object(body, path)


def _json_object(body: bytes, path: Path) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:  # UnicodeDecodeError is one too
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
