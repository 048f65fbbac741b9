"""Work that may hang, done beside the loop: in a thread that holds up neither the agent nor its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import TypeVar

from hawatch.errors import DeliveryError

_T = TypeVar("_T")


class Aside:
    """Does one thing at a time for one place (a path or a URL, named in every error), within so many seconds.

    What hangs is not waited for, and nothing new is begun until it ends: threads do not pile up.
    """

    def __init__(self, place: str, patience: float) -> None:
        self._place = place
        self._patience = patience
        self.busy = False

    async def do(self, work: Callable[[], _T]) -> _T:
        """What comes of it. DeliveryError, temporary, when it takes too long; else whatever the work raises."""
        if self.busy:
            raise DeliveryError(f"{self._place}: the attempt before still hangs", temporary=True)
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[_T] = loop.create_future()

        def run() -> None:
            def succeed() -> None:
                if not outcome.done():
                    outcome.set_result(result)

            def fail() -> None:
                if not outcome.done():
                    outcome.set_exception(problem)

            try:
                result = work()
                settle = succeed
            except Exception as error:  # noqa: BLE001  it is raised where it is waited for
                problem = error
                settle = fail
            self.busy = False
            with suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(settle)

        self.busy = True
        Thread(target=run, name="aside", daemon=True).start()
        try:
            async with asyncio.timeout(self._patience):
                return await outcome
        except TimeoutError:
            problem = f"{self._place}: no answer in {self._patience:g} s"
            raise DeliveryError(problem, temporary=True) from None
