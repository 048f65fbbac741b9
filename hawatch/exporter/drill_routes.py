"""Drills on the Unix socket: planned, begun, brought back, looked at, ended."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hawatch.exporter.drills import Drills
from hawatch.exporter.one_line import Endpoint, in_one_line
from hawatch.exporter.wish import Wish, WishError, wish_of

SHORTEST, LONGEST = 2.0, 3600.0
"""Seconds for which a node may be away."""


class DrillRoutes:
    """The endpoints; each answers with JSON, or with one line: 400 not understood, 409 not possible."""

    def __init__(self, drills: Drills) -> None:
        self._drills = drills

    def routes(self) -> list[Route]:
        """Path to endpoint."""
        return [
            _route("POST", "/api/v1/drills/plan", self._plan),
            _route("POST", "/api/v1/drills/stop", self._stop),
            _route("GET", "/api/v1/drills/last", self._last),
            _route("POST", "/api/v1/drills", self._begin),
            _route("GET", "/api/v1/drills/{name}", self._look),
            _route("POST", "/api/v1/drills/{name}/back", self._back),
            _route("POST", "/api/v1/drills/{name}/next", self._next),
            _route("POST", "/api/v1/drills/{name}/end", self._end),
        ]

    async def _plan(self, request: Request) -> Response:
        wish = await wish_of(request)
        return JSONResponse(self._drills.plan(_instance(wish), _away(wish)))

    async def _begin(self, request: Request) -> Response:
        wish = await wish_of(request)
        return JSONResponse(await self._drills.begin(_instance(wish), _away(wish), wish.who()))

    async def _look(self, request: Request) -> Response:
        return JSONResponse(self._drills.look(request.path_params["name"]))

    async def _back(self, request: Request) -> Response:
        return JSONResponse(await self._drills.back(request.path_params["name"]))

    async def _next(self, request: Request) -> Response:
        return JSONResponse(await self._drills.next_leg(request.path_params["name"]))

    async def _end(self, request: Request) -> Response:
        wish = await wish_of(request)
        return JSONResponse(await self._drills.end(request.path_params["name"], wish.fields.get("report")))

    async def _stop(self, request: Request) -> Response:
        del request
        return JSONResponse(await self._drills.stop())

    async def _last(self, request: Request) -> Response:
        del request
        return JSONResponse(await self._drills.last())


def _instance(wish: Wish) -> str | None:
    return None if wish.fields.get("instance") is None else wish.name("instance")


def _away(wish: Wish) -> float:
    value = wish.fields.get("away")
    if isinstance(value, bool) or not isinstance(value, int | float) or not SHORTEST <= value <= LONGEST:
        raise WishError(f"away: a time from {SHORTEST:g} s to 1 h is wanted")
    return float(value)


def _route(method: str, path: str, endpoint: Endpoint) -> Route:
    return Route(path, in_one_line(endpoint), methods=[method])
