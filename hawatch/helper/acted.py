"""What was begun, by its once-key, on disk: what stands here is never run again, whatever became of it.

One file for each key, named by its hash and made before the command is run; a second one holds the result. A key
without a result belongs to an action that is under way, or was interrupted.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hawatch.errors import HawatchError

KEPT_SECONDS = 7 * 86_400.0
_MODE = 0o700
_OTHERS = 0o077
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_LONGEST = 65_536
_MAKE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_LOOK = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """What is known of a key that was used: `what` it was for and its `result`, None where that cannot be read."""

    what: dict[str, Any] | None
    result: dict[str, Any] | None


class Acted:
    """The keys in one directory, which only we may look into; every method raises HawatchError if it cannot be used."""

    def __init__(self, directory: str, *, wall: Callable[[], float]) -> None:
        """`wall` is the time in epoch seconds, for forgetting keys after a week."""
        self._path = Path(directory)
        self._wall = wall

    def find(self, key: str) -> Begun | None:
        """What was begun under this key; None: nothing."""
        with self._opened() as directory:
            try:
                os.stat(_begun(key), dir_fd=directory, follow_symlinks=False)
            except FileNotFoundError:
                return None
            return Begun(what=_read(directory, _begun(key)), result=_read(directory, _result(key)))

    def begin(self, key: str, what: dict[str, Any], *, until: float | None = None) -> None:
        """Note that it begins now; it is on the disk when this returns, and otherwise nothing is to be run.

        After `until` (epoch seconds) it does not begin.
        """
        if until is not None and self._wall() > until:
            raise HawatchError("it is too late for this")
        with self._opened() as directory:
            self._forget_old(directory)
            with contextlib.suppress(FileNotFoundError):
                os.unlink(_result(key), dir_fd=directory)
            try:
                _write(directory, _begun(key), what)
            except FileExistsError:
                raise HawatchError("this was begun before") from None
            os.fsync(directory)

    def finish(self, key: str, result: dict[str, Any]) -> None:
        """Note what came of it."""
        with self._opened() as directory:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(_unfinished(key), dir_fd=directory)
            _write(directory, _unfinished(key), result)
            os.rename(_unfinished(key), _result(key), src_dir_fd=directory, dst_dir_fd=directory)
            os.fsync(directory)

    @contextmanager
    def _opened(self) -> Iterator[int]:
        try:
            directory = self._open()
            try:
                yield directory
            finally:
                os.close(directory)
        except OSError as error:
            raise HawatchError(f"{self._path}: {error.strerror or error}") from None

    def _open(self) -> int:
        """Its descriptor; made at the first use. Whoever may rename it could make us forget."""
        parent = self._path.parent
        parent.mkdir(parents=True, exist_ok=True)
        seen = parent.stat()
        if seen.st_uid != os.geteuid() or seen.st_mode & _OTHERS_WRITE:
            raise HawatchError(f"{parent}: must belong to root, and nobody else may write it")
        try:
            self._path.mkdir(mode=_MODE)
        except FileExistsError:
            pass
        else:
            _sync_directory(parent)
        directory = os.open(self._path, _LOOK | os.O_DIRECTORY)
        seen = os.fstat(directory)
        if seen.st_uid != os.geteuid() or seen.st_mode & _OTHERS:
            os.close(directory)
            raise HawatchError(f"{self._path}: must belong to root, and be closed to everybody else")
        return directory

    def _forget_old(self, directory: int) -> None:
        with os.scandir(directory) as entries:
            old = [
                each.name
                for each in entries
                if self._wall() - each.stat(follow_symlinks=False).st_mtime > KEPT_SECONDS
            ]
        for name in old:
            with contextlib.suppress(OSError):
                os.unlink(name, dir_fd=directory)


def _begun(key: str) -> str:
    return f"{hashlib.sha256(key.encode()).hexdigest()}.begun"


def _result(key: str) -> str:
    return f"{hashlib.sha256(key.encode()).hexdigest()}.result"


def _unfinished(key: str) -> str:
    return f"{hashlib.sha256(key.encode()).hexdigest()}.new"


def _write(directory: int, name: str, what: dict[str, Any]) -> None:
    """A new file, on the disk when this returns; one that cannot be written whole is taken away."""
    made = os.open(name, _MAKE, 0o600, dir_fd=directory)
    try:
        with os.fdopen(made, "wb") as file:
            file.write(json.dumps(what).encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(name, dir_fd=directory)
        raise


def _read(directory: int, name: str) -> dict[str, Any] | None:
    """A file of ours; None for what is missing, cut off, or no plain file."""
    try:
        opened = os.open(name, _LOOK, dir_fd=directory)
    except OSError:
        return None
    with os.fdopen(opened, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            return None
        try:
            read = json.loads(file.read(_LONGEST))
        except (ValueError, RecursionError):
            return None
    return read if isinstance(read, dict) else None


def _sync_directory(path: Path) -> None:
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
