"""Takes in what witnesses say, and what they pass on of peers that are missed; refuses what cannot be believed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hawatch.errors import DecodeError
from hawatch.evidence import PeerReport, Sink, WitnessSaid
from hawatch.observers.peer_link.admission import UNPROVED, Admission
from hawatch.observers.peer_link.endpoint import Arrival, Endpoint
from hawatch.observers.peer_link.path import Path
from hawatch.observers.peer_link.paths import Paths
from hawatch.observers.peer_link.stamps import Stamps
from hawatch.wire.report_datagram import decode as decode_report
from hawatch.wire.witness import Relayed
from hawatch.wire.witness_datagram import WitnessEnvelope, decode

UNKNOWN_WITNESS = "not a configured witness"
NO_ECHO = "no echo of ours"
"""Nothing in it shows when it was sent."""


@dataclass(slots=True, kw_only=True)
class WitnessEar:
    """The peer link's part for witnesses, and for peers that pass on what they have of another.

    A word counts once it echoes a stamp of this run of ours: that bounds how old it is, whatever the witness's clock
    says. `missed_after` seconds without a peer's own report what a witness passes on of it is taken instead.
    """

    key: bytes
    node: str
    paths: Paths
    stamps: Stamps
    put: Sink
    missed_after: float
    refuse: Callable[[Endpoint, Arrival, str], None]
    greet: Callable[[Path], None]
    admission: Admission = field(default_factory=Admission)
    _passed_on: dict[str, tuple[str, int]] = field(default_factory=dict)

    def misses_somebody(self, now: float) -> bool:
        """Whether a peer that ought to be there has not been heard itself lately."""
        peers = {path.peer for path in self.paths if not path.is_witness}
        return any(not self._is_heard(peer, now) for peer in peers)

    def _is_heard(self, peer: str, now: float) -> bool:
        return any(
            path.heard_at is not None and now - path.heard_at <= self.missed_after
            for path in self.paths
            if not path.is_witness and peer in (path.peer, path.node)
        )

    def receive(self, endpoint: Endpoint, arrival: Arrival) -> None:
        """Take one datagram of a witness, or refuse it."""
        path = self.paths.by_source(endpoint, arrival.src)
        if path is None:
            self.refuse(endpoint, arrival, UNKNOWN_WITNESS)
            return
        try:
            envelope, word, relayed = decode(arrival.data, self.key)
        except DecodeError as error:
            self.refuse(endpoint, arrival, error.reason)
            return
        sent_at = self.stamps.sent_at(envelope.echoed_stamp)
        reason = self.admission.refusal(
            path.peer, envelope.boot_id, envelope.sequence, proved=sent_at is not None
        )
        if reason == UNPROVED:
            self.greet(path)
        elif reason is not None or sent_at is None:
            self.refuse(endpoint, arrival, reason or NO_ECHO)
        else:
            delay = self._note(path, arrival, envelope, sent_at)
            if not relayed and path.is_witness:
                self.put(
                    WitnessSaid(
                        at=arrival.at,
                        witness=path.peer,
                        link=path.link,
                        src=arrival.src,
                        delay=delay,
                        word=word,
                    )
                )
            for each in relayed:
                self._pass_on(path, endpoint, arrival, each, delay)

    @staticmethod
    def _note(path: Path, arrival: Arrival, envelope: WitnessEnvelope, sent_at: float) -> float:
        """What the path learns of it; the delay."""
        if not path.is_witness:
            return max(0.0, arrival.at - sent_at - envelope.held / 1e6)
        path.heard_at, path.heard_stamp = arrival.at, envelope.stamp
        path.round_trip = max(0.0, arrival.at - sent_at - envelope.held / 1e6)
        if envelope.answers:
            path.answered(sent_at)
        return path.round_trip

    def _pass_on(
        self, path: Path, endpoint: Endpoint, arrival: Arrival, relayed: Relayed, delay: float
    ) -> None:
        """A peer's own datagram that came by way of the witness, once, and while the peer itself is missed."""
        try:
            envelope, report = decode_report(relayed.datagram, self.key)
        except DecodeError as error:
            self.refuse(endpoint, arrival, f"passed on: {error.reason}")
            return
        seen = (envelope.boot_id, envelope.sequence)
        if (
            report.node == self.node
            or self._is_heard(report.node, arrival.at)
            or self._passed_on.get(report.node) == seen
        ):
            return
        self._passed_on[report.node] = seen
        self.put(
            PeerReport(
                at=arrival.at - relayed.age,
                link=path.link,
                src="",
                boot_id=envelope.boot_id,
                sequence=envelope.sequence,
                report=report,
                round_trip=None if relayed.round_trip is None else delay + relayed.round_trip,
                witness=path.node or path.peer,
            )
        )
