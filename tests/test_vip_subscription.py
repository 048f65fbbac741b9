"""What the kernel tells of addresses, read while the others have their turns, and in its order."""

from __future__ import annotations

import asyncio
import struct

from hawatch.observers.vip.kernel_table import KernelTable
from hawatch.observers.vip.subscription import PORTION, Subscription

VIP = bytes([192, 0, 2, 100])
RTM_NEWADDR, RTM_DELADDR = 20, 21
IFA_ADDRESS, IFA_LOCAL = 1, 2


def told(kind: int, address: bytes) -> bytes:
    """A RTM_NEWADDR or RTM_DELADDR as the kernel sends it (rtnetlink(7))."""
    attributes = b"".join(struct.pack("HH4s", 8, each, address) for each in (IFA_ADDRESS, IFA_LOCAL))
    body = struct.pack("BBBBI", 2, 32, 0x80, 0, 2) + attributes
    return struct.pack("IHHII", 16 + len(body), kind, 0, 0, 0) + body


async def read_beside_another(received: list[bytes]) -> tuple[list[str], int, KernelTable]:
    """The addresses in the order in which they were entered, and the turns that another one had meanwhile."""
    turns = 0

    async def another() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    table = KernelTable()
    with Subscription(1 << 16) as events:
        beside = asyncio.ensure_future(another())
        entries = await events.read(received)
        beside.cancel()
    return [address for entry in entries if (address := entry(table)) is not None], turns, table


def test_a_storm_leaves_the_others_their_turns_and_nothing_of_it_is_told_before_all_of_it_is_read() -> None:
    storm = [told(RTM_NEWADDR, VIP)]
    storm += [told(RTM_NEWADDR, bytes([10, 0, n // 250, n % 250])) for n in range(10 * PORTION)]
    storm += [told(RTM_DELADDR, VIP)]
    addresses, turns, table = asyncio.run(read_beside_another(storm))
    assert turns >= 10
    assert len(addresses) == len(storm)
    assert (addresses[0], addresses[-1]) == ("192.0.2.100", "192.0.2.100")
    assert not table.holders("192.0.2.100", loopback=True), "its going was read before anything was told"


def test_a_few_messages_are_read_in_one_go() -> None:
    _, turns, _ = asyncio.run(read_beside_another([told(RTM_NEWADDR, VIP)] * (PORTION - 1)))
    assert turns == 0
