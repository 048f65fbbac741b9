"""What in root's actions.toml about fence devices can be read, and will not do what was meant."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from hawatch.config import Config, effective_contacts
from hawatch.config.oncall import Permission
from hawatch.desk.menu import FENCE_TAKES
from hawatch.errors import ConfigError, HawatchError
from hawatch.helper.allowed import allowed
from hawatch.helper.fence import Fence

ACTIONS = Path("/etc/hawatch/actions.toml")


def fence_warnings(config: Config, node: str, path: Path = ACTIONS) -> Iterator[str]:
    """One line for each; none for a file that is not there. What only root can see is not looked at by others."""
    if not path.exists():
        return
    try:
        devices = {device.target: device for device in allowed(path).fences.values()}
    except ConfigError as error:
        yield str(error)
        return
    people = [each.name for each in effective_contacts(config) if Permission.FENCE in each.permissions]
    if devices and len(people) < FENCE_TAKES:
        yield (
            f"contact: a fence takes {FENCE_TAKES} people with the permission fence, and there is "
            f"{people[0] if people else 'nobody'}; it is not offered"
        )
    for device in devices.values():
        for problem in _device(device, config, node):
            yield f"{path}: fence.{device.target}{problem}"


def _device(device: Fence, config: Config, node: str) -> Iterator[str]:
    if device.target == node:
        yield ": is this node, and a node does not fence itself"
    elif config.peers and device.target not in {each.name for each in config.peers}:
        yield f": no [[peer]] of hawatch.toml is called {device.target}"
    if not os.access(device.agent, os.X_OK):
        yield f".agent: {device.agent} is not there, or no program"
    if os.geteuid() == 0:
        try:
            device.password()
        except HawatchError as error:
            yield f".password_file: {error}"
