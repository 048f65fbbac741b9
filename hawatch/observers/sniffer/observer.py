"""All captures of this node, side by side: one that fails does not disturb the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from hawatch.config import Observe
from hawatch.evidence import ObserverState, Sink
from hawatch.observers import MonotonicClock
from hawatch.observers.packet.bpf import can_tell_apart
from hawatch.observers.packet.packet_socket import ask_for_permission
from hawatch.observers.sniffer.capture import Capture, Keep, PutPlanned
from hawatch.observers.sniffer.frame_reader import Fingerprint, FrameReader
from hawatch.observers.sniffer.program import Part
from hawatch.targets import CaptureTarget
from hawatch.together import together

FRAMES_PER_SECOND = Observe().frames_per_second


def _parts(target: CaptureTarget) -> tuple[Part, ...]:
    """Our virtual routers' frames and the rest, each by a socket of its own; by one where ours are not all known."""
    apart = can_tell_apart(target.vrids)
    return (Part.OURS, Part.REST) if apart else (Part.ALL,)


class Sniffer:
    """Hears VRRP and what belongs to it on every target interface.

    It tells ObserverState for itself, and for each interface as "sniffer:eth0". `fingerprint` makes a comparable
    thing of a VRRP password; without it passwords leave no trace. `keep` gets every frame as it was read, passwords
    and all. `refused` counts the frames that could not be read. `rate` frames a second are read from one socket at the
    most, on average; in such a flood `put_planned` gets what has waited for its turn.
    """

    name = "sniffer"

    def __init__(
        self,
        *,
        captures: Collection[CaptureTarget],
        put: Sink,
        clock: MonotonicClock,
        fingerprint: Fingerprint | None = None,
        keep: Keep | None = None,
        rate: int = FRAMES_PER_SECOND,
        put_planned: PutPlanned | None = None,
    ) -> None:
        self.refused: Counter[str] = Counter()
        self._put = put
        self._clock = clock
        self._captures = [
            Capture(
                target=target,
                reader=FrameReader(
                    interface=target.interface,
                    vips=target.vips,
                    fingerprint=fingerprint,
                    refused=self.refused,
                ),
                put=put,
                clock=clock,
                keep=keep,
                rate=rate,
                part=part,
                put_planned=put_planned,
            )
            for target in captures
            for part in _parts(target)
        ]

    async def run(self) -> None:
        """Capture until cancelled. ObserverError when packet sockets are not permitted."""
        ask_for_permission()
        self._put(ObserverState(at=self._clock.monotonic(), observer=self.name, up=True))
        await together(capture.run() for capture in self._captures)
