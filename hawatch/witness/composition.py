"""The witness: every pair has its beat once a second, and is looked at closely for a while when something changes."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Mapping

from hawatch.config.witness import WitnessConfig
from hawatch.errors import ObserverError
from hawatch.evidence import AdvertisementHeard, ProbeRound
from hawatch.observers.peer_link.endpoint import Clock
from hawatch.observers.peer_link.run import Run
from hawatch.together import together
from hawatch.witness.clients import QUICK_OUTAGE, Clients
from hawatch.witness.correspondence import Correspondence
from hawatch.witness.member import Echo
from hawatch.witness.pair import Pair
from hawatch.witness.pinger import Pinger
from hawatch.witness.status import status
from hawatch.witness.wires import Wires

log = logging.getLogger("hawatch.witness")

BEATS = 20
"""Turns in a second: in each the pairs of one twentieth have their beat, so that a hundred pairs are no burst."""
TURN = 1.0 / BEATS
LATE = 0.5
"""Seconds by which a turn may be late before that is told: what is known then is older than it should be."""


class Witness:
    """All pairs in one process. `keys` has the key of each pair by the pair's name."""

    def __init__(
        self, config: WitnessConfig, keys: Mapping[str, bytes], *, boot_id: str, clock: Clock
    ) -> None:
        self.name = config.name or socket.gethostname().partition(".")[0]
        self.config = config
        self.pairs = tuple(
            Pair(config=each, key=keys[each.name], run=Run(f"{boot_id}/{each.name}")) for each in config.pairs
        )
        self._clock = clock
        self._turns = tuple(self.pairs[turn::BEATS] for turn in range(BEATS))
        self._busy: set[Pair] = set()
        self._to_tell: set[Pair] = set()
        self._pinger = Pinger(clock)
        self._clients = Clients(pinger=self._pinger, clock=clock, changed=self._look)
        self._wires = Wires(self.pairs, clock=clock, probed=self._probed, advertised=self._advertised)
        self.correspondence = Correspondence(
            self.pairs, witness=self.name, port=config.port, clock=clock, heard=self._look
        )
        self.problems: dict[str, str] = {}

    def status(self) -> dict[str, object]:
        """The picture for people and programs; there are no secrets in it."""
        return status(self)

    def now(self) -> float:
        """Monotonic seconds."""
        return self._clock.monotonic()

    def wall(self) -> float:
        """Epoch seconds."""
        return self._clock.wall()

    async def run(self) -> None:
        """Watch until cancelled."""
        try:
            await together((self._wires.run(), self._keep_listening(), self._beat()))
        finally:
            self._clients.close()
            self._pinger.close()
            self.correspondence.close()

    async def _keep_listening(self) -> None:
        while True:
            problem = self.correspondence.open()
            self._tell_problem("peer_link", problem)
            self._tell_problem("wires", self._wires.problem)
            await asyncio.sleep(1.0)

    def _tell_problem(self, part: str, problem: str | None) -> None:
        if problem is None:
            self.problems.pop(part, None)
        elif self.problems.get(part) != problem:
            self.problems[part] = problem
            log.warning("part=%s problem=%r", part, problem)

    # --- the rhythm -------------------------------------------------------------------------------

    async def _beat(self) -> None:
        turn, due = 0, self.now()
        while True:
            due = max(due + TURN, self.now())
            await asyncio.sleep(max(0.0, due - self.now()))
            now = self.now()
            for pair in self._turns[turn]:
                self._beat_of(pair, now)
            for pair in tuple(self._busy):
                self._look_closely(pair, now)
            for pair in self._to_tell:
                self.correspondence.speak(pair)
            self._to_tell.clear()
            turn = (turn + 1) % BEATS

    def _beat_of(self, pair: Pair, now: float) -> None:
        for member in pair.members.values():
            self._ping(member.addresses[0], member.echo, now)
        pair.forget(now)
        self._look(pair)
        if pair not in self._busy:
            if pair.probe_due(now):
                self._wires.ask(pair)
            if now - pair.client_at >= self.config.peace - TURN:
                self._clients.ask(pair)
        self._to_tell.add(pair)

    def _ping(self, address: str, echo: Echo, now: float) -> None:
        try:
            if self._pinger.ask(address, echo.answer):
                echo.send(now)
        except ObserverError as error:
            self._tell_problem("icmp", str(error))

    def _look(self, pair: Pair) -> None:
        """Something may have changed: if so it is told, and looked at closely from now on."""
        now = self.now()
        if pair.look(now):
            self._to_tell.add(pair)
            self._busy.add(pair)
            self._look_closely(pair, now)

    def _look_closely(self, pair: Pair, now: float) -> None:
        if pair.probe_due(now):
            self._wires.ask(pair)
        if now - pair.client_at >= self.config.suspicion - TURN / 2:
            self._clients.ask(pair)
        if not pair.is_quick(now) and not self._is_out(pair, now):
            self._busy.discard(pair)

    @staticmethod
    def _is_out(pair: Pair, now: float) -> bool:
        """Whether clients of it have been without service for a while, the end of which is to be measured."""
        lasting = [each.current for each in pair.clients.values()]
        return any(each is not None and now - each.began_at <= QUICK_OUTAGE for each in lasting)

    # --- what comes in ----------------------------------------------------------------------------

    def _probed(self, pair: Pair, probe: ProbeRound) -> None:
        pair.take_round(probe)
        if pair in self._busy or sum(answer.count for answer in probe.answers) > 1:
            self._to_tell.add(pair)
        self._look(pair)

    def _advertised(self, pair: Pair, advert: AdvertisementHeard) -> None:
        known = (advert.family, advert.vrid, advert.src) in pair.adverts
        pair.take_advert(advert)
        if not known or not advert.priority:
            self._look(pair)
