"""systemd's journal, followed by journalctl as a child: its file format is its own affair."""

from __future__ import annotations

import asyncio
import os
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress

from hawatch.errors import ObserverError
from hawatch.keepalived.log.journal_entry import FIELDS
from hawatch.keepalived.log.splitting import Splitter

PROGRAM = "journalctl"
ARGUMENTS = ("--follow", "--lines=0", "--output=json", f"--output-fields={','.join(FIELDS)}")
KEEPALIVED = ("_COMM=keepalived", "+", "_SYSTEMD_UNIT=keepalived.service")
"""Fields that the journal itself writes, whatever an entry says of its sender (systemd.journal-fields(7))."""
CHUNK = 1 << 16
PATIENCE = 2.0
MOST_WORDS_OF_ERROR = 200
_NOT_FOR_US = ("insufficient permissions", "not seeing messages")
"""What journalctl says, in the locale C, to whom the system's journal is closed."""


async def follow_journal(
    *, program: str = PROGRAM, matches: Sequence[str] = KEEPALIVED
) -> AsyncGenerator[list[bytes], None]:
    """New entries as lines of JSON, as they come; never ends. ObserverError, in one line, when it cannot go on."""
    process = await _start(program, matches)
    complaint = asyncio.create_task(_complaint(process))
    reading: asyncio.Task[bytes] | None = None
    lines = Splitter()
    try:
        while process.stdout is not None:
            reading = asyncio.create_task(process.stdout.read(CHUNK))
            await asyncio.wait({reading, complaint}, return_when=asyncio.FIRST_COMPLETED)
            if complaint.done() and (complaint.result() or not reading.done()):
                raise ObserverError(complaint.result() or f"{program} has ended")
            data = await reading
            if not data:
                raise ObserverError(await complaint or f"{program} has ended")
            yield lines.split(data)
    finally:
        for task in (reading, complaint):
            if task is not None:
                task.cancel()
        await _end(process)


async def _start(program: str, matches: Sequence[str]) -> Process:
    environment = {"LC_ALL": "C", "PATH": os.environ.get("PATH", os.defpath)}
    try:
        return await asyncio.create_subprocess_exec(
            program, *ARGUMENTS, *matches, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, env=environment
        )
    except OSError as error:
        raise ObserverError(f"{program}: {error.strerror}") from error


async def _complaint(process: Process) -> str:
    """Why journalctl will tell nothing: the last it has to say when it ends, or at once that we may not read."""
    said = b""
    while process.stderr is not None and (data := await process.stderr.read(CHUNK)):
        said = (said + data)[-CHUNK:]
        text = " ".join(said.decode(errors="replace").split())
        if any(each in text for each in _NOT_FOR_US):
            return "the journal may not be read: the agent's user belongs in the group systemd-journal"
    return " ".join(said.decode(errors="replace").split())[-MOST_WORDS_OF_ERROR:]


async def _end(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    end = asyncio.create_task(process.wait())
    # No asyncio.timeout: this may be run by a task that is being cancelled itself.
    await asyncio.wait({end}, timeout=PATIENCE)
    if not end.done():
        with suppress(ProcessLookupError):
            process.kill()
        await end
