"""Stands between two devices and hands frames on late: some later than others, so that they overtake each other.

    slow_wire.py ONE OTHER DELAY JITTER         (seconds; each frame waits DELAY plus a random share of JITTER)

Says `carrying` once it does. Frames come and go with the kernel's virtio header, so that checksums which a veth leaves
open are completed where they are received.
"""

from __future__ import annotations

import heapq
import itertools
import random
import selectors
import socket
import sys
import time

ETH_P_ALL = 3
SOL_PACKET, PACKET_VNET_HDR, PACKET_ADD_MEMBERSHIP, PACKET_MR_PROMISC = 263, 15, 1, 1
PACKET_OUTGOING = 4
LARGEST = 1 << 17


def open_device(device: str) -> socket.socket:
    """A packet socket that hears all that comes in by this device."""
    opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    opened.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    index = socket.if_nametoindex(device)
    membership = index.to_bytes(4, sys.byteorder) + PACKET_MR_PROMISC.to_bytes(2, sys.byteorder) + bytes(10)
    opened.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, membership)
    opened.bind((device, ETH_P_ALL))
    opened.setblocking(False)
    return opened


def main() -> None:
    """Until it is killed."""
    one, other = open_device(sys.argv[1]), open_device(sys.argv[2])
    delay, jitter = float(sys.argv[3]), float(sys.argv[4])
    across = {one: other, other: one}
    waiting: list[tuple[float, int, socket.socket, bytes]] = []
    serial = itertools.count()
    selector = selectors.DefaultSelector()
    for each in across:
        selector.register(each, selectors.EVENT_READ)
    print("carrying", flush=True)
    while True:
        due = waiting[0][0] - time.monotonic() if waiting else None
        for key, _ in selector.select(None if due is None else max(0.0, due)):
            source = key.fileobj
            assert isinstance(source, socket.socket)
            frame, address = source.recvfrom(LARGEST)
            if address[2] != PACKET_OUTGOING:
                at = time.monotonic() + delay + jitter * random.random()
                heapq.heappush(waiting, (at, next(serial), across[source], frame))
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, target, frame = heapq.heappop(waiting)
            try:
                target.send(frame)
            except OSError:
                continue


if __name__ == "__main__":
    main()
