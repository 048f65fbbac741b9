"""A look at this host, for somebody who was not there: pressure, load, devices, addresses, neighbours, groups."""

from __future__ import annotations

import gc
import platform
import subprocess
from functools import partial
from pathlib import Path
from typing import Any

from hawatch.partly import partly

TEXTS = (
    "pressure/cpu",
    "pressure/io",
    "pressure/memory",
    "loadavg",
    "uptime",
    "net/dev",
    "net/igmp",
    "net/igmp6",
    "net/netstat",
    "net/snmp",
    "net/softnet_stat",
)
_PROGRAMS = ("/usr/sbin/keepalived", "/usr/local/sbin/keepalived", "/sbin/keepalived")
_PATIENCE = 5.0
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


def look() -> dict[str, Any]:
    """Everything as JSON can say it; it blocks, and what cannot be read is null."""
    return {"proc": {name: _text(name) for name in TEXTS}, **_tables()}


def versions() -> dict[str, str | None]:
    """What runs here; it blocks."""
    return {"python": platform.python_version(), "kernel": platform.release(), "keepalived": _keepalived()}


def _text(name: str) -> str | None:
    try:
        return (Path("/proc") / name).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None


def _tables() -> dict[str, Any]:
    """The kernel's tables by rtnetlink, each null if the kernel will not list it."""
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
    gc.collect(1)  # pyroute2's messages hold themselves, and Python looks for such seldom in an agent
    return tables


def _keep(found: list[dict[str, Any]], names: dict[str, str], message: Any) -> bool:
    """Keep what a message says, and not the message, of which thousands would take hundreds of megabytes."""
    found.append(_plain(message, names))
    return False


def _plain(message: Any, names: dict[str, str]) -> dict[str, Any]:
    found = {name: message[name] for name in _FIELDS if name in message}
    found |= {plain: message.get_attr(attribute) for attribute, plain in names.items()}
    return {name: value for name, value in found.items() if isinstance(value, str | int)}


def _keepalived() -> str | None:
    for program in _PROGRAMS:
        try:
            told = subprocess.run(
                [program, "--version"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=_PATIENCE,
                check=False,
            )
        except (OSError, subprocess.SubprocessError):
            continue
        return told.stdout.partition("\n")[0].strip()
    return None
