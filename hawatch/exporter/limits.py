"""Around every request: sane headers on the answer, and a refusal of what no reader of ours would send."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PATH_LIMIT = 512
QUERY_LIMIT = 2048
HEADERS_LIMIT = 16384
BODY_LIMIT = 65536
_MOST_DIGITS = 12
"""Of a length: behind zeros there could stand anything."""

HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


class Limits:
    """ASGI middleware; nothing behind it sees a path, a query, headers or a body beyond their limits (in bytes)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with an error of one line, or pass the request on."""
        if scope["type"] != "http":  # no lifespan, no websockets
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = _refusal(scope)
        await (refusal or self._app)(scope, receive, send_with_headers)


def _refusal(scope: Scope) -> PlainTextResponse | None:
    if len(scope["path"]) > PATH_LIMIT or len(scope["query_string"]) > QUERY_LIMIT:
        return PlainTextResponse("the address is too long\n", status_code=414)
    if sum(len(name) + len(value) for name, value in scope["headers"]) > HEADERS_LIMIT:
        return PlainTextResponse("the headers are too large\n", status_code=431)
    headers = Headers(scope=scope)
    if "transfer-encoding" in headers:
        return PlainTextResponse("a request needs a content-length\n", status_code=411)
    length = headers.get("content-length", "0")
    if not length.isascii() or not length.isdigit() or len(length) > _MOST_DIGITS or int(length) > BODY_LIMIT:
        return PlainTextResponse("the request is too large\n", status_code=413)
    return None
