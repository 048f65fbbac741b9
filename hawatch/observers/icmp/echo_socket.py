"""A raw ICMP socket that sends echo requests over one path, and lets only echo replies in."""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from socket import (
    AF_INET6,
    AI_NUMERICHOST,
    IPPROTO_ICMPV6,
    SO_BINDTODEVICE,
    SOCK_DGRAM,
    SOCK_RAW,
    SOL_SOCKET,
    getaddrinfo,
    socket,
)
from typing import Any

from icmplib import ICMPv4Socket, ICMPv6Socket, SocketPermissionError
from icmplib.exceptions import ICMPSocketError

from hawatch.errors import ObserverError
from hawatch.observers.packet.steady_source import source_instead
from hawatch.wire.checksum import checksum

SOL_RAW = 255
ICMP_FILTER = ICMP6_FILTER = 1  # of the levels SOL_RAW and IPPROTO_ICMPV6
ANY_PORT = 1
"""For the kernel, which looks for a route to a port."""
ECHO_REPLY, ECHO_REPLY_IPV6 = 0, 129
ECHO_REQUEST, ECHO_REQUEST_IPV6 = 8, 128
PAYLOAD = b"hawatch"
Address = tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An echo reply, as it names its request."""

    src: str
    identifier: int
    sequence: int


class EchoSocket:
    """To one address (or, with the unspecified one, to any), bound to a local address, to an interface, or to nothing.

    Everything raises OSError when it cannot be done now, ObserverError when it is not permitted at all.
    """

    def __init__(self, remote: str, local: str | None) -> None:
        self.remote = remote
        self._interface = interface = local if local is not None and not is_address(local) else None
        self._chooses = local is None or interface is not None
        self._source: str | None = None
        self._addresses: dict[str, Address] = {}
        self._ipv6 = ":" in remote
        scoped = self._ipv6 and ip_address(remote).is_link_local and "%" not in remote and interface
        self._destination = f"{remote}%{interface}" if scoped else remote
        with _as_os_error(local):
            self._icmp = ICMPv6Socket() if self._ipv6 else ICMPv4Socket()
        try:
            self._prepare(self._icmp.sock, interface, local)
        except OSError as error:
            self._icmp.close()
            raise OSError(error.errno, f"{local}: {error.strerror}") from error

    def _prepare(self, sock: socket, interface: str | None, address: str | None) -> None:
        sock.settimeout(0)
        if self._ipv6:
            sock.setsockopt(IPPROTO_ICMPV6, ICMP6_FILTER, _filter_ipv6())
        else:
            sock.setsockopt(SOL_RAW, ICMP_FILTER, struct.pack("@I", ~(1 << ECHO_REPLY) & 0xFFFFFFFF))
        if interface is not None:
            sock.setsockopt(SOL_SOCKET, SO_BINDTODEVICE, interface.encode())
        elif address is not None:
            # getaddrinfo keeps the zone of a link-local address.
            sock.bind(getaddrinfo(address, None, sock.family, SOCK_RAW, 0, AI_NUMERICHOST)[0][4])

    def fileno(self) -> int:
        """For the event loop."""
        return int(self._icmp.sock.fileno())

    def avoid(self, vips: Collection[str]) -> None:
        """Ask from none of these as long as there is another address: the answer would go to who has it there."""
        if not (self._ipv6 and self._chooses):
            return
        if self._source is None and not any(":" in vip for vip in vips):
            return
        found = getaddrinfo(self._destination, ANY_PORT, AF_INET6, SOCK_DGRAM, 0, AI_NUMERICHOST)
        to = found[0][4]
        source = source_instead(to, device=self._interface, vips=vips)
        if source != self._source:
            scope = to[3] if source is not None and len(to) == 4 else 0
            self._icmp.sock.bind((source or "::", 0, 0, scope))
            self._source = source

    def send(self, identifier: int, sequence: int, to: str | None = None) -> None:
        """Send one request, to another address if one is given."""
        kind = ECHO_REQUEST_IPV6 if self._ipv6 else ECHO_REQUEST
        packet = struct.pack("!BBHHH", kind, 0, 0, identifier, sequence) + PAYLOAD
        if not self._ipv6:  # the kernel computes that of IPv6, in which the addresses are
            packet = packet[:2] + checksum(packet).to_bytes(2, "big") + packet[4:]
        try:
            self._icmp.sock.sendto(packet, self._address_of(to or self._destination))
        except OSError as error:
            raise OSError(error.errno, f"{self.remote}: {error.strerror}") from error

    def _address_of(self, destination: str) -> Address:
        if destination not in self._addresses:
            found = getaddrinfo(destination, None, self._icmp.sock.family, SOCK_RAW, 0, AI_NUMERICHOST)
            self._addresses[destination] = found[0][4]
        return self._addresses[destination]

    def receive(self) -> Reply | None:
        """The next reply, None for something else. BlockingIOError when there is none."""
        data, source = self._icmp.sock.recvfrom(2048)
        message = data if self._ipv6 else data[(data[0] & 0x0F) * 4 :]
        if len(message) < 8 or message[0] != (ECHO_REPLY_IPV6 if self._ipv6 else ECHO_REPLY):
            return None
        identifier, sequence = struct.unpack_from("!HH", message, 4)
        return Reply(src=source[0].partition("%")[0], identifier=identifier, sequence=sequence)

    def close(self) -> None:
        """Close it."""
        self._icmp.close()


def is_address(text: str) -> bool:
    """Whether it is an address rather than a name."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _filter_ipv6() -> bytes:
    """struct icmp6_filter: a bit for each type, and 1 blocks (RFC 3542 §3.2)."""
    words = [0xFFFFFFFF] * 8
    words[ECHO_REPLY_IPV6 // 32] &= ~(1 << ECHO_REPLY_IPV6 % 32)
    return struct.pack("@8I", *words)


@contextmanager
def _as_os_error(about: str | None) -> Iterator[None]:
    """icmplib hides the kernel's error behind its own; the kernel's says why nothing left."""
    try:
        yield
    except SocketPermissionError as error:
        raise ObserverError("raw ICMP sockets are refused: CAP_NET_RAW is missing") from error
    except ICMPSocketError as error:
        cause = error.__context__
        if isinstance(cause, OSError) and cause.errno is not None:
            raise OSError(cause.errno, f"{about}: {os.strerror(cause.errno)}") from error
        raise OSError(errno.EIO, f"{about}: {error}") from error
