"""What this node says over a serial cable, made when its turn comes."""

from __future__ import annotations

from dataclasses import replace

from hawatch.observers.peer_link.path import Echo, Path
from hawatch.observers.peer_link.serial_mail import SerialMail
from hawatch.observers.peer_link.voice import Voice
from hawatch.wire.letter_datagram import Cover, Mail
from hawatch.wire.letter_datagram import encode as encode_mail
from hawatch.wire.report import NodeReport
from hawatch.wire.report_datagram import Envelope
from hawatch.wire.serial_datagram import HEAD_BYTES, Item, SlowReport, encode
from hawatch.wire.serial_telling import Telling

_NEWS_SECONDS, _REST_SECONDS, _LEAST_ROOM, _MOST_ROOM = 0.5, 0.25, 64, 1100
_CLOCK_EVERY = 8
_STARVED_SECONDS, _STARVED_RESTS = 1.0, 4
"""The rotation has waited too long after so many seconds, or after what so many of its turns take on the line."""


class SerialSpeaker:
    """Beats with the news in them, and between them the rotation and the letters; times are monotonic seconds."""

    def __init__(self, path: Path, voice: Voice, *, bytes_per_second: float) -> None:
        self._path = path
        self._voice = voice
        self._bytes_per_second = bytes_per_second
        self._telling = Telling()
        self.mail = SerialMail()
        self.beat_due = self.rest_due = self.look = self.asks = self.answers = False
        self._heard: tuple[int, float] | None = None
        self._greeting: int | None = None
        self._beats = 0
        self._rest_at: float | None = None
        self._letters_turn = False

    def start_over(self) -> None:
        """Another run of the peer listens."""
        self._telling.start_over()

    def listener_is(self, minor: int) -> None:
        """The minor version of the run that listens now."""
        self._telling.listener_is(minor)

    def greet(self, stamp: int) -> None:
        """Echo this stamp of a run that is not believed yet, and ask."""
        self._greeting, self.asks = stamp, True

    def heard(self, stamp: int, at: float) -> None:
        """A beat of a run that is believed came; what waits for its turn would make round trips long."""
        self._heard = (stamp, at)

    def _echo(self, now: float) -> Echo:
        greeting, self._greeting = self._greeting, None
        if greeting is not None or self._heard is None:
            return greeting, 0
        stamp, at = self._heard
        return stamp, max(0, int((now - at) * 1e6))

    def has_urgent(self, now: float) -> bool:
        """Whether a beat is to go at once."""
        if self.look:
            self._refresh(now)
        wanted = self.beat_due or self.asks or self.answers or self._greeting is not None
        return wanted or self._telling.has_news

    def has_rest(self, now: float) -> bool:
        """Whether there is anything else to say, and somebody who hears it."""
        waits = self.rest_due or self._telling.is_behind or bool(self.mail)
        return waits and self._path.is_heard(now)

    def urgent(self, now: float) -> bytes:
        """A beat, with the changes that make verdicts."""
        self._beats += 1
        report = self._refresh(now)
        items = self._telling.news(self._room(_NEWS_SECONDS)) if self._telling.has_news else ()
        items += self._starved(now)
        if self._beats % _CLOCK_EVERY != 1:
            report = replace(report, wall_time=None)
        told = self._told(now, report, items)
        self.beat_due = self.asks = self.answers = False
        return told

    def _starved(self, now: float) -> tuple[Item, ...]:
        """What beats take along when they have left no room for the rotation for too long."""
        if self._rest_at is None or not self._path.is_heard(now):
            self._rest_at = now
        room = self._room(_REST_SECONDS)
        seconds = _STARVED_RESTS * (HEAD_BYTES + room) / self._bytes_per_second
        if now - self._rest_at <= max(_STARVED_SECONDS, seconds):
            return ()
        self._rest_at = now
        return self._telling.others(room)

    def rest(self, now: float) -> bytes:
        """Letters and the rotation take turns."""
        self._rest_at = now
        self._letters_turn = not self._letters_turn
        if self.mail and (self._letters_turn or not (self.rest_due or self._telling.is_behind)):
            return self._letter(now)
        self.rest_due = False
        report = replace(self._refresh(now), wall_time=None)
        return self._told(now, report, self._telling.rest(self._room(_REST_SECONDS)))

    def _refresh(self, now: float) -> NodeReport:
        self.look = False
        report = self._voice.report(now)
        self._telling.refresh(report, now)
        return report

    def _room(self, seconds: float) -> int:
        """For items, in a datagram that the line carries in so many seconds."""
        size = int(self._bytes_per_second * seconds)
        return max(_LEAST_ROOM, min(size, _MOST_ROOM) - HEAD_BYTES)

    def _told(self, now: float, report: NodeReport, items: tuple[Item, ...]) -> bytes:
        run = self._voice.run
        stamp, held = self._echo(now)
        envelope = Envelope(
            boot_id=run.boot_id,
            sequence=run.sequence,
            stamp=self._voice.stamps.issue(now),
            echoed_stamp=stamp,
            held=held,
            asks=self.asks,
            answers=self.answers,
            takes_letters=self._voice.takes_letters,
        )
        run.sent(1)
        told = SlowReport(
            envelope=envelope,
            node=self._voice.node,
            digests=self._telling.digests(),
            items=items,
            leaving=report.leaving,
            expected_return=report.expected_return,
            wall_time=report.wall_time,
        )
        return encode(told, self._voice.key)

    def _letter(self, now: float) -> bytes:
        to, parts, news = self.mail.take(now)
        run = self._voice.run
        cover = Cover(boot_id=run.boot_id, sequence=run.sequence, node=self._voice.node, to=to)
        datagrams = encode_mail(Mail(cover=cover, parts=parts, acknowledgements=news), self._voice.key)
        run.sent(len(datagrams))
        return datagrams[0]
