"""Whether the whole host goes down: asked once, when the agent is told to end."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import DEVNULL, PIPE
from contextlib import suppress

PATIENCE = 0.5  # seconds
ASK = ("systemctl", "is-system-running")
STOPPING = b"stopping"


async def host_is_stopping() -> bool | None:
    """Whether systemd is bringing the host down (systemctl(1)); None where nobody can be asked.

    A shutdown that is only scheduled is none yet, so the files in /run/systemd/shutdown say nothing here.
    """
    try:
        process = await asyncio.create_subprocess_exec(*ASK, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL)
    except OSError:
        return None
    try:
        async with asyncio.timeout(PATIENCE):
            output, _ = await process.communicate()
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.communicate()
        return None
    return output.strip() == STOPPING if output.strip() else None
