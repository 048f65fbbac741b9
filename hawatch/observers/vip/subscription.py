"""The kernel's own word on links and addresses, as it comes: everything that waits is taken at once."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from types import TracebackType

from hawatch.observers.vip.listing import LARGEST
from hawatch.observers.vip.marshal import LinksAndAddresses
from hawatch.observers.vip.netlink import GROUPS, Entry, read

AT_ONCE = 10_000
"""Datagrams taken together, so that a storm without end is told of now and then. To read one takes a microsecond."""
PORTION = 100
"""Datagrams decoded before the others have their turn: some 3 ms, where 2,000 would take 60."""
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

    async def wait(self) -> list[bytes]:
        """Wait for a datagram; it, and all that wait behind it, in order. OSError, ENOBUFS when some were lost."""
        received = [await asyncio.get_running_loop().sock_recvfrom(self._socket, LARGEST)]
        with suppress(BlockingIOError):
            while len(received) <= AT_ONCE:
                received.append(self._socket.recvfrom(LARGEST))
        return [data for data, sender in received if sender[0] == KERNEL]

    async def read(self, received: list[bytes]) -> list[Entry]:
        """What these change in a table, in their order; the others have their turn after each PORTION. OSError."""
        entries: list[Entry] = []
        for number, data in enumerate(received, start=1):
            entries += map(read, self._marshal.read(data))
            if number % PORTION == 0:
                await asyncio.sleep(0)
        return entries
