"""Asks hawatch-helper for the rules of this host, judges them, and tells when the conclusions change."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from hawatch.errors import HawatchError
from hawatch.evidence import FirewallHit, FirewallJudged, ObserverState, Sink
from hawatch.heartbeat import beat
from hawatch.keepalived.model import VirtualRouter
from hawatch.netfilter import TROUBLE, Fate, Judgement, Packet, judge, packets_of, read_listing, remedy_for
from hawatch.observers import MonotonicClock
from hawatch.observers.firewall.link_kind import link_kind

PAUSE = 10.0
"""Seconds from one listing to the next."""
SHORTEST_PAUSE = 1.0
"""Seconds between two listings, however often somebody asks; and from one to the next while there are none."""

Listing = Mapping[str, Any]
"""hawatch-helper's answer to `firewall` (hawatch/helper/firewall.py)."""
Conclusion = tuple[tuple[FirewallHit, ...] | None, str | None]


class FirewallObserver:
    """Judges one packet each way for every virtual router, with unicast or known peers for every peer."""

    name = "firewall"

    def __init__(
        self,
        *,
        routers: tuple[VirtualRouter, ...],
        list_rules: Callable[[], Awaitable[Listing]],
        put: Sink,
        clock: MonotonicClock,
        own_address: Callable[[VirtualRouter], str | None] = lambda router: router.source,
        peer_addresses: Callable[[VirtualRouter], Sequence[str]] = lambda _router: (),
        kind_of: Callable[[str], str | None] = link_kind,
    ) -> None:
        """`list_rules` gives the helper's answer, HawatchError when there is none to be had.

        `own_address` is what a router's advertisements leave from, `peer_addresses` those that its peers are known by;
        both are asked at every listing.
        """
        self._routers = routers
        self._list_rules = list_rules
        self._put = put
        self._clock = clock
        self._own_address = own_address
        self._peer_addresses = peer_addresses
        self._kind_of = kind_of
        self._wanted = asyncio.Event()
        self._told: Conclusion | None = None

    def ask(self) -> None:
        """List and judge soon, whatever the pause; a conclusion that is as before is not told again."""
        self._wanted.set()

    async def run(self) -> None:
        """List and judge until cancelled."""
        self._put(ObserverState(at=self._clock.monotonic(), observer=self.name, up=True))
        while True:
            self._wanted.clear()
            beat()
            at, listed = await self._look()
            await asyncio.sleep(SHORTEST_PAUSE)
            if listed:
                beat(PAUSE)
                await self._pause(at + PAUSE)

    async def _look(self) -> tuple[float, bool]:
        """One listing judged and told; when it was asked for, and whether there was one."""
        at = self._clock.monotonic()
        try:
            listing = await self._list_rules()
            conclusion = await asyncio.to_thread(_judged, listing, self._packets())
        except HawatchError as error:
            self._tell(at, (None, str(error)))
            return at, False
        self._tell(at, conclusion)
        return at, True

    async def _pause(self, until: float) -> None:
        try:
            async with asyncio.timeout(max(0.0, until - self._clock.monotonic())):
                await self._wanted.wait()
        except TimeoutError:
            return

    def _packets(self) -> list[tuple[str, Packet]]:
        """Every advertisement that matters, with the instance it belongs to."""
        kind_of = cache(self._kind_of)
        return [
            (router.instance, replace(packet, kind=kind_of(packet.interface) or packet.kind))
            for router in self._routers
            for packet in packets_of(
                router, own_address=self._own_address(router), peer_addresses=self._peer_addresses(router)
            )
        ]

    def _tell(self, at: float, conclusion: Conclusion) -> None:
        """`at` is when the listing was asked for: what is delivered later may contradict it."""
        if conclusion != self._told:
            self._told = conclusion
            hits, problem = conclusion
            self._put(FirewallJudged(at=at, hits=hits, problem=problem))


def _judged(listing: Listing, packets: Sequence[tuple[str, Packet]]) -> Conclusion:
    """The rules in the way; unknown when there are none and some packet's fate could not be told."""
    ruleset = read_listing(listing)
    hits: dict[FirewallHit, None] = {}
    unknown = None
    for instance, packet in packets:
        judgement = judge(ruleset, packet)
        if judgement.verdict in TROUBLE:
            hits[_hit(instance, packet, judgement)] = None
        elif judgement.verdict is Fate.UNKNOWN:
            unknown = unknown or judgement.rule
    return (None if unknown and not hits else tuple(hits)), unknown


def _hit(instance: str, packet: Packet, judgement: Judgement) -> FirewallHit:
    return FirewallHit(
        instance=instance,
        direction=packet.direction.value,
        verdict=judgement.verdict.value,
        tool=judgement.owner.value if judgement.owner else "",
        rule=judgement.rule,
        place=str(judgement.place),
        remedy=remedy_for(judgement, packet),
    )
