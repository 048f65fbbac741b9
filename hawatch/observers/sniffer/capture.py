"""One interface's capture: its socket, when it is read, and what happens when the interface goes away."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable

from hawatch.clock import Clock
from hawatch.evidence import CaptureDropped, Evidence, ObserverState, Sink
from hawatch.moments import set_within, until_moment
from hawatch.observers import MonotonicClock
from hawatch.observers.packet.device import Framing, must_exist
from hawatch.observers.packet.packet_socket import PacketSocket
from hawatch.observers.sniffer.folding import Folder
from hawatch.observers.sniffer.frame_reader import FrameReader
from hawatch.observers.sniffer.pace import Pace
from hawatch.observers.sniffer.program import Part, bare_ip_program, ethernet_program
from hawatch.targets import CaptureTarget
from hawatch.wire.link import LinkType

FRAMES_PER_PORTION = 64
PORTIONS_PER_WAKE = 16
"""Read before others have their turn: where turns are long and few, one portion in each would fall ever further behind,
and what the kernel keeps would be judged minutes later."""
RECORDS_PER_TURN = 64
BURST = 1024  # a thousand frames at once are a busy network, not yet a flood
OUR_BURST = 8192  # a node with a hundred VIPs that stood still announces them all again for each second of it
TURN_IN_FLOOD = 0.05  # seconds between two turns to the inbox
STATISTICS_EVERY = 1.0  # seconds
LOOK_EVERY = 1.0  # seconds; the return of an interface is no event for a packet socket
RECEIVE_BUFFER = 4 << 20  # bytes; the kernel gives up to net.core.rmem_max of them
STRANGERS_BUFFER = 64 << 10  # bytes: in a flood what is read of strangers is not much older than a pause

PutPlanned = Callable[[Evidence, float], None]
"""Gets evidence that was left lying on purpose, and until when (monotonic seconds)."""
Keep = Callable[[float, int, bytes], None]
"""Gets each frame as it was read: when it came (monotonic seconds), its link type, and its bytes."""

_PROGRAMS = {
    Framing.ETHERNET: (ethernet_program, LinkType.ETHERNET),
    Framing.BARE_IP: (bare_ip_program, LinkType.RAW),
}


class Capture:
    """Hears one interface for as long as `run` runs, whether the interface is there or not yet.

    Frames are read in portions, and identical ones are folded within a portion. In a flood no more than `rate` are read
    in a second, and folded over a longer turn; what gets lost then is told as CaptureDropped. `part` is what of the
    frames it hears; the capture of the rest says nothing of the interface, which that of ours does.
    """

    def __init__(
        self,
        *,
        target: CaptureTarget,
        reader: FrameReader,
        put: Sink,
        clock: MonotonicClock,
        rate: int,
        part: Part = Part.ALL,
        keep: Keep | None = None,
        put_planned: PutPlanned | None = None,
    ) -> None:
        self._part = part
        self._vrids = target.vrids
        burst = BURST if part is Part.REST else OUR_BURST
        self._pace = Pace(rate=rate, burst=burst, portion=FRAMES_PER_PORTION)
        self._put_planned = put_planned or (lambda evidence, _: put(evidence))
        self._interface = target.interface
        self._groups = target.groups
        self._reader = reader
        self._put = put
        self._clock = clock
        self._keep = keep
        self._folder = Folder(limit=RECORDS_PER_TURN, vips=target.vips)
        self._up: bool | None = None
        self._problem: str | None = None
        self._flooded = False
        self._slip = 0.0
        """By how much a pause of this turn took longer than it should, at the most: this agent's own lateness."""
        self._quiet_since = 0.0
        self._turn_ends = 0.0
        self._statistics_due: float | None = None

    async def run(self) -> None:
        """Capture until cancelled."""
        while True:
            try:
                await self._capture()
            except OSError as error:
                self._tell(up=False, problem=error.strerror or str(error))
            await asyncio.sleep(LOOK_EVERY)

    async def _capture(self) -> None:
        """Capture until the interface is gone, which is an OSError."""
        must_exist(self._interface)
        sock = PacketSocket(
            self._interface, receive_buffer=STRANGERS_BUFFER if self._part is Part.REST else RECEIVE_BUFFER
        )
        try:
            self._begin(sock)
            while True:
                await _readable(sock, within=self._next_duty())
                await self._wake(sock)
        finally:
            # The kernel takes milliseconds over it, which are not the event loop's.
            asyncio.get_running_loop().run_in_executor(None, sock.close)

    def _begin(self, sock: PacketSocket) -> None:
        framing = sock.device.framing
        if framing not in _PROGRAMS:
            raise OSError(errno.EPROTONOSUPPORT, "carries neither Ethernet nor bare IP")
        program, self._reader.link_type = _PROGRAMS[framing]
        sock.set_filter(program(self._part, self._vrids if self._part is not Part.ALL else ()))
        if framing is Framing.ETHERNET:
            sock.join(self._groups)
        self._quiet_since = self._clock.monotonic()
        sock.bind()
        self._look(sock)

    async def _wake(self, sock: PacketSocket) -> None:
        pause = 0.0
        for _ in range(PORTIONS_PER_WAKE):
            full, pause = self._take_portion(sock)
            if pause or not full:
                break
        now = self._clock.monotonic()
        if self._statistics_due is not None and now >= self._statistics_due:
            self._count_dropped(sock)
        if not self._up:
            self._look(sock)
        if pause:
            await asyncio.sleep(pause)
            self._slip = max(self._slip, self._clock.monotonic() - now - pause)

    def _take_portion(self, sock: PacketSocket) -> tuple[bool, float]:
        """Whether it was a full one, and how long to pause; its records go on at once, in a flood when a turn ends."""
        try:
            count = self._read_portion(sock)
        except OSError as error:
            if error.errno != errno.ENETDOWN:
                raise
            count = 0
            self._look(sock)
        now = self._clock.monotonic()
        pause = self._pace.spend(count, now)
        if not self._flooded and not pause:
            for record in self._folder.take():
                self._put(record)
        elif not pause or now >= self._turn_ends:
            self._end_turn(now)
        self._flooded = bool(pause)
        return count == FRAMES_PER_PORTION, pause

    def _end_turn(self, now: float) -> None:
        """Tell what was collected in a flood: it is late by what the agent itself was, and not by its age."""
        due, self._slip = now - self._slip, 0.0
        self._turn_ends = now + TURN_IN_FLOOD
        for record in self._folder.take():
            self._put_planned(record, max(due, record.at))

    def _read_portion(self, sock: PacketSocket) -> int:
        """Read what is there, and how many frames it was; as many as a portion has: there may be more."""
        now, clock = self._clock.monotonic(), Clock.now()
        for count in range(FRAMES_PER_PORTION):
            try:
                received = sock.receive()
            except BlockingIOError:
                self._quiet_since = now
                return count
            # The wall clock may have been set since the frame came; it cannot have come before the last silence.
            at = now if received.stamp is None else clock.to_monotonic(received.stamp)
            if at > now:  # it came while this was going on, or the clock was set
                at = min(at, self._clock.monotonic())
            at = max(at, self._quiet_since)
            if self._keep is not None:
                self._keep(at, self._reader.link_type, received.data)
            record = self._reader.read(received.data, at=at, outgoing=received.outgoing)
            if record is not None:
                self._folder.add(record)
        # Only what leaves a portion full may have left more behind than the kernel keeps.
        self._statistics_due = self._statistics_due or now + until_moment(STATISTICS_EVERY)
        return FRAMES_PER_PORTION

    def _count_dropped(self, sock: PacketSocket) -> None:
        self._statistics_due = None
        count = sock.dropped() + self._folder.surplus
        self._folder.surplus = 0
        if count:
            self._put(CaptureDropped(at=self._clock.monotonic(), interface=self._interface, count=count))

    def _look(self, sock: PacketSocket) -> None:
        """See whether the interface is up; a packet socket outlives its being down, but not its removal."""
        device = sock.look_again()
        if device.index != sock.device.index:
            raise OSError(errno.ENODEV, "was replaced by another interface of that name")
        self._tell(up=device.up, problem=None if device.up else "is down")

    def _next_duty(self) -> float | None:
        """Seconds until something must be done even in silence, None for nothing."""
        if not self._up:
            return LOOK_EVERY
        if self._statistics_due is None:
            return None
        return max(0.0, self._statistics_due - self._clock.monotonic())

    def _tell(self, *, up: bool, problem: str | None) -> None:
        if (up, problem) == (self._up, self._problem):
            return
        self._up, self._problem = up, problem
        if self._part is Part.REST:
            return
        line = f"{self._interface}: {problem}" if problem else None
        at = self._clock.monotonic()
        self._put(ObserverState(at=at, observer=f"sniffer:{self._interface}", up=up, problem=line))


async def _readable(sock: PacketSocket, *, within: float | None) -> None:
    """Wait for frames, or for the time to pass."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(sock, ready.set)
    try:
        if within is None:
            await ready.wait()
        else:
            await set_within(ready, within)
    finally:
        loop.remove_reader(sock)
