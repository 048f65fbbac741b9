"""`/hook/CHANNEL`, where providers post what people answer: passed on as it came, with the address it came from."""

from __future__ import annotations

import asyncio

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from hawatch.provider.hook import HookCall, Hooks

PATIENCE = 10.0
"""Seconds in which a body must be here."""
_METHODS = ["GET", "POST"]


class WebhookRoutes:
    """The endpoints; what stands behind the channel is a secret, and in no log."""

    def __init__(self, hooks: Hooks) -> None:
        self._hooks = hooks

    def routes(self) -> list[Route]:
        """Path to endpoint."""
        return [
            Route("/hook/{channel}", self._take, methods=_METHODS),
            Route("/hook/{channel}/{secret}", self._take, methods=_METHODS),
        ]

    async def _take(self, request: Request) -> Response:
        try:
            async with asyncio.timeout(PATIENCE):
                body = await request.body()
        except (TimeoutError, ClientDisconnect):
            return PlainTextResponse("the body did not come\n", status_code=408)
        answer = await self._hooks.take(
            HookCall(
                channel=request.path_params["channel"],
                method=request.method,
                secret=request.path_params.get("secret", ""),
                query=request.scope["query_string"].decode("latin-1"),
                headers={name.lower(): value for name, value in request.headers.items()},
                body=body,
                peer="" if request.client is None else request.client.host,
            )
        )
        return Response(answer.body.encode(), status_code=answer.status, media_type=answer.content_type)
