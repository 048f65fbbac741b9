"""The crew: observers as supervised tasks, started, restarted and replaced as their orders change."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass

from hawatch.clock import monotonic
from hawatch.errors import HawatchError
from hawatch.evidence import ObserverState, Sink

log = logging.getLogger("hawatch.crew")

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 10.0
HEALTHY_AFTER = 30.0
GOES_WELL_AFTER = 1.0
"""Seconds that quiet work must go on after a crash before it is believed to work."""


@dataclass(frozen=True, slots=True)
class Order:
    """What one observer is to do: two equal keys mean that it need not be replaced."""

    key: Hashable
    start: Callable[[], Awaitable[None]]


class QuietOrder(Order):
    """For work that says nothing of itself: the crew says that it goes well again."""


class Crew:
    """Keeps one task per order; one that fails is said to be blind, and tried again after a growing pause.

    A task that is dead is found by the next `follow`, and has a successor with the one after that.
    """

    def __init__(self, put: Sink) -> None:
        self._put = put
        self._orders: dict[str, Order] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._quiet_blind: set[str] = set()

    @property
    def is_whole(self) -> bool:
        """Whether every order of the last time has its task, and none of them is dead."""
        return self._tasks.keys() == self._orders.keys() and not any(
            task.done() for task in self._tasks.values()
        )

    async def follow(self, orders: dict[str, Order]) -> None:
        """Make the running tasks match the orders."""
        dead = {name: self._tasks.pop(name) for name, task in list(self._tasks.items()) if task.done()}
        for name, task in dead.items():
            self._bury(name, task)
        for name in [
            name for name in self._tasks if name not in orders or orders[name].key != self._orders[name].key
        ]:
            await self._end(self._tasks.pop(name))
        for name, order in orders.items():
            if name not in self._tasks and name not in dead:
                self._tasks[name] = asyncio.create_task(self._supervise(name, order), name=name)
        self._orders = dict(orders)

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
            try:
                await order.start()
            except HawatchError as error:
                problem = str(error)
            except Exception as error:  # an observer's crash is told as blindness, and is not the agent's end
                log.debug("observer=%s crashed", name, exc_info=True)
                problem = f"{type(error).__name__}: {error}"
            finally:
                quiet.cancel()
            self._blind(name, problem)
            if isinstance(order, QuietOrder):
                self._quiet_blind.add(name)
            pause = FIRST_PAUSE if monotonic() - began > HEALTHY_AFTER else min(2 * pause, LONGEST_PAUSE)
            await asyncio.sleep(pause)

    def _blind(self, name: str, problem: str) -> None:
        log.warning("observer=%s problem=%r", name, problem)
        self._put(ObserverState(at=monotonic(), observer=name, up=False, problem=problem))
