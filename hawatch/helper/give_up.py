"""A file by which keepalived gives a VIP up: written by root for the agent, and only where root says.

keepalived 2.2.7: a `track_file` whose number times its weight changes the priority, with weight 0 any number but 0 puts
the virtual router in FAULT (trackers/track_file.c); or a file whose being there makes a `vrrp_script` fail.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hawatch.ability import GIVE_UP, TAKE_BACK, Ability, Danger
from hawatch.errors import ConfigError, HawatchError
from hawatch.helper.command import Finished
from hawatch.helper.labels import LABEL, read_labels

_KEYS = frozenset({"track_file", "fault_file", "value"})
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,51}")
_GREATEST = 254
_MODE = 0o644
_MAKE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_STICKY_IS_NOT_ENOUGH = "must belong to root, and nobody else may write it"


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveUp:
    """One file: `value` is the number in it while the VIP is given up; None: then it is there, and else not."""

    name: str
    path: str
    value: int | None
    labels: tuple[tuple[str, str], ...] = field(default=())

    @property
    def give(self) -> str:
        """The ability that gives up."""
        return GIVE_UP + self.name

    @property
    def take(self) -> str:
        """The ability that takes back."""
        return TAKE_BACK + self.name

    def abilities(self) -> tuple[Ability, ...]:
        """Both; neither is on a menu by itself, but what was given up can be taken back from one."""
        give = Ability(name=self.give, danger=Danger.DEMOTE, undo=self.take, labels=self.labels)
        return (give, Ability(name=self.take, danger=Danger.RESTART))


def read_give_up(where: str, name: str, table: Any) -> GiveUp:
    """A table [give_up.NAME]. ConfigError names the key at fault."""
    if not _NAME.fullmatch(name):
        raise ConfigError(repr(where), "a name is made of a-z, 0-9 and -")
    if not isinstance(table, dict):
        raise ConfigError(where, "a table is wanted")
    for key in table:
        if key not in _KEYS and not LABEL.fullmatch(key):
            raise ConfigError(f"{where}.{key!r}", "unknown key")
    given = [key for key in ("track_file", "fault_file") if key in table]
    if len(given) != 1:
        raise ConfigError(where, "one of track_file and fault_file is wanted")
    value = table.get("value", 1)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _GREATEST:
        raise ConfigError(f"{where}.value", f"a number from 1 to {_GREATEST} is wanted")
    if given[0] == "fault_file" and "value" in table:
        raise ConfigError(f"{where}.value", "only for a track_file")
    return GiveUp(
        name=name,
        path=_path(f"{where}.{given[0]}", table[given[0]]),
        value=value if given[0] == "track_file" else None,
        labels=read_labels(where, table),
    )


def _path(where: str, path: Any) -> str:
    if not isinstance(path, str) or not path.startswith("/") or not path.isprintable():
        raise ConfigError(where, "an absolute path is wanted")
    if path.endswith("/") or ".." in Path(path).parts:
        raise ConfigError(where, "a file is wanted, without .. in its path")
    return path


async def write(file: GiveUp, ability: str) -> Finished:
    """Do what one of its abilities is for; exit code 0. HawatchError names the path, and nothing has changed then."""
    gives = ability == file.give
    path = Path(file.path)
    try:
        with _directory(path.parent) as directory:
            _refuse_what_is_no_file(directory, path)
            if file.value is not None:
                _replace(directory, path.name, f"{file.value if gives else 0}\n")
            elif gives:
                _replace(directory, path.name, "given up by hawatch\n")
            else:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(path.name, dir_fd=directory)
            os.fsync(directory)
    except OSError as error:
        raise HawatchError(f"{path}: {error.strerror or error}") from None
    return Finished(0, f"{path}: {_told(file, gives=gives)}", False)  # noqa: FBT003 - it is not cut


def _told(file: GiveUp, *, gives: bool) -> str:
    if file.value is None:
        return "is there" if gives else "is gone"
    return f"says {file.value if gives else 0}"


@contextlib.contextmanager
def _directory(path: Path) -> Any:
    """Its descriptor. HawatchError for one in which somebody else could put another file in the place of ours."""
    opened = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        seen = os.fstat(opened)
        if seen.st_uid != os.geteuid() or seen.st_mode & _OTHERS_WRITE:
            raise HawatchError(f"{path}: {_STICKY_IS_NOT_ENOUGH}")
        yield opened
    finally:
        os.close(opened)


def _refuse_what_is_no_file(directory: int, path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISREG(os.stat(path.name, dir_fd=directory, follow_symlinks=False).st_mode):
            raise HawatchError(f"{path}: is no plain file")


def _replace(directory: int, name: str, text: str) -> None:
    """In one step: keepalived reads it at any moment, and an empty one would be a 0."""
    fresh = f".{name}.hawatch"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(fresh, dir_fd=directory)
    made = os.open(fresh, _MAKE, _MODE, dir_fd=directory)
    try:
        with os.fdopen(made, "w", encoding="ascii") as file:
            os.fchmod(file.fileno(), _MODE)  # whatever the umask is, the user of a vrrp_script looks at it
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.rename(fresh, name, src_dir_fd=directory, dst_dir_fd=directory)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(fresh, dir_fd=directory)
        raise
