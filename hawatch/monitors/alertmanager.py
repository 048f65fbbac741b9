"""Alertmanager by its API (v2): silences are put, changed, ended and looked at, and so are the pair's alerts."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from hawatch.config.loading_monitor import OWN_LABEL
from hawatch.config.monitor import Monitor
from hawatch.errors import DeliveryError
from hawatch.mirror.mark import Mark, SilencesLook
from hawatch.mirror.wish import Deed, Silence, Unsilence
from hawatch.reach.aside import Aside
from hawatch.reach.web import OK, Answer, Api, first_line_of, in_one_line

PATIENCE = 5.0
MOST_ANSWER = 1 << 24
GONE = 404
_NOT_WITHOUT_A_CHANGE = frozenset({400, 401, 403, 404, 422})
_BEGUN = 300.0
"""Seconds before now that are asked for as the beginning: it puts its own present there, whatever our clock says."""

Plain = Mapping[str, Any]


class Alertmanager:
    """One Alertmanager; `wall` gives epoch seconds."""

    def __init__(self, monitor: Monitor, wall: Callable[[], float]) -> None:
        self._monitor = monitor
        self._url = monitor.way.rstrip("/")
        self._wall = wall
        self._api = Api(place=self._url, patience=PATIENCE, ca_file=monitor.ca_file, most=MOST_ANSWER)
        self._aside = Aside(self._url, PATIENCE)

    async def look(self, pair: str) -> SilencesLook:
        """The silences that matter here. DeliveryError."""
        return await self._aside.do(lambda: self._look(pair))

    async def do(self, deed: Deed, pair: str) -> None:
        """Put, change or end one silence. DeliveryError."""
        await self._aside.do(lambda: self._do(deed, pair))

    def _look(self, pair: str) -> SilencesLook:
        at = self._wall()
        narrowed = [("filter", f"{name}={_quoted(value)}") for name, value in self._matchers(pair)]
        alerts = self._list(f"alerts?{urlencode(narrowed)}")
        return look_at(self._list("silences"), alerts, at)

    def _do(self, deed: Deed, pair: str) -> None:
        if isinstance(deed, Silence):
            self._ask("POST", "silences", silence(deed, self._matchers(pair), self._wall()))
        elif isinstance(deed, Unsilence):
            self._ask("DELETE", f"silence/{quote(deed.id, safe='')}", done=(OK, GONE))

    def _matchers(self, pair: str) -> tuple[tuple[str, str], ...]:
        return self._monitor.matchers or (("pair", pair),)

    def _list(self, path: str) -> list[Plain]:
        found = self._ask("GET", path).json()
        if not isinstance(found, list):
            raise self._api.error("its answer is none of Alertmanager's", temporary=True)
        return [each for each in found if isinstance(each, Mapping)]

    def _ask(
        self, method: str, path: str, body: Plain | None = None, *, done: tuple[int, ...] = (OK,)
    ) -> Answer:
        answer = self._api.ask(method, f"{self._url}/api/v2/{path}", body, headers=self._authorization())
        if answer.status not in done:
            raise self._refusal(answer)
        return answer

    def _authorization(self) -> dict[str, bytes]:
        """Read anew for each request."""
        if self._monitor.bearer_file is not None:
            return {"Authorization": b"Bearer " + first_line_of(self._monitor.bearer_file)}
        if self._monitor.password_file is None:
            return {}
        both = self._monitor.user.encode() + b":" + first_line_of(self._monitor.password_file)
        return {"Authorization": b"Basic " + base64.b64encode(both)}

    def _refusal(self, answer: Answer) -> DeliveryError:
        words = answer.json()
        said = in_one_line(words if isinstance(words, str) else answer.reason)
        problem = f"{answer.status}, {said}" if said else str(answer.status)
        return self._api.error(problem, temporary=answer.status not in _NOT_WITHOUT_A_CHANGE)


def silence(deed: Silence, matchers: tuple[tuple[str, str], ...], wall: float) -> dict[str, Any]:
    """The request: what it silences are the alerts of these virtual routers of the pair, and nothing else."""
    instances = deed.wish.instances
    several = len(instances) != 1
    value = "|".join(map(re.escape, instances)) if several else instances[0]
    changed = {} if deed.id is None else {"id": deed.id}
    return {
        **changed,
        "matchers": [
            *({"name": name, "value": value, "isRegex": False, "isEqual": True} for name, value in matchers),
            {"name": OWN_LABEL, "value": value, "isRegex": several, "isEqual": True},
        ],
        "startsAt": deed.begins or _time(wall - _BEGUN),
        "endsAt": _time(deed.until),
        "createdBy": deed.wish.author,
        "comment": deed.wish.text,
    }


def look_at(silences: Sequence[Plain], alerts: Sequence[Plain], at: float) -> SilencesLook:
    """What matters of all silences: ours, and those that keep an alert of the pair quiet."""
    covers: dict[str, set[str]] = {}
    loud = set()
    for alert in alerts:
        instance = str(_part(alert, "labels").get(OWN_LABEL, ""))
        status = _part(alert, "status")
        silenced_by = status.get("silencedBy")
        for name in silenced_by if isinstance(silenced_by, list) else ():
            covers.setdefault(str(name), set()).add(instance)
        if instance and status.get("state") != "suppressed":
            loud.add(instance)
    marks = [(_part(each, "status").get("state"), _mark(each, covers)) for each in silences]
    return SilencesLook(
        at=at,
        silences=tuple(
            mark for state, mark in marks if state == "active" and (mark.signature or mark.id in covers)
        ),
        ended=tuple(
            (mark.key, mark.until) for state, mark in marks if state == "expired" and mark.until is not None
        ),
        loud=frozenset(loud),
    )


def _mark(plain: Plain, covers: Mapping[str, set[str]]) -> Mark:
    name, begins = str(plain.get("id", "")), str(plain.get("startsAt", ""))
    return Mark(
        id=name,
        author=str(plain.get("createdBy") or "somebody"),
        text=str(plain.get("comment") or ""),
        since=_epoch(begins) or 0.0,
        until=_epoch(str(plain.get("endsAt", ""))),
        begins=begins,
        covers=frozenset(covers.get(name, ())),
    )


def _part(plain: Plain, name: str) -> Plain:
    found = plain.get(name)
    return found if isinstance(found, Mapping) else {}


def _quoted(value: str) -> str:
    """As matchers have it in a filter."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _time(epoch: float) -> str:
    return datetime.fromtimestamp(epoch, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _epoch(text: str) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return None
