"""What this node has of each peer, passed on to another peer that misses it: with three nodes each is a witness."""

from __future__ import annotations

from dataclasses import dataclass, field

from hawatch.wire.report import NodeReport
from hawatch.wire.witness import Relayed, WitnessWord
from hawatch.wire.witness_datagram import WitnessEnvelope, encode

KEPT_FOR = 3.0
"""Seconds for which a report is passed on."""


@dataclass(slots=True)
class Kept:
    """One datagram of a peer, as it came."""

    data: bytes
    at: float
    round_trip: float | None


@dataclass(slots=True)
class PassingOn:
    """The last report of every peer, slice by slice."""

    _kept: dict[str, dict[int, Kept]] = field(default_factory=dict)

    def keep(self, report: NodeReport, data: bytes, at: float, round_trip: float | None) -> None:
        """A peer's report came by itself."""
        slices = self._kept.setdefault(report.node, {})
        if report.slices == 1:
            slices.clear()
        slices[report.slice_number] = Kept(data, at, round_trip)

    def datagrams(self, to: str, envelope: WitnessEnvelope, node: str, key: bytes, now: float) -> list[bytes]:
        """What is fresh of everybody but `to`, sealed by this node; nothing when there is nothing."""
        relayed = [
            Relayed(age=max(0.0, now - each.at), round_trip=each.round_trip, datagram=each.data)
            for name, slices in self._kept.items()
            if name != to
            for _, each in sorted(slices.items())
            if now - each.at <= KEPT_FOR
        ]
        return encode(envelope, WitnessWord(witness=node), key, relayed)[1:] if relayed else []
