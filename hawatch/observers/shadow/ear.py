"""One target's socket: when it is read, and what happens when its device goes away."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

from hawatch.clock import Clock
from hawatch.evidence import AdvertisementDelivered, Sink
from hawatch.heartbeat import beat
from hawatch.moments import set_within, until_moment
from hawatch.observers import MonotonicClock
from hawatch.observers.packet.device import must_exist
from hawatch.observers.shadow.shadow_socket import Delivered, ShadowSocket
from hawatch.targets import ShadowTarget

PACKETS_PER_PORTION = 256
STREAMS_PER_TURN = 64
PAUSE_IN_FLOOD = 0.01  # seconds between two full portions
TURN_IN_FLOOD = 0.05  # seconds between two turns to the inbox
LOOK_EVERY = 1.0  # seconds; a raw socket is told nothing when its device is removed


class Ear:
    """Hears one group for as long as `run` runs, whether its device is there or not yet.

    `say` takes the reason why nothing is heard, None while it works. In a flood not everything is read: what matters
    is whether anything arrives at all.
    """

    def __init__(
        self,
        *,
        target: ShadowTarget,
        put: Sink,
        clock: MonotonicClock,
        joined: Counter[tuple[str, str]],
        say: Callable[[str | None], None],
    ) -> None:
        self._target = target
        self._put = put
        self._clock = clock
        self._joined = joined
        self._say = say
        self._heard: dict[tuple[str, int], AdvertisementDelivered] = {}
        self._vrids: set[int] = set()
        """Of which virtual routers something was heard in this turn; each has a place, however many there are."""
        self._quiet_since = 0.0
        self._turn_ends = 0.0

    async def run(self) -> None:
        """Hear until cancelled."""
        while True:
            try:
                await self._hear()
            except OSError as error:
                self._say(error.strerror or str(error))
            beat(LOOK_EVERY, of=self._target)
            await asyncio.sleep(LOOK_EVERY)

    async def _hear(self) -> None:
        """Hear until the device is gone, which is an OSError."""
        key = (self._target.device, self._target.group)
        loop = asyncio.get_running_loop()
        must_exist(self._target.device)
        sock = ShadowSocket(self._target)
        self._joined[key] += 1
        broken: asyncio.Future[None] = loop.create_future()
        look = asyncio.Event()
        broken.add_done_callback(lambda _: look.set())
        self._quiet_since = self._clock.monotonic()
        loop.add_reader(sock, self._wake, sock, broken)
        self._say(None)
        try:
            while True:
                pause = until_moment(LOOK_EVERY)
                beat(pause, of=self._target)
                await set_within(look, pause)
                look.clear()
                if broken.done():
                    broken.result()
                sock.must_still_be_there()
        finally:
            broken.cancel()
            loop.remove_reader(sock)
            self._joined[key] -= 1
            sock.close()

    def _wake(self, sock: ShadowSocket, broken: asyncio.Future[None]) -> None:
        """Read a portion; between two full ones others get their turn."""
        loop = asyncio.get_running_loop()
        try:
            full = self._read_portion(sock)
        except OSError as error:
            loop.remove_reader(sock)
            if not broken.done():
                broken.set_exception(error)
            return
        now = self._clock.monotonic()
        if not full or now >= self._turn_ends:
            self._turn_ends = now + TURN_IN_FLOOD
            self._tell()
        if full:
            loop.remove_reader(sock)
            loop.call_later(PAUSE_IN_FLOOD, self._read_on, sock, broken)

    def _read_on(self, sock: ShadowSocket, broken: asyncio.Future[None]) -> None:
        if not broken.done():
            asyncio.get_running_loop().add_reader(sock, self._wake, sock, broken)

    def _read_portion(self, sock: ShadowSocket) -> bool:
        """Read what is there; True when there may be more."""
        now, clock = self._clock.monotonic(), Clock.now()
        for _ in range(PACKETS_PER_PORTION):
            try:
                packet = sock.receive()
            except BlockingIOError:
                self._quiet_since = now
                return False
            # The wall clock may have been set since the packet came; it cannot have come before the last silence.
            at = now if packet.stamp is None else clock.to_monotonic(packet.stamp)
            if at > now:  # it came while this was going on, or the clock was set
                at = min(at, self._clock.monotonic())
            self._fold(packet, max(at, self._quiet_since))
        return True

    def _fold(self, packet: Delivered, at: float) -> None:
        if packet.vrid is None or (self._target.vrids and packet.vrid not in self._target.vrids):
            return
        key = (packet.src, packet.vrid)
        earlier = self._heard.get(key)
        if earlier is None and len(self._heard) >= STREAMS_PER_TURN and packet.vrid in self._vrids:
            return
        self._vrids.add(packet.vrid)
        self._heard[key] = AdvertisementDelivered(
            at=at,
            first_at=at if earlier is None else earlier.first_at,
            count=1 if earlier is None else earlier.count + 1,
            interface=self._target.interface,
            family=self._target.family,
            src=packet.src,
            vrid=packet.vrid,
        )

    def _tell(self) -> None:
        records, self._heard = sorted(self._heard.values(), key=lambda record: record.at), {}
        self._vrids.clear()
        for record in records:
            self._put(record)
