"""The directory in which the black box puts its folders: so many, and no more bytes than so."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

MOST_FOLDERS = 20
MOST_BYTES = 64 << 20
FILE_MODE = 0o640
FOLDER_MODE = 0o750
_UNFINISHED = ".new-"
_OURS = re.compile(r"\d{8}T\d{6}\.\d{3}Z-")

Contents = dict[str, Callable[[BinaryIO], object]]
"""Each file's name, and who writes it."""


class Shelf:
    """Folders named by time. A folder appears at once and whole, and so does each file that takes another's place.

    Everything here blocks, and raises OSError when the disk is full, read-only, or somebody else's.
    """

    def __init__(self, path: Path, *, most_folders: int = MOST_FOLDERS, most_bytes: int = MOST_BYTES) -> None:
        self.path = path
        self._most_folders = most_folders
        self._most_bytes = most_bytes

    def put(self, name: str, contents: Contents) -> None:
        """Make a folder, or replace the files of one that is there; the oldest folders make room."""
        self.path.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        folder = self.path / name
        if folder.is_dir():
            self._replace(folder, contents)
        else:
            self._make(folder, contents)
        self.clear(keeping=name)

    def folders(self) -> list[Path]:
        """All folders, the oldest first."""
        try:
            return sorted(each for each in self.path.iterdir() if _OURS.match(each.name) and each.is_dir())
        except FileNotFoundError:
            return []

    def clear(self, *, keeping: str = "") -> None:
        """Take away what a killed agent left unfinished, and the oldest folders beyond the limits."""
        for each in self.path.glob(f"{_UNFINISHED}*"):
            shutil.rmtree(each, ignore_errors=True)
        folders = self.folders()
        sizes = {folder: _size(folder) for folder in folders}
        for folder in folders:
            if len(sizes) <= self._most_folders and sum(sizes.values()) <= self._most_bytes:
                return
            if folder.name != keeping:
                shutil.rmtree(folder, ignore_errors=True)
                del sizes[folder]

    def _make(self, folder: Path, contents: Contents) -> None:
        fresh = self.path / f"{_UNFINISHED}{folder.name}"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=FOLDER_MODE)
        try:
            for name, write in contents.items():
                _write(fresh / name, write)
            fresh.rename(folder)
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            raise

    @staticmethod
    def _replace(folder: Path, contents: Contents) -> None:
        for name, write in contents.items():
            fresh = folder / f"{_UNFINISHED}{name}"
            try:
                _write(fresh, write)
                fresh.replace(folder / name)
            except BaseException:
                with suppress(OSError):
                    fresh.unlink(missing_ok=True)
                raise


def _write(path: Path, write: Callable[[BinaryIO], object]) -> None:
    descriptor = os.open(
        path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, FILE_MODE
    )
    with os.fdopen(descriptor, "wb") as stream:
        os.fchmod(descriptor, FILE_MODE)
        write(stream)
        stream.flush()
        # The next that happens to this host may be that its peer cuts its power.
        os.fsync(descriptor)


def _size(folder: Path) -> int:
    total = 0
    with suppress(OSError):
        for each in folder.iterdir():
            total += each.lstat().st_size
    return total
