"""Incidents as JSON, and the few things that a caller on the Unix socket may do with one."""

from __future__ import annotations

import json
import pwd
from typing import Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from hawatch.errors import HawatchError
from hawatch.exporter.status import JsonDict, iso_utc
from hawatch.incident import Incident, NotPossibleError, Part, UnknownIncidentError

UNIX_CALLER = "unix"
"""In place of an address, for a caller on the Unix socket; the port is then the caller's user id."""
DEEDS = ("ack", "release", "snooze")
LONGEST_NAME = 64
LONGEST_SNOOZE = 7 * 86400


class Desk(Protocol):
    """Where people's answers go; each raises HawatchError when there is no such incident, or it cannot be done."""

    async def acknowledge(self, name: str, who: str) -> Incident:
        """`who` looks after it."""

    async def release(self, name: str, who: str) -> Incident:
        """Nobody looks after it any longer."""

    async def snooze(self, name: str, who: str, seconds: float) -> Incident:
        """`who` wants quiet for so long."""


class AnswerError(HawatchError):
    """A request that cannot be understood."""


def incident_json(incident: Incident) -> JsonDict:
    """One incident with its timeline, as `/api/v1/incidents` gives it."""
    return {
        "id": incident.id,
        "state": incident.state.value,
        "verdict": incident.verdict.value,
        "severity": incident.severity.value,
        "revision": incident.revision,
        "opened": iso_utc(incident.opened_at),
        "resolved": _time(incident.resolved_at),
        "acknowledged_by": incident.acknowledged_by,
        "acknowledged": _time(incident.acknowledged_at),
        "snoozed_until": _time(incident.snoozed_until),
        "causes": list(incident.causes),
        "virtual_routers": [_part(part) for part in incident.parts],
        "timeline": [
            {"time": iso_utc(entry.at), "kind": entry.kind.value, "who": entry.who, "text": entry.text}
            for entry in incident.timeline
        ],
    }


async def answer(desk: Desk, request: Request) -> Response:
    """Do what a POST asks for; the incident as it is then, or one line that says why not."""
    name, deed = request.path_params["name"], request.path_params["deed"]
    if deed not in DEEDS:
        return PlainTextResponse(f"no such thing to do: {_printable(deed)}\n", status_code=404)
    try:
        wish = _wish(await request.body())
        who = _who(request, wish.get("as"))
        if deed == "ack":
            incident = await desk.acknowledge(name, who)
        elif deed == "release":
            incident = await desk.release(name, who)
        else:
            incident = await desk.snooze(name, who, _seconds(wish.get("seconds")))
    except UnknownIncidentError as error:
        return PlainTextResponse(f"{_printable(str(error))}\n", status_code=404)
    except NotPossibleError as error:
        return PlainTextResponse(f"{error}\n", status_code=409)
    except AnswerError as error:
        return PlainTextResponse(f"{error}\n", status_code=400)
    except HawatchError as error:
        return PlainTextResponse(f"{error}\n", status_code=503)
    return JSONResponse(incident_json(incident))


def _wish(body: bytes) -> dict[str, object]:
    try:
        wish = json.loads(body or b"{}")
    except ValueError:
        wish = None
    if not isinstance(wish, dict):
        raise AnswerError("the request is no JSON object")
    return wish


def _who(request: Request, name: object) -> str:
    """The name that the caller gives, and the login that the kernel knows the caller by."""
    login = _login(request)
    if name is None:
        if login is None:
            raise AnswerError("as: who is it?")
        return login
    if not isinstance(name, str) or not name.strip() or not name.isprintable() or len(name) > LONGEST_NAME:
        raise AnswerError(f"as: not a name of at most {LONGEST_NAME} printable characters")
    name = name.strip()
    return name if login in {None, name} else f"{name} ({login})"


def _login(request: Request) -> str | None:
    if request.client is None or request.client.host != UNIX_CALLER:
        return None
    try:
        return pwd.getpwuid(request.client.port).pw_name
    except KeyError:
        return f"uid {request.client.port}"


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= LONGEST_SNOOZE:
        raise AnswerError("seconds: a time from 1 s to 7 d is wanted")
    return float(value)


def _part(part: Part) -> JsonDict:
    return {
        "instance": part.instance,
        "verdict": part.verdict.value,
        "severity": part.severity.value,
        "summary": part.summary,
        "causes": list(part.causes),
        "sure": part.sure,
        "since": iso_utc(part.fell_at),
    }


def _time(epoch: float | None) -> str | None:
    return None if epoch is None else iso_utc(epoch)


def _printable(text: str) -> str:
    return "".join(each if each.isprintable() else "?" for each in text[:LONGEST_NAME])
