"""Does a process of a name run?"""

from __future__ import annotations

import os
from pathlib import Path

from hawatch.observers.service.result import Result, fails, unknown, works

_KERNEL_NAME_BYTES = 15  # TASK_COMM_LEN less the terminator
_ENDED = frozenset("ZXx")


def check_process(proc: Path, name: str) -> Result:
    """Look through /proc for a process whose name, or whose program, is `name`; zombies do not count."""
    try:
        pids = [entry for entry in os.listdir(proc) if entry.isdigit()]  # noqa: PTH208 - there may be thousands
    except OSError as error:
        return unknown(f"{proc}: {error.strerror}")
    count = sum(_is(proc / pid, name) for pid in pids)
    if count:
        return works(f"{name}: {count} process{'es' if count > 1 else ''}")
    if "1" not in pids:
        return unknown(f"{name}: the processes of other users are hidden (hidepid)")
    return fails(f"{name}: no such process")


def _is(directory: Path, name: str) -> bool:
    try:
        head, _, tail = (directory / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")
        if tail.split()[0] in _ENDED:
            return False
        if head.partition("(")[2] == name[:_KERNEL_NAME_BYTES]:
            return len(name) <= _KERNEL_NAME_BYTES or name in _program(directory)
        return name == _program(directory)
    except (OSError, IndexError):
        return False  # it has ended meanwhile


def _program(directory: Path) -> str:
    """The last part of the name that it was started by; daemons like nginx put their title there."""
    first, _, _ = (directory / "cmdline").read_bytes().partition(b"\0")
    return first.partition(b": ")[0].rpartition(b"/")[2].decode(errors="replace")
