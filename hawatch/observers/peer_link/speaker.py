"""Sends this node's report over the UDP links of the peer link."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from hawatch.evidence import LinkState, Sink
from hawatch.observers.peer_link.departure import Departure, takes
from hawatch.observers.peer_link.endpoint import Clock, Endpoint, SocketAddress
from hawatch.observers.peer_link.passing_on import PassingOn
from hawatch.observers.peer_link.path import Echo, Path, Way
from hawatch.observers.peer_link.run import Run
from hawatch.observers.peer_link.stamps import Stamps
from hawatch.observers.peer_link.when_read import OnceRead
from hawatch.wire.report import NodeReport
from hawatch.wire.report_datagram import Envelope, encode
from hawatch.wire.witness_datagram import WitnessEnvelope

Report = Callable[[float], NodeReport]
"""This node's report as of a moment (monotonic seconds); asked for anew whenever one is sent."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A report that waits for the one before it; `echo` is as of `at`."""

    path: Path
    endpoint: Endpoint
    echo: Echo
    at: float
    asks: bool
    answers: bool


@dataclass(slots=True, kw_only=True)
class Speaker:
    """One run of one node, as it speaks over UDP.

    `misses_somebody` says at a moment whether a witness's word of a peer is wanted. A socket that refuses is told of as
    the state of its link, once for each change.
    """

    run: Run
    key: bytes
    node: str
    clock: Clock
    put: Sink
    stamps: Stamps
    report: Report
    takes_letters: bool
    misses_somebody: Callable[[float], bool]
    once_read: OnceRead
    passing_on: PassingOn = field(default_factory=PassingOn)
    _departures: dict[Way, Departure] = field(default_factory=dict)
    _next: dict[Way, _Wanted] = field(default_factory=dict)
    """What is to be sent on a way once what is under way there is out."""
    _leaving: bool = False
    _expected_return: float | None = None

    def leave(self, expected_return: float | None) -> None:
        """From now on every report says that this agent ends in order; `expected_return` is in epoch seconds."""
        self._leaving, self._expected_return = True, expected_return

    def told_now(self, now: float) -> NodeReport:
        """The report of this instant."""
        report = replace(self.report(now), wall_time=self.clock.wall())
        if self._leaving:
            report = replace(report, leaving=True, expected_return=self._expected_return)
        return report

    def send(self, path: Path, *, asks: bool = False) -> None:
        """Send the report over one link; with `asks` it is repeated until an answer comes."""
        self.once_read(lambda: self._send(path, asks=asks))

    def answer(self, path: Path, endpoint: Endpoint, address: SocketAddress) -> None:
        """Send it to where a question came from."""

        def tell() -> None:
            self.send_to(path, endpoint, address, path.echo(self.clock.monotonic()), answers=True)

        self.once_read(tell)

    def greet(self, path: Path, endpoint: Endpoint, address: SocketAddress, stamp: int, at: float) -> None:
        """Ask whoever sent this stamp, which came at `at`, for an echo of ours."""

        def ask() -> None:
            held = max(0, int((self.clock.monotonic() - at) * 1e6))
            self.send_to(path, endpoint, address, (stamp, held), asks=True)

        self.once_read(ask)

    def _send(self, path: Path, *, asks: bool) -> None:
        if path.endpoint is None or path.address is None:
            return
        now = self.clock.monotonic()
        if self.send_to(path, path.endpoint, path.address, path.echo(now), asks=asks) and asks:
            path.ask(now, self._send_again)

    def _send_again(self, path: Path) -> None:
        self.once_read(lambda: self._repeat(path))

    def _repeat(self, path: Path) -> None:
        if path.asked_at is None or not path.ask_again(self._send_again):
            return
        if path.endpoint and path.address:
            self.send_to(path, path.endpoint, path.address, path.echo(self.clock.monotonic()), asks=True)

    def send_to(
        self,
        path: Path,
        endpoint: Endpoint,
        address: SocketAddress,
        echo: Echo,
        *,
        asks: bool = False,
        answers: bool = False,
    ) -> bool:
        """Send a report made this instant, or as soon as the one on this way is out; whether the socket took it."""
        now = self.clock.monotonic()
        way = (endpoint, address)
        if way in self._departures:
            before = self._next.get(way)
            self._next[way] = _Wanted(
                path,
                endpoint,
                echo,
                now,
                asks=asks or (before is not None and before.asks),
                answers=answers or (before is not None and before.answers),
            )
            return True
        datagrams = self._datagrams(echo, now, asks=asks, answers=answers)
        path.pace = takes(len(datagrams))
        try:
            endpoint.open()
            departure = Departure(
                datagrams,
                send=lambda datagram: endpoint.send(datagram, address),
                ended=lambda problem: self._departed(path, endpoint, address, problem),
            )
        except OSError as error:
            self.tell(path, endpoint.problem(error, path.remote))
            return False
        if departure.under_way:
            self._departures[way] = departure
        self.tell(path, None)
        return True

    def _datagrams(self, echo: Echo, now: float, *, asks: bool, answers: bool) -> list[bytes]:
        stamp, held = echo
        envelope = Envelope(
            boot_id=self.run.boot_id,
            sequence=self.run.sequence,
            stamp=self.stamps.issue(now),
            echoed_stamp=stamp,
            held=held,
            asks=asks,
            answers=answers,
            takes_letters=self.takes_letters,
            wants_relay=self.misses_somebody(now),
        )
        datagrams = encode(envelope, self.told_now(now), self.key)
        self.run.sent(len(datagrams))
        return datagrams

    def _departed(
        self, path: Path, endpoint: Endpoint, address: SocketAddress, problem: OSError | None
    ) -> None:
        """A report is out on this way, or will not be; what was wanted meanwhile is sent in one."""
        way = (endpoint, address)
        del self._departures[way]
        if problem is not None:
            self.tell(path, endpoint.problem(problem, path.remote))
        wanted = self._next.pop(way, None)
        if wanted is not None:
            self.once_read(lambda: self._send_wanted(wanted, address))

    def _send_wanted(self, wanted: _Wanted, address: SocketAddress) -> None:
        stamp, held = wanted.echo
        waited = 0 if stamp is None else int((self.clock.monotonic() - wanted.at) * 1e6)
        self.send_to(
            wanted.path,
            wanted.endpoint,
            address,
            (stamp, held + waited),
            asks=wanted.asks,
            answers=wanted.answers,
        )

    def end(self) -> None:
        """Send nothing more of what is on its way."""
        for departure in self._departures.values():
            departure.end()
        self._departures.clear()
        self._next.clear()

    def pass_on(self, path: Path, endpoint: Endpoint, address: SocketAddress, node: str) -> None:
        """A peer misses another, whom this node may hear: with three nodes each is a witness of the other two."""
        now = self.clock.monotonic()
        stamp, held = path.echo(now)
        envelope = WitnessEnvelope(
            boot_id=self.run.boot_id,
            sequence=self.run.sequence,
            stamp=self.stamps.issue(now),
            echoed_stamp=stamp,
            held=held,
        )
        datagrams = self.passing_on.datagrams(node, envelope, self.node, self.key, now)
        self.run.sent(len(datagrams) + 1)
        with contextlib.suppress(OSError):  # the reports tell of a socket that fails
            for datagram in datagrams:
                endpoint.send(datagram, address)

    def tell(self, path: Path, problem: str | None) -> None:
        """What is wrong with a link, or that nothing is; a path of nobody's in particular is no link."""
        state = (problem is None, problem)
        if path.told != state and path.link:
            path.told = state
            at = self.clock.monotonic()
            self.put(LinkState(at=at, peer=path.peer, link=path.link, up=problem is None, problem=problem))
