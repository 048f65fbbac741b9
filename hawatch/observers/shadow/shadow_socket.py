"""A raw socket that receives what keepalived's own would (open_vrrp_read_socket in keepalived's vrrp.c)."""

from __future__ import annotations

import errno
import struct
from dataclasses import dataclass
from socket import (
    AF_INET,
    AF_INET6,
    IP_ADD_MEMBERSHIP,
    IPPROTO_IP,
    IPPROTO_IPV6,
    IPPROTO_RAW,
    IPV6_JOIN_GROUP,
    SO_BINDTODEVICE,
    SO_RCVBUF,
    SOCK_CLOEXEC,
    SOCK_NONBLOCK,
    SOCK_RAW,
    SOL_SOCKET,
    socket,
)

from hawatch.errors import DecodeError, ObserverError
from hawatch.observers.packet.bpf import (
    WHOLE_FRAME,
    Step,
    among,
    assemble,
    attach,
    can_tell_apart,
    finish,
    if_equal,
    load_byte,
    load_byte_behind,
    measure_ipv4_header,
)
from hawatch.observers.packet.device import look_at
from hawatch.targets import ShadowTarget
from hawatch.wire import ip
from hawatch.wire.address import address_bytes
from hawatch.wire.carp import is_carp
from hawatch.wire.family import Family
from hawatch.wire.ip import PROTOCOL_VRRP, PacketError

IP_MULTICAST_ALL, IPV6_MULTICAST_ALL = 49, 29
SO_TIMESTAMPNS = 35
PACKET_TYPE = 0xFFFFF000 + 4  # SKF_AD_OFF + SKF_AD_PKTTYPE
LOOPED_BACK = 5  # PACKET_LOOPBACK: a copy of what this host itself sent to the group
RECEIVE_BUFFER = 1 << 20  # bytes
_PACKET_LIMIT, _ANCILLARY_LIMIT = 9216, 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """One packet; `stamp` is the kernel's wall time in epoch seconds, `vrid` None for what is no VRRP."""

    src: str
    vrid: int | None
    stamp: float | None


def ask_for_permission() -> None:
    """ObserverError when this process may not have raw sockets at all."""
    try:
        socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW).close()  # one that receives nothing
    except PermissionError as error:
        raise ObserverError("raw sockets are refused: CAP_NET_RAW is missing") from error


class ShadowSocket:
    """Joined to the target's group on the target's device, and non-blocking.

    Like keepalived's it is bound to the group, so that it takes no packet for this host's own addresses: the kernel
    goes on answering those that nobody listens for. Unlike keepalived's, over IPv6 it takes packets with a wrong
    checksum, too; that is no filter's doing. Everything here raises OSError: ENODEV when the device is not there.
    """

    def __init__(self, target: ShadowTarget) -> None:
        self._target = target
        family = AF_INET6 if target.family is Family.IPV6 else AF_INET
        self._socket = socket(family, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, target.protocol)
        try:
            attach(self._socket, _program(target))
            self._index = look_at(self._socket, target.device).index
            self._socket.setsockopt(SOL_SOCKET, SO_BINDTODEVICE, target.device.encode() + b"\0")
            self._socket.setsockopt(SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER)
            self._socket.setsockopt(SOL_SOCKET, SO_TIMESTAMPNS, 1)
            self._join()
        except OSError:
            self._socket.close()
            raise

    def _join(self) -> None:
        group = self._target.group
        if self._target.family is Family.IPV6:
            self._socket.bind((group, 0, 0, self._index))
            self._socket.setsockopt(IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0)
            request = address_bytes(group) + struct.pack("@I", self._index)
            self._socket.setsockopt(IPPROTO_IPV6, IPV6_JOIN_GROUP, request)
        else:
            self._socket.bind((group, 0))
            self._socket.setsockopt(IPPROTO_IP, IP_MULTICAST_ALL, 0)
            request = address_bytes(group) + struct.pack("@4xi", self._index)
            self._socket.setsockopt(IPPROTO_IP, IP_ADD_MEMBERSHIP, request)

    def fileno(self) -> int:
        """For the event loop."""
        return self._socket.fileno()

    def receive(self) -> Delivered:
        """The next packet. BlockingIOError when there is none."""
        data, ancillary, _, address = self._socket.recvmsg(_PACKET_LIMIT, _ANCILLARY_LIMIT)
        stamp = None
        for level, kind, content in ancillary:
            if level == SOL_SOCKET and kind == SO_TIMESTAMPNS:
                seconds, nanoseconds = struct.unpack("@ll", content)
                stamp = seconds + nanoseconds / 1e9
        payload = data if self._target.family is Family.IPV6 else _behind_the_header(data)
        vrid = payload[1] if len(payload) > 1 and not is_carp(payload) else None
        return Delivered(src=address[0].partition("%")[0], vrid=vrid, stamp=stamp)

    def must_still_be_there(self) -> None:
        """OSError ENODEV when the device went away, also when another one of that name has come."""
        if look_at(self._socket, self._target.device).index != self._index:
            raise OSError(errno.ENODEV, "was replaced by another interface of that name")

    def close(self) -> None:
        """Leave the group, and hear no more."""
        self._socket.close()


def _behind_the_header(data: bytes) -> bytes:
    """What an IPv4 packet carries, an authentication header taken off; nothing when it cannot be read."""
    try:
        return ip.decode_ipv4(data).payload
    except PacketError as error:
        return error.packet.payload
    except DecodeError:
        return b""


def _program(target: ShadowTarget) -> bytes:
    """Nothing that this host sent itself, and of others' virtual routers nothing: a flood of theirs crowds out nobody.

    What is in an authentication header is looked at by whoever reads it.
    """
    apart = can_tell_apart(target.vrids) and target.protocol == PROTOCOL_VRRP
    header: list[Step] = [] if target.family is Family.IPV6 else [measure_ipv4_header(0), load_byte_behind(1)]
    vrid = header or [load_byte(1)]
    return assemble(
        [
            load_byte(PACKET_TYPE),
            if_equal(LOOPED_BACK, then="drop"),
            *((*vrid, *among(target.vrids, then="keep", otherwise="drop")) if apart else ()),
            "keep",
            finish(WHOLE_FRAME),
            "drop",
            finish(0),
        ]
    )
