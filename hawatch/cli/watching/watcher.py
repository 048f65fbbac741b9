"""Draws the picture whenever something happened, or the clock went on."""

from __future__ import annotations

import os
import queue
import signal
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from hawatch.cli.watching.correspondent import Correspondent
from hawatch.cli.watching.events import Event, Heard, Paused, Pressed, Resized, Told
from hawatch.cli.watching.frame import frame, shows_more
from hawatch.cli.watching.keyboard import Keyboard
from hawatch.cli.watching.look import Look, Moment, Size
from hawatch.cli.watching.pressing import pressed
from hawatch.cli.watching.screen import Screen
from hawatch.cli.watching.view import View, gist

QUIT = "q"


class Clock(Protocol):
    """Both clocks, in seconds."""

    def monotonic(self) -> float:
        """Since some moment."""

    def wall(self) -> float:
        """Since the epoch."""


class Watcher:
    """One person at one terminal; `run` goes on until they quit."""

    def __init__(
        self,
        view: View,
        *,
        look: Look,
        screen: Screen,
        keyboard: Callable[[Callable[[str], None]], Keyboard] | None,
        agent: Correspondent,
        clock: Clock,
        size: Callable[[], Size],
    ) -> None:
        """`keyboard` is given what to call with each key; None: there is none."""
        self._view = view
        self._look = look
        self._screen = screen
        self._agent = agent
        self._clock = clock
        self._size = size
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._keyboard = keyboard(lambda key: self._events.put(Pressed(key))) if keyboard else None

    def run(self) -> None:
        """Until `q`; KeyboardInterrupt passes through, and the terminal is as it was in any case."""
        try:
            self._enter()
            self._agent.start(self._events.put)
            while True:
                self._draw()
                # All of them are taken in before the next picture is drawn.
                if not all(self._handle(each) for each in self._wait()):
                    return
        finally:
            self._agent.end()
            self._leave()

    def resized(self) -> None:
        """To be called when the terminal has another size."""
        self._events.put(Resized())

    def paused(self) -> None:
        """To be called when the person wants the shell for a while."""
        self._events.put(Paused())

    def _draw(self) -> None:
        size = self._size()
        self._agent.wants_history = shows_more(self._view, size)
        now = Moment(wall=self._clock.wall(), at=self._clock.monotonic())
        self._screen.show(frame(self._view, size, now, self._look), size, gist(self._view, now.at))

    def _wait(self) -> list[Event]:
        """All that has happened; nothing, when the clock went on meanwhile."""
        interval = self._view.interval
        # On the full second, so that the clock does not stumble.
        rest = interval - self._clock.wall() % interval
        try:
            happened = [self._events.get(timeout=rest)]
        except queue.Empty:
            return []
        while not self._events.empty():
            happened.append(self._events.get())
        return happened

    def _handle(self, event: Event) -> bool:
        """Whether to go on."""
        match event:
            case Heard(picture):
                self._view = replace(self._view, picture=picture)
            case Told(notice):
                self._view = replace(self._view, notice=notice)
            case Paused():
                self._pause()
            case Pressed(key):
                return self._press(key)
            case Resized():
                pass
        return True

    def _press(self, key: str) -> bool:
        view = self._view
        if key == QUIT and view.asking is None and view.typing is None:
            return False
        more = shows_more(view, self._size())
        self._view, wish = pressed(view, key, self._look.words, more=more)
        if wish is not None:
            self._agent.wish(wish)
        if shows_more(self._view, self._size()) and not more:
            self._agent.wants_history = True
            self._agent.ask_soon()
        return True

    def _pause(self) -> None:
        self._leave()
        os.kill(os.getpid(), signal.SIGSTOP)
        self._enter()

    def _enter(self) -> None:
        if self._keyboard is not None:
            self._keyboard.enter()
        self._screen.enter()

    def _leave(self) -> None:
        self._screen.leave()
        if self._keyboard is not None:
            self._keyboard.leave()
