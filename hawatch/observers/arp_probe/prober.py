"""Probe rounds: one question for a VIP, one for a peer's own address beside it, and all who answered."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass

from hawatch.evidence import ObserverState, ProbeRound, Sink
from hawatch.observers import MonotonicClock
from hawatch.observers.arp_probe.line import Line
from hawatch.observers.arp_probe.question import Question
from hawatch.observers.packet.packet_socket import ask_for_permission
from hawatch.targets import ProbeTarget
from hawatch.wire.address import family_of

WINDOW = 0.1  # seconds; a wire answers in less than one of them in a hundred
AT_ONCE = 50
"""Questions sent before those who read have their turn: the answers to thousands fit into no socket's buffer, and what
they tell is judged for longer than an agent may be late."""
REST = 0.02  # seconds from the first of so many to the next


@dataclass(frozen=True, slots=True, kw_only=True)
class _Round:
    target: ProbeTarget
    question: Question
    control: Question | None


class Prober:
    """Asks who has a VIP when it is told to, and tells one ProbeRound for each time.

    Questions leave from the device's own address, never from a VIP. Two rounds for one VIP do not overlap, and
    rounds that run at the same time share the question for the same control address: an answer to one would
    count for the other. Of many that are wanted at once the later ones wait, and are asked in their order.
    """

    name = "arp_probe"

    def __init__(
        self, *, vips: Collection[str], put: Sink, clock: MonotonicClock, window: float = WINDOW
    ) -> None:
        self._vips = frozenset(vips)
        self._put = put
        self._clock = clock
        self._window = window
        self._lines: dict[str, Line] = {}
        self._running: set[ProbeTarget] = set()
        self._waiting: dict[ProbeTarget, str | None] = {}
        self._queue: dict[ProbeTarget, str | None] = {}
        self._sent = 0
        self._rest: asyncio.TimerHandle | None = None
        self._listening = False

    async def run(self) -> None:
        """Be ready until cancelled. ObserverError when packet sockets are not permitted."""
        ask_for_permission()
        self._listening = True
        self._put(ObserverState(at=self._clock.monotonic(), observer=self.name, up=True))
        try:
            await asyncio.Event().wait()
        finally:
            self._listening = False
            for line in self._lines.values():
                line.close()
            self._lines.clear()
            for kept in (self._running, self._waiting, self._queue):
                kept.clear()

    def ask(self, target: ProbeTarget, control: str | None = None) -> None:
        """Ask now, or once the round for the same VIP that runs has ended, or those wanted before have been asked.

        `control` is an address of a peer's own; one of another family cannot be asked in the same way, and is not.
        """
        if target in self._running:
            self._waiting[target] = control
            return
        self._queue[target] = control
        self._send()

    def _send(self) -> None:
        """Ask what waits, as much of it as may be asked at once."""
        if self._rest is None:
            self._sent = 0
            self._rest = asyncio.get_running_loop().call_later(REST, self._rested)
        while self._queue and self._sent < AT_ONCE:
            self._sent += 1
            target = next(iter(self._queue))
            self._ask_now(target, self._queue.pop(target))

    def _rested(self) -> None:
        self._rest = None
        if self._queue:
            self._send()

    def _ask_now(self, target: ProbeTarget, control: str | None) -> None:
        try:
            begun = self._begin(target, control)
        except OSError:
            now = self._clock.monotonic()
            self._put(
                ProbeRound(at=now, asked_at=now, vip=target.vip, interface=target.interface, sent=False)
            )
            return
        self._running.add(target)
        asyncio.get_running_loop().call_later(self._window, self._finish, begun)

    def _begin(self, target: ProbeTarget, control: str | None) -> _Round:
        if not self._listening:
            raise OSError("not running")
        line = self._lines.get(target.interface)
        if line is None:
            line = self._lines[target.interface] = Line(target.interface, vips=self._vips, clock=self._clock)
        question = line.ask(target.vip)
        beside: Question | None = None
        if control is not None and family_of(control) is target.family:
            with suppress(OSError):
                beside = line.share(control, since=question.asked_at - self._window) or line.ask(control)
        return _Round(target=target, question=question, control=beside)

    def _finish(self, ended: _Round) -> None:
        if not self._listening:
            return
        target, question, control = ended.target, ended.question, ended.control
        line = self._lines[target.interface]
        line.read()
        line.end(question)
        now = self._clock.monotonic()
        if control is not None:
            line.end(control)
        self._put(
            ProbeRound(
                at=now,
                asked_at=question.asked_at,
                vip=target.vip,
                interface=target.interface,
                sent=True,
                answers=question.answers,
                control_address=control.address if control else None,
                control_answers=control.answers if control else (),
            )
        )
        self._running.discard(target)
        if target in self._waiting:
            self.ask(target, self._waiting.pop(target))
