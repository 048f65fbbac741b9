"""What ends a drill early: Ctrl-C, a signal, a lost session. It becomes an error, so that the way back is taken."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any

from hawatch import clock
from hawatch.errors import HawatchError

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class InterruptedDrillError(HawatchError):
    """Somebody, or the end of a session, wants it to end."""


class Ends:
    """While it is entered, signals are noted; `wait` raises for them. After `ignore` they change nothing any more."""

    def __init__(self) -> None:
        self.began = clock.monotonic()
        self._before: dict[int, Any] = {}
        self._came = threading.Event()
        self._name = ""
        self._ignores = False

    def __enter__(self) -> Ends:
        self._before = {each: signal.signal(each, self._note) for each in _SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def ignore(self) -> None:
        """From here on it goes to its end."""
        self._ignores = True
        self._came.clear()

    def wait(self, seconds: float) -> None:
        """Sleep; InterruptedDrillError when a signal has come."""
        self._came.wait(seconds)
        if self._came.is_set() and not self._ignores:
            raise InterruptedDrillError(f"interrupted ({self._name})")

    def _note(self, number: int, frame: FrameType | None) -> None:
        del frame
        self._name = signal.Signals(number).name
        if not self._ignores:
            self._came.set()
