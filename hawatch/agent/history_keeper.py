"""Keeps the last hour: in memory from the pictures, and in a file of the state directory for the agent's next run."""

from __future__ import annotations

import asyncio
import logging
import os
from pathlib import Path

from hawatch.agent.equipment import Clock
from hawatch.errors import DecodeError
from hawatch.heartbeat import beat
from hawatch.history import History, Past
from hawatch.history.keeping import LONGEST, from_text, to_text
from hawatch.snapshot import Snapshot

log = logging.getLogger("hawatch.history")

NAME = "history.json"
MODE = 0o640
CHANGES_KEPT_AFTER = 5.0
KEPT_EVERY = 60.0
"""Seconds after which a change, or else that there was none, is in the file."""


class HistoryKeeper:
    """A file that cannot be read or written is logged, and costs the past: nothing else."""

    def __init__(self, state_directory: Path | None, clock: Clock) -> None:
        """Without a directory nothing outlives this run."""
        self._path = None if state_directory is None else state_directory / NAME
        self._clock = clock
        self._history = History()
        self._kept_changes = 0
        self._kept_at = float("-inf")
        self._problem: str | None = None
        self._writing: asyncio.Future[None] | None = None

    async def begin(self) -> None:
        """Find again what the run before this one knew."""
        if self._path is None:
            return
        try:
            text = await asyncio.to_thread(_read, self._path)
            now = self._clock.monotonic()
            self._history.recall(from_text(text, self._clock.wall() - now), now)
        except FileNotFoundError:
            pass
        except (OSError, UnicodeDecodeError) as error:
            self._say(_reason(error))
        except DecodeError as error:
            self._say(f"left alone, {error}")

    def show(self, snapshot: Snapshot) -> None:
        """Take in the next picture."""
        self._history.see(snapshot)

    def past(self) -> Past | None:
        """What is remembered now; None before the first picture."""
        return self._history.past()

    async def run(self) -> None:
        """Keep the file up to date until cancelled."""
        while True:
            beat(CHANGES_KEPT_AFTER)
            await asyncio.sleep(CHANGES_KEPT_AFTER)
            changed = self._history.changes != self._kept_changes
            if changed or self._clock.monotonic() - self._kept_at >= KEPT_EVERY:
                await self._keep()

    async def close(self) -> None:
        """Keep it a last time."""
        if self._writing is not None:
            await asyncio.gather(self._writing, return_exceptions=True)
        await self._keep()

    async def _keep(self) -> None:
        past = self._history.past()
        if self._path is None or past is None:
            return
        self._kept_changes, self._kept_at = self._history.changes, self._clock.monotonic()
        self._writing = asyncio.ensure_future(asyncio.to_thread(_write, self._path, past))
        try:
            await asyncio.shield(self._writing)
        except OSError as error:
            self._say(_reason(error))
        else:
            self._problem = None

    def _say(self, problem: str) -> None:
        if problem != self._problem:
            self._problem = problem
            log.warning("file=%s problem=%r", self._path, problem)


def _read(path: Path) -> str:
    with path.open("rb") as file:
        content = file.read(LONGEST + 1)
    if len(content) > LONGEST:
        raise DecodeError("too long")
    return content.decode()


def _write(path: Path, past: Past) -> None:
    """Whole or not at all; what a crash of the host takes is at most what came since."""
    path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, MODE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(to_text(past))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
