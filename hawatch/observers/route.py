"""Through which device this host reaches an address, or has it."""

from __future__ import annotations

from pyroute2 import AsyncIPRoute
from pyroute2.netlink.exceptions import NetlinkError

from hawatch.errors import ObserverError


async def device_for(address: str) -> str:
    """The name of the device that has the address, else of the one its route leaves by. ObserverError if none."""
    try:
        async with AsyncIPRoute() as netlink:
            async for message in await netlink.addr("dump"):
                if address in (message.get("local"), message.get("address")):
                    return await _name(netlink, message["index"])
            async for message in await netlink.route("get", dst=address):
                return await _name(netlink, message.get("oif"))
    except (NetlinkError, OSError) as error:
        raise ObserverError(f"{address}: {error.args[-1]}") from None
    raise ObserverError(f"{address}: no device leads there")


async def _name(netlink: AsyncIPRoute, index: int) -> str:
    async for link in await netlink.link("get", index=index):
        return str(link.get("ifname"))
    raise ObserverError(f"device {index} went away")
