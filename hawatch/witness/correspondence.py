"""The witness's datagrams: whose each one is, by sender and key; what is answered, passed on, and refused."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from contextlib import suppress

from hawatch.errors import DecodeError
from hawatch.observers.peer_link.admission import UNPROVED
from hawatch.observers.peer_link.endpoint import Arrival, Clock, Endpoint, numeric_address
from hawatch.wire.report import NodeReport
from hawatch.wire.report_datagram import Envelope, decode
from hawatch.wire.witness_datagram import WitnessEnvelope, encode
from hawatch.witness.member import Sight, Way
from hawatch.witness.pair import Pair
from hawatch.witness.speech import relayed_to, word_of

UNKNOWN_MEMBER = "not a member of the pair"


class Correspondence:
    """All pairs over one UDP port, on a socket for each family.

    A datagram belongs to the pair of whose member it comes by address, and whose key seals it; no other pair ever
    hears of what it says. `heard` is called when a report has changed what is known of a pair.
    """

    def __init__(
        self,
        pairs: Iterable[Pair],
        *,
        witness: str,
        port: int,
        clock: Clock,
        heard: Callable[[Pair], None],
    ) -> None:
        self.strangers = 0
        self._witness = witness
        self._port = port
        self._clock = clock
        self._heard = heard
        self._by_address: dict[str, list[Pair]] = {}
        self._endpoints = {
            family: Endpoint(
                local=None, family=family, port=port, shares_port=False, clock=clock, receive=self.receive
            )
            for family in (socket.AF_INET, socket.AF_INET6)
        }
        for pair in pairs:
            for member in pair.members.values():
                for address in member.addresses:
                    self._introduce(pair, member, address)

    def _introduce(self, pair: Pair, member: Sight, address: str) -> None:
        bare = address.partition("%")[0]
        self._by_address.setdefault(bare, []).append(pair)
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with suppress(OSError):
            member.ways[bare] = Way(self._endpoints[family], numeric_address(address, self._port))

    def open(self) -> str | None:
        """Listen; the problem when neither family can."""
        problems = []
        for endpoint in self._endpoints.values():
            try:
                endpoint.open()
            except OSError as error:
                problems.append(endpoint.problem(error, ""))
        return problems[0] if len(problems) == len(self._endpoints) else None

    def close(self) -> None:
        """Listen no more."""
        for endpoint in self._endpoints.values():
            endpoint.close()

    # --- speaking ---------------------------------------------------------------------------------

    def speak(self, pair: Pair) -> None:
        """Tell every member all that is known, over every way that it was heard on, or that leads to it."""
        now = self._clock.monotonic()
        for member in pair.members.values():
            heard = [way for way in member.ways.values() if way.is_heard(now)]
            for way in heard or member.ways.values():
                self._send(pair, member, way, now)

    def _send(
        self,
        pair: Pair,
        member: Sight,
        way: Way,
        now: float,
        *,
        answers: bool = False,
        passes_on: bool = True,
    ) -> None:
        envelope = WitnessEnvelope(
            boot_id=pair.run.boot_id,
            sequence=pair.run.sequence,
            stamp=pair.stamps.issue(now),
            echoed_stamp=way.stamp,
            held=way.held(now),
            answers=answers,
        )
        relayed = relayed_to(pair, member.name, now) if passes_on and way.wants_relay else []
        datagrams = encode(envelope, word_of(pair, self._witness, now), pair.key, relayed)
        pair.run.sent(len(datagrams))
        with suppress(OSError):  # a way that is gone is one over which nothing comes back
            way.endpoint.open()
            for datagram in datagrams:
                way.endpoint.send(datagram, way.address)

    # --- listening --------------------------------------------------------------------------------

    def receive(self, endpoint: Endpoint, arrival: Arrival) -> None:
        """Give a datagram to its pair; one that no pair's key opens is refused by each whose member sent it."""
        pairs = self._by_address.get(arrival.src)
        if pairs is None:
            self.strangers += 1
            return
        reasons = []
        for pair in pairs:
            try:
                envelope, report = decode(arrival.data, pair.key)
            except DecodeError as error:
                reasons.append((pair, error.reason))
                continue
            self._take(pair, endpoint, arrival, envelope, report)
            return
        for pair, reason in reasons:
            pair.refusals.note(arrival.src, reason, arrival.at)

    def _take(
        self, pair: Pair, endpoint: Endpoint, arrival: Arrival, envelope: Envelope, report: NodeReport
    ) -> None:
        member = pair.members.get(report.node)
        if member is None:
            pair.refusals.note(arrival.src, UNKNOWN_MEMBER, arrival.at)
            return
        sent_at = pair.stamps.sent_at(envelope.echoed_stamp)
        reason = pair.admission.refusal(
            report.node, envelope.boot_id, envelope.sequence, proved=sent_at is not None
        )
        if reason is not None and reason != UNPROVED:
            pair.refusals.note(arrival.src, reason, arrival.at)
            return
        way = member.ways.get(arrival.src)
        if way is None:
            way = member.ways[arrival.src] = Way(endpoint, arrival.address)
        way.endpoint, way.address, way.stamp = endpoint, arrival.address, envelope.stamp
        way.heard_at = arrival.at
        now = self._clock.monotonic()
        if reason == UNPROVED:  # only the living can echo what is sent now
            self._send(pair, member, way, now, passes_on=False)
            return
        if sent_at is not None:
            way.round_trip = max(0.0, arrival.at - sent_at - envelope.held / 1e6)
        way.wants_relay = envelope.wants_relay
        member.hear(report, arrival.data, arrival.at, way.round_trip)
        self._heard(pair)
        if envelope.asks:
            self._send(pair, member, way, now, answers=True)
        for other in pair.members.values():
            if other is not member:
                self._pass_on_to(pair, other, now)

    def _pass_on_to(self, pair: Pair, member: Sight, now: float) -> None:
        """One that misses the other hears at once what has just come."""
        for way in member.ways.values():
            if way.wants_relay and way.is_heard(now):
                self._send(pair, member, way, now)
