"""Puts the proposed hawatch.toml and the key in their places, and tells what became of each."""

from __future__ import annotations

import difflib
import os
import sys
import tomllib
from enum import Enum
from pathlib import Path

from hawatch.cli.initiating import files
from hawatch.cli.initiating.key_text import KEY_BYTES, key_text
from hawatch.errors import ConfigError


class Outcome(Enum):
    """What became of it: everything is as proposed, or there is another hawatch.toml and nothing was written."""

    WRITTEN = "written"
    DIFFERS = "differs"


def write_all(text: str, *, config: Path, key_file: Path, key: str | None, may_replace: bool) -> Outcome:
    """Write both, the key first. A key that is there stays if none is given (None).

    A hawatch.toml with anything in it but comments is replaced only if it may be, and is kept as `.old`. ConfigError:
    another key is there, or a file cannot be read or written.
    """
    before, old_key = _readable(config), _readable(key_file)
    if not may_replace and old_key is not None and key not in (None, old_key.strip()):
        raise ConfigError(str(key_file), "there is another key already; --force takes the new one")
    if before is not None and before != text:
        if _says_something(before) and not may_replace:
            _show_difference(before, text, config)
            return Outcome.DIFFERS
        _put(config.with_name(f"{config.name}.old"), before)
    _put_key(key_file, old_key, key)
    if before == text:
        print(f"{config}: as proposed already")
    else:
        _put(config, text)
        print(f"{config}: written")
    _tell_who_can_read(config)
    return Outcome.WRITTEN


def _readable(path: Path) -> str | None:
    try:
        return files.read_or_none(path)
    except OSError as error:
        raise _in_the_way(path, error) from None


def _put(path: Path, text: str) -> None:
    try:
        files.write(path, text)
    except OSError as error:
        raise _in_the_way(path, error) from None


def _in_the_way(path: Path, error: OSError) -> ConfigError:
    advice = "; run this as root, or with --print" if isinstance(error, PermissionError) else ""
    return ConfigError(str(path), f"{error.strerror}{advice}")


def _says_something(text: str) -> bool:
    """Whether a hawatch.toml has anything in it but comments; one that is broken has."""
    try:
        return bool(tomllib.loads(text))
    except (ValueError, RecursionError):  # no TOML, or a number of thousands of digits
        return True


def _show_difference(before: str, text: str, path: Path) -> None:
    old, new = (each.splitlines(keepends=True) for each in (before, text))
    sys.stdout.writelines(difflib.unified_diff(old, new, str(path), "proposed"))
    print(f"hawatch: {path}: is there and differs, so nothing was written (--force does)", file=sys.stderr)


def _put_key(path: Path, old: str | None, key: str | None) -> None:
    if old is not None and old.strip() and key in (None, old.strip()):
        print(f"{path}: kept")
        return
    _put(path, f"{key or key_text(os.urandom(KEY_BYTES))}\n")
    print(f"{path}: {'taken over' if key else 'made'}")


def _tell_who_can_read(path: Path) -> None:
    if os.geteuid() != 0:
        print(f"hawatch: {path}: belongs to you and not to root, who should have it", file=sys.stderr)
    elif files.group_id() is None:
        print(
            f"hawatch: {path}: there is no group {files.GROUP} yet, so that only root can read it",
            file=sys.stderr,
        )
