"""The files that `hawatch init` writes: whole or not at all, root's, and readable for the agent's group alone."""

from __future__ import annotations

import grp
import os
import tempfile
from contextlib import suppress
from pathlib import Path

GROUP = "hawatch"
MODE = 0o640
DIRECTORY_MODE = 0o755


def group_id() -> int | None:
    """The agent's group; None where there is none."""
    try:
        return grp.getgrnam(GROUP).gr_gid
    except KeyError:
        return None


def read_or_none(path: Path) -> str | None:
    """The text of a file, None where there is no such file. OSError, or a text with replacement signs, for others."""
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except FileNotFoundError:
        return None


def write(path: Path, text: str) -> None:
    """Put a file in its place at once, with the right owner and mode. OSError names what cannot be done.

    Where we are not root it is our own, and its mode is the same.
    """
    target = Path(os.path.realpath(path))
    target.parent.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            if os.geteuid() == 0:
                os.fchown(file.fileno(), 0, group_id() or 0)
            os.fchmod(file.fileno(), MODE)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
    _sync(target.parent)


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
