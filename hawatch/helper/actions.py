"""The verb `act`: the commands that root has allowed, and no others.

actions.toml has one table per action; without the file nothing may be run:

    [action.restart-keepalived]
    command = ["/usr/bin/systemctl", "restart", "keepalived"]
    seconds = 30
"""

from __future__ import annotations

import asyncio
import logging
import os
import stat
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hawatch.errors import ConfigError, HawatchError
from hawatch.helper.command import run

log = logging.getLogger("hawatch.helper")

DEFAULT_SECONDS = 30.0
LONGEST_SECONDS = 600.0
_MOST_BYTES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A fixed argument vector that begins with an absolute path, and the seconds that it may take."""

    command: tuple[str, ...]
    seconds: float = DEFAULT_SECONDS


class Actions:
    """Reads the file anew for every action, and runs one at a time."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._one_at_a_time = asyncio.Lock()

    async def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Run the action called `name`: its exit code, and the beginning of its output."""
        name = request.get("name")
        action = allowed(self._path).get(name) if isinstance(name, str) else None
        if action is None:
            raise HawatchError("no such action is allowed")
        if self._one_at_a_time.locked():
            raise HawatchError("another action is under way")
        async with self._one_at_a_time:
            log.info("action=%s begins", name)
            done = await run(action.command, seconds=action.seconds, most_bytes=_MOST_BYTES)
            log.info("action=%s exit=%d", name, done.code)
        return {"name": name, "exit_code": done.code, "output": done.output}


def allowed(path: Path) -> dict[str, Action]:
    """The actions by name, none if there is no file. ConfigError for a file that others may write, or a bad one."""
    try:
        with path.open("rb") as opened:
            seen = os.fstat(opened.fileno())
            if seen.st_uid != 0 or seen.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                raise ConfigError(str(path), "must belong to root, and nobody else may write it")
            tables = tomllib.load(opened)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(str(path), error.strerror or str(error)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), str(error)) from None
    actions = tables.pop("action", {})
    if tables or not isinstance(actions, dict):
        raise ConfigError(str(path), "only tables [action.NAME] are known")
    return {name: _action(f"{path}: action.{name}", table) for name, table in actions.items()}


def _action(where: str, table: Any) -> Action:
    if not isinstance(table, dict) or not table.keys() <= {"command", "seconds"}:
        raise ConfigError(where, "only command and seconds are known")
    command, seconds = table.get("command"), table.get("seconds", DEFAULT_SECONDS)
    if not isinstance(command, list) or not command or not all(isinstance(word, str) for word in command):
        raise ConfigError(f"{where}.command", "a list of words is wanted")
    if not command[0].startswith("/"):
        raise ConfigError(f"{where}.command", "must begin with an absolute path")
    if (
        isinstance(seconds, bool)
        or not isinstance(seconds, int | float)
        or not 0 < seconds <= LONGEST_SECONDS
    ):
        raise ConfigError(f"{where}.seconds", f"a number up to {LONGEST_SECONDS:g} is wanted")
    return Action(command=tuple(command), seconds=float(seconds))
