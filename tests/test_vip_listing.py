"""The kernel's links and addresses as the VIP observer lists them, beside pyroute2's own listing of the same host."""

from __future__ import annotations

import asyncio
import errno
import struct

import pytest
from pyroute2 import AsyncIPRoute

from hawatch.observers.vip.kernel_table import KernelTable
from hawatch.observers.vip.listing import RTM_GETADDR, RTM_GETLINK, listed
from hawatch.observers.vip.marshal import LinksAndAddresses
from hawatch.observers.vip.netlink import apply


async def ours() -> KernelTable:
    table = KernelTable()
    for what in (RTM_GETLINK, RTM_GETADDR):
        for message in await listed(what):
            apply(table, message)
    return table


async def pyroute2_s() -> KernelTable:
    table = KernelTable()
    async with AsyncIPRoute() as kernel:
        for ask in (kernel.get_links, kernel.get_addr):
            async for message in await ask():
                apply(table, message)
    return table


def test_the_list_is_that_of_pyroute2() -> None:
    table = asyncio.run(ours())
    loopback = table.link_named("lo")
    assert loopback is not None
    assert table == asyncio.run(pyroute2_s())


def test_what_the_kernel_refuses_is_an_os_error() -> None:
    body = struct.pack("=i", -errno.EPERM) + struct.pack("=IHHII", 16, RTM_GETLINK, 0, 1, 0)
    refusal = struct.pack("=IHHII", 16 + len(body), 2, 0, 1, 0) + body
    with pytest.raises(OSError, match=r"\d") as raised:
        list(LinksAndAddresses().read(refusal))
    assert raised.value.errno == errno.EPERM
