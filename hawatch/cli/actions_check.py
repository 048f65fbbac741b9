"""What is wrong with root's actions.toml, read as hawatch-helper reads it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from hawatch.errors import ConfigError
from hawatch.helper.action import Action
from hawatch.helper.allowed import Allowed, allowed
from hawatch.helper.fence import Fence


def read_actions(path: str) -> Allowed:
    """One file. ConfigError: there is none, or the first thing that is wrong, with the path of its key."""
    if not os.path.lexists(path):
        raise ConfigError(path, "No such file or directory")
    return allowed(Path(path))


def actions_summary(known: Allowed) -> Iterator[str]:
    """A line for each thing that it allows."""
    for action in known.actions.values():
        seconds = f"within {action.seconds:g} s"
        undo = f", undone by {action.undo}" if action.undo else ""
        yield f"{action.name}: {action.danger.value}, {seconds}{undo}"
    for device in _devices(known):
        yield f"fence of {device.target}: {device.agent}"


def actions_warnings(known: Allowed) -> Iterator[str]:
    """What can be read and will not work on this host."""
    for action in known.actions.values():
        yield from _missing(action)
    for device in _devices(known):
        if not _is_program(device.agent):
            yield f"fence.{device.target}.agent: {device.agent} is not there, or no program"


def _missing(action: Action) -> Iterator[str]:
    for key, command in (("command", action.command), ("command6", action.command6)):
        if command and not _is_program(command[0]):
            yield f"action.{action.name}.{key}: {command[0]} is not there, or no program"


def _devices(known: Allowed) -> list[Fence]:
    return list({device.target: device for device in known.fences.values()}.values())


def _is_program(path: str) -> bool:
    return Path(path).is_file() and os.access(path, os.X_OK)
