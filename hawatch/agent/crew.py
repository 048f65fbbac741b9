"""The crew: observers as supervised tasks, started, restarted and replaced as their orders change."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass

from hawatch.clock import monotonic
from hawatch.errors import HawatchError
from hawatch.evidence import ObserverState, Sink
from hawatch.heartbeat import Heart, live_by

log = logging.getLogger("hawatch.crew")

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 10.0
HEALTHY_AFTER = 30.0
GOES_WELL_AFTER = 1.0
"""Seconds that quiet work must go on after a crash before it is believed to work."""
HUNG_AFTER = 60.0
"""Seconds without a sign of life, beyond what a part said it would rest, after which it is said to hang."""
LONGEST_LOOK = 2.5
"""Of the time between two looks, which are about one a second in peace, so much counts: who was starved or stopped as a
whole misses nobody for it."""
MOST_ANEW = 3
"""How often a part that hangs is begun anew: each time may leave a thread behind that never comes back."""


@dataclass(frozen=True, slots=True)
class Order:
    """What one observer is to do: two equal keys mean that it need not be replaced."""

    key: Hashable
    start: Callable[[], Awaitable[None]]


class QuietOrder(Order):
    """For work that says nothing of itself: the crew says that it goes well again."""


class Crew:
    """Keeps one task per order; one that fails is said to be blind, and tried again after a growing pause.

    A task that is dead is found by the next `follow`, and has a successor with the one after that. One that hangs is
    found by `look`, told, and ended; it has a successor like any other once it has let itself be ended.
    """

    def __init__(self, put: Sink) -> None:
        self._put = put
        self._orders: dict[str, Order] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._quiet_blind: set[str] = set()
        self._hearts: dict[str, Heart] = {}
        self._hung: set[str] = set()
        self._anew: dict[str, int] = {}
        self._looked_at = monotonic()

    @property
    def lacks_somebody(self) -> bool:
        """Whether a task is dead, or has no successor yet: then it is time to `follow`."""
        return self._tasks.keys() != self._orders.keys() or any(task.done() for task in self._tasks.values())

    async def follow(self, orders: dict[str, Order]) -> None:
        """Make the running tasks match the orders."""
        dead = {name: self._tasks.pop(name) for name, task in list(self._tasks.items()) if task.done()}
        for name, task in dead.items():
            self._bury(name, task)
        for name in [
            name for name in self._tasks if name not in orders or orders[name].key != self._orders[name].key
        ]:
            await self._end(self._tasks.pop(name))
            self._hearts.pop(name, None)
        for name, order in orders.items():
            if name not in self._tasks and name not in dead:
                self._tasks[name] = asyncio.create_task(self._supervise(name, order), name=name)
        self._orders = dict(orders)

    def heart(self, name: str) -> Heart:
        """A fresh heart for the part of this name, whose silence `look` will tell."""
        self._hung.discard(name)
        self._hearts[name] = heart = Heart()
        return heart

    def look(self, now: float) -> None:
        """Find out who hangs, and who goes on again; to be called while the agent's loop goes on, `now` as it is."""
        passed = min(now - self._looked_at, LONGEST_LOOK)
        self._looked_at = now
        for name, heart in list(self._hearts.items()):
            hangs = heart.age(passed) > HUNG_AFTER
            if hangs and name not in self._hung:
                self._hung.add(name)
                self._blind(name, f"hangs: no sign of life for more than {HUNG_AFTER:.0f} s")
                if name in self._tasks and self._anew.get(name, 0) < MOST_ANEW:
                    self._anew[name] = self._anew.get(name, 0) + 1
                    self._begin_anew(name)
            elif not hangs and name in self._hung:
                self._goes_on(name)

    def _begin_anew(self, name: str) -> None:
        """What it said is unknown now, and only a new one says all of it again."""
        del self._hearts[name]
        self._tasks[name].cancel()

    def _goes_on(self, name: str) -> None:
        """One that was left hanging came back."""
        if name in self._tasks:
            self._begin_anew(name)
        else:
            self._hung.discard(name)
            self._put(ObserverState(at=monotonic(), observer=name, up=True))

    async def dismiss(self) -> None:
        """End every task."""
        for task in self._tasks.values():
            await self._end(task)
        self._tasks.clear()

    @staticmethod
    async def _end(task: asyncio.Task[None]) -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    def _bury(self, name: str, task: asyncio.Task[None]) -> None:
        """One that died whole, with the supervision of it: whatever cancelled it, it was not we."""
        self._hearts.pop(name, None)
        if name not in self._hung:
            problem = "was cancelled" if task.cancelled() else f"its supervision failed: {task.exception()!r}"
            self._blind(name, problem)
        if isinstance(self._orders[name], QuietOrder):
            self._quiet_blind.add(name)

    def _hope(self, name: str) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(GOES_WELL_AFTER, self._goes_well, name)

    def _goes_well(self, name: str) -> None:
        if name in self._quiet_blind:
            self._quiet_blind.discard(name)
            self._put(ObserverState(at=monotonic(), observer=name, up=True))

    async def _supervise(self, name: str, order: Order) -> None:
        pause = FIRST_PAUSE
        while True:
            began = monotonic()
            problem = "ended"
            quiet = self._hope(name)
            live_by(self.heart(name))
            try:
                await order.start()
            except HawatchError as error:
                problem = str(error)
            except Exception as error:  # an observer's crash is told as blindness, and is not the agent's end
                log.debug("observer=%s crashed", name, exc_info=True)
                problem = f"{type(error).__name__}: {error}"
            finally:
                quiet.cancel()
                self._hearts.pop(name, None)
            self._blind(name, problem)
            if isinstance(order, QuietOrder):
                self._quiet_blind.add(name)
            pause = FIRST_PAUSE if monotonic() - began > HEALTHY_AFTER else min(2 * pause, LONGEST_PAUSE)
            await asyncio.sleep(pause)

    def _blind(self, name: str, problem: str) -> None:
        log.warning("observer=%s problem=%r", name, problem)
        self._put(ObserverState(at=monotonic(), observer=name, up=False, problem=problem))
