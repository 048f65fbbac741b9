"""Netlink messages of IPVS as bytes, for the tests.

They are constructed from the kernel's definitions (include/uapi/linux/ip_vs.h, and the order of attributes in which
ip_vs_genl_fill_service, _dest and _daemon write them). None was recorded: the kernel that these tests run on need not
have ip_vs.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass

FAMILY_ID = 0x1E
NLM_F_MULTI = 2
NEW_SERVICE, NEW_DEST, NEW_DAEMON = 1, 5, 9
SERVICE, DEST, DAEMON = 1, 2, 3
TCP, UDP, SCTP = 6, 17, 132
NAT, LOCAL, TUNNEL, DIRECT = 0, 1, 2, 3


def attribute(kind: int, value: bytes) -> bytes:
    """One attribute, padded to four bytes (struct nlattr)."""
    length = 4 + len(value)
    return struct.pack("=HH", length, kind) + value + b"\0" * (-length % 4)


def u8(kind: int, value: int) -> bytes:
    return attribute(kind, struct.pack("=B", value))


def u16(kind: int, value: int) -> bytes:
    return attribute(kind, struct.pack("=H", value))


def be16(kind: int, value: int) -> bytes:
    return attribute(kind, struct.pack(">H", value))


def u32(kind: int, value: int) -> bytes:
    return attribute(kind, struct.pack("=I", value))


def string(kind: int, value: str) -> bytes:
    return attribute(kind, value.encode() + b"\0")


def union_address(text: str) -> tuple[int, bytes]:
    """A family, and the kernel's union nf_inet_addr: 16 bytes whatever the family."""
    family = socket.AF_INET6 if ":" in text else socket.AF_INET
    return int(family), socket.inet_pton(family, text).ljust(16, b"\0")


def message(command: int, *attributes: bytes) -> bytes:
    """One message of a dump: struct nlmsghdr, struct genlmsghdr, attributes."""
    body = struct.pack("=BBH", command, 1, 0) + b"".join(attributes)
    return struct.pack("=IHHII", 16 + len(body), FAMILY_ID, NLM_F_MULTI, 1, 1) + body


def stats(kind: int) -> bytes:
    """Counters, which change all the time."""
    return attribute(kind, u32(1, 12345) + u32(2, 99))


@dataclass(frozen=True, kw_only=True)
class Dest:
    """A real server; `tells_family` is False of kernels before 3.18."""

    address: str
    port: int = 80
    weight: int = 1
    method: int = DIRECT
    active: int = 3
    tells_family: bool = True

    def message(self) -> bytes:
        family, address = union_address(self.address)
        attributes = [
            attribute(1, address),
            be16(2, self.port),
            u32(3, self.method),
            u32(4, self.weight),
            u8(13, 0),
            be16(14, 0),
            u16(15, 0),
            u32(5, 0),
            u32(6, 0),
            u32(7, self.active),
            u32(8, 17),
            u32(9, 0),
        ]
        attributes += [u16(11, family)] if self.tells_family else []
        return message(NEW_DEST, attribute(DEST, b"".join(attributes) + stats(10) + stats(12)))


@dataclass(frozen=True, kw_only=True)
class Service:
    """A virtual service of an address, or of a firewall mark (`mark`, and then `address` gives the family alone)."""

    address: str = "10.0.0.100"
    port: int = 80
    protocol: int = TCP
    mark: int = 0
    scheduler: str = "wlc"
    flags: int = 0x0002
    timeout: int = 0
    engine: str = ""
    dests: Sequence[Dest] = ()

    def message(self) -> bytes:
        family, address = union_address(self.address)
        place = [u32(5, self.mark)]
        if not self.mark:
            place = [u16(2, self.protocol), attribute(3, address), be16(4, self.port)]
        attributes = [u16(1, family), *place, string(6, self.scheduler)]
        attributes += [string(11, self.engine)] if self.engine else []
        attributes += [attribute(7, struct.pack("=II", self.flags, 0xFFFFFFFF)), u32(8, self.timeout)]
        attributes += [attribute(9, b"\xff\xff\xff\xff")]
        return message(NEW_SERVICE, attribute(SERVICE, b"".join(attributes) + stats(10) + stats(12)))

    @property
    def key(self) -> tuple[object, ...]:
        """What the kernel finds it by."""
        family, _ = union_address(self.address)
        return (family, self.mark) if self.mark else (family, self.protocol, self.address, self.port)


def daemon(state: int, interface: str = "eth1", sync_id: int = 51) -> bytes:
    """A sync daemon: `state` 1 is master, 2 backup."""
    group = attribute(5, socket.inet_aton("224.0.0.81"))
    attributes = [u32(1, state), string(2, interface), u32(3, sync_id), u16(4, 1460), u16(7, 8848), u8(8, 1)]
    return message(NEW_DAEMON, attribute(DAEMON, b"".join(attributes) + group))
