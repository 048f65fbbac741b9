"""actions.toml, root's list of what may be done on this node, read strictly; docs/actions.md has its keys."""

from __future__ import annotations

import os
import re
import stat
import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from hawatch.ability import RESTART_SERVICE, Danger
from hawatch.errors import ConfigError
from hawatch.helper.action import Action
from hawatch.helper.fence import Fence
from hawatch.helper.fence_table import read_fence
from hawatch.helper.give_up import GiveUp, read_give_up
from hawatch.helper.labels import LABEL, read_labels
from hawatch.helper.place import PLACEHOLDERS
from hawatch.helper.ready import Ready, ready
from hawatch.helper.seconds import read_seconds
from hawatch.verdict import Cause, VerdictKind

DEFAULT_SECONDS = 30.0
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,62}")
_KEYS = frozenset({"command", "command6", "seconds", "danger", "undo", "offer", "service"})
_OFFERS = frozenset({*(kind.value for kind in VerdictKind), *(cause.value for cause in Cause)})
_DANGERS = tuple(Danger)
T = TypeVar("T", Fence, GiveUp)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """All that the file has: actions by name, and by the names of both their abilities fence devices and files."""

    actions: Mapping[str, Action]
    fences: Mapping[str, Fence]
    give_ups: Mapping[str, GiveUp]


def allowed(path: Path) -> Allowed:
    """What may be done, nothing if there is no file. ConfigError for a file that others may write, or a bad one."""
    tables = _tables(path)
    actions, fences, give_ups = (tables.pop(name, {}) for name in ("action", "fence", "give_up"))
    if tables or not all(isinstance(each, dict) for each in (actions, fences, give_ups)):
        known = "[action.NAME], [fence.NODE] and [give_up.NAME]"
        raise ConfigError(str(path), f"only tables {known} are known")
    read = {name: _action(f"{path}: action.{name}", name, table, actions) for name, table in actions.items()}
    devices: dict[str, Fence] = {}
    for target, table in fences.items():
        device = read_fence(f"{path}: fence.{target}", target, table)
        _take_names(devices, device, f"fence.{target}", read, path)
    files: dict[str, GiveUp] = {}
    for name, table in give_ups.items():
        file = read_give_up(f"{path}: give_up.{name}", name, table)
        _take_names(files, file, f"give_up.{name}", read, path)
    return Allowed(actions=read, fences=devices, give_ups=files)


def _take_names(taken: dict[str, T], made: T, where: str, actions: Mapping[str, Action], path: Path) -> None:
    """Let it be found by the names of its abilities. ConfigError for one that is an action's already."""
    for ability in made.abilities():
        if ability.name in actions:
            raise ConfigError(f"{path}: action.{ability.name}", f"is the name of what {where} does")
        taken[ability.name] = made


def _tables(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as opened:
            if not _is_root_s(os.fstat(opened.fileno())):
                raise ConfigError(str(path), "must belong to root, and nobody else may write it")
            if not _is_root_s(path.parent.stat()):
                raise ConfigError(str(path.parent), "must belong to root, and nobody else may write it")
            return tomllib.load(opened)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(str(path), error.strerror or str(error)) from None
    except (ValueError, RecursionError) as error:  # no TOML, no UTF-8, a number of thousands of digits
        raise ConfigError(str(path), str(error)) from None


def _is_root_s(seen: os.stat_result) -> bool:
    return seen.st_uid == 0 and not seen.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _action(where: str, name: str, table: Any, actions: dict[str, Any]) -> Action:
    if not _NAME.fullmatch(name):
        raise ConfigError(repr(where), "a name is made of a-z, 0-9 and -")
    if not isinstance(table, dict):
        raise ConfigError(where, "a table is wanted")
    for key in table:
        if key not in _KEYS and not LABEL.fullmatch(key):
            raise ConfigError(f"{where}.{key!r}", "unknown key")
    service = _service(f"{where}.service", table.get("service"))
    known = ready(name, service)
    if name == RESTART_SERVICE and service is None:
        raise ConfigError(f"{where}.service", "missing")
    command = _command(f"{where}.command", table.get("command"))
    command6 = _command(f"{where}.command6", table["command6"]) if "command6" in table else None
    per_vip = _is_per_vip(where, known, command, command6)
    return Action(
        name=name,
        command=command,
        command6=command6,
        seconds=read_seconds(f"{where}.seconds", table.get("seconds", DEFAULT_SECONDS)),
        per_vip=per_vip,
        ipv4_only=known.ipv4_only,
        danger=_danger(f"{where}.danger", table.get("danger", known.danger.value), known),
        undo=_undo(f"{where}.undo", name, table.get("undo"), known.undo, actions),
        offer=_offer(f"{where}.offer", table["offer"]) if "offer" in table else known.offer,
        service=service or known.service,
        labels=read_labels(where, table),
    )


def _command(where: str, command: Any) -> tuple[str, ...]:
    if not isinstance(command, list) or not command or not all(isinstance(word, str) for word in command):
        raise ConfigError(where, "a list of words is wanted")
    if not command[0].startswith("/") or _placeholders(where, command[0]):
        raise ConfigError(where, "must begin with an absolute path")
    for word in command:
        _placeholders(where, word)
        if "\0" in word:
            raise ConfigError(where, "no word has a NUL in it")
    return tuple(command)


def _placeholders(where: str, word: str) -> set[str]:
    """Those of a word; ConfigError for one that is not known. A brace itself is written twice."""
    try:
        fields = [
            (field, f"{spec}{conversion or ''}")
            for _, field, spec, conversion in string.Formatter().parse(word)
            if field is not None
        ]
    except ValueError:
        raise ConfigError(where, f"a single brace in {word!r}; write it twice") from None
    for field, more in fields:
        if field not in PLACEHOLDERS or more:
            raise ConfigError(where, f"unknown placeholder in {word!r}")
    return {field for field, _ in fields}


def _is_per_vip(where: str, known: Ready, command: tuple[str, ...], command6: tuple[str, ...] | None) -> bool:
    """Whether it is run for one VIP: both commands then name it, and what has no placeholders has one command."""
    used = [
        set().union(*(_placeholders(where, word) for word in words)) for words in (command, command6) if words
    ]
    per_vip = any(used)
    if per_vip and not all("vip" in placeholders for placeholders in used):
        raise ConfigError(where, "a command with placeholders must have {vip}")
    if known.per_vip is True and not per_vip:
        raise ConfigError(f"{where}.command", "must have {vip}")
    if known.per_vip is False and per_vip:
        raise ConfigError(f"{where}.command", "is not about one VIP, and has no placeholders")
    if command6 and not per_vip:
        raise ConfigError(f"{where}.command6", "only for a command with {vip}")
    return per_vip


def _danger(where: str, danger: Any, known: Ready) -> Danger:
    if danger not in [each.value for each in _DANGERS]:
        raise ConfigError(where, f"one of {', '.join(_DANGERS)} is wanted")
    if _DANGERS.index(Danger(danger)) < _DANGERS.index(known.at_least):
        raise ConfigError(where, f"cannot be less than {known.at_least.value}")
    return Danger(danger)


def _undo(where: str, name: str, undo: Any, usual: str | None, actions: dict[str, Any]) -> str | None:
    """The usual one where it is allowed; one that is asked for must be."""
    if undo is None:
        return usual if usual in actions else None
    if not isinstance(undo, str) or undo not in actions or undo == name:
        raise ConfigError(where, "must name another action of this file")
    return undo


def _offer(where: str, offer: Any) -> tuple[str, ...]:
    if not isinstance(offer, list):
        raise ConfigError(where, "a list of verdicts and causes is wanted")
    for each in offer:
        if not isinstance(each, str) or each not in _OFFERS:
            raise ConfigError(where, f"{each!r} is no verdict and no cause")
    return tuple(dict.fromkeys(offer))


def _service(where: str, service: Any) -> str | None:
    if service is not None and not (isinstance(service, str) and service and service.isprintable()):
        raise ConfigError(where, "a service's name is wanted")
    return service
