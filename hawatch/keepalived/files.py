"""Where configuration text comes from: the only part of this package that touches a disk."""

from __future__ import annotations

import errno
import os
from glob import glob, has_magic
from pathlib import Path
from typing import Protocol


class Files(Protocol):
    """What the parser needs of a file system; both methods may raise OSError."""

    def read(self, path: str) -> str:
        """The text of a file; bytes that are not UTF-8 come as surrogate escapes, so that nothing is lost."""

    def glob(self, pattern: str) -> list[str]:
        """The files that match a shell pattern without braces, sorted; a plain path matches itself if it exists."""


class DiskFiles:
    """The real file system, seen as keepalived sees it: directories and executable files are no configuration."""

    def read(self, path: str) -> str:
        """The text of a file."""
        return Path(path).read_bytes().decode("utf-8", "surrogateescape")

    def glob(self, pattern: str) -> list[str]:
        """The regular files without an execute bit that match (check_glob_file in keepalived's lib/parser.c).

        PermissionError if there may be such files in a directory that we may not look into.
        """
        found = sorted(glob(pattern))  # noqa: PTH207 the pattern may be absolute
        if not found:
            _must_be_open(_fixed_directory(pattern))
        return [path for path in found if Path(path).is_file() and not Path(path).stat().st_mode & 0o111]


def _fixed_directory(pattern: str) -> Path:
    """The deepest directory on the way to a pattern that exists and is named without wildcards."""
    directory = Path(pattern).parent
    while has_magic(str(directory)) or not os.path.lexists(directory):
        if directory == directory.parent:
            break
        directory = directory.parent
    return directory


def _must_be_open(directory: Path) -> None:
    if not os.access(directory, os.R_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(directory))
