"""Reads a mailbox: each mail is judged, what counts is stored, and only then the mailbox is read further."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from socket import socket
from typing import NoReturn, Protocol

from hawatch.config.oncall import Channel
from hawatch.errors import ConfigError, HawatchError
from hawatch.evidence import ObserverState, Sink
from hawatch.heartbeat import beat
from hawatch.replies.mail.box import Box, Found, LoginRefusedError
from hawatch.replies.mail.judging import Aside, PutAside, Rules, judge
from hawatch.replies.mail.place import Place, PlaceFile
from hawatch.reply.arrival import Arrival

log = logging.getLogger("hawatch.replies")

PAUSES = (0.0, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds before each further attempt to connect; the last stands for all that follow. The first one is at once, and
nothing is told yet: servers end connections that have been quiet."""
MOST_ATTEMPTS = 5
"""With one mail that the server does not hand out."""
LOGIN_PAUSE = 60.0
SERVER_TAKES = 600.0
"""Seconds that a server may take over one step: each of its words has a time-out of its own."""
LOOK_BACK = 86400.0
"""Seconds: what came to the mailbox longer ago is not an answer to what is open now."""


class Clock(Protocol):
    """Both clocks; monotonic and epoch seconds."""

    def monotonic(self) -> float:
        """CLOCK_MONOTONIC in seconds."""

    def wall(self) -> float:
        """CLOCK_REALTIME in epoch seconds."""


class MailReader:
    """Reads one channel's mailbox until cancelled; says when it cannot, and when it can again.

    `put` returns when an arrival is stored, and raises HawatchError while it cannot be. `aside` counts what is put
    aside. `place` is the file in which it is kept how far the mailbox was read; None keeps it for this run.
    ConfigError for a channel without a mailbox.
    """

    def __init__(
        self,
        *,
        channel: Channel,
        rules: Callable[[], Rules],
        put: Callable[[Arrival], Awaitable[None]],
        tell: Sink,
        clock: Clock,
        place: Path | None,
        aside: Callable[[Aside], None] = lambda _: None,
    ) -> None:
        if channel.mail is None or channel.mail.imap is None:
            raise ConfigError(f"channel {channel.name}", "no mailbox for replies")
        self.name = f"replies {channel.name}"
        self._mailbox = channel.mail.imap
        self._timeout = channel.timeout
        self._rules = rules
        self._put = put
        self._tell_of = tell
        self._clock = clock
        self._place = PlaceFile(place)
        self._aside = aside
        self._problem: str | None = ""
        self._failed = 0
        self._stuck: tuple[int, int] = (0, 0)

    async def run(self) -> None:
        """Connect, read, and connect again."""
        while True:
            problem = await self._session()
            self._failed += 1
            refused = isinstance(problem, LoginRefusedError)
            pause = LOGIN_PAUSE if refused else PAUSES[min(self._failed, len(PAUSES)) - 1]
            if pause:
                self._tell(str(problem))
            beat(pause)
            await asyncio.sleep(pause)

    async def _session(self) -> HawatchError:
        """One connection to its end, and why it ended."""
        box = Box(self._mailbox, timeout=self._timeout)
        try:
            beat(SERVER_TAKES)
            await asyncio.to_thread(box.open)
            await self._read_on(box)
        except HawatchError as error:
            log.debug("replies=%s problem=%r", self.name, str(error))
            return error
        finally:
            box.abort()
            box.close()

    def _tell(self, problem: str | None) -> None:
        if problem != self._problem:
            self._problem = problem
            self._tell_of(
                ObserverState(
                    at=self._clock.monotonic(), observer=self.name, up=problem is None, problem=problem
                )
            )

    # --- one connection ---------------------------------------------------------------------------

    async def _read_on(self, box: Box) -> NoReturn:
        validity = await asyncio.to_thread(lambda: box.validity)
        place = self._place.read()
        waiting = await asyncio.to_thread(lambda: self._first_look(box, validity, place))
        while True:
            for uid in waiting:
                beat(SERVER_TAKES)
                taken = await self._takes(box, uid)
                self._place.write(Place(validity=validity, uid=uid))
                if taken:
                    await asyncio.to_thread(box.mark_seen, uid)
            # What came meanwhile was told with the answers to all that: IDLE would say nothing of it.
            if not waiting:
                self._failed = 0
                self._tell(None)
                beat(self._mailbox.poll + SERVER_TAKES)
                await self._occasion(box)
            last = self._place.read()
            waiting = await asyncio.to_thread(box.behind, 0 if last is None else last.uid)

    def _first_look(self, box: Box, validity: int, place: Place | None) -> list[int]:
        """What has come since the last run; of a mailbox that is new to us, what came lately."""
        if place is not None and place.validity == validity:
            return box.behind(place.uid)
        # A day more: days are the server's own, wherever it is.
        lately = box.since(datetime.fromtimestamp(self._clock.wall() - 2 * LOOK_BACK, UTC))
        before = min(lately) - 1 if lately else box.last()
        self._place.write(Place(validity=validity, uid=before))
        return lately

    async def _takes(self, box: Box, uid: int) -> bool:
        """Whether the mail was an answer or a receipt; it is stored when this returns."""
        found = await asyncio.to_thread(box.fetch, uid) if self._may_try(uid) else None
        self._stuck = (0, 0)
        if found is None:
            return False
        judged = await asyncio.to_thread(self._judged, found, self._rules())
        if isinstance(judged, PutAside):
            log.info(
                "replies=%s uid=%d put_aside=%s sender=%r detail=%r",
                self.name, uid, judged.why.value, judged.sender, judged.detail,
            )  # fmt: skip
            self._aside(judged.why)
            return False
        await self._put(judged)
        return True

    def _may_try(self, uid: int) -> bool:
        """One mail that cannot be had must not hold up all others for ever."""
        known, attempts = self._stuck
        self._stuck = (uid, attempts + 1 if uid == known else 1)
        if uid == known and attempts >= MOST_ATTEMPTS:
            log.error("replies=%s uid=%d problem='given up after %d attempts'", self.name, uid, attempts)
            return False
        return True

    def _judged(self, found: Found, rules: Rules) -> Arrival | PutAside:
        if found.came_at is not None and self._clock.wall() - found.came_at > LOOK_BACK:
            return PutAside(
                why=Aside.TOO_OLD, detail=f"it came {self._clock.wall() - found.came_at:.0f} s ago"
            )
        return judge(found.raw, rules)

    async def _occasion(self, box: Box) -> None:
        """Wait until something may have come, at the most for `poll`."""
        if not box.has_idle:
            await asyncio.sleep(self._mailbox.poll)
            await asyncio.to_thread(box.look_again)
            return
        sock = await asyncio.to_thread(box.begin_idle)
        if sock is not None:
            await _readable(sock, self._mailbox.poll)
        await asyncio.to_thread(box.end_idle)


async def _readable(sock: socket, longest: float) -> None:
    """Wait for the server's next word, no longer than that; no thread is kept waiting for it."""
    loop = asyncio.get_running_loop()
    heard = asyncio.Event()
    loop.add_reader(sock, heard.set)
    try:
        async with asyncio.timeout(longest):
            await heard.wait()
    except TimeoutError:
        pass
    finally:
        loop.remove_reader(sock)
