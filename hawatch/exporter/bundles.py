"""Bundles for a colleague, packed while they are read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from hawatch.errors import HawatchError
from hawatch.incident import Incident

BUNDLE_TYPE = "application/gzip"

Bundle = Callable[[], AsyncIterator[bytes]]
"""Packs a bundle, and gives it in pieces; HawatchError when there is none to be had."""
BundleOf = Callable[[Incident], AsyncIterator[bytes]]
"""The same of one incident."""


async def bundle_response(request: Request, bundle: Bundle | None) -> Response:
    """A tar.gz, or one line that says why there is none."""
    if bundle is None or request.method == "HEAD":
        return Response(media_type=BUNDLE_TYPE)
    try:
        pieces = bundle()
        first = await anext(pieces)
    except HawatchError as error:
        return PlainTextResponse(f"{error}\n", status_code=503)
    return StreamingResponse(_from(first, pieces), media_type=BUNDLE_TYPE)


async def _from(first: bytes, others: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """A stream again, of which the first piece was already taken."""
    yield first
    async for piece in others:
        yield piece
