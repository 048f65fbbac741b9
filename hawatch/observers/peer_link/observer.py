"""The peer link: sends this node's report over every link, and turns what comes back into evidence."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any

from hawatch.errors import DecodeError
from hawatch.evidence import ObserverState, PeerReport, Sink
from hawatch.evidence.reaching import FROM_A_VIP
from hawatch.heartbeat import beat
from hawatch.moments import until_moment
from hawatch.observers.peer_link.admission import UNPROVED, Admission
from hawatch.observers.peer_link.carrier import LetterCarrier
from hawatch.observers.peer_link.endpoint import Arrival, Clock, Endpoint, SocketAddress, Vips
from hawatch.observers.peer_link.endpoints import Endpoints
from hawatch.observers.peer_link.path import Path
from hawatch.observers.peer_link.paths import Paths
from hawatch.observers.peer_link.post import Post
from hawatch.observers.peer_link.refusals import Refusals
from hawatch.observers.peer_link.resolver import keep_resolved
from hawatch.observers.peer_link.run import Run
from hawatch.observers.peer_link.serial_wire import SerialWire
from hawatch.observers.peer_link.speaker import Report, Speaker
from hawatch.observers.peer_link.stamps import Stamps, clock_offset
from hawatch.observers.peer_link.voice import Voice
from hawatch.observers.peer_link.when_read import OnceRead, WhenRead, at_once
from hawatch.observers.peer_link.witness_ear import WitnessEar
from hawatch.targets import LinkTarget, SerialTarget
from hawatch.together import together
from hawatch.wire.letter_datagram import is_mail
from hawatch.wire.report import NodeReport
from hawatch.wire.report_datagram import Envelope, decode
from hawatch.wire.witness_datagram import is_witness_word

_GREETING_PAUSE = 0.1
MISSED_AFTER = 1.5
"""Intervals without a report of a peer after which what a witness has of it is wanted."""


class PeerLink:
    """All links to the peers' agents, over one UDP port and any serial cables.

    `key` is the peer key; a datagram without it is refused, and so is a recorded one: a run of a peer is listened to
    once it has echoed a stamp of ours. On the wire a run is one life of this object, whose sequence begins anew.
    No VIP is taken for an end of a path: it is another node's a moment later, or our own. `vips` are those of now.
    `once_read` does something once what the kernel holds of this node has been judged: then a report is made.
    `post` has letters for the peers; without one none are taken, and the peers are told so. `witnesses` get the report,
    too, and are listened to (hawatch/observers/peer_link/witness_ear.py).
    """

    name = "peer_link"

    def __init__(
        self,
        *,
        links: Sequence[LinkTarget],
        port: int,
        key: bytes,
        node: str,
        boot_id: str,
        put: Sink,
        clock: Clock,
        report: Report,
        once_read: OnceRead = at_once,
        interval: float = 1.0,
        post: Post | None = None,
        witnesses: Sequence[LinkTarget] = (),
        cables: Sequence[SerialTarget] = (),
        vips: Vips = frozenset,
    ) -> None:
        self._port = port
        self._vips = vips
        self._key = key
        self._node = node
        self._run = Run(boot_id)
        self._put = put
        self._clock = clock
        self._interval = interval
        self._when_read = WhenRead(once_read)
        self._paths = Paths(links, witnesses)
        self._endpoints = Endpoints(
            [*links, *witnesses], port=port, clock=clock, receive=self._receive, vips=vips
        )
        self._admission = Admission()
        self._strangers = Path(peer="", link="", remote="")
        self._stamps = Stamps()
        self._refusals = Refusals()
        self._ear = WitnessEar(
            key=key,
            node=node,
            paths=self._paths,
            stamps=self._stamps,
            put=put,
            missed_after=MISSED_AFTER * interval,
            refuse=self._refuse,
            greet=lambda path: self._speaker.send(path, asks=True),
        )
        self._speaker = Speaker(
            run=self._run,
            key=key,
            node=node,
            clock=clock,
            put=put,
            stamps=self._stamps,
            report=report,
            once_read=self._when_read,
            takes_letters=post is not None,
            misses_somebody=self._ear.misses_somebody,
        )
        self._cables = [SerialWire(each, self._voice(takes_letters=post is not None)) for each in cables]
        self._paths.cables += [each.path for each in self._cables]
        self._letters = self._carrier(post) if post is not None else None

    def _carrier(self, post: Post) -> LetterCarrier:
        return LetterCarrier(
            run=self._run,
            key=self._key,
            node=self._node,
            paths=self._paths,
            clock=self._clock,
            post=post,
            admission=self._admission,
            cables=self._cables,
        )

    def _voice(self, *, takes_letters: bool) -> Voice:
        return Voice(
            run=self._run,
            key=self._key,
            node=self._node,
            clock=self._clock,
            put=self._put,
            stamps=self._stamps,
            admission=self._admission,
            report=self._speaker.told_now,
            once_read=self._when_read,
            takes_letters=takes_letters,
            letter=self._take_letter,
            heard=self._tell_letters,
            refused=self._refusals.note,
            beside=lambda path, now: self._paths.is_heard_beside(path, now, MISSED_AFTER * self._interval),
            interval=self._interval,
        )

    # --- what the agent calls -------------------------------------------------------------------

    async def run(self) -> None:
        """Send and listen until cancelled. A link that cannot be used is told of, and tried again each second."""
        self._put(ObserverState(at=self._clock.monotonic(), observer=self.name, up=True))
        if self._letters is not None:
            self._letters.begin()
        try:
            await together(self._works())
        finally:
            if self._letters is not None:
                self._letters.end()
            for path in self._paths:
                path.stop_asking()
            self._speaker.end()
            self._endpoints.close()

    def _works(self) -> Iterator[Coroutine[Any, Any, None]]:
        yield self._when_read.run()
        for path in self._paths.configured:
            yield keep_resolved(
                path, self._port, self._clock, found=self._open_path, failed=self._speaker.tell
            )
        if all(path.is_witness for path in self._paths.configured):
            yield self._listen()
        for cable in self._cables:
            yield cable.run()
        yield self._speak()

    def push(self, *, ask: bool) -> None:
        """Send the report at once over every link; with `ask` the peers answer at once, and are asked again if not."""
        for path in self._paths:
            self._speaker.send(path, asks=ask)
        for cable in self._cables:
            cable.push(ask=ask)

    async def goodbye(self, expected_return: float | None) -> None:
        """Tell every peer that this agent ends in order; returns when they have answered, or do not."""
        self._speaker.leave(expected_return)
        self.push(ask=True)
        for path in self._paths:
            await path.settled.wait()
        for cable in self._cables:
            await cable.goodbye()

    # --- sending --------------------------------------------------------------------------------

    async def _speak(self) -> None:
        """Once an interval: the report over every link that is due, and what was refused meanwhile."""
        while True:
            pause = until_moment(self._interval)
            beat(pause)
            await asyncio.sleep(pause)
            now = self._clock.monotonic()
            self._paths.forget_silent(now)
            for path in self._paths:
                if path.is_due():
                    self._speaker.send(path)
            for refusal in self._refusals.flush(now):
                self._put(refusal)

    def _open_path(self, path: Path, address: SocketAddress) -> None:
        """The other end's address is known: greet it."""
        if path.address == address:
            return
        family = socket.AF_INET if len(address) == 2 else socket.AF_INET6
        path.address, path.endpoint = address, self._endpoints.at(path.local, family)
        self._speaker.send(path, asks=True)

    # --- receiving ------------------------------------------------------------------------------

    def _receive(self, endpoint: Endpoint, arrival: Arrival) -> None:
        if is_witness_word(arrival.data):
            self._ear.receive(endpoint, arrival)
            return
        if is_mail(arrival.data):
            self._take_letter(arrival.data, lambda reason: self._refuse(endpoint, arrival, reason))
            return
        try:
            envelope, report = decode(arrival.data, self._key)
        except DecodeError as error:
            self._refuse(endpoint, arrival, error.reason)
            return
        if report.node == self._node:
            looped = envelope.boot_id == self._run.boot_id
            self._refuse(endpoint, arrival, "own datagram" if looped else "own node name")
            return
        sent_at = self._stamps.sent_at(envelope.echoed_stamp)
        reason = self._admission.refusal(
            report.node, envelope.boot_id, envelope.sequence, proved=sent_at is not None
        )
        path = self._paths.find(endpoint, arrival.src, report.node)
        if reason == UNPROVED:
            self._greet(path or self._strangers, endpoint, arrival, envelope)
        elif reason is not None:
            self._refuse(endpoint, arrival, reason)
        elif path is None and arrival.src in self._vips():
            self._refuse(endpoint, arrival, FROM_A_VIP)
        elif path := path or self._paths.learn(endpoint, arrival, report.node):
            self._take(path, endpoint, arrival, envelope, report, sent_at)
        else:
            self._refuse(endpoint, arrival, "too many unknown peers")

    def _take(
        self,
        path: Path,
        endpoint: Endpoint,
        arrival: Arrival,
        envelope: Envelope,
        report: NodeReport,
        sent_at: float | None,
    ) -> None:
        path.heard_at, path.heard_stamp, path.greeted_at = arrival.at, envelope.stamp, None
        path.node = report.node
        path.heard_from = back = path.way_back(endpoint, arrival, self._vips())
        if sent_at is not None:
            path.round_trip = max(0.0, arrival.at - sent_at - envelope.held / 1e6)
        if envelope.answers:
            path.answered(sent_at)
        self._put(
            PeerReport(
                at=arrival.at,
                link=path.link,
                src=arrival.src,
                boot_id=envelope.boot_id,
                sequence=envelope.sequence,
                report=report,
                round_trip=path.round_trip,
                clock_offset=clock_offset(self._clock, report.wall_time, arrival.at, path.round_trip),
            )
        )
        self._tell_letters(report.node, envelope)
        if envelope.asks:
            self._speaker.answer(path, *back)
        self._speaker.passing_on.keep(report, arrival.data, arrival.at, path.round_trip)
        if envelope.wants_relay:
            self._speaker.pass_on(path, *back, report.node)

    def _take_letter(self, datagram: bytes, refuse: Callable[[str], None]) -> None:
        if self._letters is not None:
            self._letters.receive(datagram, refuse)

    def _tell_letters(self, node: str, envelope: Envelope) -> None:
        if self._letters is not None:
            self._letters.heard(node, envelope)

    def _greet(self, path: Path, endpoint: Endpoint, arrival: Arrival, envelope: Envelope) -> None:
        """A peer that has just started, or a recording: ask, since only the living can echo what is sent now."""
        now = self._clock.monotonic()
        if path.greeted_at is not None:
            if now - path.greeted_at < _GREETING_PAUSE:
                return
            self._refuse(endpoint, arrival, UNPROVED)
        path.greeted_at = now
        back = path.way_back(endpoint, arrival, self._vips())
        self._speaker.greet(path, *back, envelope.stamp, arrival.at)

    def _refuse(self, endpoint: Endpoint, arrival: Arrival, reason: str) -> None:
        path = self._paths.by_source(endpoint, arrival.src)
        self._refusals.note(path.link if path else "", arrival.src, reason)

    async def _listen(self) -> None:
        """Without any link: be there for the peers that know us."""
        listener = Path(peer="", link="listen", remote="")
        while True:
            self._speaker.tell(listener, self._endpoints.open_everywhere())
            await asyncio.sleep(self._interval)
