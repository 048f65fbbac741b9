"""What the kernel tells of a network device without any privilege (netdevice(7))."""

from __future__ import annotations

import errno
import fcntl
import struct
from dataclasses import dataclass
from enum import Enum, auto
from socket import if_nametoindex, socket

SIOCGIFFLAGS, SIOCGIFHWADDR, SIOCGIFINDEX = 0x8913, 0x8927, 0x8933
IFF_UP, IFF_RUNNING = 0x1, 0x40

# ARPHRD_* of linux/if_arp.h. Frames of the latter begin with the IP header: tun, WireGuard, PPP, IP in IP.
_ETHERNET_LIKE = frozenset({1, 772})
_BARE_IP = frozenset({512, 519, 768, 769, 776, 65534})

_REQUEST_SIZE = (
    40  # sizeof(struct ifreq) where a long has 8 bytes; it is less elsewhere, and the rest is not read
)


class Framing(Enum):
    """What a device's frames begin with."""

    ETHERNET = auto()
    BARE_IP = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A device as it is now: `up` by the administrator's will, `running` with a carrier too."""

    name: str
    index: int
    framing: Framing
    mac: str
    up: bool
    running: bool


def must_exist(name: str) -> None:
    """OSError ENODEV when there is no such device; asked without a packet socket, whose closing takes milliseconds."""
    try:
        if_nametoindex(name)
    except OSError as error:
        raise OSError(errno.ENODEV, "no such interface") from error


def _ask(sock: socket, question: int, name: str, rest: bytes = b"") -> bytes:
    request = (name.encode()[:15].ljust(16, b"\0") + rest).ljust(_REQUEST_SIZE, b"\0")
    return fcntl.ioctl(sock, question, request)[16:]


def look_at(sock: socket, name: str) -> Device:
    """Ask the kernel over any socket. OSError ENODEV when there is no such device."""
    (index,) = struct.unpack_from("@i", _ask(sock, SIOCGIFINDEX, name))
    (flags,) = struct.unpack_from("@H", _ask(sock, SIOCGIFFLAGS, name))
    hardware = _ask(sock, SIOCGIFHWADDR, name)
    (kind,) = struct.unpack_from("@H", hardware)
    framing = Framing.OTHER
    if kind in _ETHERNET_LIKE:
        framing = Framing.ETHERNET
    elif kind in _BARE_IP:
        framing = Framing.BARE_IP
    up = bool(flags & IFF_UP)
    running = up and bool(flags & IFF_RUNNING)
    return Device(name=name, index=index, framing=framing, mac=hardware[2:8].hex(":"), up=up, running=running)
