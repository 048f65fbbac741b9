"""A file that keepalived writes for us, in a directory that others may write to as well."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath

from hawatch.errors import HawatchError

MOST_BYTES = 16 << 20
_MOST_LINKS = 40  # as the kernel has it
_PATH_ONLY = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True, kw_only=True)
class DumpFile:
    """An absolute path within another process's root directory, and the user whose file it must be."""

    root: str
    path: str
    owner: int

    def remove(self) -> None:
        """Take it away, or the link in its place; nothing when it is not there."""
        try:
            with self._directory() as directory:
                os.unlink(self._name, dir_fd=directory)
        except FileNotFoundError:
            return
        except OSError as error:
            raise HawatchError(f"{self.path}: {error.strerror or error}") from None

    def read(self) -> bytes | None:
        """Its content, None when it is not there. HawatchError for what somebody else has put in its place."""
        try:
            with self._directory() as directory:
                flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
                descriptor = os.open(self._name, flags, dir_fd=directory)
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise HawatchError(f"{self.path} is a link, and not keepalived's") from None
            raise HawatchError(f"{self.path}: {error.strerror or error}") from None
        seen = os.fstat(descriptor)
        if not stat.S_ISREG(seen.st_mode) or seen.st_uid != self.owner or seen.st_nlink > 1:
            os.close(descriptor)
            raise HawatchError(f"{self.path} is not keepalived's")
        with os.fdopen(descriptor, "rb") as opened:
            content = opened.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise HawatchError(f"{self.path} has more than {MOST_BYTES} bytes")
        return content

    @property
    def _name(self) -> str:
        return PurePosixPath(self.path).name

    @contextmanager
    def _directory(self) -> Iterator[int]:
        opened = [os.open(self.root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)]
        try:
            self._walk(opened)
            yield opened[-1]
        finally:
            for descriptor in opened:
                os.close(descriptor)

    def _walk(self, opened: list[int]) -> None:
        """Open the directories down to the file's; links are taken as within that root, and never lead out of it."""
        to_do = list(reversed(PurePosixPath(self.path).parts[1:-1]))
        links = 0
        while to_do:
            name = to_do.pop()
            if name == "..":
                if len(opened) > 1:
                    os.close(opened.pop())
                continue
            if name in {"", "."}:
                continue
            descriptor = os.open(name, _PATH_ONLY, dir_fd=opened[-1])
            opened.append(descriptor)
            seen = os.fstat(descriptor)
            if stat.S_ISDIR(seen.st_mode):
                continue
            os.close(opened.pop())
            if not stat.S_ISLNK(seen.st_mode):
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
            links += 1
            if links > _MOST_LINKS or seen.st_uid not in (0, self.owner):
                raise HawatchError(f"{self.path}: a directory on the way is a link of somebody else's")
            target = os.readlink(name, dir_fd=opened[-1])
            if target.startswith("/"):
                while len(opened) > 1:
                    os.close(opened.pop())
            to_do += reversed(target.split("/"))
