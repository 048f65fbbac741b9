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
_LAST_WORDS = 1.0
"""Seconds after a command's end for what it wrote; a daemon that it has started may keep the pipe open for ever."""


@dataclass(frozen=True, slots=True)
class Finished:
    """What a command gave: its exit code (-N: ended by signal N), and what it wrote (cut at the limit)."""

    code: int
    output: str
    cut: bool


class NoEndError(HawatchError):
    """A command that took too long and was ended; `output` is what it had written."""

    def __init__(self, problem: str, output: str) -> None:
        super().__init__(problem)
        self.output = output


async def run(
    argv: Sequence[str], *, seconds: float, most_bytes: int, errors_too: bool = True, given: bytes = b""
) -> Finished:
    """Run a command to its end, with `given` on its standard input (64 KiB at the most: a pipe holds it all).

    HawatchError when it cannot be started, NoEndError when it takes too long.
    """
    process, receiver = await _start(argv, errors_too=errors_too, given=given)
    kept = bytearray()
    reading = asyncio.create_task(_read(receiver, most_bytes, kept))
    finished = False
    try:
        async with asyncio.timeout(seconds):
            code = await process.wait()
        finished = True
        await asyncio.wait({reading}, timeout=_LAST_WORDS)
    except TimeoutError:
        problem = f"{argv[0]}: no end in {seconds:g} s"
        raise NoEndError(problem, _text(kept, most_bytes)) from None
    finally:
        if not finished:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
    return Finished(code, _text(kept, most_bytes), len(kept) > most_bytes)


async def _start(
    argv: Sequence[str], *, errors_too: bool, given: bytes
) -> tuple[asyncio.subprocess.Process, int]:
    """The process, and the end of a pipe of our own: with one of asyncio's its end would only be told at the pipe's."""
    receiver, sender = os.pipe()
    source = _holding(given)
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=source,
            stdout=sender,
            stderr=asyncio.subprocess.STDOUT if errors_too else asyncio.subprocess.DEVNULL,
            env=_ENVIRONMENT,
            cwd="/",
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        os.close(receiver)
        raise HawatchError(f"{argv[0]}: {getattr(error, 'strerror', None) or error}") from None
    except BaseException:
        os.close(receiver)
        raise
    finally:
        os.close(sender)
        os.close(source)
    return process, receiver


def _holding(given: bytes) -> int:
    """The end of a pipe in which these bytes wait to be read, and nothing after them."""
    source, sink = os.pipe()
    with os.fdopen(sink, "wb", buffering=0) as writer:
        writer.write(given)
    return source


async def _read(receiver: int, most_bytes: int, kept: bytearray) -> None:
    """All output, of which only one byte more than wanted is kept."""
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(receiver, "rb", buffering=0)
    )
    try:
        while read := await reader.read(_CHUNK):
            kept += read[: most_bytes + 1 - len(kept)]
    finally:
        transport.close()


def _text(kept: bytearray, most_bytes: int) -> str:
    return kept[:most_bytes].decode(errors="replace")
