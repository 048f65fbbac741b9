"""The agent's stream of events over its Unix socket, line by line."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from contextlib import closing
from http import HTTPStatus
from pathlib import Path

PATIENCE = 40.0
"""Seconds of silence after which the stream is taken for dead; the agent says something every 15 s."""
LONGEST = 1 << 20
CHANGES = (b"event: picture", b"event: verdict")


def changes(path: Path) -> Iterator[None]:
    """Something has changed, again and again until the stream ends. OSError or HTTPException: it broke."""
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as connected:
        connected.settimeout(PATIENCE)
        connected.connect(str(path))
        connection = http.client.HTTPConnection("localhost")
        connection.sock = connected
        connection.request("GET", "/api/v1/events")
        with closing(connection.getresponse()) as response:
            if response.status != HTTPStatus.OK:
                return
            while line := response.readline(LONGEST):
                if line.startswith(CHANGES):
                    yield
