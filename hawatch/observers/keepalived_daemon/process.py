"""One process as /proc/PID shows it to everybody; proc(5) has the fields."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

STOPPED = frozenset("Tt")
ENDED = frozenset("ZXx")
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Process:
    """A process at the moment it was looked at; `start` is in clock ticks since boot, and tells a reused id."""

    pid: int
    name: str
    state: str
    parent: int
    start: int

    @classmethod
    def parse(cls, stat: bytes) -> Process:
        """From the content of /proc/PID/stat; the name may hold any character, so the last bracket ends it."""
        head, _, tail = stat.decode(errors="replace").rpartition(")")
        pid, _, name = head.partition(" (")
        fields = tail.split()
        return cls(int(pid), name, fields[0], int(fields[1]), int(fields[19]))

    @classmethod
    def look(cls, proc: Path, pid: int) -> Process | None:
        """The process of this id; None when there is none."""
        try:
            return cls.parse((proc / str(pid) / "stat").read_bytes())
        except (FileNotFoundError, ProcessLookupError):
            return None

    @property
    def alive(self) -> bool:
        """Not yet dead, and not waiting to be buried."""
        return self.state not in ENDED


def program_of(proc: Path, pid: int) -> str:
    """The last part of the name that a process was started by; empty when it is gone or has none."""
    try:
        first, _, _ = (proc / str(pid) / "cmdline").read_bytes().partition(b"\0")
    except OSError:
        return ""
    return first.rpartition(b"/")[2].decode(errors="replace")


def network_of(proc: Path, pid: int | str) -> tuple[int, int] | None:
    """What tells the network namespace of a process; None when the process is gone.

    /proc/PID/ns/net is closed to other users, but /proc/PID/net is that namespace's own directory.
    """
    try:
        found = (proc / str(pid) / "net" / "dev").stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def ids_of(proc: Path, pid: int) -> frozenset[int]:
    """The ids of a process in its own PID namespace and in those around it."""
    try:
        status = (proc / str(pid) / "status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return frozenset()
    for line in status.splitlines():
        if line.startswith("NSpid:"):
            return frozenset(map(int, line.split()[1:]))
    return frozenset({pid})
