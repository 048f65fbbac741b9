"""A file that the agent reads when it needs it: whether it is there, and if it is secret, who else may read it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path


def secret_warnings(key: str, path: Path) -> Iterator[str]:
    """One line with the key when the file cannot be seen, or everybody may read it."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        yield unseen(key, path, error)
    else:
        if mode & 0o007:
            yield f"{key}: {path} can be read by everybody (chmod 640 {path})"


def unseen(key: str, path: Path, error: OSError) -> str:
    """The line about a file that cannot be seen."""
    return f"{key}: {path}: {(error.strerror or str(error)).lower()}"
