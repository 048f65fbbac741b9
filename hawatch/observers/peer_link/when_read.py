"""When a report may be made: once what the kernel holds of this node has been judged, at once or a moment later."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

OnceRead = Callable[[Callable[[], None]], None]
"""Calls back at once, or after what waits in the kernel has been judged."""


def at_once(do: Callable[[], None]) -> None:
    """For a report that needs nothing to be read before it."""
    do()


class WhenRead:
    """Calls back as `once_read` does; what goes wrong then is the fault of this link, and not of whoever calls back.

    What still waits when the link ends is not done any more: it would open sockets that nobody closes.
    """

    def __init__(self, once_read: OnceRead) -> None:
        self._once_read = once_read
        self._broken: asyncio.Future[None] | None = None
        self._ended = False

    def __call__(self, do: Callable[[], None]) -> None:
        """Do it once what the kernel held has been read."""

        def safely() -> None:
            if self._ended:
                return
            try:
                do()
            except Exception as error:
                if self._broken is None:
                    raise
                if not self._broken.done():
                    self._broken.set_exception(error)

        self._once_read(safely)

    async def run(self) -> None:
        """Until cancelled, or what went wrong is raised."""
        self._broken, self._ended = asyncio.get_running_loop().create_future(), False
        try:
            await self._broken
        finally:
            self._broken, self._ended = None, True
