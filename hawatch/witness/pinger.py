"""ICMP echo to everybody over one raw socket for each family."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from hawatch.observers import MonotonicClock
from hawatch.observers.icmp.echo_socket import EchoSocket

REPLIES_PER_WAKE = 256
MOST_WAITING = 8192


@dataclass(frozen=True, slots=True)
class _Question:
    address: str
    answered: Callable[[float], None]


class Pinger:
    """Sends echo requests; `answered` is called with the time of the reply, and never when none comes."""

    def __init__(self, clock: MonotonicClock) -> None:
        self._clock = clock
        self._identifier = random.randrange(0x10000)
        self._sequence = random.randrange(0x10000)
        self._sockets: dict[bool, EchoSocket] = {}
        self._waiting: dict[int, _Question] = {}

    def ask(self, address: str, answered: Callable[[float], None]) -> bool:
        """Send one request; False when it could not be sent. ObserverError when raw sockets are not permitted."""
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._waiting[self._sequence] = _Question(address.partition("%")[0], answered)
        if len(self._waiting) > MOST_WAITING:
            del self._waiting[next(iter(self._waiting))]
        try:
            self._socket(":" in address).send(self._identifier, self._sequence, address)
        except OSError:
            self._waiting.pop(self._sequence, None)
            return False
        return True

    def close(self) -> None:
        """Hear no more."""
        for sock in self._sockets.values():
            asyncio.get_running_loop().remove_reader(sock)
            sock.close()
        self._sockets.clear()

    def _socket(self, ipv6: bool) -> EchoSocket:  # noqa: FBT001 - the key of a table of two
        if ipv6 not in self._sockets:
            sock = self._sockets[ipv6] = EchoSocket("::" if ipv6 else "0.0.0.0", None)  # noqa: S104 - answers come to any
            asyncio.get_running_loop().add_reader(sock, self._read, sock)
        return self._sockets[ipv6]

    def _read(self, sock: EchoSocket) -> None:
        with suppress(OSError):
            for _ in range(REPLIES_PER_WAKE):
                reply = sock.receive()
                if reply is None or reply.identifier != self._identifier:
                    continue
                question = self._waiting.get(reply.sequence)
                if question is not None and question.address == reply.src:
                    del self._waiting[reply.sequence]
                    question.answered(self._clock.monotonic())
