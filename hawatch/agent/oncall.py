"""The on-call side: steps the incidents, stores what changed, and only then shows it to anybody."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol, TypeVar

from hawatch.agent.equipment import HostClock
from hawatch.errors import HawatchError
from hawatch.evidence import ObserverState, Sink
from hawatch.incident import (
    Incident,
    UnknownIncidentError,
    Word,
    acknowledge,
    release,
    snooze,
    step,
)
from hawatch.judge import Judge
from hawatch.store import Store

log = logging.getLogger("hawatch.incident")
_T = TypeVar("_T")

TURN_EVERY = 1.0
RETRY_AFTER = 10.0
RECENT = 50
MOST_MOMENTS = 256
"""Changes that may wait for a slow disk; of more, the latest count."""

Moment = tuple[float, tuple[Word, ...], frozenset[str] | None]
"""Epoch seconds, what stood then, and the virtual routers that were configured."""


class Clock(Protocol):
    """Both clocks; monotonic and epoch seconds."""

    def monotonic(self) -> float:
        """CLOCK_MONOTONIC in seconds."""

    def wall(self) -> float:
        """CLOCK_REALTIME in epoch seconds."""


def words_of(judge: Judge) -> tuple[Word, ...]:
    """What stands now for every virtual router, as incidents want to hear it."""
    routers = judge.situation.routers
    return tuple(
        Word(
            instance=instance,
            verdict=standing.verdict.kind,
            summary=standing.verdict.summary,
            findings=standing.findings,
            sync_group=routers[instance].config.sync_group,
            down_interval=routers[instance].own_down_interval(),
        )
        for instance, standing in judge.standing.items()
        if instance in routers
    )


def watched_by(judge: Judge) -> frozenset[str] | None:
    """The virtual routers that are configured; None while no configuration could be read."""
    return None if judge.situation.node.config is None else frozenset(judge.situation.routers)


class OnCall:
    """Keeps this node's incidents. Without a store, or with one that fails, it goes on in memory."""

    def __init__(
        self, *, node: str, judge: Judge, path: Path | None, put: Sink, clock: Clock | None = None
    ) -> None:
        """`path` is the store's file; None keeps nothing beyond this run."""
        self._node = node
        self._judge = judge
        self._path = path
        self._put = put
        self._clock = clock or HostClock()
        self._store: Store | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self._lock = asyncio.Lock()
        self._noticed = asyncio.Event()
        self._moments: deque[Moment] = deque(maxlen=MOST_MOMENTS)
        self._unsaved: dict[str, Incident] = {}
        self._problem: str | None = None
        self._ran_before = False
        self._tried_at = 0.0
        self._taken: set[str] = set()
        self._recent: deque[Incident] = deque(maxlen=RECENT)
        self.open: tuple[Incident, ...] = ()
        """The incidents that are not over, the oldest first; all of it stored, while the store works."""

    # --- life -------------------------------------------------------------------------------------

    async def begin(self) -> None:
        """Open the store and find again what was not over when the agent ended."""
        path = self._path
        if path is None:
            return
        try:
            await self._in_thread(lambda: self._open_store(path))
        except HawatchError as error:
            self._tell(f"{error}; incidents are kept in memory until a restart")
            return
        for incident in self.open:
            log.info("incident=%s state=%s found again", incident.id, incident.state.value)

    async def run(self) -> None:
        """Step at every change and once a second, until cancelled; it may be run again after a crash."""
        if self._ran_before:
            self._put(ObserverState(at=self._clock.monotonic(), observer="oncall", up=True))
        self._ran_before = True
        while True:
            await asyncio.shield(asyncio.ensure_future(self.turn()))
            try:
                async with asyncio.timeout(TURN_EVERY):
                    await self._noticed.wait()
            except TimeoutError:
                pass

    async def close(self) -> None:
        """Finish what is being stored, and close the file."""
        async with self._lock:
            store, self._store = self._store, None
            if store is not None:
                await self._in_thread(store.close)
        self._thread.shutdown(wait=False)

    # --- what is so -------------------------------------------------------------------------------

    def notice(self) -> None:
        """A verdict or a finding has changed: note what stands, and step soon."""
        self._moments.append(self._now())
        self._noticed.set()

    async def turn(self) -> None:
        """Step through what was noticed and the present moment; store it, then show it."""
        async with self._lock:
            self._noticed.clear()
            moments = [*self._moments, self._now()]
            self._moments.clear()
            after = self.open
            for at, words, watched in moments:
                after = step(after, words, at, node=self._node, watched=watched, taken=self._taken)
            await self._keep(after)

    def all(self) -> tuple[Incident, ...]:
        """The open ones, and after them the latest that are over; the newest first."""
        return (*reversed(self.open), *self._recent)

    # --- what people do ---------------------------------------------------------------------------

    async def acknowledge(self, name: str, who: str) -> Incident:
        """HawatchError when there is no such incident, or its state does not allow it."""
        return await self._change(name, lambda incident, at: acknowledge(incident, at=at, who=who))

    async def release(self, name: str, who: str) -> Incident:
        """HawatchError when there is no such incident, or its state does not allow it."""
        return await self._change(name, lambda incident, at: release(incident, at=at, who=who))

    async def snooze(self, name: str, who: str, seconds: float) -> Incident:
        """HawatchError when there is no such incident, or its state does not allow it."""
        text = f"for {seconds:g} s"
        return await self._change(
            name, lambda incident, at: snooze(incident, at=at, who=who, until=at + seconds, text=text)
        )

    async def _change(self, name: str, transition: Callable[[Incident, float], Incident]) -> Incident:
        # A caller who hangs up must not leave memory and store with two different stories.
        return await asyncio.shield(asyncio.ensure_future(self._change_under_lock(name, transition)))

    async def _change_under_lock(
        self, name: str, transition: Callable[[Incident, float], Incident]
    ) -> Incident:
        async with self._lock:
            incident = await self._find(name)
            changed = transition(incident, self._clock.wall())
            await self._keep(tuple(changed if each is incident else each for each in self.open))
            return changed

    async def _find(self, name: str) -> Incident:
        found = next((each for each in self.all() if each.id == name), None)
        if found is None and self._store is not None:
            store = self._store
            found = await self._in_thread(lambda: store.find(name))
        if found is None:
            raise UnknownIncidentError(f"no such incident: {name}")
        return found

    # --- keeping ----------------------------------------------------------------------------------

    def _now(self) -> Moment:
        return self._clock.wall(), words_of(self._judge), watched_by(self._judge)

    def _open_store(self, path: Path) -> None:
        """In the thread, before anybody looks."""
        store = Store(path)
        try:
            self.open, self._taken = store.unresolved(), set(store.names())
            self._recent.extend(store.resolved(RECENT))
        except BaseException:
            self.open = ()
            store.close()
            raise
        self._store = store

    async def _keep(self, after: tuple[Incident, ...]) -> None:
        known = {id(each) for each in self.open}
        changed = [each for each in after if id(each) not in known]
        self._unsaved |= {each.id: each for each in changed}
        if changed or self._clock.monotonic() - self._tried_at >= RETRY_AFTER:
            await self._save()
        self.open = tuple(each for each in after if not each.resolved)
        self._recent.extendleft(each for each in changed if each.resolved)
        self._taken |= {each.id for each in changed}
        for each in changed:
            entry = each.timeline[-1]
            log.info(
                "incident=%s state=%s revision=%d who=%s %s=%r",
                each.id,
                each.state.value,
                each.revision,
                entry.who,
                entry.kind.value,
                entry.text,
            )

    async def _save(self) -> None:
        store = self._store
        if store is None or not self._unsaved:
            self._unsaved.clear()
            return
        unsaved = tuple(self._unsaved.values())
        self._tried_at = self._clock.monotonic()
        try:
            await self._in_thread(lambda: store.save(unsaved))
        except HawatchError as error:
            self._tell(str(error))
            return
        self._unsaved.clear()
        self._tell(None)

    def _tell(self, problem: str | None) -> None:
        """Say that the store fails, or works again; once."""
        if problem == self._problem:
            return
        self._problem = problem
        if problem is not None:
            log.warning("store problem=%r", problem)
        self._put(
            ObserverState(at=self._clock.monotonic(), observer="store", up=problem is None, problem=problem)
        )

    async def _in_thread(self, do: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, do)
