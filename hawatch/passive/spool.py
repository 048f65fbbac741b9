"""A spool: one file for each result, as send_nsca reads it; whoever ships it removes the file (nagios/nsca/).

A file appears whole, by a rename, and takes the place of those before it: nobody wants to hear what was so once.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from hawatch.config import Passive
from hawatch.errors import DeliveryError
from hawatch.passive.nagios_text import lines_within
from hawatch.passive.result import PassiveResult
from hawatch.reach.aside import Aside

MOST_BYTES = 4000
"""So much of a result, escaped, fits into what nsca writes into a command file at once."""
PATIENCE = 5.0
UNTAKEN_HEARTBEATS = 2.5
"""Heartbeats after which it counts as broken that nobody takes what is put there."""
_FOR_GROUP = 0o660


class BothClocks(Protocol):
    """Epoch seconds for names, monotonic seconds for ages."""

    def monotonic(self) -> float:
        """CLOCK_MONOTONIC."""

    def wall(self) -> float:
        """CLOCK_REALTIME."""


class Spool:
    """Puts results of one target into a directory, which targets may share."""

    def __init__(self, target: Passive, clock: BothClocks) -> None:
        self._directory = Path(target.way)
        self._name = target.name
        self._ours = re.compile(rf"{re.escape(target.name)}\.([0-9]{{14}})")
        self._clock = clock
        self._patience = UNTAKEN_HEARTBEATS * target.every
        self._aside = Aside(str(self._directory), PATIENCE)
        self._untaken_since: float | None = None

    async def deliver(self, result: PassiveResult) -> None:
        """Put one result there. DeliveryError, also when those before it are still there after a while."""
        line = nsca_set(result)
        await self._aside.do(lambda: self._put(line))

    def _put(self, line: bytes) -> None:
        try:
            waiting = sorted(self._waiting())
            stamp = max([int(self._clock.wall() * 1000), *(each + 1 for each in waiting[-1:])])
            self._place(f"{self._name}.{stamp:014d}", line)
            for each in waiting:
                (self._directory / f"{self._name}.{each:014d}").unlink(missing_ok=True)
        except OSError as error:
            raise DeliveryError(self._told(error), temporary=True) from error
        self._complain_of(waiting)

    def _waiting(self) -> Iterator[int]:
        """The stamps of what nobody has taken yet."""
        for name in os.listdir(self._directory):  # noqa: PTH208  names alone
            found = self._ours.fullmatch(name)
            if found:
                yield int(found[1])

    def _place(self, name: str, line: bytes) -> None:
        draft = self._directory / f".{self._name}.draft"
        try:
            with draft.open("wb") as file:
                os.fchmod(file.fileno(), _FOR_GROUP)
                file.write(line)
            draft.rename(self._directory / name)
        except OSError:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            raise

    def _complain_of(self, waiting: list[int]) -> None:
        now = self._clock.monotonic()
        if not waiting:
            self._untaken_since = None
        elif self._untaken_since is None:
            self._untaken_since = now - max(self._clock.wall() - waiting[0] / 1000, 0.0)
        if self._untaken_since is not None and now - self._untaken_since >= self._patience:
            seconds = now - self._untaken_since
            problem = (
                f"nobody has taken what is put there for {seconds:.0f} s; is what calls send_nsca running?"
            )
            raise DeliveryError(f"{self._directory}: {problem}", temporary=True)

    def _told(self, error: OSError) -> str:
        if error.errno == errno.ENOENT:
            return f"{self._directory}: no such directory"
        if error.errno in {errno.EACCES, errno.EPERM}:
            return f"{self._directory}: permission denied; it must belong to the agent's user or its group"
        return f"{self._directory}: {(error.strerror or str(error)).lower()}"


def nsca_set(result: PassiveResult) -> bytes:
    """Host, service, code and text with tabs between them, as it is: nsca escapes line breaks and backslashes itself.

    Checked against nsca 2.10.2: what send_nsca reads up to its end, or up to an ETB, is one result.
    """
    place = f"{result.host}\t{result.service}\t{result.code}\t".encode()
    text = "\n".join(lines_within(result, MOST_BYTES - len(place)))
    return place + text.replace("\t", " ").replace("\x17", " ").encode(errors="replace") + b"\n"
