"""What in a [service.guard] can be read, and will not do what was meant."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hawatch.cli.fence_warnings import ACTIONS
from hawatch.config import Config
from hawatch.config.guard import ServiceGuard
from hawatch.config.loading_guard import STOPS_ALL
from hawatch.errors import ConfigError
from hawatch.helper.allowed import Allowed, allowed
from hawatch.keepalived.model import KeepalivedConfig, VirtualRouter


def guard_warnings(
    config: Config, keepalived: KeepalivedConfig | None, path: Path = ACTIONS
) -> Iterator[str]:
    """One line for each; of a file that is bad nothing is said here, since the fences' warnings do."""
    guarded = [(n, each.guard) for n, each in enumerate(config.services) if each.guard is not None]
    if not guarded:
        return
    try:
        known = allowed(path)
    except ConfigError:
        return
    for number, guard in guarded:
        place = f"service[{number}].guard"
        yield from _of_actions(place, guard, known, path)
        if keepalived is not None:
            yield from _of_routers(place, guard, config, keepalived)


def _of_actions(place: str, guard: ServiceGuard, known: Allowed, path: Path) -> Iterator[str]:
    if guard.attempts and guard.restart not in known.actions:
        yield f"{place}.restart: {path} has no action.{guard.restart}: every restart will fail"
    if guard.give_up is None:
        return
    file = known.give_ups.get(guard.give_up)
    action = known.actions.get(guard.give_up)
    if file is None and action is None:
        yield f"{place}.give_up: {path} has neither give_up.{_bare(guard.give_up)} nor action.{guard.give_up}"
    elif action is not None and action.undo is None:
        yield f"{place}.give_up: {guard.give_up} has no undo that would take the VIP back; it is never given up"
    elif file is not None and file.take == guard.give_up:
        yield f"{place}.give_up: {guard.give_up} takes the VIP back; {file.give} gives it up"
    elif file is not None and not Path(file.path).parent.is_dir():
        yield f"{place}.give_up: {Path(file.path).parent}, where {file.path} would be, is no directory"


def _bare(name: str) -> str:
    return name.removeprefix("give-up-")


def _of_routers(
    place: str, guard: ServiceGuard, config: Config, keepalived: KeepalivedConfig
) -> Iterator[str]:
    routers = {each.instance: each for each in keepalived.virtual_routers}
    for instance in guard.instances:
        if instance not in routers:
            yield f"{place}.instances: {config.keepalived.config} has no vrrp_instance {instance}"
    if guard.give_up is None or guard.give_up == STOPS_ALL:
        return
    for router in routers.values():
        if router.instance in (guard.instances or tuple(routers)) and not _tracks(router):
            yield f"{place}.give_up: {router.instance} tracks no file and no script, so that nothing gives it up"
        mates = [each for each in _mates(router, routers) if config.options(each).data]
        if router.instance in guard.instances and mates:
            yield (
                f"{place}.give_up: {router.instance} is in one sync group with {mates[0]}, which is marked data = true;"
                " it is never given up"
            )


def _tracks(router: VirtualRouter) -> bool:
    return any(each.kind in {"file", "script"} for each in router.tracked_scripts)


def _mates(router: VirtualRouter, routers: dict[str, VirtualRouter]) -> list[str]:
    group = router.sync_group
    return [name for name, each in routers.items() if group is not None and each.sync_group == group]
