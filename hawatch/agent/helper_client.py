"""One question to hawatch-helper (hawatch/helper has the protocol), and its answer."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from hawatch.errors import ObserverError

HELPER_SOCKET = "/run/hawatch/helper.sock"
LONGEST_ANSWER = 64 << 20
PATIENCE = 20.0
"""Seconds for an answer: the helper itself gives each of its commands a few, and takes its clients one by one."""


async def ask_helper(verb: str, socket_path: str = HELPER_SOCKET) -> dict[str, Any]:
    """The answer to a verb. ObserverError when the helper cannot be reached, or says why it has none."""
    try:
        async with asyncio.timeout(PATIENCE):
            line = await _exchange(json.dumps({"verb": verb}).encode() + b"\n", socket_path)
    except FileNotFoundError:
        raise ObserverError(f"hawatch-helper does not run ({socket_path} is not there)") from None
    except TimeoutError:
        raise ObserverError("hawatch-helper does not answer") from None
    except OSError as error:
        raise ObserverError(f"hawatch-helper: {socket_path}: {error.strerror or error}") from None
    except ValueError:
        raise ObserverError("hawatch-helper: its answer is too long") from None
    try:
        answer = json.loads(line)
    except ValueError:
        raise ObserverError("hawatch-helper: an answer that was cut off") from None
    if not isinstance(answer, dict) or answer.get("ok") is not True:
        reason = answer.get("error") if isinstance(answer, dict) else None
        raise ObserverError(f"hawatch-helper: {reason or 'an answer that this version does not understand'}")
    return answer


async def _exchange(request: bytes, socket_path: str) -> bytes:
    reader, writer = await asyncio.open_unix_connection(socket_path, limit=LONGEST_ANSWER)
    try:
        writer.write(request)
        return await reader.readline()
    finally:
        writer.close()
