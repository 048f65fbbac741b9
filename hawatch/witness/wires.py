"""The witness's packet sockets, one for each device and purpose: questions for VIPs, and advertisements overheard."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable

from hawatch.errors import HawatchError, ObserverError
from hawatch.evidence import AdvertisementHeard, Evidence, ProbeRound
from hawatch.observers.arp_probe import Prober
from hawatch.observers.peer_link.endpoint import Clock
from hawatch.observers.route import device_for
from hawatch.observers.sniffer import Sniffer
from hawatch.targets import CaptureTarget, ProbeTarget
from hawatch.together import together
from hawatch.wire.address import VRRP_GROUP_IPV4, VRRP_GROUP_IPV6, family_of
from hawatch.witness.pair import Pair

log = logging.getLogger("hawatch.witness")

LOOK_AGAIN = 15.0
"""Seconds after which a VIP whose device is not known is looked up again."""
_GROUPS = frozenset({VRRP_GROUP_IPV4, VRRP_GROUP_IPV6})


class Wires:
    """Asks and overhears for all pairs; `probed` gets each round that ended with the pair it is for."""

    def __init__(
        self,
        pairs: Iterable[Pair],
        *,
        clock: Clock,
        probed: Callable[[Pair, ProbeRound], None],
        advertised: Callable[[Pair, AdvertisementHeard], None],
    ) -> None:
        self._pairs = tuple(pairs)
        self._clock = clock
        self._probed = probed
        self._advertised = advertised
        self._prober = Prober(vips=(), put=self._take, clock=clock)
        self._asked: dict[tuple[str, str], list[Pair]] = {}
        self._by_vip: dict[str, list[Pair]] = {}
        self._by_source: dict[str, list[Pair]] = {}
        self._devices: dict[str, str | None] = {}
        self._looked_at: dict[str, float] = {}
        self._heard_on: frozenset[str] = frozenset()
        self._new_device = asyncio.Event()
        self.problem: str | None = None
        for pair in self._pairs:
            for address in (a for member in pair.members.values() for a in member.addresses):
                self._by_source.setdefault(address.partition("%")[0], []).append(pair)

    async def run(self) -> None:
        """Be ready until cancelled; without the right to packet sockets everything else goes on."""
        try:
            await together((self._prober.run(), self._overhear(), self._find_devices()))
        except HawatchError as error:
            self.problem = str(error)
            log.warning("wires problem=%r", self.problem)

    def ask(self, pair: Pair) -> None:
        """One question for every VIP of a pair, with a control beside it."""
        pair.probed_at = self._clock.monotonic()
        for vip in pair.vips:
            target = pair.targets.get(vip)
            if target is not None:
                self._prober.ask(target, pair.control(target.family))

    # --- devices ----------------------------------------------------------------------------------

    async def _find_devices(self) -> None:
        while True:
            for pair in self._pairs:
                await self._settle(pair)
            await asyncio.sleep(1.0)

    async def _settle(self, pair: Pair) -> None:
        """Find the device of each VIP that has none yet, and of each member, whose advertisements come in there."""
        for vip in pair.vips:
            if pair.targets.get(vip) is not None:
                continue
            device = pair.config.interface or await self._device(vip)
            if device is not None:
                pair.targets[vip] = ProbeTarget(vip=vip, family=family_of(vip), interface=device)
                self._asked.setdefault((vip, device), []).append(pair)
                self._by_vip.setdefault(vip, []).append(pair)
                self._hear_on(device)
        for address in (a for member in pair.members.values() for a in member.addresses):
            device = await self._device(address)
            if device is not None:
                self._hear_on(device)

    async def _device(self, address: str) -> str | None:
        now = self._clock.monotonic()
        if (
            self._devices.get(address) is None
            and now - self._looked_at.get(address, -LOOK_AGAIN) >= LOOK_AGAIN
        ):
            self._looked_at[address] = now
            try:
                self._devices[address] = await device_for(address)
            except ObserverError as error:
                self._devices[address] = None
                log.debug("device=%s", error)
        return self._devices.get(address)

    def _hear_on(self, device: str) -> None:
        if device not in self._heard_on:
            self._heard_on |= {device}
            self._new_device.set()

    # --- what comes in ----------------------------------------------------------------------------

    async def _overhear(self) -> None:
        """Capture on all devices, anew whenever there is one more."""
        while True:
            await self._new_device.wait()
            self._new_device.clear()
            captures = [CaptureTarget(interface=name, groups=_GROUPS) for name in sorted(self._heard_on)]
            sniffing = asyncio.create_task(
                Sniffer(captures=captures, put=self._take, clock=self._clock).run()
            )
            more = asyncio.create_task(self._new_device.wait())
            try:
                await asyncio.wait({sniffing, more}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                more.cancel()
                sniffing.cancel()
                results = await asyncio.gather(sniffing, return_exceptions=True)
            for problem in results:
                if isinstance(problem, HawatchError):
                    raise problem

    def _take(self, evidence: Evidence) -> None:
        match evidence:
            case ProbeRound():
                for pair in self._asked.get((evidence.vip, evidence.interface), ()):
                    self._probed(pair, evidence)
            case AdvertisementHeard():
                if evidence.outgoing or not evidence.valid:
                    return
                found = {id(p): p for p in self._by_source.get(evidence.src, ())}
                for address in evidence.addresses:
                    found |= {id(p): p for p in self._by_vip.get(address, ())}
                for pair in found.values():
                    self._advertised(pair, evidence)
            case _:
                pass
