"""Asks the agent in threads, so that a slow answer never keeps a key or the clock waiting."""

from __future__ import annotations

import http.client
import queue
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from hawatch.cli.watching.asking import ask_history, ask_incidents, ask_status, tell
from hawatch.cli.watching.events import Event, Heard, Told
from hawatch.cli.watching.stream import changes
from hawatch.cli.watching.view import Json, Picture, Wish
from hawatch.cli.watching.words import Words
from hawatch.errors import AgentUnreachableError, HawatchError

LEAST_GAP = 0.2
"""Seconds between two questions, however much changes."""
AGAIN = 1.0
"""Seconds until a stream that broke is asked for again."""
HISTORY_EVERY = 10.0


class Clock(Protocol):
    """Monotonic seconds."""

    def monotonic(self) -> float:
        """Now."""


class Correspondent:
    """Posts a picture at every interval and at every change, and what came of each wish.

    The history is asked for while `wants_history`; the last one stands meanwhile.
    """

    def __init__(
        self, socket: Path, *, name: str | None, words: Words, interval: float, clock: Clock
    ) -> None:
        """`name` is who wishes, None the login; `interval` in seconds."""
        self.wants_history = False
        self._socket = socket
        self._name = name
        self._words = words
        self._interval = interval
        self._clock = clock
        self._changed = threading.Event()
        self._ended = threading.Event()
        self._wishes: queue.SimpleQueue[Wish] = queue.SimpleQueue()
        self._history: Json | None = None
        self._history_at: float | None = None
        self._post: Callable[[Event], None] = _nobody

    def start(self, post: Callable[[Event], None]) -> None:
        """Begin; `post` is called from other threads."""
        self._post = post
        for target in (self._ask, self._listen, self._tell):
            threading.Thread(target=target, name=target.__name__, daemon=True).start()

    def end(self) -> None:
        """Post nothing more."""
        self._ended.set()
        self._changed.set()

    def ask_soon(self) -> None:
        """Do not wait for the interval to pass."""
        self._changed.set()

    def wish(self, wish: Wish) -> None:
        """Have the agent told."""
        self._wishes.put(wish)

    def _ask(self) -> None:
        while not self._ended.is_set():
            changed = self._changed.wait(self._interval)
            self._changed.clear()
            if self._ended.is_set():
                return
            try:
                self._post(Heard(self._picture(changed=changed)))
            except (AgentUnreachableError, KeyError, TypeError):
                # The picture's age tells that nobody answers.
                self._ended.wait(LEAST_GAP)
            self._ended.wait(LEAST_GAP)

    def _picture(self, *, changed: bool) -> Picture:
        status = ask_status(self._socket)
        at = self._clock.monotonic()
        due = self._history_at is None or at - self._history_at > HISTORY_EVERY
        if self.wants_history and (changed or due):
            self._history, self._history_at = ask_history(self._socket), at
        incidents = ask_incidents(self._socket, status)
        return Picture(status=status, at=at, incidents=incidents, history=self._history)

    def _listen(self) -> None:
        while not self._ended.is_set():
            try:
                for _ in changes(self._socket):
                    self.ask_soon()
            except (OSError, http.client.HTTPException):
                pass
            self._ended.wait(AGAIN)
            self.ask_soon()

    def _tell(self) -> None:
        while not self._ended.is_set():
            wish = self._wishes.get()
            try:
                notice = tell(self._socket, wish, self._name, self._words)
            except HawatchError as error:
                notice = str(error)
            self._post(Told(notice))
            self.ask_soon()


def _nobody(_event: Event) -> None:
    """Until it is started."""
