"""What does a Nagios plugin say? Exit codes as in the Monitoring Plugins development guidelines."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import signal
from collections.abc import Sequence
from dataclasses import dataclass

from hawatch.observers.service.result import Result, fails, unknown, works

_OK, _WARNING, _CRITICAL = 0, 1, 2
_MOST_OUTPUT = 4096


@dataclass(frozen=True, slots=True)
class Ended:
    """A program's exit code, and the beginning of what it wrote."""

    code: int
    output: str


async def check_plugin(command: str, timeout: float) -> Result:  # noqa: ASYNC109 - a time-out is a result here
    """Run the command, without a shell: OK and WARNING are up, CRITICAL is down, all else says nothing."""
    try:
        argv = shlex.split(command)
    except ValueError as error:
        return unknown(f"{command}: {error}")
    ended = await run(argv, timeout)
    if isinstance(ended, Result):
        return ended
    said = ended.output.partition("|")[0]  # performance data is for others
    said = said if said.strip() else f"{argv[0]} gave {ended.code}"
    if ended.code in {_OK, _WARNING}:
        return works(said)
    return fails(said) if ended.code == _CRITICAL else unknown(said)


async def run(argv: Sequence[str], timeout: float) -> Ended | Result:  # noqa: ASYNC109
    """How a program ends; of one that does not start, or not end in time, nothing is known."""
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
    except (OSError, ValueError, TypeError) as error:
        return unknown(f"{shlex.join(argv)}: {getattr(error, 'strerror', None) or error}")
    finished = False
    try:
        async with asyncio.timeout(timeout):
            output = await _read_all(process)
            code = await process.wait()
            finished = True
    except TimeoutError:
        return unknown(f"{argv[0]}: no result in {timeout:g} s")
    finally:
        if not finished:
            await _end(process)
    return Ended(code, output.decode(errors="replace"))


async def _read_all(process: asyncio.subprocess.Process) -> bytes:
    """Everything that it writes, of which only the beginning is kept."""
    kept = b""
    while process.stdout is not None and (read := await process.stdout.read(_MOST_OUTPUT)):
        kept += read[: _MOST_OUTPUT - len(kept)]
    return kept


async def _end(process: asyncio.subprocess.Process) -> None:
    """Leave nothing behind: the process group is its own, and all that it has started is in it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
