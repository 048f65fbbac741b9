"""/proc/net/netstat and /proc/net/snmp: the counters of this network namespace."""

from __future__ import annotations

from hawatch.errors import DecodeError

REVERSE_PATH_DROPS = ("TcpExt", "IPReversePathFilter")
"""Packets that rp_filter dropped, on all devices together (LINUX_MIB_IPRPFILTER)."""


def read_counters(text: str) -> dict[tuple[str, str], int]:
    """Every counter by section and name, from pairs of a line of names and a line of numbers. DecodeError otherwise."""
    lines = text.splitlines()
    counters: dict[tuple[str, str], int] = {}
    try:
        for names, numbers in zip(lines[::2], lines[1::2], strict=True):
            section, *keys = names.split()
            again, *values = numbers.split()
            if section != again or not section.endswith(":"):
                raise ValueError(section)
            for key, value in zip(keys, values, strict=True):
                counters[section[:-1], key] = int(value)
    except ValueError:
        raise DecodeError("counters that cannot be read") from None
    return counters


def read_counter(text: str, wanted: tuple[str, str]) -> int | None:
    """One counter by section and name, without reading the others; None when there is none. DecodeError otherwise."""
    section, name = wanted
    rows = [line.split() for line in text.splitlines() if line.startswith(f"{section}:")]
    if not rows:
        return None
    try:
        names, numbers = rows
        return int(numbers[names.index(name)]) if name in names else None
    except (ValueError, IndexError):
        raise DecodeError("counters that cannot be read") from None
