"""Icinga 2 by its API: a service is acknowledged, taken back, and looked at with the comment that says who did it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from hawatch.config.monitor import Monitor
from hawatch.errors import DeliveryError
from hawatch.mirror.mark import Mark, ServiceLook
from hawatch.mirror.wish import Acknowledge, Deed
from hawatch.reach.aside import Aside
from hawatch.reach.icinga2 import FILTER, NOT_FOUND, NOT_WITHOUT_A_CHANGE, IcingaApi, Said, filter_vars
from hawatch.reach.web import OK

PATIENCE = 5.0
FORBIDDEN, ALREADY = 403, 409
"""The latter: it is acknowledged already, or no problem any more: the next look tells which."""
_GREATEST = 1e12
"""Beyond it no number of Icinga 2's means anything: times are epoch seconds."""
ACKNOWLEDGE, REMOVE = "acknowledge-problem", "remove-acknowledgement"
_OF_SERVICE = ["state", "last_check", "acknowledgement", "acknowledgement_expiry", "last_state_ok"]
_OF_COMMENT = ["author", "text", "entry_time", "__name"]
_ACKNOWLEDGEMENTS = f"{FILTER} && comment.entry_type == 4"


class Icinga2:
    """One Icinga 2, as one user; `wall` gives epoch seconds."""

    def __init__(self, monitor: Monitor, wall: Callable[[], float]) -> None:
        self._monitor = monitor
        self._wall = wall
        self._icinga = IcingaApi(
            monitor.way,
            user=monitor.user,
            password_file=monitor.password_file or "",
            ca_file=monitor.ca_file,
            patience=PATIENCE,
        )
        self._aside = Aside(monitor.way.rstrip("/"), PATIENCE)

    async def look(self, pair: str) -> ServiceLook:
        """How the service stands there. DeliveryError."""
        return await self._aside.do(lambda: self._look(self._monitor.host or pair))

    async def do(self, deed: Deed, pair: str) -> None:
        """Acknowledge it, or take that back. DeliveryError."""
        await self._aside.do(lambda: self._do(deed, self._monitor.host or pair))

    def _look(self, host: str) -> ServiceLook:
        at = self._wall()
        found = self._query("services", host, FILTER, _OF_SERVICE)
        if not found:
            raise self._error(self._nowhere(host), temporary=False)
        service = found[0]
        mark = None
        if _number(service, "acknowledgement"):
            mark = self._mark(service, self._query("comments", host, _ACKNOWLEDGEMENTS, _OF_COMMENT))
        return ServiceLook(
            at=at,
            problem=_number(service, "state") != 0 and _number(service, "last_check") > 0,
            well_at=_number(service, "last_state_ok") or None,
            mark=mark,
        )

    def _mark(self, service: Mapping[str, Any], comments: list[Mapping[str, Any]]) -> Mark:
        """Of an acknowledgement without a comment nobody knows whose it is."""
        last: Mapping[str, Any] = max(comments, key=lambda each: _number(each, "entry_time"), default={})
        since = _number(last, "entry_time")
        return Mark(
            id=str(last.get("__name") or "without a comment"),
            author=str(last.get("author") or "somebody"),
            text=str(last.get("text") or ""),
            since=since,
            until=_number(service, "acknowledgement_expiry") or None,
        )

    def _query(self, kind: str, host: str, which: str, attributes: list[str]) -> list[Mapping[str, Any]]:
        body = {
            "filter": which,
            "filter_vars": filter_vars(host, self._monitor.service),
            "attrs": attributes,
        }
        said = self._icinga.query(kind, body)
        if said.status != OK:
            refused = replace(said, status=FORBIDDEN) if said.status == NOT_FOUND else said
            raise self._refusal(refused, f"objects/query/{kind.capitalize().removesuffix('s')}", host)
        found = (each.get("attrs") for each in said.results)
        return [each for each in found if isinstance(each, Mapping)]

    def _do(self, deed: Deed, host: str) -> None:
        place = {
            "type": "Service",
            "filter": FILTER,
            "filter_vars": filter_vars(host, self._monitor.service),
        }
        if isinstance(deed, Acknowledge):
            action, body = ACKNOWLEDGE, {**place, **acknowledgement(deed)}
        else:
            action, body = REMOVE, place
        said = self._icinga.act(action, body)
        if said.status not in {OK, ALREADY}:
            raise self._refusal(said, f"actions/{action}", host)

    def _refusal(self, said: Said, permission: str, host: str) -> DeliveryError:
        match said.status:
            case 401:
                problem = f"401, it does not know the user {self._monitor.user} with this password"
            case 403:
                problem = f"403, the user {self._monitor.user} may not do {permission}"
            case 404:
                problem = self._nowhere(host)
            case 503:
                problem = "503, it is reloading"
            case 0:
                problem = "its answer is none of Icinga 2's"
            case status:
                problem = f"{status}, {said.words}" if said.words else str(status)
        return self._error(problem, temporary=said.status not in NOT_WITHOUT_A_CHANGE)

    def _nowhere(self, host: str) -> str:
        place = f"service {self._monitor.service} on a host {host}"
        return f"{NOT_FOUND}, it has no {place} for {self._monitor.user}"

    def _error(self, problem: str, *, temporary: bool) -> DeliveryError:
        return self._icinga.api.error(problem, temporary=temporary)


def acknowledgement(deed: Acknowledge) -> dict[str, Any]:
    """What is said of it beside the place."""
    wish = deed.wish
    end = {} if wish.until is None else {"expiry": wish.until}
    return {
        "author": wish.author,
        "comment": wish.text,
        "sticky": True,
        "notify": False,
        "persistent": False,
        **end,
    }


def _number(attributes: Mapping[str, Any], name: str) -> float:
    value = attributes.get(name)
    return float(value) if isinstance(value, int | float) and abs(value) <= _GREATEST else 0.0
