"""A store that is damaged: kept aside beside the new one, for people to look at, and its incidents' names with it."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path

KEEP = 3
"""How many damaged stores are kept: a disk that dies makes one after the other."""
_BESIDE = ("-wal", "-shm")
_NAME = re.compile(rb"[0-9]{6}-[A-Za-z0-9_.-]{1,64}?-[0-9]{1,6}(?![0-9])")


def set_aside(path: Path, now: float) -> Path:
    """Give the file and what SQLite has beside it another name; `now` in epoch seconds. OSError when that cannot be."""
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    for ending in _BESIDE:
        beside = path.with_name(path.name + ending)
        if beside.exists():
            beside.replace(aside.with_name(aside.name + ending))
    path.replace(aside)
    for older in kept_aside(path)[:-KEEP]:
        for ending in ("", *_BESIDE):
            older.with_name(older.name + ending).unlink(missing_ok=True)
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
    return aside


def kept_aside(path: Path) -> list[Path]:
    """The damaged stores beside this one, the oldest first."""
    found = sorted(path.parent.glob(f"{path.name}.damaged-*"))
    return [each for each in found if not each.name.endswith(_BESIDE)]


def names_in(path: Path) -> set[str]:
    """What looks like an incident's name in a damaged store and the log of its changes: phones may still know it."""
    files = [path, path.with_name(path.name + "-wal")]
    return {name.decode() for each in files if each.exists() for name in _NAME.findall(each.read_bytes())}
