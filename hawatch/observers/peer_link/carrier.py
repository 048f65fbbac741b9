"""Carries letters over the links that are alive, and lets in those that are meant for this run."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hawatch.errors import DecodeError
from hawatch.observers.peer_link.admission import UNPROVED, Admission
from hawatch.observers.peer_link.endpoint import Clock
from hawatch.observers.peer_link.path import Way
from hawatch.observers.peer_link.paths import Paths
from hawatch.observers.peer_link.post import Post
from hawatch.observers.peer_link.run import Run
from hawatch.observers.peer_link.serial_wire import SerialWire
from hawatch.wire.letter import Acknowledgement, Letter, LetterPart
from hawatch.wire.letter_datagram import Cover, Mail, cut_for, decode, encode
from hawatch.wire.report_datagram import Envelope

AT_ONCE = 2
"""Ways that a letter goes at the same time, so that one that has just died delays nothing."""


@dataclass(slots=True, kw_only=True)
class LetterCarrier:
    """The peer link's part for letters, which shares its run, its paths and whom it listens to."""

    run: Run
    key: bytes
    node: str
    paths: Paths
    clock: Clock
    post: Post
    admission: Admission
    cables: Sequence[SerialWire] = ()
    turn: int = 0

    # --- what the post calls --------------------------------------------------------------------

    def now(self) -> float:
        """Monotonic seconds."""
        return self.clock.monotonic()

    def sequence(self) -> int:
        """The number of the next datagram of this run."""
        return self.run.sequence

    def reaches(self, node: str) -> bool:
        """Whether any path to the node has been heard lately."""
        return bool(self._ways(node) or self._cables(node))

    def cut(self, letter: Letter) -> tuple[LetterPart, ...]:
        """The letter in parts that fit a datagram of this node."""
        return cut_for(self.node, letter)

    def carry(self, node: str, to: str, parts: Sequence[LetterPart], news: Sequence[Acknowledgement]) -> None:
        """Send this over two ways that are alive, over others the next time; each copy is a datagram of its own.

        A socket that fails is told of by the reports. A serial cable gets it as well, as far as it has room.
        """
        for cable in self._cables(node):
            cable.carry(to, parts, news)
        ways = self._ways(node)
        self.turn += 1
        for number in range(min(AT_ONCE, len(ways))):
            endpoint, address = ways[(self.turn + number) % len(ways)]
            cover = Cover(boot_id=self.run.boot_id, sequence=self.run.sequence, node=self.node, to=to)
            mail = Mail(cover=cover, parts=tuple(parts), acknowledgements=tuple(news))
            datagrams = encode(mail, self.key)
            self.run.sent(len(datagrams))
            with contextlib.suppress(OSError):
                endpoint.open()
                for datagram in datagrams:
                    endpoint.send(datagram, address)

    def _ways(self, node: str) -> list[Way]:
        now = self.clock.monotonic()
        return [way for path in self.paths if path.node == node and path.is_heard(now) for way in path.ways()]

    def _cables(self, node: str) -> list[SerialWire]:
        now = self.clock.monotonic()
        return [each for each in self.cables if each.path.node == node and each.path.is_heard(now)]

    # --- what the peer link calls ---------------------------------------------------------------

    def begin(self) -> None:
        """The peer link runs."""
        self.post.attach(self)

    def end(self) -> None:
        """It runs no more."""
        self.post.detach()

    def heard(self, node: str, envelope: Envelope) -> None:
        """A report of this node was believed."""
        self.post.heard(node, envelope.boot_id, takes_letters=envelope.takes_letters)

    def receive(self, datagram: bytes, refuse: Callable[[str], None]) -> None:
        """Take one datagram of letters, or refuse it with the reason.

        One to another run is dropped in silence, and so is one from a run that the reports have not proved yet: a node
        has just restarted, and the letters come again.
        """
        try:
            mail = decode(datagram, self.key)
            if mail.cover.node == self.node:
                own = mail.cover.boot_id == self.run.boot_id
                raise DecodeError("own datagram" if own else "own node name")
            if mail.cover.to != self.run.boot_id:
                return
            cover = mail.cover
            reason = self.admission.refusal(cover.node, cover.boot_id, cover.sequence, proved=False)
            if reason is None:
                self.post.arrived(mail)
            elif reason != UNPROVED:
                refuse(reason)
        except DecodeError as error:
            refuse(error.reason)
