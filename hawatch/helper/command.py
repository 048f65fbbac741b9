"""A fixed command: no shell, a bare environment, a time limit."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass

from hawatch.errors import HawatchError

_ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
_CHUNK = 65_536


@dataclass(frozen=True, slots=True)
class Finished:
    """What a command gave: its exit code, and what it wrote to both streams (cut at the limit)."""

    code: int
    output: str
    cut: bool


async def run(argv: Sequence[str], *, seconds: float, most_bytes: int, errors_too: bool = True) -> Finished:
    """Run a command to its end. HawatchError when it cannot be started or takes too long."""
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT if errors_too else asyncio.subprocess.DEVNULL,
            env=_ENVIRONMENT,
            cwd="/",
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        raise HawatchError(f"{argv[0]}: {getattr(error, 'strerror', None) or error}") from None
    finished = False
    try:
        async with asyncio.timeout(seconds):
            output = await _read(process, most_bytes)
            code = await process.wait()
            finished = True
    except TimeoutError:
        raise HawatchError(f"{argv[0]}: no end in {seconds:g} s") from None
    finally:
        if not finished:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    return Finished(code, output[:most_bytes].decode(errors="replace"), len(output) > most_bytes)


async def _read(process: asyncio.subprocess.Process, most_bytes: int) -> bytes:
    """All output, of which only one byte more than wanted is kept."""
    kept = bytearray()
    while process.stdout is not None and (read := await process.stdout.read(_CHUNK)):
        kept += read[: most_bytes + 1 - len(kept)]
    return bytes(kept)
