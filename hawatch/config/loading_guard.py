"""[service.guard], from a table to its record, and what no guard may do."""

from __future__ import annotations

import re
from collections.abc import Iterable

from hawatch.config.guard import ServiceGuard
from hawatch.config.records import Service, ServicePlace, VirtualRouterOptions
from hawatch.config.table import Table

ATTEMPTS = range(11)
PER_HOUR = range(1, 13)
STOPS_ALL = "stop-keepalived"
"""The action that takes every virtual router of the node with it, whatever `instances` says."""
_DEFAULT = ServiceGuard(restart="")
_ACTION = re.compile(r"[a-z0-9][a-z0-9_.-]{0,62}")


def guard(table: Table, service: str) -> ServiceGuard:
    """The guard of a service of this name; ConfigError names the key at fault."""
    made = ServiceGuard(
        restart=_restart(table, service),
        attempts=table.number("attempts", _DEFAULT.attempts, ATTEMPTS),
        patience=table.duration("patience", _DEFAULT.patience),
        backoff=table.duration("backoff", _DEFAULT.backoff, least=1),
        give_up=table.optional("give_up", _action),
        instances=table.strings("instances"),
        hold=table.duration("hold", _DEFAULT.hold, least=1),
        per_hour=table.number("per_hour", _DEFAULT.per_hour, PER_HOUR),
    )
    table.end()
    if not made.attempts and made.give_up is None:
        raise table.error("attempts", "0, and no give_up: this guard would do nothing")
    return made


def check_guards(
    table: Table, services: Iterable[Service], virtual_routers: Iterable[VirtualRouterOptions]
) -> None:
    """ConfigError for a guard of what is elsewhere, and for one that could move a virtual router with data."""
    data = [each.instance for each in virtual_routers if each.data]
    for number, service in enumerate(services):
        if service.guard is None:
            continue
        place = f"service[{number}].guard"
        if service.on is ServicePlace.PEER:
            raise table.error(place, f"{service.name} is on the peer, whose own agent guards it")
        if service.guard.give_up is not None:
            _check_data(table, place, service.guard, data)


def _check_data(table: Table, place: str, guarded: ServiceGuard, data: list[str]) -> None:
    everything = not guarded.instances or guarded.give_up == STOPS_ALL
    moved = [each for each in data if everything or each in guarded.instances]
    if moved:
        named = f"{moved[0]} is marked data = true, and nothing moves it by itself"
        more = "" if not everything else f"; {_other_way(guarded)}"
        raise table.error(f"{place}.give_up", f"{named}{more}")


def _other_way(guarded: ServiceGuard) -> str:
    if guarded.give_up == STOPS_ALL:
        return f"{STOPS_ALL} takes all virtual routers of the node with it"
    return "instances names those that may be given up"


def _restart(table: Table, service: str) -> str:
    if table.has("restart"):
        return table.checked("restart", _action)
    usual = f"restart-{service}"
    if _action(usual) is not None:
        raise table.error("restart", f"missing: no action can be called {usual!r}")
    return usual


def _action(text: str) -> str | None:
    return None if _ACTION.fullmatch(text) else "is no name of an action: a-z, 0-9 and - are"
