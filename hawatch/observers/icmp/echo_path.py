"""One path that is pinged: to a peer over a link, or to a reference."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Collection
from contextlib import suppress
from socket import AF_INET, AF_INET6, AF_UNSPEC, SOCK_RAW, gaierror, getaddrinfo

from hawatch.evidence import EchoResult, Sink
from hawatch.observers import MonotonicClock
from hawatch.observers.icmp.echo_socket import EchoSocket, is_address

RESOLVE_AFTER = 3  # failures in a row before a name is looked up again
REPLIES_PER_WAKE = 64


class EchoPath:
    """Tells one EchoResult for each `ask`: answered, not answered in time, or (None) not even sent."""

    def __init__(
        self,
        *,
        target: str,
        link: str | None,
        remote: str,
        local: str | None,
        timeout: float,
        put: Sink,
        clock: MonotonicClock,
        vips: Callable[[], Collection[str]],
    ) -> None:
        self._vips = vips
        self._target, self._link = target, link
        self._remote, self._local = remote, local
        self._timeout = timeout
        self._put = put
        self._clock = clock
        self._address = remote if is_address(remote) else None
        self._resolving: asyncio.Task[None] | None = None
        self._failures = 0
        self._socket: EchoSocket | None = None
        self._identifier = random.randrange(0x10000)
        self._sequence = 0
        self._waiting: dict[int, tuple[float, asyncio.TimerHandle]] = {}

    def ask(self) -> None:
        """Send one echo request, now. ObserverError when that is not permitted at all."""
        if self._address is None or self._failures >= RESOLVE_AFTER:
            self._resolve()
        if self._address is None:
            return
        self._sequence = (self._sequence + 1) & 0xFFFF
        try:
            sock = self._ready_socket(self._address)
            sock.avoid(self._vips())
            sent_at = self._clock.monotonic()
            sock.send(self._identifier, self._sequence)
        except OSError as error:
            self._tell(replied=None, problem=error.strerror or str(error))
            self._drop_socket()
            return
        end = asyncio.get_running_loop().call_later(self._timeout, self._expire, self._sequence)
        self._waiting[self._sequence] = sent_at, end

    def close(self) -> None:
        """Ask no more; what is under way is not told."""
        self._drop_socket()
        for _, end in self._waiting.values():
            end.cancel()
        self._waiting.clear()
        if self._resolving is not None:
            self._resolving.cancel()

    def _ready_socket(self, address: str) -> EchoSocket:
        if self._socket is None:
            self._socket = EchoSocket(address, self._local)
            asyncio.get_running_loop().add_reader(self._socket, self._read)
        return self._socket

    def _drop_socket(self) -> None:
        """A socket can outlive the address or the interface that it is bound to; a new one tells."""
        sock, self._socket = self._socket, None
        if sock is not None:
            asyncio.get_running_loop().remove_reader(sock)
            sock.close()

    def _read(self) -> None:
        with suppress(OSError):
            for _ in range(REPLIES_PER_WAKE):
                if self._socket is None:
                    return
                reply = self._socket.receive()
                if reply is None or reply.identifier != self._identifier or reply.src != self._bare_address():
                    continue
                asked = self._waiting.pop(reply.sequence, None)
                if asked is not None:
                    sent_at, end = asked
                    end.cancel()
                    self._tell(replied=True, rtt_seconds=self._clock.monotonic() - sent_at)

    def _expire(self, sequence: int) -> None:
        if self._waiting.pop(sequence, None) is not None:
            self._tell(replied=False)

    def _bare_address(self) -> str:
        return (self._address or "").partition("%")[0]

    def _tell(
        self, *, replied: bool | None, rtt_seconds: float | None = None, problem: str | None = None
    ) -> None:
        self._failures = 0 if replied else self._failures + 1
        self._put(
            EchoResult(
                at=self._clock.monotonic(),
                target=self._target,
                link=self._link,
                address=self._address or self._remote,
                replied=replied,
                rtt_seconds=rtt_seconds,
                problem=problem,
            )
        )

    def _resolve(self) -> None:
        """Look the name up, off the event loop; one look-up at a time, and an address stays until there is another."""
        if is_address(self._remote) or (self._resolving is not None and not self._resolving.done()):
            return
        self._failures = 0
        self._resolving = asyncio.get_running_loop().create_task(self._look_up())

    async def _look_up(self) -> None:
        family = AF_UNSPEC
        if self._local is not None and is_address(self._local):
            family = AF_INET6 if ":" in self._local else AF_INET
        try:
            found = await asyncio.to_thread(getaddrinfo, self._remote, None, family, SOCK_RAW)
        except (gaierror, UnicodeError) as error:
            reason = error.strerror if isinstance(error, gaierror) else "is no name"
            self._tell(replied=None, problem=f"{self._remote}: {reason}")
            return
        address = str(found[0][4][0])
        if address != self._address:
            self._address = address
            self._drop_socket()
