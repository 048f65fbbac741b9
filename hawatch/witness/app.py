"""What the witness serves over HTTP and its Unix socket: nothing that writes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from hawatch.exporter.limits import Limits
from hawatch.exporter.metrics import encoded
from hawatch.witness.metrics import new_registry
from hawatch.witness.text import render_witness

Json = Mapping[str, Any]


def build_app(picture: Callable[[], Json]) -> Starlette:
    """The application over the witness's status."""
    registry = new_registry(picture)

    async def text(_request: Request) -> Response:
        return PlainTextResponse(render_witness(picture()))

    async def status(_request: Request) -> Response:
        return JSONResponse(picture())

    async def healthz(_request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def metrics(request: Request) -> Response:
        accept = request.headers.get("accept", "")
        body, content_type = await asyncio.to_thread(encoded, registry, accept)
        return Response(body, headers={"content-type": content_type})

    routes = [
        Route("/", text),
        Route("/api/v1/status", status),
        Route("/healthz", healthz),
        Route("/metrics", metrics),
    ]
    app = Starlette(routes=routes, middleware=[Middleware(Limits)])
    app.router.redirect_slashes = False
    return app
