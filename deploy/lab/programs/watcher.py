"""Ground truth: reports every address that appears on or leaves any device of the nodes.

    watcher.py NAME=PID...

One process listens to the kernels' route netlink in all namespaces, so that all times come from one clock
and one queue. It knows nothing of keepalived or hawatch. Lines on standard output:

    address NANOSECONDS NODE ADDRESS held|gone      (CLOCK_MONOTONIC, taken when the kernel's message is read)
    ready                                           (every namespace has been listed)
    sync WORD                                       (answer to a line on standard input: all before it is told)
    lost NODE                                       (the kernel dropped messages; the record is not to be trusted)

An IPv6 address that is tentative, or whose duplicate was detected, is not held.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import selectors
import socket
import struct
import sys
import time
from collections.abc import Iterator
from typing import Final

CLONE_NEWNET: Final = 0x40000000
SO_RCVBUFFORCE: Final = 33
RECEIVE_BUFFER: Final = 4 << 20
NETLINK_ROUTE: Final = 0
GROUPS: Final = 0x10 | 0x100  # RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR
NLMSG_DONE, RTM_NEWADDR, RTM_DELADDR, RTM_GETADDR = 3, 20, 21, 22
NLM_F_REQUEST, NLM_F_DUMP = 0x1, 0x300
IFA_ADDRESS, IFA_LOCAL, IFA_FLAGS = 1, 2, 8
IFA_F_DADFAILED, IFA_F_TENTATIVE = 0x08, 0x40
LOOPBACK: Final = 1
HEADER = struct.Struct("=IHHII")
IFADDRMSG = struct.Struct("=BBBBI")
ATTRIBUTE = struct.Struct("=HH")


class Watched:
    """One node: its netlink socket and the (address, device) pairs held there."""

    def __init__(self, name: str, pid: int) -> None:
        self.name = name
        self.held: set[tuple[str, int]] = set()
        self.listed = False
        with open(f"/proc/{pid}/ns/net") as namespace:  # noqa: PTH123  the loader of this program is bare
            enter(namespace.fileno())
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_ROUTE)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER)
        self.socket.bind((0, GROUPS))
        self.socket.setblocking(False)
        request = IFADDRMSG.pack(socket.AF_UNSPEC, 0, 0, 0, 0)
        flags = NLM_F_REQUEST | NLM_F_DUMP
        self.socket.send(HEADER.pack(HEADER.size + len(request), RTM_GETADDR, flags, 1, 0) + request)

    def drain(self) -> None:
        """Tell everything the kernel has to say at the moment."""
        while True:
            try:
                data = self.socket.recv(1 << 16)
            except BlockingIOError:
                return
            except OSError:
                say(f"lost {self.name}")
                return
            moment = time.monotonic_ns()
            for kind, body in messages(data):
                self.take(kind, body, moment)

    def take(self, kind: int, body: bytes, moment: int) -> None:
        """One message of the kernel."""
        if kind == NLMSG_DONE:
            self.listed = True
        if kind not in (RTM_NEWADDR, RTM_DELADDR):
            return
        address, device, usable = parse(body)
        if not address or device == LOOPBACK:
            return
        holding = any(held == address for held, _ in self.held)
        if kind == RTM_NEWADDR and usable:
            self.held.add((address, device))
        else:
            self.held.discard((address, device))
        holds = any(held == address for held, _ in self.held)
        if holds != holding:
            say(f"address {moment} {self.name} {address} {'held' if holds else 'gone'}")


def messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The netlink messages of one datagram (linux/netlink.h: 4-byte alignment)."""
    while len(data) >= HEADER.size:
        length, kind, *_ = HEADER.unpack_from(data)
        if length < HEADER.size:
            return
        yield kind, data[HEADER.size : length]
        data = data[(length + 3) & ~3 :]


def parse(body: bytes) -> tuple[str, int, bool]:
    """Address, device index, and whether the address is in use, of an address message (linux/if_addr.h)."""
    family, _, flags, _, device = IFADDRMSG.unpack_from(body)
    attributes: dict[int, bytes] = {}
    rest = body[IFADDRMSG.size :]
    while len(rest) >= ATTRIBUTE.size:
        length, kind = ATTRIBUTE.unpack_from(rest)
        if length < ATTRIBUTE.size:
            break
        attributes[kind] = rest[ATTRIBUTE.size : length]
        rest = rest[(length + 3) & ~3 :]
    if IFA_FLAGS in attributes:
        (flags,) = struct.unpack("=I", attributes[IFA_FLAGS])
    raw = attributes.get(IFA_LOCAL, attributes.get(IFA_ADDRESS, b""))
    if family not in (socket.AF_INET, socket.AF_INET6) or not raw:
        return "", device, False
    return socket.inet_ntop(family, raw), device, not flags & (IFA_F_DADFAILED | IFA_F_TENTATIVE)


def enter(namespace: int) -> None:
    """setns(2) into a network namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(namespace, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def say(line: str) -> None:
    os.write(1, line.encode() + b"\n")


def main() -> None:
    """Watch until standard input is closed."""
    watched = []
    for argument in sys.argv[1:]:
        name, _, pid = argument.rpartition("=")
        watched.append(Watched(name, int(pid)))
    selector = selectors.DefaultSelector()
    for node in watched:
        selector.register(node.socket, selectors.EVENT_READ, node)
    selector.register(0, selectors.EVENT_READ, None)
    ready = False
    while True:
        asked = False
        for key, _ in selector.select():
            if key.data is None:
                asked = True
            else:
                key.data.drain()
        if not ready and all(node.listed for node in watched):
            ready = True
            say("ready")
        if asked:
            words = os.read(0, 4096)
            if not words:
                return
            for node in watched:
                node.drain()
            for word in words.decode().split():
                say(f"sync {word}")


if __name__ == "__main__":
    with contextlib.suppress(OSError):
        os.nice(-10)  # so that a busy machine delays the record least
    main()
