"""A large answer, handed to the kernel in portions: between two of them the agent's loop does other things."""

from __future__ import annotations

import asyncio

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

PORTION = 1 << 17
"""Bytes; to copy a whole scrape of two megabytes takes as long as an answer may hold the loop up."""


class PortionedResponse(Response):
    """The same answer as a Response, sent piece by piece."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        del scope, receive
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        whole = self.body
        for begin in range(0, len(whole), PORTION):
            await send(
                {
                    "type": "http.response.body",
                    "body": bytes(whole[begin : begin + PORTION]),
                    "more_body": True,
                }
            )
            await asyncio.sleep(0)
        await send({"type": "http.response.body", "body": b"", "more_body": False})
