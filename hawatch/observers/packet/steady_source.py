"""From which address to speak over IPv6, when the kernel would take a VIP: that is another host's a moment later.

IPv4 needs none of it: there the route names the source, and that is the device's first address.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from socket import AF_INET6, SO_BINDTODEVICE, SOCK_DGRAM, SOL_SOCKET, socket
from typing import Any

from hawatch.errors import DecodeError
from hawatch.kernel.own_addresses import read_own_addresses, steady_source

IF_INET6 = Path("/proc/net/if_inet6")


def source_instead(to: tuple[Any, ...], *, device: str | None, vips: Collection[str]) -> str | None:
    """The address to take as the source of what goes to this socket address, bound to a device or not.

    None: let the kernel choose, since it chooses no VIP, or there is no other address.
    """
    with suppress(OSError, DecodeError):
        with socket(AF_INET6, SOCK_DGRAM) as trial:
            if device is not None:
                trial.setsockopt(SOL_SOCKET, SO_BINDTODEVICE, device.encode() + b"\0")
            trial.connect(to)
            chosen = str(trial.getsockname()[0]).partition("%")[0]
        if chosen in vips:
            destination = str(to[0]).partition("%")[0]
            known = read_own_addresses(IF_INET6.read_text(encoding="utf-8", errors="replace"))
            return steady_source(known, chosen, destination, vips)
    return None
