"""The kernel's tables as JSON, listed by a process that ends then: `python -m hawatch.blackbox.tables`.

To take thousands of addresses apart is seconds of work, and would hold up a loop that shares the interpreter.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from functools import partial
from typing import Any

from hawatch.partly import partly

NICE = 10
# What is not named here says nothing to a reader.
_ATTRIBUTES = {
    "addresses": {"IFA_ADDRESS": "address", "IFA_LOCAL": "local", "IFA_LABEL": "label", "IFA_FLAGS": "flags"},
    "links": {"IFLA_IFNAME": "name", "IFLA_ADDRESS": "mac", "IFLA_OPERSTATE": "state", "IFLA_MTU": "mtu"},
    "neighbours": {"NDA_DST": "address", "NDA_LLADDR": "mac"},
    "routes": {
        "RTA_DST": "destination",
        "RTA_GATEWAY": "gateway",
        "RTA_OIF": "device_index",
        "RTA_PREFSRC": "source",
    },
}
_FIELDS = ("index", "ifindex", "prefixlen", "dst_len", "family", "flags", "scope", "state")


def listed() -> dict[str, Any]:
    """Devices, addresses, neighbours and routes by rtnetlink, each null if the kernel will not list it."""
    with partly("pyroute2", "pyroute2.iproute"):
        from pyroute2.iproute.linux import IPRoute

    tables: dict[str, Any] = dict.fromkeys(_ATTRIBUTES)
    try:
        with IPRoute() as kernel:
            listings = {
                "links": kernel.get_links,
                "addresses": kernel.get_addr,
                "neighbours": kernel.get_neighbours,
                "routes": kernel.get_routes,
            }
            for name, listing in listings.items():
                tables[name] = found = list[dict[str, Any]]()
                listing(match=partial(_keep, found, _ATTRIBUTES[name]))
    except Exception as error:  # noqa: BLE001 - the library raises its own kinds, and a look is better than none
        tables["problem"] = f"{type(error).__name__}: {error}"
    return tables


def _keep(found: list[dict[str, Any]], names: dict[str, str], message: Any) -> bool:
    """Keep what a message says, and not the message, of which thousands would take hundreds of megabytes."""
    found.append(_plain(message, names))
    return False


def _plain(message: Any, names: dict[str, str]) -> dict[str, Any]:
    found = {name: message[name] for name in _FIELDS if name in message}
    found |= {plain: message.get_attr(attribute) for attribute, plain in names.items()}
    return {name: value for name, value in found.items() if isinstance(value, str | int)}


def main() -> int:
    """Print them, and let the agent go first meanwhile."""
    with suppress(OSError):
        os.nice(NICE)  # refused where a service may not
    json.dump(listed(), sys.stdout, ensure_ascii=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
