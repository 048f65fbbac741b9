"""A look at this host, for somebody who was not there: pressure, load, devices, addresses, neighbours, groups."""

from __future__ import annotations

import gc
import json
import platform
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

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
TABLES = ("links", "addresses", "neighbours", "routes")
_PROGRAMS = ("/usr/sbin/keepalived", "/usr/local/sbin/keepalived", "/sbin/keepalived")
_PATIENCE = 5.0
_LISTER = "hawatch.blackbox.tables"
_PREFIXES = re.compile(r"Prefixes:\s+(\d+)")
MANY = 500
"""Entries beyond which the start of a process is the smaller part of the work."""
_LISTED_WITHIN = 60.0


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
    """The kernel's tables; those of thousands of addresses are listed by a process of its own."""
    return _listed_apart() if _entries() > MANY else _listed_here()


def _entries() -> int:
    """About how many addresses, routes and neighbours there are, by texts that are short or quickly read."""
    prefixes = sum(int(each) for each in _PREFIXES.findall(_text("net/fib_triestat") or ""))
    return prefixes + sum(len((_text(name) or "").splitlines()) for name in ("net/if_inet6", "net/arp"))


def _listed_here() -> dict[str, Any]:
    from hawatch.blackbox.tables import listed

    found = listed()
    gc.collect(1)  # pyroute2's messages hold themselves, and Python looks for such seldom in an agent
    return found


def _listed_apart() -> dict[str, Any]:
    try:
        told = subprocess.run(
            [sys.executable, "-m", _LISTER],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_LISTED_WITHIN,
            check=True,
        )
        found: dict[str, Any] = json.loads(told.stdout)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        return dict.fromkeys(TABLES) | {"problem": f"{type(error).__name__}: {error}"}
    return found


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
