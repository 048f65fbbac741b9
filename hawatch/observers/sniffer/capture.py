"""One interface's capture: its socket, when it is read, and what happens when the interface goes away."""

from __future__ import annotations

import asyncio
import errno
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager

from hawatch.clock import Clock
from hawatch.evidence import CaptureDropped, ObserverState, Sink
from hawatch.observers import MonotonicClock
from hawatch.observers.packet.device import Framing
from hawatch.observers.packet.packet_socket import PacketSocket
from hawatch.observers.sniffer import pace
from hawatch.observers.sniffer.folding import Folder
from hawatch.observers.sniffer.frame_reader import Fingerprint, FrameReader
from hawatch.observers.sniffer.program import bare_ip_program, ethernet_program
from hawatch.targets import CaptureTarget
from hawatch.wire.link import LinkType

GONE = frozenset({errno.ENODEV, errno.ENXIO})
_PROGRAMS = {
    Framing.ETHERNET: (ethernet_program, LinkType.ETHERNET),
    Framing.BARE_IP: (bare_ip_program, LinkType.RAW),
}


class Capture:
    """Hears one interface for as long as `run` runs, whether the interface is there or not yet.

    Frames are read in small portions, identical ones folded within a portion; in a flood the portions come at a
    fixed pace and are folded over a longer turn, and what is thrown away is told as CaptureDropped.
    """

    def __init__(
        self,
        *,
        target: CaptureTarget,
        put: Sink,
        clock: MonotonicClock,
        fingerprint: Fingerprint | None,
        refused: Counter[str],
    ) -> None:
        self._interface = target.interface
        self._groups = target.groups
        self._put = put
        self._clock = clock
        self._reader = FrameReader(
            interface=target.interface, vips=target.vips, fingerprint=fingerprint, refused=refused
        )
        self._folder = Folder(limit=pace.RECORDS_PER_TURN)
        self._told: tuple[bool, str | None] | None = None
        self._full_wakes = 0
        self._quiet_since = 0.0
        self._turn_ends: float | None = None

    async def run(self) -> None:
        """Capture until cancelled."""
        while True:
            try:
                await self._capture()
            except OSError as error:
                missing = error.errno in GONE
                problem = "no such interface" if missing else error.strerror or str(error)
                self._tell(up=False, problem=f"{self._interface}: {problem}")
            await asyncio.sleep(pace.RETRY_EVERY)

    async def _capture(self) -> None:
        """Capture until the interface is gone, which is an OSError."""
        with closing(PacketSocket(self._interface, receive_buffer=pace.RECEIVE_BUFFER)) as sock:
            if sock.device.framing not in _PROGRAMS:
                raise OSError(errno.EPROTONOSUPPORT, "carries neither Ethernet nor bare IP")
            program, self._reader.link_type = _PROGRAMS[sock.device.framing]
            sock.set_filter(program())
            if sock.device.framing is Framing.ETHERNET:
                sock.join(self._groups)
            self._quiet_since = self._clock.monotonic()
            sock.bind()
            with Wakes(sock, self._wake) as wakes:
                if sock.device.up:
                    self._tell(up=True)
                await wakes.ended
