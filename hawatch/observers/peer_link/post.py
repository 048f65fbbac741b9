"""Letters to the peers' agents and from them: sent until they are acknowledged, acknowledged once they are stored."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from hawatch.errors import HawatchError
from hawatch.observers.peer_link.intake import Intake
from hawatch.observers.peer_link.outbound import Outbound
from hawatch.wire.letter import Acknowledgement, Letter, LetterPart
from hawatch.wire.letter_datagram import Mail

log = logging.getLogger("hawatch.post")

_MOST_ACKNOWLEDGEMENTS = 1024
_TROUBLE_PAUSE = 1.0
_MOST_TROUBLES = 1024


class Carrier(Protocol):
    """The way to the peers, while there is one."""

    def now(self) -> float:
        """Monotonic seconds."""

    def sequence(self) -> int:
        """The number of the next datagram."""

    def reaches(self, node: str) -> bool:
        """Whether the node has been heard lately."""

    def cut(self, letter: Letter) -> tuple[LetterPart, ...]:
        """The letter in parts that fit a datagram."""

    def carry(self, node: str, to: str, parts: Sequence[LetterPart], news: Sequence[Acknowledgement]) -> None:
        """Send this to a run of a node, as well as can be."""


@dataclass(slots=True, eq=False)
class _Box:
    """One peer: `boot_id` is the run that is spoken to, `news` the acknowledgements that it is to get."""

    node: str
    outbound: Outbound
    intake: Intake | None = None
    boot_id: str = ""
    takes_letters: bool = False
    was_reached: bool = False
    news: dict[tuple[str, str], Acknowledgement] = field(default_factory=dict)
    next_look: asyncio.TimerHandle | None = None

    def look_at(self, delay: float, look: Callable[[_Box], None]) -> None:
        """Look in so many seconds, and not at the time that was set before."""
        self.rest()
        if delay < math.inf:
            self.next_look = asyncio.get_running_loop().call_later(delay, look, self)

    def rest(self) -> None:
        """Look no more."""
        if self.next_look is not None:
            self.next_look.cancel()
        self.next_look = None


class Post:
    """What the agent gives to the peer link, and nudges when there is something new; nodes go by their own names.

    `waiting` lists the letters that a node has not acknowledged, the oldest first. `take` returns once a letter is
    stored for good; a HawatchError leaves it unacknowledged, so that it comes again; it may also come again when it
    was stored. `delivered` is called with node, id and version when the acknowledgement has come. Without a peer link
    that runs nothing happens.
    """

    def __init__(
        self,
        *,
        waiting: Callable[[str], Sequence[Letter]],
        take: Callable[[str, Letter], Awaitable[None]],
        delivered: Callable[[str, str, str], None],
    ) -> None:
        self._waiting = waiting
        self._take = take
        self._delivered = delivered
        self._carrier: Carrier | None = None
        self._boxes: dict[str, _Box] = {}
        self._takes: set[asyncio.Task[None]] = set()
        self._troubles: dict[tuple[str, str], str] = {}

    def nudge(self) -> None:
        """Something new is waiting: it is sent as soon as the present step of the loop is over."""
        for box in self._boxes.values():
            box.look_at(0, self._look)

    # --- what the peer link calls ---------------------------------------------------------------

    def attach(self, carrier: Carrier) -> None:
        """From now on letters go this way."""
        self.detach()
        self._carrier = carrier

    def detach(self) -> None:
        """There is no way any more; letters that are being taken are taken, and not acknowledged."""
        for box in self._boxes.values():
            box.rest()
        self._boxes.clear()
        self._carrier = None

    def heard(self, node: str, boot_id: str, *, takes_letters: bool) -> None:
        """A report of this node has been believed: if that is news, all that waits for it goes out at once."""
        box = self._boxes.get(node) or self._new_box(node)
        if box is None or (box.boot_id == boot_id and box.was_reached):
            return
        if box.boot_id != boot_id:
            box.boot_id, box.takes_letters = boot_id, takes_letters
            box.intake = self._new_intake(box)
            box.news.clear()
        box.was_reached = True
        box.outbound.start_over()
        box.look_at(0, self._look)

    def arrived(self, mail: Mail) -> None:
        """A datagram of a run that is listened to. Raises DecodeError when its letters are none."""
        box = self._boxes.get(mail.cover.node)
        if box is None or box.intake is None or box.boot_id != mail.cover.boot_id:
            return
        for news in mail.acknowledgements:
            if box.outbound.acknowledged(news):
                self._delivered(box.node, news.id, news.version)
                box.look_at(0, self._look)
        for part in mail.parts:
            box.intake.arrived(part, mail.cover.sequence)

    # --- sending --------------------------------------------------------------------------------

    def _new_box(self, node: str) -> _Box | None:
        if self._carrier is None:
            return None
        self._boxes[node] = _Box(node=node, outbound=Outbound(self._carrier.cut))
        return self._boxes[node]

    def _look(self, box: _Box) -> None:
        """Send what is due now, and set the time of the next look; none while the peer is silent."""
        carrier = self._carrier
        if carrier is None or not box.takes_letters:
            return
        news = list(box.news.values())
        box.news.clear()
        box.was_reached = carrier.reaches(box.node)
        if not box.was_reached:
            return
        now = carrier.now()
        try:
            parts = box.outbound.due(self._waiting(box.node), now, carrier.sequence())
            next_due = box.outbound.next_due()
        except HawatchError as error:
            self._trouble(box.node, "", f"what waits cannot be read: {error}")
            parts, next_due = [], now + _TROUBLE_PAUSE
        if parts or news:
            carrier.carry(box.node, box.boot_id, parts, news)
        box.look_at(max(0.0, next_due - now), self._look)

    def _acknowledge(self, box: _Box, news: Acknowledgement) -> None:
        """Acknowledgements of the same step go together."""
        if self._boxes.get(box.node) is box and len(box.news) < _MOST_ACKNOWLEDGEMENTS:
            box.news[news.id, news.version] = news
            box.look_at(0, self._look)

    # --- taking ---------------------------------------------------------------------------------

    def _new_intake(self, box: _Box) -> Intake:
        """For a new run; what the former one left is taken to the end, and not acknowledged."""
        intake: Intake

        def start(letter: Letter) -> None:
            task = asyncio.create_task(self._take_in(box.node, intake, letter))
            self._takes.add(task)
            task.add_done_callback(self._takes.discard)

        def acknowledge(news: Acknowledgement) -> None:
            if box.intake is intake:
                self._acknowledge(box, news)

        intake = Intake(start=start, acknowledge=acknowledge)
        return intake

    async def _take_in(self, node: str, intake: Intake, letter: Letter) -> None:
        stored = False
        try:
            await self._take(node, letter)
            stored = True
            self._troubles.pop((node, letter.id), None)
        except HawatchError as error:
            self._trouble(node, letter.id, f"letter {letter.id} was not taken: {error}")
        except Exception as error:  # noqa: BLE001 - it comes again: told, and the link lives on
            self._trouble(
                node, letter.id, f"letter {letter.id} broke its reader: {type(error).__name__}: {error}"
            )
        finally:
            intake.finished(letter, stored=stored)

    def _trouble(self, node: str, about: str, problem: str) -> None:
        """Told once, and not with each repetition."""
        if self._troubles.get((node, about)) == problem:
            return
        if len(self._troubles) >= _MOST_TROUBLES:
            self._troubles.clear()
        self._troubles[node, about] = problem
        log.warning("node=%s problem=%r", node, problem)
