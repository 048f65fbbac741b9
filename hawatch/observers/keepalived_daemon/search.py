"""Finds the VRRP process of this network namespace's keepalived, without any privilege."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from hawatch.observers.keepalived_daemon.process import (
    TICKS_PER_SECOND,
    Process,
    ids_of,
    network_of,
    program_of,
)
from hawatch.observers.keepalived_daemon.sockets import link_followers, vrrp_sockets

PROGRAM = "keepalived"
_PID_FILES = ("run/vrrp.pid", "run/keepalived/vrrp.pid")
_UNTOLD_FOR = 2.0
"""Seconds after which a child that is the only one counts as the VRRP process although nothing says so."""


class Nobody(Enum):
    """Why there is no VRRP process to watch."""

    ABSENT = auto()
    STARTING = auto()
    UNSEEN = auto()


@dataclass(frozen=True, slots=True)
class Search:
    """Looks through one /proc, and the root directory where pid files are."""

    proc: Path = Path("/proc")
    root: Path = Path("/")

    def quick(self) -> Process | None:
        """The process that netlink names; None: not found this way, which says little."""
        here = network_of(self.proc, "self")
        for pid in sorted(link_followers(self.proc)):
            if program_of(self.proc, pid) == PROGRAM and network_of(self.proc, pid) == here:
                return self._alive(pid)
        return None

    def thorough(self) -> Process | Nobody:
        """Look at every process. OSError when /proc cannot be read."""
        family = self._family()
        children = [each for each in family if each.parent in {one.pid for one in family}]
        told = self._told(children)
        if told is not None:
            return told
        if not family:
            return self._nobody()
        if not children:
            return Nobody.ABSENT if self._age(family[0]) > _UNTOLD_FOR else Nobody.STARTING
        if self._age(max(children, key=lambda each: each.start)) <= _UNTOLD_FOR:
            return Nobody.STARTING
        return children[0] if len(children) == 1 else Nobody.UNSEEN

    def _family(self) -> list[Process]:
        """keepalived's parent and children in our network namespace, oldest first.

        Children may carry a name of their own (vrrp_process_name), but they were started as keepalived.
        """
        here = network_of(self.proc, "self")
        found: list[Process] = []
        for entry in os.listdir(self.proc):  # noqa: PTH208 a thousand Path objects every half second are too many
            if not entry.isdigit():
                continue
            process = Process.look(self.proc, int(entry))
            if process is None or not process.alive:
                continue
            named = process.name.startswith(PROGRAM) or any(process.parent == each.pid for each in found)
            if (
                named
                and program_of(self.proc, process.pid) == PROGRAM
                and network_of(self.proc, process.pid) == here
            ):
                found.append(process)
        return sorted(found, key=lambda each: (each.start, each.pid))

    def _told(self, children: list[Process]) -> Process | None:
        followers = link_followers(self.proc)
        for child in children:
            if ids_of(self.proc, child.pid) & followers:
                return child
        for child in children:
            if child.name.endswith("vrrp"):
                return child
        in_files = self._pid_files()
        return next((child for child in children if child.pid in in_files), None)

    def _pid_files(self) -> set[int]:
        pids = set()
        for name in _PID_FILES:
            try:
                pids.add(int((self.root / name).read_text(encoding="ascii")))
            except (OSError, ValueError):
                continue
        return pids

    def _nobody(self) -> Nobody:
        """Nobody is seen: is there nobody, or may we not see it (hidepid, another PID namespace)?"""
        hidden = not (self.proc / "1").exists() or vrrp_sockets(self.proc)
        return Nobody.UNSEEN if hidden else Nobody.ABSENT

    def _alive(self, pid: int) -> Process | None:
        process = Process.look(self.proc, pid)
        return process if process is not None and process.alive else None

    def _age(self, process: Process) -> float:
        return uptime(self.proc) - process.start / TICKS_PER_SECOND


def uptime(proc: Path) -> float:
    """Seconds since boot, suspended time included, as process start times count them."""
    return float((proc / "uptime").read_text(encoding="ascii").split()[0])
