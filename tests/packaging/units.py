"""The shipped units, read as systemd reads them."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

UNITS = Path(__file__).parents[2] / "deploy" / "systemd"
AGENT = UNITS / "hawatch.service"
HELPER = UNITS / "hawatch-helper.service"
SOCKET = UNITS / "hawatch-helper.socket"
WITNESS = UNITS / "hawatch-witness.service"

Unit = dict[str, list[str]]
"""The values of each key, as `Section.Key`, in their order."""


def read_unit(path: Path) -> Unit:
    """Every assignment of a unit."""
    unit: Unit = defaultdict(list)
    section = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            unit[f"{section}.{key}"].append(value)
    return unit


def one(unit: Unit, key: str) -> str:
    """The value of a key that is there once."""
    (value,) = unit[key]
    return value


def words(unit: Unit, key: str) -> list[str]:
    """All words of all values of a key."""
    return [word for value in unit[key] for word in value.split()]
