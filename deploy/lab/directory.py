"""The lab's directory on the host: logs and state of every node, and who may remove it.

It is the only thing that a lab can leave behind (when its process was killed with SIGKILL); the next lab
sweeps it away, but never one whose owner lives.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

PREFIX = "hawatch-lab."
OWNER = "owner"


def make(wanted: Path | None) -> Path:
    """A new directory, named after this process unless one is given."""
    if wanted is not None:
        wanted.mkdir(parents=True, exist_ok=True)
        directory = wanted
    else:
        sweep()
        directory = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}."))
    directory.chmod(0o755)
    hand_over(directory, os.getpid())
    return directory


def hand_over(directory: Path, pid: int) -> None:
    """Note who owns the directory: a process id, and when that process was born."""
    (directory / OWNER).write_text(f"{pid} {born(pid)}\n")


def remove(directory: Path) -> None:
    shutil.rmtree(directory, ignore_errors=True)


def sweep() -> None:
    """Remove the directories of labs whose owner has died."""
    for directory in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if is_stale(directory):
            remove(directory)


def is_stale(directory: Path) -> bool:
    """True only when its owner is known to be gone; an unreadable owner may be one that is just starting."""
    try:
        pid, birth = (directory / OWNER).read_text().split()
    except (OSError, ValueError):
        named = directory.name.removeprefix(PREFIX).partition(".")[0]
        return named.isdigit() and born(int(named)) is None
    return str(born(int(pid))) != birth


def born(pid: int) -> int | None:
    """When a process started, in clock ticks since boot; None when there is no such process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return int(stat.rpartition(")")[2].split()[19])
