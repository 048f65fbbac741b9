"""The kernel's own word on links and addresses, as it comes: everything that waits is taken at once."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from types import TracebackType

from hawatch.observers.vip.listing import LARGEST
from hawatch.observers.vip.marshal import LinksAndAddresses
from hawatch.observers.vip.netlink import GROUPS, Message

AT_ONCE = 2000
"""Datagrams taken in one go, so that a storm without end leaves the others their turn."""
KERNEL = 0  # the port of whoever sends: any process may send to ours


class Subscription:
    """A socket that hears of every link and address of this network namespace; pyroute2 decodes what it hears.

    Whoever reads one message at a time tells of a VIP that it is held when its going waits in the queue already.
    """

    def __init__(self, receive_buffer: int) -> None:
        kind = socket.SOCK_RAW | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC
        self._socket = socket.socket(socket.AF_NETLINK, kind, socket.NETLINK_ROUTE)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._socket.bind((0, GROUPS))
        self._marshal = LinksAndAddresses()

    def __enter__(self) -> Subscription:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    async def take(self) -> list[Message]:
        """Wait for a message; it, and all that wait behind it, in their order. OSError, ENOBUFS when some were lost."""
        received = [await asyncio.get_running_loop().sock_recvfrom(self._socket, LARGEST)]
        with suppress(BlockingIOError):
            while len(received) <= AT_ONCE:
                received.append(self._socket.recvfrom(LARGEST))
        told = (data for data, sender in received if sender[0] == KERNEL)
        return [message for data in told for message in self._marshal.read(data)]
