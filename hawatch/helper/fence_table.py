"""A table [fence.NODE] of actions.toml, read strictly; docs/fencing.md has its keys."""

from __future__ import annotations

import re
from typing import Any

from hawatch.config.table import BEYOND
from hawatch.errors import ConfigError
from hawatch.helper.fence import Fence, Way
from hawatch.helper.labels import LABEL, read_labels
from hawatch.helper.seconds import read_seconds

DEFAULT_SECONDS = 60.0
_TARGET = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,52}")
_OPTION = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_KEYS = frozenset({"agent", "options", "password_file", "action", "seconds"})
_OURS = frozenset({"action", "option"})
_SECRET = frozenset({"password", "passwd"})
_LONGEST_VALUE = 1000


def read_fence(where: str, target: str, table: Any) -> Fence:
    """The fence device of one node. ConfigError names the key at fault."""
    if not _TARGET.fullmatch(target):
        raise ConfigError(repr(where), "the name of a node is wanted, as [node] name in its hawatch.toml")
    if not isinstance(table, dict):
        raise ConfigError(where, "a table is wanted")
    for key in table:
        if key not in _KEYS and not LABEL.fullmatch(key):
            raise ConfigError(f"{where}.{key!r}", "unknown key")
    return Fence(
        target=target,
        agent=_path(f"{where}.agent", table.get("agent")),
        options=_options(f"{where}.options", table.get("options", {})),
        password_file=_password_file(f"{where}.password_file", table.get("password_file")),
        way=_way(f"{where}.action", table.get("action", Way.OFF.value)),
        seconds=read_seconds(f"{where}.seconds", table.get("seconds", DEFAULT_SECONDS)),
        labels=read_labels(where, table),
    )


def _path(where: str, path: Any) -> str:
    if not isinstance(path, str) or not path.startswith("/") or not path.isprintable():
        raise ConfigError(where, "an absolute path is wanted")
    return path


def _options(where: str, options: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(options, dict):
        raise ConfigError(where, "a table of the fence agent's options is wanted")
    return tuple((key, _value(f"{where}.{key}", key, value)) for key, value in options.items())


def _value(where: str, key: str, value: Any) -> str:
    if not _OPTION.fullmatch(key):
        raise ConfigError(repr(where), "no fence agent has such an option")
    if key in _OURS:
        raise ConfigError(where, "is hawatch's to say; what shall be done is the key action beside options")
    if key in _SECRET:
        raise ConfigError(where, "a password stands in password_file")
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int) and abs(value) < BEYOND:
        return str(value)
    if not isinstance(value, str) or not value.isprintable() or len(value) > _LONGEST_VALUE:
        raise ConfigError(where, "one line of text is wanted")
    return value


def _password_file(where: str, path: Any) -> str | None:
    """It is read when it is needed: a password that is lost keeps nobody from the other actions."""
    return None if path is None else _path(where, path)


def _way(where: str, action: Any) -> Way:
    if action not in [each.value for each in Way]:
        raise ConfigError(where, f"one of {', '.join(Way)} is wanted")
    return Way(action)
