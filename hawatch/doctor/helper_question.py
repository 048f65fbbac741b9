"""One question to hawatch-helper (hawatch/helper has the protocol: one line of JSON each way)."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

from hawatch.errors import HawatchError

PATIENCE = 15.0  # seconds
LONGEST_ANSWER = 64 << 20


def ask_helper(path: Path, verb: str, **fields: object) -> dict[str, Any]:
    """Its answer to a verb with these fields. HawatchError, in one line, when it has none or cannot be reached."""
    try:
        line = _exchange(path, json.dumps({**fields, "verb": verb}).encode() + b"\n")
        answer = json.loads(line)
    except FileNotFoundError:
        raise HawatchError(f"hawatch-helper does not run ({path} is not there)") from None
    except PermissionError:
        raise HawatchError("hawatch-helper answers only root and the agent's user") from None
    except (OSError, ValueError, RecursionError) as error:
        raise HawatchError(f"hawatch-helper: {getattr(error, 'strerror', None) or error}") from None
    if not isinstance(answer, dict) or answer.get("ok") is not True:
        said = answer.get("error") if isinstance(answer, dict) else None
        raise HawatchError(f"hawatch-helper: {said or 'an answer that this version does not understand'}")
    return answer


def _exchange(path: Path, question: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(PATIENCE)
        connection.connect(str(path))
        connection.sendall(question)
        received = bytearray()
        while not received.endswith(b"\n"):
            portion = connection.recv(1 << 16)
            if not portion or len(received) > LONGEST_ANSWER:
                raise OSError(0, "it hung up in the middle of its answer")
            received += portion
        return bytes(received)
