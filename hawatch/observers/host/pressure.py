"""How scarce the processor is: PSI, what the hypervisor takes, and how late the agent itself wakes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from hawatch.errors import DecodeError
from hawatch.evidence import PressureSeen
from hawatch.kernel.processor import (
    ProcessorTime,
    read_processor_time,
    read_run_delay,
    read_waiting,
    stolen_share,
)
from hawatch.proc_file import ProcFile

SCARCE = 0.10
PLENTY = 0.08
"""A share between the two is what it was, so that one that hovers tells nothing."""
WORTH_TELLING = 0.10
LATE = 0.05  # seconds


class Pressure:
    """Compares each look with the one before."""

    def __init__(self, proc: Path) -> None:
        self._pressure = ProcFile(proc / "pressure" / "cpu")
        self._stat = ProcFile(proc / "stat")
        self._schedule = ProcFile(proc / "self" / "schedstat")
        self._looked_at: float | None = None
        self._waiting: int | None = None
        self._time: ProcessorTime | None = None
        self._delay: float | None = None
        self._told: PressureSeen | None = None

    def look(self, now: float, slept: float) -> Iterator[PressureSeen]:
        """What has changed since the last look, `slept` seconds later than was wanted; the first one tells nothing."""
        before, self._looked_at = self._looked_at, now
        starved, stolen, waited = self._starved(now, before), self._stolen(), self._waited()
        if before is None:
            return
        seen = PressureSeen(at=now, starved_share=starved, stolen_share=stolen, slept=slept, waited=waited)
        if self._told is None or slept > LATE or self._told.slept > LATE or _differs(self._told, seen):
            self._told = seen
            yield seen

    def _starved(self, now: float, before: float | None) -> float | None:
        earlier, self._waiting = self._waiting, None
        with suppress(OSError, DecodeError):
            self._waiting = read_waiting(self._pressure.read())
        if earlier is None or self._waiting is None or before is None or now <= before:
            return None
        return min(max((self._waiting - earlier) / 1e6 / (now - before), 0.0), 1.0)

    def _waited(self) -> float | None:
        """For how long the agent itself was ready to run and could not, since the last look."""
        earlier, self._delay = self._delay, None
        with suppress(OSError, DecodeError):
            self._delay = read_run_delay(self._schedule.read())
        return None if earlier is None or self._delay is None else round(max(self._delay - earlier, 0.0), 3)

    def _stolen(self) -> float | None:
        earlier, self._time = self._time, None
        with suppress(OSError, DecodeError):
            self._time = read_processor_time(self._stat.read())
        return stolen_share(earlier, self._time) if earlier and self._time else None


def _differs(told: PressureSeen, seen: PressureSeen) -> bool:
    return _moved(told.starved_share, seen.starved_share) or _moved(told.stolen_share, seen.stolen_share)


def _moved(told: float | None, seen: float | None) -> bool:
    """Whether a share became known or unknown, scarce or plenty, or quite another one while it is scarce."""
    if told is None or seen is None:
        return told is not seen
    if told > SCARCE:
        return seen < PLENTY or (seen > SCARCE and abs(seen - told) >= WORTH_TELLING)
    return seen > SCARCE
