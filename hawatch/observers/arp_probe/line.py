"""One device's questions and answers."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Collection
from contextlib import suppress

from hawatch.observers import MonotonicClock
from hawatch.observers.arp_probe.own_address import Own, ipv4_own, ipv6_sender, sender_among
from hawatch.observers.arp_probe.question import (
    Question,
    answers_program,
    read_answer,
    silence_program,
    write_question,
)
from hawatch.observers.packet.device import Framing, must_exist
from hawatch.observers.packet.packet_socket import PacketSocket

RECEIVE_BUFFER = 256 << 10  # bytes
FRAMES_PER_WAKE = 256
OWN_STANDS = 0.25
"""Seconds for which the device's own addresses are taken to be what they were: with thousands of VIPs a look is long,
and all VIPs are asked after at once."""


class Line:
    """A device's packet socket. It is deaf while nothing is asked, so that it costs nothing.

    Everything here raises OSError when the device cannot be asked over now.
    """

    def __init__(self, interface: str, *, vips: Collection[str], clock: MonotonicClock) -> None:
        self._interface = interface
        self._vips = vips
        self._clock = clock
        self._socket: PacketSocket | None = None
        self._open: dict[str, Question] = {}
        self._askers: dict[str, str] = {}
        self._own4: Own = ()
        self._own6: str | None = None
        self._own4_at = self._own6_at = float("-inf")

    def ask(self, address: str) -> Question:
        """Ask who has an address, now."""
        sock = self._ready_socket()
        device = sock.look_again()
        if not device.running:
            raise OSError(errno.ENETDOWN, f"{self._interface} has no carrier")
        sender = self._sender(address)
        if sender is None:
            raise OSError(errno.EADDRNOTAVAIL, f"{self._interface} has no link-local address")
        if not self._open:
            sock.set_filter(answers_program())
            asyncio.get_running_loop().add_reader(sock, self.read)
        question = Question(address=address, asked_at=self._clock.monotonic())
        self._open[address], self._askers[address] = question, sender
        try:
            sock.send(write_question(address, sender=sender, sender_mac=device.mac))
        except OSError:
            self.end(question)
            raise
        return question

    def share(self, address: str, *, since: float) -> Question | None:
        """The question for this address that is under way already, None if none was put after `since`."""
        question = self._open.get(address)
        if question is None or question.asked_at <= since:
            return None
        question.users += 1
        return question

    def end(self, question: Question) -> None:
        """One of its users is done; after the last one no answer counts any more."""
        question.users -= 1
        if not question.users and self._open.get(question.address) is question:
            del self._open[question.address], self._askers[question.address]
        if not self._open and self._socket is not None:
            self._fall_silent(self._socket)

    def read(self) -> None:
        """Count the answers that have come."""
        if self._socket is None:
            return
        for _ in range(FRAMES_PER_WAKE):
            try:
                received = self._socket.receive()
            except OSError:  # nothing more, or the device went down: then nothing more comes either
                return
            answer = None if received.outgoing else read_answer(received.data)
            # A reflection of what this host answers itself would carry the device's own MAC.
            if answer is None or answer.mac == self._socket.device.mac:
                continue
            if self._askers.get(answer.address) == answer.asker:
                self._open[answer.address].counts[answer.mac] += 1

    def close(self) -> None:
        """Ask and hear nothing any more."""
        sock, self._socket = self._socket, None
        self._open.clear()
        self._askers.clear()
        if sock is not None:
            asyncio.get_running_loop().remove_reader(sock)
            sock.close()

    def _ready_socket(self) -> PacketSocket:
        """The socket, made anew when there is none or the device is another one of the same name."""
        if self._socket is not None:
            with suppress(OSError):
                if self._socket.look_again().index == self._socket.device.index:
                    return self._socket
            self.close()
        must_exist(self._interface)
        sock = PacketSocket(self._interface, receive_buffer=RECEIVE_BUFFER)
        try:
            if sock.device.framing is not Framing.ETHERNET:
                raise OSError(errno.EPROTONOSUPPORT, f"{self._interface} does not carry Ethernet")
            sock.set_filter(silence_program())
            sock.ignore_outgoing()
            sock.bind()
        except OSError:
            sock.close()
            raise
        self._socket = sock
        return sock

    def _sender(self, address: str) -> str | None:
        now = self._clock.monotonic()
        if ":" in address:
            if now - self._own6_at >= OWN_STANDS:
                self._own6, self._own6_at = ipv6_sender(self._interface, vips=self._vips), now
            return self._own6
        if now - self._own4_at >= OWN_STANDS:
            self._own4, self._own4_at = ipv4_own(self._interface, vips=self._vips), now
        return sender_among(self._own4, address)

    def _fall_silent(self, sock: PacketSocket) -> None:
        asyncio.get_running_loop().remove_reader(sock)
        sock.set_filter(silence_program())
        with suppress(OSError):
            while True:
                sock.receive()
