"""A node of a pair as the witness knows it: its echoes, its agent's reports, and the ways to it."""

from __future__ import annotations

from dataclasses import dataclass, field

from hawatch.observers.peer_link.endpoint import Endpoint, SocketAddress
from hawatch.wire.report import NodeReport

MISSES_TO_DOWN = 2
HEARD_LATELY = 3.0
"""Seconds for which a way, or a report, counts as alive."""
KEPT_FOR = 3.0
"""Seconds for which a report is passed on."""


@dataclass(slots=True)
class Way:
    """Where a member speaks from, and what is to be echoed there: its last stamp, heard at `heard_at`."""

    endpoint: Endpoint
    address: SocketAddress
    heard_at: float | None = None
    stamp: int | None = None
    round_trip: float | None = None
    wants_relay: bool = False

    def is_heard(self, now: float) -> bool:
        """Whether the member has spoken this way lately."""
        return self.heard_at is not None and now - self.heard_at <= HEARD_LATELY

    def held(self, now: float) -> int:
        """For how many microseconds its stamp has been kept here."""
        return 0 if self.heard_at is None else max(0, int((now - self.heard_at) * 1e6))


@dataclass(slots=True)
class Echo:
    """The echoes to one address: the one that is out, and what became of those before."""

    sent_at: float | None = None
    asked_at: float | None = None
    answered_at: float | None = None
    misses: int = 0

    def send(self, now: float) -> None:
        """The next one goes out; one that is still out is lost."""
        if self.sent_at is not None:
            self.misses += 1
            self.asked_at = now
        self.sent_at = now

    def answer(self, now: float) -> None:
        """It came back."""
        self.sent_at, self.misses = None, 0
        self.asked_at = self.answered_at = now

    @property
    def reachable(self) -> bool | None:
        """Whether it comes back: None before the first result, and after a single loss."""
        if self.asked_at is None or self.misses == 1:
            return None
        return self.misses == 0


@dataclass(slots=True)
class Sight:
    """One member: what its agent said last, as it came (`slices` by number), and when."""

    name: str
    addresses: tuple[str, ...]
    echo: Echo = field(default_factory=Echo)
    ways: dict[str, Way] = field(default_factory=dict)
    report: NodeReport | None = None
    report_at: float | None = None
    round_trip: float | None = None
    slices: dict[int, tuple[bytes, float]] = field(default_factory=dict)
    held: dict[str, bool | None] = field(default_factory=dict)
    macs: frozenset[str] = frozenset()
    own_addresses: frozenset[str] = frozenset()

    def hear(self, report: NodeReport, datagram: bytes, at: float, round_trip: float | None) -> None:
        """Its agent spoke; a slice tells of its own virtual routers alone."""
        if report.slices == 1:
            self.slices.clear()
            self.held.clear()
        self.slices[report.slice_number] = (datagram, at)
        for vip in (vip for router in report.routers for vip in router.vips):
            self.held[vip.address] = vip.held
        self.report, self.report_at, self.round_trip = report, at, round_trip
        self.macs, self.own_addresses = frozenset(report.macs), frozenset(report.addresses)

    def reports(self, now: float) -> bool:
        """Whether its agent speaks."""
        return self.report_at is not None and now - self.report_at <= HEARD_LATELY

    def datagrams(self, now: float) -> list[tuple[bytes, float]]:
        """What it said last, fit to be passed on, with when it came."""
        return [each for _, each in sorted(self.slices.items()) if now - each[1] <= KEPT_FOR]
