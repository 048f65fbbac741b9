"""The on-call side: steps the incidents, lets the desk decide, stores what changed, and only then lets it be seen."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from hawatch.agent.bookkeeping import Books, Found
from hawatch.agent.delivery_results import DeliveryResults
from hawatch.agent.desk_view import desk_view
from hawatch.agent.equipment import Clock, HostClock
from hawatch.agent.homecoming import Homecoming
from hawatch.agent.letters import Letters
from hawatch.agent.monitor_tally import MonitorTally
from hawatch.agent.noticed import Noticed
from hawatch.agent.own_incidents import RECENT, OwnIncidents
from hawatch.agent.passive_tally import PassiveTally
from hawatch.agent.surroundings import Surroundings
from hawatch.agent.webhook_tally import WebhookTally
from hawatch.config import Config
from hawatch.desk.around import Around
from hawatch.desk.following import follow
from hawatch.desk.kinds import Key
from hawatch.desk.ledger import Ledger
from hawatch.desk.linking import KNOWN_AFTER_END, of_others
from hawatch.desk.records import Answer
from hawatch.desk.shell import answer
from hawatch.desk.telling import Seen
from hawatch.desk.wording import note_words
from hawatch.errors import HawatchError
from hawatch.evidence import ObserverState, Sink
from hawatch.heartbeat import beat
from hawatch.incident import Incident, UnknownIncidentError, Word, step
from hawatch.judge import Judge
from hawatch.moments import set_within, until_moment
from hawatch.rota.local_zone import local_zone
from hawatch.snapshot import DeskView

log = logging.getLogger("hawatch.incident")
_T = TypeVar("_T")

TURN_EVERY = 1.0
TURN_SELDOM = 2.0
"""Seconds between two turns of the desk while an incident is open, and while none is and nothing changes."""
QUICK = 0.02
REST_SHARE = 3
LONGEST_REST = 0.2
"""Seconds of a turn after which there is no rest; else so many times what it took, and no longer than that."""


class OnCall:
    """This node's desk: its incidents, and the ledger that it shares with the other nodes' desks.

    Every change goes through `change`, one at a time, and is stored before anybody sees it or acts on it.
    """

    def __init__(
        self,
        *,
        node: str,
        judge: Judge,
        path: Path | None,
        put: Sink,
        clock: Clock | None = None,
        config: Config | None = None,
    ) -> None:
        """`path` is the store's file; None keeps nothing beyond this run."""
        self._node = node
        self.judge = judge
        self._put = put
        self._clock = clock or HostClock()
        self.ledger = Ledger(node)
        self.surroundings = Surroundings(
            node=node,
            judge=judge,
            ledger=self.ledger,
            config=config or Config(),
            clock=self._clock,
            local=local_zone(),
        )
        peers = {each.name for each in (config.peers if config else ())} - {node}
        self._incidents = OwnIncidents()
        self._homecoming = Homecoming(self.ledger, peers)
        self.letters = Letters(
            self.ledger,
            own=self._incidents.get,
            record=self.record,
            settled=self.settled,
            take_back=self._homecoming.take,
        )
        self._keeps = path is not None
        self._books = Books(path, put=put, clock=self._clock)
        self._lock = asyncio.Lock()
        self._noticed = asyncio.Event()
        self._unstepped = Noticed(
            judge=judge, ledger=self.ledger, surroundings=self.surroundings, clock=self._clock
        )
        self._ran_before = False
        self._look_again_at: float | None = None
        self._seen: Seen = {}
        self._listeners: list[Callable[[], None]] = []
        self.results = DeliveryResults()
        self.put_aside: Counter[tuple[str, str]] = Counter()
        """What came in and was not taken since the agent's start, by channel and reason."""
        self.webhooks = WebhookTally()
        self.passive = PassiveTally(each.name for each in (config.passive if config else ()))
        self.monitors = MonitorTally(each.name for each in (config.monitors if config else ()))

    # --- life -------------------------------------------------------------------------------------

    async def begin(self) -> None:
        """Open the store and find again what was not over when the agent ended."""
        self._incidents.take_over(await self._books.open(self.ledger, RECENT))
        if self._keeps and self._books.behind is None:
            self._homecoming.begin(self._clock.wall())

    async def run(self) -> None:
        """Step at every change and now and then, until cancelled; it may be run again after a crash."""
        if self._ran_before:
            self._put(ObserverState(at=self._clock.monotonic(), observer="oncall", up=True))
        self._ran_before = True
        while True:
            beat(TURN_SELDOM + LONGEST_REST)
            began = self._clock.monotonic()
            await asyncio.shield(asyncio.ensure_future(self.turn()))
            await self._rest(self._clock.monotonic() - began)
            await set_within(self._noticed, self._pause())

    async def _rest(self, taken: float) -> None:
        """After a turn that took long, leave the others time: what changes meanwhile waits for the next together."""
        if taken > QUICK:
            await asyncio.sleep(min(REST_SHARE * taken, LONGEST_REST))

    async def close(self) -> None:
        """Finish what is being stored, and close the file."""
        async with self._lock:
            await self._books.close()

    def tell_changes_to(self, listener: Callable[[], None]) -> None:
        """Call this whenever something has changed and is stored."""
        self._listeners.append(listener)

    # --- what is so -------------------------------------------------------------------------------

    @property
    def open(self) -> tuple[Incident, ...]:
        """The incidents that are not over, the oldest first; all of it stored, while the store works."""
        return self._incidents.open

    def notice(self) -> None:
        """A verdict or a finding has changed: note what stands, and step soon."""
        self._unstepped.note(self.open)
        self._noticed.set()

    async def turn(self) -> None:
        """Step through what was noticed and the present moment; let the desk decide; store it, then show it."""
        async with self._lock:
            self._noticed.clear()
            found = await self._books.open_late(self.ledger, RECENT)
            if found is not None:
                self._incidents.take_over(found)
            await self._settle(await self._stepped())

    async def _stepped(self) -> tuple[Incident, ...]:
        """The open incidents after all that was noticed; as they are while other nodes may know more about them."""
        if self._waits_for_others():
            return self.open
        after = self.open
        heard: dict[str, Word] = {}
        for at, words, watched in self._unstepped.take(self.open):
            after = step(
                after,
                words,
                at,
                node=self._node,
                watched=watched,
                taken=self._incidents.taken,
                heard_before=heard,
            )
            heard = {word.instance: word for word in words}
            await asyncio.sleep(0)  # of hundreds of virtual routers a step takes milliseconds
        return after

    def settled(self, key: Key) -> bool:
        """Whether a record is stored as it stands, or cannot be: not earlier does anybody act on it or hear of it."""
        return self.ledger.is_stored(key) or self._books.behind is not None

    def view(self) -> DeskView:
        """What the desk adds to the picture."""
        return desk_view(
            self.ledger,
            self.open,
            self.surroundings.roster.channels,
            results=self.results,
            passive=self.passive,
            monitors=self.monitors,
            put_aside=self.put_aside,
            webhooks=self.webhooks,
        )

    def all(self) -> tuple[Incident, ...]:
        """The open ones, then the latest that are over, the newest first; last, those that other nodes alone have."""
        own = self._incidents.newest_first()
        return (*own, *of_others(own, self.ledger))

    async def at_home(self) -> None:
        """Return when it is known, as well as it ever will be, what codes and questions mean that people answer."""
        await self._homecoming.over()

    # --- what people do ---------------------------------------------------------------------------

    async def change(self, do: Callable[[Around], _T]) -> _T:
        """Let something be done with the ledger; the result, once it is stored, or could not be."""
        # A caller who hangs up must not leave memory and store with two different stories.
        return await asyncio.shield(asyncio.ensure_future(self._change_under_lock(do)))

    async def record(self, do: Callable[[Around], _T]) -> _T:
        """The same for what is forgotten elsewhere once it is stored here: HawatchError while it is not."""
        result = await self.change(do)
        if self._books.behind is not None:
            raise HawatchError(self._books.behind)
        return result

    async def acknowledge(self, name: str, who: str) -> Incident:
        """HawatchError when there is no such incident, or its state does not allow it."""
        return await self._answer(name, who, Answer.ACK)

    async def release(self, name: str, who: str) -> Incident:
        """HawatchError when there is no such incident, or its state does not allow it."""
        return await self._answer(name, who, Answer.RELEASE)

    async def snooze(self, name: str, who: str, seconds: float) -> Incident:
        """HawatchError when there is no such incident, or its state does not allow it."""
        return await self._answer(name, who, Answer.SNOOZE, seconds)

    async def find(self, name: str) -> Incident:
        """An incident by any of its names; UnknownIncidentError when there is none."""
        found = next((each for each in self.all() if name in each.names), None) or await self._books.find(
            name
        )
        if found is None:
            raise UnknownIncidentError(f"no such incident: {name}")
        return found

    async def _answer(self, name: str, who: str, what: Answer, seconds: float | None = None) -> Incident:
        incident = await self.find(name)
        await self.change(lambda around: answer(incident, what, who, self.ledger, around, seconds))
        return await self.find(incident.id)

    async def _change_under_lock(self, do: Callable[[Around], _T]) -> _T:
        async with self._lock:
            result = do(self.surroundings.now())
            self._waits_for_others()
            await self._settle(self.open)
            return result

    def _waits_for_others(self) -> bool:
        """Whether other nodes may know more of what was; once they have given it back, this goes on with it."""
        if self._homecoming.waiting:
            around = self.surroundings.now()
            self._homecoming.look(around.talking, around.now)
        if self._homecoming.waiting:
            return True
        back = self._homecoming.all()
        if back:
            self._incidents.take_over(
                Found(
                    open=tuple(each for each in back if not each.resolved),
                    over=tuple(each for each in reversed(back) if each.resolved),
                    names=frozenset(each.id for each in back),
                )
            )
        return False

    # --- settling ---------------------------------------------------------------------------------

    def _pause(self) -> float:
        pause = until_moment(TURN_EVERY if self.open or self._homecoming.waiting else TURN_SELDOM)
        if self._look_again_at is None:
            return pause
        return min(max(self._look_again_at - self._clock.wall(), 0.01), pause)

    async def _settle(self, after: tuple[Incident, ...]) -> None:
        """Let everything follow that follows from the ledger and the incidents as they are now; store it."""
        around = self.surroundings.now()
        self._owe_newcomers(around)
        ended = [
            each
            for each in self._incidents.recent
            if around.now - (each.resolved_at or 0.0) < KNOWN_AFTER_END
        ]
        before = {each.id: each for each in (*self.open, *ended)}
        incidents: Sequence[Incident] = (*after, *ended)
        note_words((*incidents, *of_others(incidents, self.ledger)), self.ledger, around)
        # A part of what comes back would be taken for all that was told and answered.
        if not self._homecoming.waiting:
            incidents, self._look_again_at = follow(incidents, self.ledger, around, self._seen)
        incidents = [
            each if each is before.get(each.id) else replace(each, told=each.told + 1) for each in incidents
        ]
        changed = [each for each in incidents if each is not before.get(each.id)]
        for each in changed:
            self.ledger.owe_own(each)
        back = self._homecoming.unstored()
        dirty = bool(changed or back) or self.ledger.dirty
        await self._books.keep([*changed, *back], self.ledger)
        self._incidents.show(incidents, changed)
        if dirty:
            for listener in self._listeners:
                listener()

    def _owe_newcomers(self, around: Around) -> None:
        """Whoever was not known, or has lost what it knew, is owed all; and a word when it has come."""
        new = [peer for peer in around.talking if self.ledger.know(peer)]
        again = self.ledger.give_back()
        if new or again:
            for each in (*self.open, *(self._incidents.recent if again else ())):
                self.ledger.owe_own(each)
        self.ledger.tell_given_back()
