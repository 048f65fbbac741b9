"""Writes the reference of docs/configuration.md from the code's own list of keys: `make docs`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from hawatch.config.reference import ACTIONS_TOML, HAWATCH_TOML, WITNESS_TOML, Key, KeyTable

PLACE = Path(__file__).with_name("configuration.md")
BEGIN = "<!-- from here to the end: generated from hawatch/config/reference/ by `make docs` -->"

_HEAD = """\
## Every key

A duration is `"10s"`, `"2m"`, `"1h"` or whole seconds, 30 days at the most; a path is absolute. What leaving a key out
means stands under *default*, as a value or in words; a **needed** one must be there if its table is.
The same is in hawatch.toml(5).

"""
_ACTIONS = """\
## Every key of actions.toml

Root's file, `/etc/hawatch/actions.toml`; [actions](actions.md) and [fencing](fencing.md) tell what comes of it.

"""
_WITNESS = """\
## Every key of witness.toml

The file of a [witness](witness.md), `/etc/hawatch/witness.toml` on its host.

"""


def reference() -> str:
    """The generated part, from its mark to the end."""
    parts = (_HEAD, _tables(HAWATCH_TOML), _ACTIONS, _tables(ACTIONS_TOML), _WITNESS, _tables(WITNESS_TOML))
    return f"{BEGIN}\n{''.join(parts)}".rstrip() + "\n"


def renewed(text: str) -> str:
    """The document with the generated part as it is now; what stands before its mark is kept."""
    return f"{text.partition(BEGIN)[0].rstrip()}\n\n{reference()}"


def _tables(tables: Iterable[KeyTable]) -> str:
    return "".join(_table(each) for each in tables)


def _table(table: KeyTable) -> str:
    only = f" {table.only}" if table.only else ""
    heading = f"### `{table.heading}`{only}\n\n{table.about}"
    if table.free:
        return f"{heading} Its entries are your own: {table.free}.\n\n"
    rows = "".join(_row(key) for key in table.keys)
    return f"{heading}\n\n| key | type | default | meaning |\n|---|---|---|---|\n{rows}\n"


def _row(key: Key) -> str:
    otherwise = f"`{key.default}`" if key.default else "**needed**" if key.needed else key.otherwise
    cells = (f"`{key.name}`", key.form, otherwise, key.meaning)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


if __name__ == "__main__":
    PLACE.write_text(renewed(PLACE.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write(f"{PLACE.name} written\n")
