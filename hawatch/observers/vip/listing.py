"""The kernel's list of all links, or of all addresses, as it is now."""

from __future__ import annotations

import asyncio
import socket
import struct

from hawatch.observers.vip.marshal import LinksAndAddresses
from hawatch.observers.vip.netlink import Message

RTM_GETLINK, RTM_GETADDR = 18, 22
LARGEST = 1 << 16  # bytes of one datagram
_REQUEST = struct.Struct("=IHHII")  # struct nlmsghdr: length, type, flags, sequence, port
_FLAGS = 0x1 | 0x300  # NLM_F_REQUEST | NLM_F_DUMP
_DONE = 3  # NLMSG_DONE
_BODIES = {RTM_GETLINK: bytes(16), RTM_GETADDR: bytes(8)}
"""struct ifinfomsg and struct ifaddrmsg of any family; see rtnetlink(7)."""


async def listed(what: int) -> list[Message]:
    """All of a kind, RTM_GETLINK or RTM_GETADDR. OSError when the kernel does not tell.

    The socket is of this question alone, so that no event can be mistaken for one of its answers.
    """
    kind = socket.SOCK_RAW | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC
    with socket.socket(socket.AF_NETLINK, kind, socket.NETLINK_ROUTE) as asked:
        asked.bind((0, 0))
        body = _BODIES[what]
        asked.send(_REQUEST.pack(_REQUEST.size + len(body), what, _FLAGS, 1, 0) + body)
        loop, marshal, found = asyncio.get_running_loop(), LinksAndAddresses(), list[Message]()
        while True:
            for message in marshal.read(await loop.sock_recv(asked, LARGEST)):
                found.append(message)  # the last one, too: it may say that the list was disturbed
                if message["header"]["type"] == _DONE:
                    return found
