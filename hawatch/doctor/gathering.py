"""From a host to a Case: keepalived.conf and the packet filters, by ourselves where we may, else through the helper."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hawatch.ability import Ability, Power, abilities_of
from hawatch.clock import monotonic
from hawatch.config import Config
from hawatch.doctor.case import ACTIONS, Case, FenceSeen
from hawatch.doctor.helper_question import ask_helper
from hawatch.doctor.host import Host
from hawatch.errors import ConfigError, DecodeError, HawatchError
from hawatch.keepalived.model import KeepalivedConfig
from hawatch.keepalived.reader import Source, read_source
from hawatch.netfilter import LISTINGS
from hawatch.plain import codec

HELPER_SOCKET = Path("/run/hawatch/helper.sock")


def gather(
    *,
    config: Config,
    config_path: str | None = None,
    config_problem: str | None = None,
    status: Mapping[str, Any] | None = None,
    status_problem: str = "",
    helper_socket: Path = HELPER_SOCKET,
    host: Host | None = None,
) -> Case:
    """Everything there is to look at. What cannot be had is left out, with the reason; nothing is raised."""
    here = host or Host()
    source, model, keepalived_problem = _keepalived(config.keepalived.config, helper_socket)
    listing, listing_problem = _listing(here, helper_socket)
    fences, fences_problem = _fences(here, helper_socket)
    return Case(
        host=here,
        config=config,
        config_path=config_path,
        config_problem=config_problem,
        keepalived=model,
        statements=source.statements if source else None,
        keepalived_problem=keepalived_problem,
        status=status,
        status_problem=status_problem,
        listing=listing,
        listing_problem=listing_problem,
        fences=fences,
        fences_problem=fences_problem,
    )


def _keepalived(path: str, helper_socket: Path) -> tuple[Source | None, KeepalivedConfig | None, str]:
    """The file as it is written, its model, and why one of them is missing."""
    try:
        source = read_source(path, fingerprint=_unseen, host_name=os.uname().nodename)
    except ConfigError as error:
        problem = str(error)
    else:
        return source, source.config, str(source.refusal or "")
    if not Path(path).exists():
        return None, None, problem
    try:
        answer = ask_helper(helper_socket, "config")
        if answer.get("path") != path:
            raise HawatchError(f"hawatch-helper reads {answer.get('path')}")
        if answer.get("config") is None:
            raise HawatchError(str(answer.get("problem")))
        model: KeepalivedConfig = codec(KeepalivedConfig).decode(answer["config"])
    except HawatchError as error:
        return None, None, f"{problem}; {error}"
    return None, model, problem


def _unseen(_password: bytes) -> str:
    """Passwords do not matter here."""
    return ""


def _listing(host: Host, helper_socket: Path) -> tuple[Mapping[str, object] | None, str]:
    if host.is_root:
        return _own_listing(host), ""
    try:
        return ask_helper(helper_socket, "firewall"), ""
    except HawatchError as error:
        return None, str(error)


def _fences(host: Host, helper_socket: Path) -> tuple[tuple[FenceSeen, ...], str]:
    """Every fence device is asked how it is; only the helper may speak to one."""
    try:
        abilities = abilities_of(ask_helper(helper_socket, "actions"))
        return tuple(_asked(each, helper_socket) for each in abilities if each.cuts_power), ""
    except HawatchError as error:
        return (), str(error) if _has_fences(host) else ""


def _asked(ability: Ability, helper_socket: Path) -> FenceSeen:
    began = monotonic()
    try:
        answer = ask_helper(helper_socket, "power", name=ability.name)
    except HawatchError as error:
        answer = {"problem": str(error)}
    return FenceSeen(
        target=ability.target or "",
        power=str(answer.get("power", Power.UNKNOWN.value)),
        problem=str(answer.get("problem") or ""),
        seconds=monotonic() - began,
    )


def _has_fences(host: Host) -> bool:
    """Whether there seem to be some, for one who may look."""
    try:
        return "[fence." in host.read(ACTIONS)
    except OSError:
        return False


def _own_listing(host: Host) -> Mapping[str, object]:
    """What the tools say, in the form of the helper's answer to `firewall`."""
    listing: dict[str, object] = {}
    problems: dict[str, str] = {}
    for name, argv in LISTINGS.items():
        listing[name] = None
        try:
            ran = host.run(argv)
            if ran.code != 0:
                raise DecodeError(f"{' '.join(argv)} gave {ran.code}")
            listing[name] = json.loads(ran.output) if "-j" in argv else ran.output
        except OSError as error:
            problems[name] = f"{argv[0]}: {error.strerror or error}"
        except (ValueError, RecursionError, DecodeError) as error:
            problems[name] = str(error)
    return {**listing, "problems": problems}
