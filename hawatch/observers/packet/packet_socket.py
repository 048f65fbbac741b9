"""A packet socket on one device: nothing gets in before its filter stands (packet(7))."""

from __future__ import annotations

import struct
from collections.abc import Collection
from dataclasses import dataclass
from socket import AF_PACKET, SO_RCVBUF, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_RAW, SOL_SOCKET, socket

from hawatch.errors import ObserverError
from hawatch.observers.packet.bpf import attach
from hawatch.observers.packet.device import Device, look_at
from hawatch.wire.address import mac_bytes, multicast_mac

ETH_P_ALL = 3
OUTGOING = 4  # the packet type of what this host sends

SOL_PACKET = 263
PACKET_ADD_MEMBERSHIP, PACKET_STATISTICS, PACKET_IGNORE_OUTGOING = 1, 6, 23
PACKET_MR_MULTICAST = 0
SO_TIMESTAMPNS = 35

FRAME_LIMIT = 9216  # bytes; 255 IPv6 addresses fit
_ANCILLARY_LIMIT = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One frame; `stamp` is the kernel's wall time in epoch seconds, None without timestamps."""

    data: bytes
    outgoing: bool
    stamp: float | None


def ask_for_permission() -> None:
    """ObserverError when this process may not have packet sockets at all."""
    try:
        _raw_socket().close()
    except PermissionError as error:
        raise ObserverError("packet sockets are refused: CAP_NET_RAW is missing") from error


def _raw_socket() -> socket:
    # Protocol 0: it hears nothing until it is bound.
    return socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)


class PacketSocket:
    """All frames of one device that its filter lets through, own ones too; non-blocking.

    Everything here raises OSError: ENODEV when the device is not there, ENETDOWN once each time it goes down.
    """

    def __init__(self, interface: str, *, receive_buffer: int) -> None:
        self._socket = _raw_socket()
        try:
            self.device = look_at(self._socket, interface)
            self._socket.setsockopt(SOL_SOCKET, SO_RCVBUF, receive_buffer)
            self._socket.setsockopt(SOL_SOCKET, SO_TIMESTAMPNS, 1)
        except OSError:
            self._socket.close()
            raise

    def fileno(self) -> int:
        """For the event loop."""
        return self._socket.fileno()

    def set_filter(self, program: bytes) -> None:
        """Replace the filter."""
        attach(self._socket, program)

    def join(self, groups: Collection[str]) -> None:
        """Let the device take frames to these multicast groups, without telling switches or routers of it."""
        for group in groups:
            mac = mac_bytes(multicast_mac(group))
            request = struct.pack("@iHH8s", self.device.index, PACKET_MR_MULTICAST, len(mac), mac)
            self._socket.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, request)

    def ignore_outgoing(self) -> None:
        """Hear only what comes in."""
        self._socket.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)

    def bind(self) -> None:
        """Begin to hear; a device that is down says so at the first `receive`."""
        self._socket.bind((self.device.name, ETH_P_ALL))

    def receive(self) -> Received:
        """The next frame. BlockingIOError when there is none."""
        data, ancillary, _, address = self._socket.recvmsg(FRAME_LIMIT, _ANCILLARY_LIMIT)
        stamp = None
        for level, kind, content in ancillary:
            if level == SOL_SOCKET and kind == SO_TIMESTAMPNS:
                seconds, nanoseconds = struct.unpack("@ll", content)
                stamp = seconds + nanoseconds / 1e9
        return Received(data=data, outgoing=address[2] == OUTGOING, stamp=stamp)

    def send(self, frame: bytes) -> None:
        """Send a whole frame."""
        self._socket.send(frame)

    def dropped(self) -> int:
        """How many frames the kernel threw away since the last question, because nobody had read them in time."""
        _, drops = struct.unpack("@II", self._socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
        return int(drops)

    def look_again(self) -> Device:
        """The device of that name as it is now; another index means that it is another device."""
        return look_at(self._socket, self.device.name)

    def close(self) -> None:
        """Stop hearing."""
        self._socket.close()
