"""Answers to incidents over HTTP, for whoever has a token: to look after one, give it back, or keep it quiet."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hawatch.exporter.doorkeeper import Doorkeeper
from hawatch.exporter.incidents import incident_json
from hawatch.exporter.one_line import RefusedError, in_one_line
from hawatch.exporter.wish import Wish, wish_of
from hawatch.incident import Incident

BODY_LIMIT = 4096
BODY_TIMEOUT = 10.0


class TakesAnswers(Protocol):
    """What of the desk is offered here; whatever cannot be done raises a HawatchError of one line."""

    async def acknowledge(self, name: str, who: str) -> Incident:
        """`who` looks after it."""

    async def release(self, name: str, who: str) -> Incident:
        """Nobody looks after it any longer."""

    async def snooze(self, name: str, who: str, seconds: float) -> Incident:
        """`who` wants quiet for so long."""


class AnswerRoutes:
    """The endpoints; each answers with the incident as everybody may read it, or with one line."""

    def __init__(self, desk: TakesAnswers, doorkeeper: Doorkeeper) -> None:
        self._desk = desk
        self._doorkeeper = doorkeeper

    def routes(self) -> list[Route]:
        """Path to endpoint."""
        return [
            self._route("ack", lambda name, who, _: self._desk.acknowledge(name, who)),
            self._route("release", lambda name, who, _: self._desk.release(name, who)),
            self._route("snooze", lambda name, who, wish: self._desk.snooze(name, who, wish.seconds())),
        ]

    def _route(self, verb: str, do: Callable[[str, str, Wish], Awaitable[Incident]]) -> Route:
        async def answer(request: Request) -> Response:
            who = await self._doorkeeper.admit(request)
            wish = await _wish(request)
            return JSONResponse(incident_json(await do(request.path_params["name"], who, wish)))

        return Route(f"/api/v1/incidents/{{name}}/{verb}", in_one_line(answer), methods=["POST"])


async def _wish(request: Request) -> Wish:
    """What a caller without a token sends is not even read."""
    # Limits has seen to it that this is a number.
    if int(request.headers.get("content-length", "0")) > BODY_LIMIT:
        raise RefusedError("the request is too large", 413)
    try:
        async with asyncio.timeout(BODY_TIMEOUT):
            return await wish_of(request)
    except (TimeoutError, ClientDisconnect):
        raise RefusedError("the request did not come to its end", 408, {"connection": "close"}) from None
