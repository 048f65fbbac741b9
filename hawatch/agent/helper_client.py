"""One question to hawatch-helper (hawatch/helper has the protocol), and its answer."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from hawatch.errors import HelperError, HelperFault

HELPER_SOCKET = "/run/hawatch/helper.sock"
LONGEST_ANSWER = 64 << 20
PATIENCE = 20.0
"""Seconds for an answer: the helper itself gives each of its commands a few, and takes its clients one by one."""


async def ask_helper(
    verb: str, socket_path: str = HELPER_SOCKET, /, *, patience: float | None = None, **fields: object
) -> dict[str, Any]:
    """The answer to a verb with these fields. HelperError when there is none, or a refusal.

    `patience` is in seconds, PATIENCE if it is not given.
    """
    request = json.dumps({**fields, "verb": verb}).encode() + b"\n"
    try:
        async with asyncio.timeout(PATIENCE if patience is None else patience):
            line = await _exchange(request, socket_path)
    except TimeoutError:
        raise HelperError("hawatch-helper does not answer", HelperFault.LOST) from None
    except OSError as error:
        problem = f"hawatch-helper: {socket_path}: {error.strerror or error}"
        raise HelperError(problem, HelperFault.LOST) from None
    except ValueError:
        raise HelperError("hawatch-helper: its answer is too long", HelperFault.LOST) from None
    return _answer(line)


async def _exchange(request: bytes, socket_path: str) -> bytes:
    try:
        reader, writer = await asyncio.open_unix_connection(socket_path, limit=LONGEST_ANSWER)
    except FileNotFoundError:
        problem = f"hawatch-helper does not run ({socket_path} is not there)"
        raise HelperError(problem, HelperFault.ABSENT) from None
    except OSError as error:
        problem = f"hawatch-helper: {socket_path}: {error.strerror or error}"
        raise HelperError(problem, HelperFault.ABSENT) from None
    try:
        writer.write(request)
        return await reader.readline()
    finally:
        writer.close()


def _answer(line: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(line)
    except (ValueError, RecursionError):
        raise HelperError("hawatch-helper: an answer that was cut off", HelperFault.LOST) from None
    if isinstance(answer, dict) and answer.get("ok") is True:
        return answer
    reason = answer.get("error") if isinstance(answer, dict) else None
    if not reason:
        problem = "hawatch-helper: an answer that this version does not understand"
        raise HelperError(problem, HelperFault.LOST)
    fault = HelperFault.BUSY if answer.get("busy") is True else HelperFault.REFUSED
    raise HelperError(f"hawatch-helper: {reason}", fault)
