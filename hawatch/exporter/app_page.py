"""What `/` gives: the page to a browser, the same as text to everybody else."""

from __future__ import annotations

from typing import Protocol

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from hawatch.exporter.packing import packed


class ServedPage(Protocol):
    """The page, its entity tag in quotes, and the Content-Security-Policy under which it works."""

    @property
    def body(self) -> bytes:
        """HTML in UTF-8."""

    @property
    def etag(self) -> str:
        """Another one for another body."""

    @property
    def policy(self) -> str:
        """The policy."""


def page_response(request: Request, page: ServedPage) -> Response:
    """The page, unless the caller has it already; packed or not it is the same, hence the weak tag."""
    headers = {
        "content-security-policy": page.policy,
        "cache-control": "no-cache",
        "etag": f"W/{page.etag}",
        "vary": "Accept, Accept-Encoding",
    }
    known = {each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")}
    if page.etag in known:
        return Response(status_code=304, headers=headers)
    body, packing = packed(request, page.body)
    return Response(body, media_type="text/html", headers=headers | packing)


def text_response(text: str) -> Response:
    """The picture as text."""
    return PlainTextResponse(text, headers={"vary": "Accept"})


def prefers_page(accept: str) -> bool:
    """Whether an Accept header asks for HTML rather than for text; RFC 9110 §12.5.1."""
    wanted = dict(_weights(accept))
    html = _weight(wanted, ("text/html", "text/*", "*/*"))
    plain = _weight(wanted, ("text/plain", "text/*", "*/*"))
    return html > plain


def _weight(wanted: dict[str, float], ranges: tuple[str, ...]) -> float:
    return next((wanted[each] for each in ranges if each in wanted), 0.0)


def _weights(accept: str) -> list[tuple[str, float]]:
    found = []
    for part in accept.split(",")[:32]:
        media, *parameters = (each.strip().lower() for each in part.split(";"))
        weight = next((each[2:] for each in parameters if each.startswith("q=")), "1")
        try:
            found.append((media, min(max(float(weight), 0.0), 1.0)))
        except ValueError:
            continue
    return found
