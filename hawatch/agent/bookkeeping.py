"""The desk's books: incidents and ledger in the store; a disk that fails, or never answers, stops nobody."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from hawatch.agent.damaged_store import kept_aside, names_in, set_aside
from hawatch.agent.disk import Disk, answers
from hawatch.agent.equipment import Clock
from hawatch.causes.sight import ASIDE
from hawatch.desk.kinds import Key, decode, encode
from hawatch.desk.ledger import Ledger
from hawatch.errors import HawatchError
from hawatch.evidence import ObserverState, Sink
from hawatch.incident import Incident
from hawatch.store import DamagedStoreError, Page, Store

log = logging.getLogger("hawatch.store")
_T = TypeVar("_T")

RETRY_AFTER = 10.0
OPENS_WITHIN = 1.0
"""Seconds for which a turn of the desk waits for a store that is tried again; its next turns look for the result."""
OPENS_AT_START_WITHIN = 60.0
"""The same before the desk begins: what it does not find again, it would tell again."""
_MEANWHILE = "incidents are kept in memory until it can be opened"
LOOK_ASIDE_EVERY = 10.0
PRUNE_EVERY = 3600.0
KEEP_FOR = 90 * 86400.0
"""Seconds for which records and incidents that are over are kept."""
REMEMBER_FOR = 7 * 86400.0
"""Seconds for which they are kept in memory, too: longer than a code rests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was in a store: incidents that are not over, the latest that are, all names, records, and what is owed."""

    open: tuple[Incident, ...] = ()
    over: tuple[Incident, ...] = ()
    names: frozenset[str] = frozenset()
    records: tuple[Any, ...] = ()
    owed: tuple[tuple[str, Key], ...] = ()
    afresh: bool = False
    """Whether the store is a new one, in the place of one that is damaged."""


class Books:
    """Keeps what the desk has decided. Without a store, or with one that fails, it goes on in memory.

    A store that is damaged is kept aside, and a new one is begun with what is in memory. One that cannot be opened is
    tried again for as long as the agent runs.
    """

    def __init__(self, path: Path | None, *, put: Sink, clock: Clock) -> None:
        """`path` is the store's file; None keeps nothing beyond this run."""
        self._path = path
        self._put = put
        self._clock = clock
        self._store: Store | None = None
        self._disk = Disk(path, "store")
        self._unsaved: dict[str, Incident] = {}
        self._known: dict[str, Incident] = {}
        self._aside: str | None = None
        self._looked_aside_at = float("-inf")
        self._problem: str | None = None
        self._tried_at = float("-inf")
        self._opening: asyncio.Future[tuple[Store, Found]] | None = None
        self._pruned_at = 0.0

    async def open(self, ledger: Ledger, recent: int) -> Found:
        """What was stored; fills the ledger. Whatever cannot be read is told of, and left out."""
        path = self._path
        if path is None:
            return Found()
        self._tried_at = self._clock.monotonic()
        self._opening = self._disk.start(lambda: self._open(path, recent))
        if not await answers(self._opening, OPENS_AT_START_WITHIN):
            self._tell(f"{self._disk.no_answer}; {_MEANWHILE}")
            return Found()
        opening, self._opening = self._opening, None
        try:
            self._store, found = opening.result()
        except HawatchError as error:
            self._tell(f"{error}; {_MEANWHILE}")
            # A name that phones may know is not given again.
            try:
                return Found(names=await self._disk.ask(lambda: _names_that_can_be_read(path)))
            except HawatchError:
                return Found()
        self._restore(found, ledger)
        if found.afresh:
            ledger.store_all_again()
        self._known = {each.id: each for each in (*found.open, *found.over)}
        await self._look_aside()
        return found

    async def open_late(self, ledger: Ledger, recent: int) -> Found | None:
        """What was in a store that could not be opened before; None while it cannot be. Nobody waits for the disk."""
        path, now = self._path, self._clock.monotonic()
        if path is None or self._store is not None or self._problem is None:
            return None
        if self._opening is None:
            if now - self._tried_at < RETRY_AFTER:
                return None
            self._tried_at = now
            self._opening = self._disk.start(lambda: self._open(path, recent))
            await asyncio.wait([self._opening], timeout=OPENS_WITHIN)
        if not self._opening.done():
            return None
        opening, self._opening = self._opening, None
        try:
            self._store, found = opening.result()
        except HawatchError as error:
            self._tell(f"{error}; {_MEANWHILE}")
            return None
        self._unsaved = dict(self._known)
        ledger.store_all_again()
        self._restore(found, ledger)
        self._known = {each.id: each for each in (*found.open, *found.over)} | self._known
        self._looked_aside_at = self._tried_at = float("-inf")
        self._tell(None)
        return found

    @property
    def behind(self) -> str | None:
        """Why what was decided last is not on disk, though there is a store; None: it is."""
        return self._problem if self._store is not None else None

    async def find(self, name: str) -> Incident | None:
        """An incident by its name, however old."""
        store = self._store
        return None if store is None else await self._disk.ask(lambda: store.find(name))

    async def keep(self, changed: Iterable[Incident], ledger: Ledger) -> None:
        """Store these incidents, and what has changed in the ledger; what fails is tried again with the next call."""
        fresh = {each.id: each for each in changed}
        self._unsaved |= fresh
        self._known |= fresh
        await self._look_aside()
        waited = self._clock.monotonic() - self._tried_at >= RETRY_AFTER
        if not (self._unsaved or ledger.dirty) or not (fresh or waited or self._problem is None):
            return
        store = self._store
        records, owed = ledger.unsaved()
        if store is not None:
            page = _page(records, owed, self._clock.wall())
            unsaved = tuple(self._unsaved.values())
            self._tried_at = self._clock.monotonic()
            try:
                await self._disk.ask(lambda: store.save(unsaved, page))
                await self._prune(store, ledger)
            except DamagedStoreError as error:
                self._tell(str(error))
                await self._begin_again(store, ledger, str(error))
                return
            except HawatchError as error:
                self._tell(str(error))
                return
            self._tell(None)
        self._unsaved.clear()
        ledger.saved(records, owed)

    async def close(self) -> None:
        """Finish what is being stored, and close the file."""
        if self._opening is not None and await answers(self._opening):
            with contextlib.suppress(HawatchError):
                self._store, _ = self._opening.result()
        store, self._store = self._store, None
        if store is not None:
            with contextlib.suppress(HawatchError):
                await self._disk.ask(store.close)
        self._disk.leave()

    # --- inside -----------------------------------------------------------------------------------

    def _open(self, path: Path, recent: int) -> tuple[Store, Found]:
        """In the thread."""
        try:
            return _read(path, recent)
        except DamagedStoreError as error:
            taken = self._put_aside(path, str(error))
        store, found = _read(path, recent)
        return store, replace(found, names=found.names | taken, afresh=True)

    def _restore(self, found: Found, ledger: Ledger) -> None:
        """Into the ledger; what has come to be known meanwhile stays as it is."""
        for record in found.records:
            if ledger.get(type(record), record.id) is None:
                ledger.restore(record)
        for node, key in found.owed:
            ledger.restore_owed(node, key)
        ledger.forget(self._clock.wall() - REMEMBER_FOR)

    async def _begin_again(self, damaged: Store, ledger: Ledger, problem: str) -> None:
        """A new store in the place of one that broke while it was used; all that is in memory goes into it next."""
        try:
            await self._disk.ask(damaged.close)
            await self._disk.ask(lambda: self._put_aside(damaged.path, problem))
            self._store = await self._disk.ask(lambda: Store(damaged.path))
        except HawatchError as error:
            self._store = None
            self._tell(f"{error}; {_MEANWHILE}")
            return
        self._unsaved = dict(self._known)
        ledger.store_all_again()
        self._looked_aside_at = self._tried_at = float("-inf")

    def _put_aside(self, path: Path, problem: str) -> set[str]:
        """In the thread; the names of incidents that were in it. HawatchError when it cannot be put aside."""
        try:
            aside = set_aside(path, self._clock.wall())
            names = names_in(aside)
        except OSError as error:
            raise HawatchError(f"{problem}; it cannot be kept aside: {error.strerror or error}") from None
        log.error("store problem=%r kept_aside=%s begun_afresh=yes", problem, aside)
        return names

    async def _look_aside(self) -> None:
        """Say while a damaged store lies there, which people are to look at and take away."""
        path, now = self._path, self._clock.monotonic()
        if path is None or now - self._looked_aside_at < LOOK_ASIDE_EVERY:
            return
        self._looked_aside_at = now
        try:
            aside = await self._disk.ask(lambda: kept_aside(path))
        except HawatchError as error:
            if self._store is not None:
                self._tell(str(error))
            return
        if self._problem == self._disk.no_answer:
            self._tell(None)
        said = f"{path} was damaged; it is kept as {aside[-1]}, and a new one was begun" if aside else None
        if said != self._aside:
            self._aside = said
            self._put(ObserverState(at=now, observer=ASIDE, up=said is None, problem=said))

    async def _prune(self, store: Store, ledger: Ledger) -> None:
        now = self._clock.monotonic()
        if now - self._pruned_at >= PRUNE_EVERY:
            self._pruned_at = now
            wall = self._clock.wall()
            ledger.forget(wall - REMEMBER_FOR)
            self._known = {
                name: each
                for name, each in self._known.items()
                if each.resolved_at is None or each.resolved_at >= wall - REMEMBER_FOR
            }
            await self._disk.ask(lambda: store.prune(wall - KEEP_FOR))

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


def _read(path: Path, recent: int) -> tuple[Store, Found]:
    """A store and what is in it. HawatchError."""
    store = Store(path)
    try:
        records = []
        for kind, name, text in store.records():
            try:
                records.append(decode(kind, text))
            except HawatchError as error:
                log.warning("record=%s/%s problem=%r", kind, name, str(error))
        return store, Found(
            open=store.unresolved(),
            over=store.resolved(recent),
            names=store.names(),
            records=tuple(records),
            owed=tuple((node, Key(kind, name)) for node, kind, name in store.owed()),
        )
    except BaseException:
        store.close()
        raise


def _names_that_can_be_read(path: Path) -> frozenset[str]:
    try:
        return frozenset(names_in(path))
    except OSError:
        return frozenset()


def _page(records: dict[Key, object], owed: dict[tuple[str, Key], bool], at: float) -> Page:
    return Page(
        at=at,
        records=tuple((key.kind, key.id, encode(key.kind, record)) for key, record in records.items()),
        owed=tuple((node, key.kind, key.id, owes) for (node, key), owes in owed.items()),
    )
