"""The journal, written in a thread of its own: a disk that hangs keeps nobody from judging."""

from __future__ import annotations

import threading
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from hawatch.clock import monotonic
from hawatch.journal import GAP, MAX_BYTES, Journal

MOST_WAITING = 50_000
"""Lines that may wait for a disk; what comes after them is lost, and a gap says so."""
MOST_TOGETHER = 256
"""Lines that wait for a flush, lest a flood of them be written in one go."""
HANGS_AFTER = 10.0
"""Seconds without any progress, while something is to be written, after which it is said that the disk hangs."""
PATIENCE = 2.0
"""Seconds for what is left to write at the end."""
_Wish = dict[str, Any]
_FLUSH: _Wish = {}
"""Stands among the lines where what was before it is to be handed to the kernel: one waking of the thread for all."""


class PatientJournal(Journal):
    """Takes at once what is to be written, and writes it in the order in which it came."""

    def __init__(self, path: Path, *, max_bytes: int = MAX_BYTES) -> None:
        super().__init__(path, max_bytes=max_bytes)
        self._waiting: SimpleQueue[list[_Wish] | threading.Event] = SimpleQueue()
        self._together: list[_Wish] = []
        self._handed = self._written = 0
        self._lost = 0
        self._wanted = self._flushed = 0
        """Flushes; while fewer are done than wanted the disk is waited for, since `_waited_since`."""
        self._flushed_then, self._waited_since = 0, 0.0
        threading.Thread(target=self._work, name="journal", daemon=True).start()

    def flush(self) -> None:
        """Have what was taken handed to the kernel, soon."""
        now, flushed = monotonic(), self._flushed
        if flushed == self._wanted or flushed > self._flushed_then:
            self._flushed_then, self._waited_since = flushed, now
        if now - self._waited_since > HANGS_AFTER:
            self.problem = f"{self.path}: the disk does not answer"
            return
        self._wanted += 1
        self._together.append(_FLUSH)
        self._hand_over()

    def close(self) -> None:
        """Write what is left and close; give up after PATIENCE."""
        closed = threading.Event()
        self._hand_over()
        self._waiting.put(closed)
        closed.wait(PATIENCE)

    def _write(self, plain: dict[str, Any]) -> None:
        if self._handed - self._written + len(self._together) >= MOST_WAITING:
            self._lost += 1
            return
        if self._lost:
            problem = f"{self.path}: the disk did not answer; {self._lost} lines were lost"
            self._together.append({"type": GAP, "problem": problem})
            self._lost = 0
        self._together.append(plain)
        if len(self._together) >= MOST_TOGETHER:
            self._hand_over()

    def _hand_over(self) -> None:
        """Wake the thread once for all of them."""
        if self._together:
            self._handed += len(self._together)
            self._waiting.put(self._together)
            self._together = []

    def _work(self) -> None:
        while True:
            wishes = self._waiting.get()
            for wish in wishes if isinstance(wishes, list) else (wishes,):
                try:
                    self._do(wish)
                except Exception as error:  # noqa: BLE001 - the thread lives on: what comes next may go well
                    self.problem = f"{self.path}: {type(error).__name__}: {error}"

    def _do(self, wish: _Wish | threading.Event) -> None:
        if isinstance(wish, dict):
            self._written += 1
        if wish is _FLUSH:
            self._flushed += 1
            super().flush()
        elif isinstance(wish, dict):
            super()._write(wish)
        else:
            try:
                super().close()
            finally:
                wish.set()
