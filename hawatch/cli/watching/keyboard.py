"""The keys of a terminal, read in a thread; the terminal is put back as it was."""

from __future__ import annotations

import os
import select
import termios
import threading
import tty
from collections.abc import Callable
from typing import Any

from hawatch.cli.watching.keys import Keys

PIECE = 1024
PAUSE = 0.3
"""Seconds after which what began like a key's sequence was the Escape key."""


class Keyboard:
    """Hands each key to `pressed`, from a thread of its own; Ctrl-C and Ctrl-Z stay signals."""

    def __init__(self, descriptor: int, pressed: Callable[[str], None]) -> None:
        self._descriptor = descriptor
        self._pressed = pressed
        self._before: list[Any] | None = None
        self._thread = threading.Thread(target=self._read, name="keyboard", daemon=True)

    def enter(self) -> None:
        """Keys come at once and are not echoed."""
        self._before = termios.tcgetattr(self._descriptor)
        tty.setcbreak(self._descriptor, termios.TCSADRAIN)
        if not self._thread.is_alive():
            self._thread.start()

    def leave(self) -> None:
        """Lines again; what was typed and not read is dropped, or a shell would run it."""
        if self._before is not None:
            termios.tcsetattr(self._descriptor, termios.TCSAFLUSH, self._before)
            self._before = None

    def _read(self) -> None:
        keys = Keys()
        while True:
            ready, _, _ = select.select([self._descriptor], [], [], PAUSE if keys.begun else None)
            data = _piece(self._descriptor) if ready else b""
            if ready and not data:
                return
            for key in keys.feed(data) if ready else keys.end():
                self._pressed(key)


def _piece(descriptor: int) -> bytes:
    """Empty when the terminal has gone."""
    try:
        return os.read(descriptor, PIECE)
    except OSError:
        return b""
