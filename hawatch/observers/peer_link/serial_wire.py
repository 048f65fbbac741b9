"""A serial cable to one peer: tells this node's report within the line's budget, and takes in the other one's."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Sequence

from hawatch.errors import DecodeError
from hawatch.evidence import EchoResult, LinkState, PeerReport
from hawatch.heartbeat import beat
from hawatch.moments import until_moment
from hawatch.observers.peer_link.admission import UNPROVED
from hawatch.observers.peer_link.path import Path
from hawatch.observers.peer_link.serial_mail import MOST_BYTES, MOST_BYTES_BESIDE
from hawatch.observers.peer_link.serial_outgoing import SerialOutgoing
from hawatch.observers.peer_link.serial_port import SerialPort
from hawatch.observers.peer_link.serial_speaker import SerialSpeaker
from hawatch.observers.peer_link.serial_watch import LineWatch
from hawatch.observers.peer_link.stamps import clock_offset
from hawatch.observers.peer_link.voice import Voice
from hawatch.targets import SerialTarget
from hawatch.together import together
from hawatch.wire.letter import Acknowledgement, LetterPart
from hawatch.wire.letter_datagram import is_mail
from hawatch.wire.report_datagram import Envelope
from hawatch.wire.serial_datagram import SlowReport, decode
from hawatch.wire.serial_frame import REST, URGENT, Assembly, FrameReader
from hawatch.wire.serial_reading import Reading

_GREETING_PAUSE = 0.1


class SerialWire:
    """One cable. Nothing is queued but what is on its way: whatever is sent next is made when its turn comes."""

    def __init__(self, target: SerialTarget, voice: Voice) -> None:
        self.path = Path(peer=target.peer, link=target.link, remote=target.device)
        self._voice = voice
        self._port = SerialPort(target.device, target.baud, received=self._received, lost=self._lost)
        self._outgoing = SerialOutgoing(target.baud)
        bytes_per_second = self._outgoing.pacing.bytes_per_second
        self._speaker = SerialSpeaker(self.path, voice, bytes_per_second=bytes_per_second)
        self._reading = Reading()
        self._reader, self._assembly = FrameReader(), Assembly()
        self._watch = LineWatch(
            device=target.device, baud=target.baud, peer=target.peer, interval=voice.interval
        )
        self._peer_run = ""
        self._wake = asyncio.Event()
        self._device_problem: str | None = None

    # --- what the peer link calls ---------------------------------------------------------------

    async def run(self) -> None:
        """Speak and listen until cancelled; a device that cannot be used is told of, and tried again each interval."""
        self._watch.begun_at = self._voice.clock.monotonic()
        try:
            await together((self._beat(), self._write()))
        finally:
            self._port.close()

    def push(self, *, ask: bool) -> None:
        """Tell at once what has changed; with `ask` in any case, and have the peer answer at once."""
        self._speaker.look = True
        self._speaker.asks = self._speaker.asks or ask
        self._wake.set()

    async def goodbye(self) -> None:
        """Say at once what the report says now, and return when it has gone out; at once if nobody listens."""
        self._speaker.asks = True
        self._wake.set()
        while self._port.is_open and self.path.is_heard(self._voice.clock.monotonic()):
            if not self._speaker.asks and self._outgoing.is_free(URGENT):
                return
            await asyncio.sleep(0.02)

    def carry(self, to: str, parts: Sequence[LetterPart], news: Sequence[Acknowledgement]) -> None:
        """Send letters when their turn comes; while another link carries them as well, only a few."""
        now = self._voice.clock.monotonic()
        most = MOST_BYTES_BESIDE if self._voice.beside(self.path, now) else MOST_BYTES
        self._speaker.mail.put(to, parts, news, now, most=most)
        self._wake.set()

    # --- sending --------------------------------------------------------------------------------

    async def _beat(self) -> None:
        while True:
            self._open()
            self._speaker.beat_due = self._speaker.beat_due or self.path.is_due()
            self._speaker.rest_due = True
            self._tell_state()
            self._wake.set()
            pause = until_moment(self._voice.interval)
            beat(pause, of=self.path)
            await asyncio.sleep(pause)

    def _open(self) -> None:
        try:
            self._port.open()
        except OSError as error:
            self._device_problem = self._port.problem(error)
        else:
            self._device_problem = None

    def _lost(self, error: OSError) -> None:
        self._device_problem = self._port.problem(error)
        self._outgoing.clear()
        self._tell(self._device_problem)

    async def _write(self) -> None:
        while True:
            self._wake.clear()
            await self._read_first()
            wait = self._write_what_is_due()
            beat(2 * self._voice.interval, of=self._outgoing)  # it is woken once an interval
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait if wait < math.inf else None):
                    await self._wake.wait()

    async def _read_first(self) -> None:
        """Until the report may be made."""
        read = asyncio.Event()
        self._voice.once_read(read.set)
        await read.wait()

    def _write_what_is_due(self) -> float:
        """Write until nothing may go now; in how many seconds there is something again."""
        while self._port.is_open:
            now = self._voice.clock.monotonic()
            if self._outgoing.is_free(URGENT) and self._speaker.has_urgent(now):
                self._outgoing.put(URGENT, self._speaker.urgent(now))
            if (
                self._outgoing.is_free(URGENT)
                and self._outgoing.is_free(REST)
                and self._speaker.has_rest(now)
            ):
                room_at = self._outgoing.pacing.rest_at(self._outgoing.pacing.piece_room, now)
                if room_at > now:
                    return room_at - now
                self._outgoing.put(REST, self._speaker.rest(now))
            due = self._outgoing.due_at(now)
            if due > now:
                return due - now
            self._port.write(self._outgoing.take(now))
        return math.inf

    # --- receiving ------------------------------------------------------------------------------

    def _received(self, data: bytes) -> None:
        before = self._reader.damaged
        pieces = self._reader.feed(data)
        self._watch.came(frames=len(pieces), damaged=self._reader.damaged - before)
        for piece in pieces:
            datagram = self._assembly.add(piece)
            if datagram is None:
                continue
            try:
                self._take(datagram, piece.lane)
            except DecodeError as error:
                self._refuse(error.reason)

    def _take(self, datagram: bytes, lane: int) -> None:
        """Raises DecodeError for what is not to be taken."""
        if is_mail(datagram):
            self._voice.letter(datagram, self._refuse)
            return
        told = decode(datagram, self._voice.key)
        envelope, now = told.envelope, self._voice.clock.monotonic()
        if told.node == self._voice.node:
            raise DecodeError(
                "own datagram" if envelope.boot_id == self._voice.run.boot_id else "own node name"
            )
        sent_at = self._voice.stamps.sent_at(envelope.echoed_stamp)
        reason = self._voice.admission.refusal(
            told.node, envelope.boot_id, envelope.sequence, proved=sent_at is not None
        )
        if reason == UNPROVED:
            self._greet(envelope, now)
        elif reason is not None:
            raise DecodeError(reason)
        else:
            self._believe(told, now, self._note(told, lane, now, sent_at))

    def _greet(self, envelope: Envelope, now: float) -> None:
        """A peer that has just started, or a recording: ask, since only the living can echo what is sent now."""
        if self.path.greeted_at is not None and now - self.path.greeted_at < _GREETING_PAUSE:
            return
        self.path.greeted_at = now
        self._speaker.greet(envelope.stamp)
        self._wake.set()

    def _note(self, told: SlowReport, lane: int, now: float, sent_at: float | None) -> float | None:
        """What the path learns of it; the time that bounds its way here, None when nothing does."""
        envelope, path = told.envelope, self.path
        path.heard_at, path.greeted_at, path.node = now, None, told.node
        if lane == URGENT:
            self._speaker.heard(envelope.stamp, now)
        self._watch.heard_at = now
        if envelope.boot_id != self._peer_run:
            self._peer_run = envelope.boot_id
            self._reading = Reading()
            self._speaker.start_over()
            self._speaker.listener_is(envelope.minor)
        if sent_at is None:
            return None
        self._watch.echo_sent_at = max(sent_at, self._watch.echo_sent_at or sent_at)
        round_trip = max(0.0, now - sent_at - envelope.held / 1e6)
        if lane == URGENT:
            path.round_trip = round_trip
        return round_trip

    def _believe(self, told: SlowReport, now: float, round_trip: float | None) -> None:
        envelope = told.envelope
        word = self._reading.take(told)
        if word is not None and (word.exact or not self._voice.beside(self.path, now)):
            offset = clock_offset(self._voice.clock, word.report.wall_time, now, round_trip)
            self._voice.put(
                PeerReport(
                    at=now,
                    link=self.path.link,
                    src="",
                    boot_id=envelope.boot_id,
                    sequence=envelope.sequence,
                    report=word.report,
                    round_trip=round_trip,
                    clock_offset=offset,
                )
            )
        self._voice.heard(told.node, envelope)
        self._speaker.answers = self._speaker.answers or envelope.asks
        self._wake.set()

    def _refuse(self, reason: str) -> None:
        self._watch.refused(reason, self._voice.clock.monotonic())
        self._voice.refused(self.path.link, self.path.remote, reason)

    # --- the state of the line ------------------------------------------------------------------

    def _tell_state(self) -> None:
        now = self._voice.clock.monotonic()
        self._watch.tick()
        problem = self._device_problem
        if problem is None and self._voice.beside(self.path, now):
            problem = self._watch.problem(now)
        self._tell(problem)
        replied = self._watch.replied(now) if self._port.is_open else False
        self._voice.put(
            EchoResult(
                at=now,
                target=self.path.peer,
                link=self.path.link,
                address="",
                replied=replied,
                rtt_seconds=self.path.round_trip if replied else None,
                problem=problem,
            )
        )

    def _tell(self, problem: str | None) -> None:
        state = (problem is None, problem)
        if self.path.told != state:
            self.path.told = state
            self._voice.put(
                LinkState(
                    at=self._voice.clock.monotonic(),
                    peer=self.path.peer,
                    link=self.path.link,
                    up=problem is None,
                    problem=problem,
                    device=self.path.remote,
                )
            )
