"""One UDP socket of the peer link, with the kernel's time of arrival."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import os
import socket
import struct
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Protocol

from hawatch.observers import MonotonicClock
from hawatch.observers.packet.steady_source import source_instead

SO_TIMESTAMPNS = 35  # asm-generic/socket.h; the socket module has no name for it
_TIMESPEC = struct.Struct("@ll")
_ANCILLARY_BYTES = socket.CMSG_SPACE(_TIMESPEC.size)
_BATCH = 16
"""Datagrams read before the others have their turn: each of a large report tells of several virtual routers."""
RECEIVE_BUFFER = 1 << 20  # bytes; the kernel gives up to net.core.rmem_max of them
_BROKEN = frozenset({errno.EINVAL, errno.ENODEV, errno.ENXIO, errno.EADDRNOTAVAIL, errno.EBADF})
"""Errors that only a new socket can mend: its address or its device is gone."""

_NO_DEVICE = struct.pack("@i", 0)

Vips = Callable[[], Collection[str]]
"""The VIPs of now; nothing is sent from one while there is another address."""

SocketAddress = tuple[Any, ...]
"""(host, port), with IPv6 (host, port, flow, scope)."""


class Clock(MonotonicClock, Protocol):
    """The clock that this observer needs; the module hawatch.clock is one."""

    def wall(self) -> float:
        """CLOCK_REALTIME in epoch seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One datagram, and when the kernel got it on this node's monotonic clock."""

    data: bytes
    address: SocketAddress
    at: float

    @property
    def src(self) -> str:
        """The sender's address, without a zone."""
        return str(self.address[0]).partition("%")[0]


class Endpoint:
    """A UDP socket bound to a local address, to an interface, or (None) to every address of the family."""

    def __init__(
        self,
        *,
        local: str | None,
        family: socket.AddressFamily,
        port: int,
        shares_port: bool,
        clock: Clock,
        receive: Callable[[Endpoint, Arrival], None],
        vips: Vips = frozenset,
    ) -> None:
        self.local = local
        self.family = family
        self._port = port
        self._shares_port = shares_port
        self._clock = clock
        self._receive = receive
        self._vips = vips
        self._socket: socket.socket | None = None
        self._drained_at = 0.0

    def open(self) -> None:
        """Bind and listen, unless that is done already. OSError when it cannot be done."""
        if self._socket is not None:
            return
        opened = socket.socket(self.family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        try:
            self._bind(opened)
        except OSError:
            opened.close()
            raise
        self._socket = opened
        self._drained_at = self._clock.monotonic()
        asyncio.get_running_loop().add_reader(opened.fileno(), self._read)

    def _bind(self, opened: socket.socket) -> None:
        opened.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        if self.family is socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if self._shares_port:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        anywhere = "::" if self.family is socket.AF_INET6 else "0.0.0.0"  # noqa: S104 - the key decides who is heard
        if self.local is not None and not is_address(self.local):
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, self.local.encode() + b"\0")
            opened.bind((anywhere, self._port))
        else:
            opened.bind(numeric_address(self.local or anywhere, self._port))

    def close(self) -> None:
        """Listen no longer; `open` may be called again."""
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
            self._socket.close()
            self._socket = None

    def send(self, datagram: bytes, address: SocketAddress) -> None:
        """Hand one datagram to the kernel. OSError when it does not take it; a full queue is no error."""
        if self._socket is None:
            raise OSError(errno.ENOTCONN, os.strerror(errno.ENOTCONN))
        try:
            self._socket.sendmsg([datagram], self._source(address), 0, address)
        except BlockingIOError:
            return
        except OSError as error:
            if error.errno == errno.ENOBUFS:
                return
            if error.errno in _BROKEN:
                self.close()
            raise

    def _source(self, address: SocketAddress) -> list[tuple[int, int, bytes]]:
        """Ancillary data that names the source, where the kernel would take a VIP (RFC 3542 §6.2)."""
        vips = self._vips() if self.family is socket.AF_INET6 else ()
        if not vips or (self.local is not None and is_address(self.local)):
            return []
        source = source_instead(address, device=self.local, vips=vips)
        if source is None:
            return []
        packed = socket.inet_pton(socket.AF_INET6, source) + _NO_DEVICE
        return [(socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, packed)]

    def _read(self) -> None:
        for _ in range(_BATCH):
            if self._socket is None:
                return
            try:
                data, ancillary, _, address = self._socket.recvmsg(65_535, _ANCILLARY_BYTES)
            except BlockingIOError:
                self._drained_at = self._clock.monotonic()
                return
            except OSError:
                self.close()
                return
            self._receive(self, Arrival(data=data, address=address, at=self._arrived_at(ancillary)))

    def _arrived_at(self, ancillary: list[tuple[int, int, bytes]]) -> float:
        """The kernel's stamp on our monotonic clock; a wall clock that is set just now cannot move it far.

        It was not there when the socket was last found empty, and it is there now. The wall clock is read first: then
        an interruption between the two readings makes the arrival later and the round trip longer, never shorter.
        """
        wall = self._clock.wall()
        now = self._clock.monotonic()
        for level, kind, payload in ancillary:
            if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
                seconds, nanoseconds = _TIMESPEC.unpack(payload[: _TIMESPEC.size])
                waited = wall - (int(seconds) + int(nanoseconds) / 1e9)
                return min(now, max(self._drained_at, now - waited))
        return now

    def problem(self, error: OSError, remote: str) -> str:
        """What is wrong, in one line that names the thing at fault."""
        match error.errno:
            case errno.EADDRINUSE:
                return f"UDP port {self._port} is in use" + (f" on {self.local}" if self.local else "")
            case errno.ENODEV | errno.ENXIO if self.local is not None:
                return f"interface {self.local} does not exist"
            case errno.EPERM | errno.EACCES:
                return f"a firewall or a policy on this host refuses sending to {remote}"
        if self.local is not None and is_address(self.local) and not _is_here(self.local):
            return f"address {self.local} is not on this host"
        match error.errno:
            case errno.EADDRNOTAVAIL if self.local is not None:
                return f"interface {self.local} has no address to send from"
            case errno.ENETUNREACH | errno.EHOSTUNREACH:
                return f"no route to {remote}"
        return (error.strerror or str(error)).lower()


def _is_here(address: str) -> bool:
    """Whether this host has the address now."""
    try:
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as trial:
            trial.bind(numeric_address(address, 0))
    except OSError:
        return False
    return True


def is_address(text: str) -> bool:
    """Whether it is an IP address (with or without a zone) and not a name."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def numeric_address(host: str, port: int) -> SocketAddress:
    """The socket address of an IP address; its zone, if any, becomes the scope. OSError when it has no such zone."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST)
    return found[0][4]
