"""Through which device this host reaches an address, or has it."""

from __future__ import annotations

from typing import Any

from hawatch.errors import ObserverError
from hawatch.partly import partly

with partly("pyroute2", "pyroute2.iproute"):
    from pyroute2.iproute.linux import AsyncIPRoute
    from pyroute2.netlink.exceptions import NetlinkError

MACVLAN = "macvlan"  # the kind of keepalived's VMAC devices
LOOPBACK = "lo"


async def device_for(address: str) -> str:
    """The device whose network the address is in; of a VMAC that has it, the device below, where VRRP is spoken.

    ObserverError when this host is on no network with that address, the loopback not counted.
    """
    name = await _device_for(address)
    if name == LOOPBACK:
        raise ObserverError(f"{address}: this host has it on the loopback alone")
    return name


async def _device_for(address: str) -> str:
    try:
        async with AsyncIPRoute() as netlink:
            async for own in await netlink.get_addr():
                if address in (own.get("local"), own.get("address")):
                    name = await _name(netlink, own["index"])
                    if name != LOOPBACK:
                        return name
            (route,) = await netlink.route("get", dst=address)
            if route.get("gateway") or route.get("via"):
                raise ObserverError(f"{address}: no device of this host is in its network")
            return await _name(netlink, route.get("oif"))
    except NetlinkError as error:
        raise ObserverError(f"{address}: {error.args[-1]}") from None
    except OSError as error:
        raise ObserverError(f"{address}: {error.strerror or error}") from None


async def is_own(address: str) -> bool:
    """Whether this host has the address itself. ObserverError when the kernel does not tell."""
    try:
        async with AsyncIPRoute() as netlink:
            async for own in await netlink.get_addr():
                if address in (own.get("local"), own.get("address")):
                    return True
    except (NetlinkError, OSError) as error:
        raise ObserverError(f"rtnetlink: {error.args[-1]}") from None
    return False


async def _name(netlink: AsyncIPRoute, index: int) -> str:
    (link,) = await netlink.link("get", index=index)
    below = link.get("link")
    if _kind(link) == MACVLAN and below is not None:
        return await _name(netlink, below)
    return str(link.get("ifname"))


def _kind(link: Any) -> str | None:
    information = link.get("linkinfo")
    return information.get("kind") if information else None
