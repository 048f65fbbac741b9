"""One agent's parts in a process of many, by a clock that is told: what it is told, what it tells, what it costs."""

from __future__ import annotations

import cProfile
import heapq
import itertools
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from hawatch import evidence as ev
from hawatch.agent.burst import REST_SHARE
from hawatch.agent.composition import PUSH_GAP
from hawatch.agent.history_keeper import HistoryKeeper
from hawatch.agent.inbox import Inbox
from hawatch.agent.loop import CHANGED_PICTURE_SHARE, PICTURE_EVERY, PICTURE_SHARE, SOON_DRAWN, Loop
from hawatch.agent.oncall import LONGEST_REST, QUICK, OnCall
from hawatch.agent.oncall import REST_SHARE as REST
from hawatch.agent.patient_journal import PatientJournal
from hawatch.keepalived.model import VirtualRouter
from hawatch.situation.inquiry import Wants
from hawatch.situation.own_report import own_report
from hawatch.wire.report_datagram import Envelope, decode, encode
from tests.bench.population import OUR_MAC, OURS, THEIR_MAC, THEIRS, Population

KEY = b"0123456789abcdef0123456789abcdef"
DELAY = 0.0005
"""Seconds from one node to the other."""
ANSWERED_IN = 0.05
"""Seconds from a question on the wire to what is told of its answers."""


class ToldClock:
    """Both of an agent's clocks."""

    now = 1000.0

    def monotonic(self) -> float:
        """Seconds that were told."""
        return ToldClock.now

    def wall(self) -> float:
        """The same in epoch seconds."""
        return ToldClock.now + 1.7e9


class Node:
    """One agent's parts, and its wire; it takes itself for lb01 and the other one for lb02."""

    def __init__(self, size: tuple[int, int], directory: Path, *, owns: bool) -> None:
        self.population = Population(size[0], vips=size[1], owns=owns)
        self.configs = self.population.configs
        self.owns = owns
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.times: Counter[str] = Counter()
        self.profile: cProfile.Profile | None = None
        self.other: Node = self
        self._events: list[tuple[float, int, ev.Evidence | Callable[[], None]]] = []
        self._order = itertools.count()
        self._sequence = 0
        self._rests_until = 0.0
        self._wants_push: bool | None = None
        self._drawn_at = 0.0
        self._picture_every = PICTURE_EVERY
        self._changed_every = 0.0
        self._stale = False
        self._desk_rests_until = 0.0
        self._turned_at = 0.0
        self._noticed = False
        self.judge = self.population.judge
        journal = PatientJournal(directory / f"{id(self)}.jsonl")
        self.oncall = OnCall(node="lb01", judge=self.judge, path=None, put=self.tell, clock=ToldClock())
        self.history = HistoryKeeper(None, ToldClock())
        self.loop = Loop(
            inbox=Inbox(),
            judge=self.judge,
            journal=journal,
            wish=self._wish,
            show=self.history.show,
            oncall=self.oncall,
        )
        self._bill(journal, "input", "journal")
        self._bill(self.oncall, "notice", "desk notices")
        self._bill(self.history, "show", "history")

    def _bill(self, target: Any, name: str, part: str) -> None:
        real = getattr(target, name)

        def billed(*given: Any) -> Any:
            with self.time_of(part):
                return real(*given)

        setattr(target, name, billed)

    @contextmanager
    def time_of(self, part: str) -> Iterator[None]:
        """Bill what is done meanwhile to this part; what parts within it take is taken off."""
        begin, within = time.thread_time(), sum(self.seconds.values())
        yield
        self.seconds[part] += time.thread_time() - begin - (sum(self.seconds.values()) - within)
        self.times[part] += 1

    # --- what happens -----------------------------------------------------------------------------

    def at(self, moment: float, what: ev.Evidence | Callable[[], None]) -> None:
        """Let this be told, or done, at that moment."""
        heapq.heappush(self._events, (moment, next(self._order), what))

    def tell(self, evidence: ev.Evidence) -> None:
        """Let this be told at its time."""
        self.at(evidence.at, evidence)

    async def turn(self, now: float) -> None:
        """All that is due, as the agent's loop, link and desk do it."""
        changed = False
        while self._events and self._events[0][0] <= now:
            _, _, what = heapq.heappop(self._events)
            if callable(what):
                what()
            else:
                with self.time_of(f"judging {type(what).__name__}"):
                    changed = self.loop.take_in(what) or changed
        wake = self.judge.next_wake_at
        if wake is not None and wake <= now:
            with self.time_of("judging Tick"):
                changed = self.loop.take_in(ev.Tick(at=now)) or changed
        self._noticed = self._noticed or changed
        self._stale = self._stale or changed
        if now - self._drawn_at >= (self._changed_every if self._stale else self._picture_every):
            begin = time.thread_time()
            with self.time_of("pictures"):
                self.loop._draw(now)
            taken = time.thread_time() - begin
            self._drawn_at, self._stale = now, False
            self._picture_every = max(PICTURE_EVERY, PICTURE_SHARE * taken)
            self._changed_every = CHANGED_PICTURE_SHARE * taken if taken > SOON_DRAWN else 0.0
        if (self._noticed and now >= self._desk_rests_until) or now - self._turned_at >= 1.0:
            self._noticed, self._turned_at = False, now
            begin = time.thread_time()
            await self.oncall.turn()
            taken = time.thread_time() - begin
            self._desk_rests_until = now + (min(REST * taken, LONGEST_REST) if taken > QUICK else 0.0)
            self.seconds["desk turns"] += taken
            self.times["desk turns"] += 1
        if self._wants_push is not None and now >= self._rests_until:
            asks, self._wants_push = self._wants_push, None
            begin = time.thread_time()
            self.send_report(asks=asks)
            self._rests_until = now + max(PUSH_GAP, REST_SHARE * (time.thread_time() - begin))

    def _wish(self, instance: str, wants: Wants) -> None:
        del instance
        now = ToldClock.now
        for vip, control in wants.probes:
            self.at(now + ANSWERED_IN, partial(self._answer, now, vip, control))
        self.times["questions"] += len(wants.probes)
        if wants.push:
            self._wants_push = wants.ask or bool(self._wants_push)

    def _answer(self, asked_at: float, vip: str, control: str | None) -> None:
        theirs = self.other.holds(vip)
        self.tell(
            ev.ProbeRound(
                at=asked_at + ANSWERED_IN,
                asked_at=asked_at,
                vip=vip,
                interface="eth0",
                sent=True,
                answers=(ev.ProbeAnswer(mac=THEIR_MAC, count=1),) if theirs else (),
                control_address=control,
                control_answers=() if control is None else (ev.ProbeAnswer(mac=THEIR_MAC, count=1),),
            )
        )

    def holds(self, vip: str) -> bool:
        """By its own kernel."""
        return bool(self.judge.situation.node.held[vip].held)

    # --- what it does -----------------------------------------------------------------------------

    def send_report(self, *, asks: bool = False, answers: bool = False) -> None:
        """Its report, made, sealed, and opened by the other, which answers if it is asked."""
        now, situation = ToldClock.now, self.judge.situation
        with self.time_of("own reports"):
            report = own_report(situation.node, situation.routers.values(), now)
            report = replace(report, node="lb02", addresses=(THEIRS,), macs=(THEIR_MAC,))
            envelope = Envelope(boot_id="0" * 16, sequence=self._sequence, asks=asks, answers=answers)
            datagrams = encode(envelope, report, KEY)
        self._sequence += len(datagrams)
        for datagram in datagrams:
            self.other.at(now + DELAY, partial(self.other.receive, datagram))

    def receive(self, datagram: bytes) -> None:
        """A datagram of the other."""
        now = ToldClock.now
        with self.time_of("reports opened"):
            envelope, report = decode(datagram, KEY)
        self.tell(
            ev.PeerReport(
                at=now,
                link="lan",
                src=THEIRS,
                boot_id="other",
                sequence=envelope.sequence,
                report=report,
                round_trip=2 * DELAY,
                clock_offset=0.0,
            )
        )
        if envelope.asks:
            self.send_report(answers=True)

    def advertise(self, config: VirtualRouter, *, priority: int | None = None) -> None:
        """Both hear it."""
        for node in (self, self.other):
            node.population.now = ToldClock.now
            advert = node.population.advert(config)
            ours = node is self
            said = config.priority if priority is None else priority
            node.tell(
                replace(
                    advert,
                    outgoing=ours,
                    src=OURS if ours else THEIRS,
                    src_mac=OUR_MAC if ours else THEIR_MAC,
                    priority=said,
                )
            )

    def hold(self, config: VirtualRouter, *, held: bool) -> None:
        """keepalived puts up its VIPs, or takes them away, and announces them."""
        now = ToldClock.now
        for vip in config.vips:
            self.tell(ev.VipHeld(at=now, address=vip.address, held=held, interface=config.interface))
            for node in (self, self.other) if held else ():
                mac = OUR_MAC if node is self else THEIR_MAC
                node.tell(
                    ev.AddressAnnounced(
                        at=now, interface="eth0", outgoing=node is self, address=vip.address, mac=mac
                    )
                )
