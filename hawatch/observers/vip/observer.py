"""Follows the kernel's links and addresses, and tells each change of a VIP or of an interface that matters."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable, Collection, Iterable
from math import inf

from hawatch.errors import ObserverError
from hawatch.evidence import InterfaceState, ObserverState, Sink, VipHeld
from hawatch.heartbeat import at_work
from hawatch.observers import MonotonicClock
from hawatch.observers.vip.kernel_table import KernelTable
from hawatch.observers.vip.listing import RTM_GETADDR, RTM_GETLINK, listed
from hawatch.observers.vip.netlink import DUMP_INTERRUPTED, Entry, Message, apply
from hawatch.observers.vip.subscription import PORTION, Subscription

DUMP_ATTEMPTS = 5
ADDRESSES_EVERY = 0.05
"""Seconds between two words on a device's whole list of addresses, however many come or go; VIPs are told at once."""
PAUSE_AFTER_OVERRUN = 0.2  # seconds; a queue that runs over again and again must not take the whole processor


def _nobody_minds(since: float) -> None:
    del since


class VipObserver:
    """One rtnetlink subscription to all links and addresses of this network namespace.

    A VIP counts wherever it lives, on VMAC and other devices too; on lo only if it is in `loopback_vips`. When the
    kernel's queue runs over, everything is unknown until it has been read again. While much has to be read, the others
    have their turns, and `reads_since` is told since when (monotonic seconds; inf: it has been read and told).
    """

    name = "vip"

    def __init__(
        self,
        *,
        vips: Collection[str],
        interfaces: Collection[str],
        put: Sink,
        clock: MonotonicClock,
        loopback_vips: Collection[str] = (),
        receive_buffer: int = 1 << 20,
        reads_since: Callable[[float], None] = _nobody_minds,
    ) -> None:
        self._vips = dict.fromkeys(sorted(vips))
        self._interfaces = tuple(sorted(interfaces))
        self._put = put
        self._clock = clock
        self._loopback_vips = frozenset(loopback_vips)
        self._receive_buffer = receive_buffer
        self._reads_since = reads_since
        self._pause: asyncio.TimerHandle | None = None
        self._more_addresses = False
        self._told_vips: dict[str, tuple[bool | None, str | None]] = {}
        self._told_interfaces: dict[str, tuple[bool | None, str | None, tuple[str, ...]]] = {}

    async def run(self) -> None:
        """Watch until cancelled. ObserverError when rtnetlink cannot be had."""
        while True:
            try:
                await self._follow()
            except OSError as error:
                self._forget()
                if error.errno != errno.ENOBUFS:
                    raise ObserverError(f"rtnetlink: {error.args[-1]}") from error
                self._tell_state(
                    up=False, problem="rtnetlink: the kernel's queue ran over; reading everything again"
                )
            await asyncio.sleep(PAUSE_AFTER_OVERRUN)

    async def _follow(self) -> None:
        with Subscription(self._receive_buffer) as events:
            with at_work():
                table = await _dump()
            self._tell_all(table)
            self._tell_state(up=True)
            try:
                while True:
                    received = await events.wait()
                    if len(received) > PORTION:
                        self._reads_since(self._clock.monotonic())
                    self._take_in(table, await events.read(received))
                    self._reads_since(inf)
            finally:
                self._reads_since(inf)
                self._end_pause()

    def _take_in(self, table: KernelTable, entries: Iterable[Entry]) -> None:
        """Enter all of them before telling what is so after the last: of a VIP that came and went nothing is told."""
        touched = dict.fromkeys([enter(table) for enter in entries])
        if None in touched:
            self._tell_change(table, None)
            return
        for address in touched:
            self._tell_change(table, address)

    def _tell_change(self, table: KernelTable, address: str | None) -> None:
        if address is None:
            for vip in self._vips:
                self._tell_vip(table, vip)
            self._tell_interfaces(table)
            return
        if address in self._vips:
            self._tell_vip(table, address)
        self._more_addresses = True
        if self._pause is None:
            self._tell_addresses(table)

    def _tell_addresses(self, table: KernelTable) -> None:
        """Those of every device, at once or at the end of a pause; then comes a pause, while there is more to tell."""
        self._end_pause()
        if self._more_addresses:
            self._tell_interfaces(table)
            loop = asyncio.get_running_loop()
            self._pause = loop.call_later(ADDRESSES_EVERY, self._tell_addresses, table)

    def _tell_interfaces(self, table: KernelTable) -> None:
        self._more_addresses = False
        for interface in self._interfaces:
            self._tell_interface(table, interface)

    def _end_pause(self) -> None:
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None

    def _tell_all(self, table: KernelTable) -> None:
        self._told_vips.clear()
        self._told_interfaces.clear()
        self._tell_change(table, None)

    def _tell_vip(self, table: KernelTable, vip: str) -> None:
        holders = table.holders(vip, loopback=vip in self._loopback_vips)
        # On several devices at once, the one that matters to VRRP is named.
        holder = next((name for name in holders if name in self._interfaces), holders[0] if holders else None)
        state = (holder is not None, holder)
        if self._told_vips.get(vip) != state:
            self._told_vips[vip] = state
            self._put(VipHeld(at=self._clock.monotonic(), address=vip, held=state[0], interface=holder))

    def _tell_interface(self, table: KernelTable, interface: str) -> None:
        link = table.link_named(interface)
        state = (link.carrier, link.mac, table.addresses_of(link.index)) if link else (None, None, ())
        if self._told_interfaces.get(interface) != state:
            self._told_interfaces[interface] = state
            carrier, mac, addresses = state
            at = self._clock.monotonic()
            self._put(
                InterfaceState(at=at, interface=interface, carrier=carrier, mac=mac, addresses=addresses)
            )

    def _forget(self) -> None:
        """Nothing is known any more."""
        self._end_pause()
        at = self._clock.monotonic()
        for vip in self._told_vips:
            self._put(VipHeld(at=at, address=vip, held=None))
        for interface in self._told_interfaces:
            self._put(InterfaceState(at=at, interface=interface, carrier=None))

    def _tell_state(self, *, up: bool, problem: str | None = None) -> None:
        self._put(ObserverState(at=self._clock.monotonic(), observer=self.name, up=up, problem=problem))


async def _dump() -> KernelTable:
    """All links and addresses as they are now. OSError when the kernel does not tell."""
    table = KernelTable()
    for _ in range(DUMP_ATTEMPTS):
        table, consistent = KernelTable(), True
        for what in (RTM_GETLINK, RTM_GETADDR):
            for message in await listed(what):
                consistent &= not _interrupted(message)
                apply(table, message)
        if consistent:
            break
    return table


def _interrupted(message: Message) -> bool:
    return bool(message["header"]["flags"] & DUMP_INTERRUPTED)
