"""After a store was lost: how long the desk waits for what other nodes give back, and what comes back until then."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection

from hawatch.desk.ledger import Ledger
from hawatch.desk.records import Beginning, GivenBack
from hawatch.incident import Incident

log = logging.getLogger("hawatch.incident")

PEERS_APPEAR_WITHIN = 3.0
"""Seconds for which a desk with new books waits for the agents of the nodes that it is configured with."""
GIVEN_BACK_WITHIN = 10.0
"""The same for what those give back that are heard. Who knows nothing, or is of an older version, is not waited for."""


class Homecoming:
    """What a desk with new books waits for: of a trouble that was told before nobody is to hear as of a new one."""

    def __init__(self, ledger: Ledger, configured: Collection[str]) -> None:
        """`configured` are the other nodes of the configuration, heard or not."""
        self._ledger = ledger
        self._configured = frozenset(configured)
        self._since: float | None = None
        self._back: dict[str, Incident] = {}
        self._fresh: dict[str, Incident] = {}
        self._home = asyncio.Event()
        self._home.set()

    def begin(self, now: float) -> None:
        """The store was opened, and `now` is epoch seconds: are these books new?"""
        if self._ledger.begin(now):
            self._since = now
            self._home.clear()

    @property
    def waiting(self) -> bool:
        """Whether it is too early to say what is new; once it is not, it never is again."""
        return self._since is not None

    def look(self, talking: Collection[str], now: float) -> None:
        """Who is heard, `now` in epoch seconds: is it still too early?"""
        if self._since is None:
            return
        waited = now - self._since
        unheard = not self._configured.issubset(talking) and waited < PEERS_APPEAR_WITHIN
        missing = any(not self._has_given(each) for each in talking) and waited < GIVEN_BACK_WITHIN
        if not unheard and not missing:
            self._since = None
            self._home.set()

    async def over(self) -> None:
        """Return when nobody is waited for."""
        await self._home.wait()

    def take(self, incident: Incident) -> None:
        """One of this node's own, as another node knows it. When it comes too late, what was begun since counts."""
        if self._since is None:
            log.warning(
                "incident=%s problem='an incident of %s: nothing is missed'", incident.id, incident.node
            )
        elif (known := self._back.get(incident.id)) is None or known.told < incident.told:
            self._back[incident.id] = self._fresh[incident.id] = incident

    def unstored(self) -> list[Incident]:
        """What has come back since this was asked last."""
        fresh, self._fresh = list(self._fresh.values()), {}
        return fresh

    def all(self) -> list[Incident]:
        """Everything that came back; it is given once."""
        back, self._back = list(self._back.values()), {}
        return sorted(back, key=lambda each: each.opened_at)

    def _has_given(self, node: str) -> bool:
        given = self._ledger.get(GivenBack, f"{node}/{self._ledger.node}")
        own = self._ledger.get(Beginning, self._ledger.node)
        return given is not None and own is not None and given.at == own.at
