"""Answers of one line, for what cannot be done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from hawatch.desk.looping import NoProbeError
from hawatch.desk.muting import UnknownSubjectError
from hawatch.desk.trying import UnknownPersonError
from hawatch.errors import HawatchError
from hawatch.exporter.wish import WishError
from hawatch.incident import NotPossibleError, UnknownIncidentError

LONGEST_LINE = 200
_UNKNOWN = (UnknownIncidentError, UnknownSubjectError, UnknownPersonError, NoProbeError)

Endpoint = Callable[[Request], Awaitable[Response]]


class RefusedError(HawatchError):
    """A request that is answered with a line, a status code and perhaps headers of its own."""

    def __init__(self, text: str, code: int, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(text)
        self.code = code
        self.headers = headers


def in_one_line(endpoint: Endpoint) -> Endpoint:
    """The same endpoint, with what it raises turned into an answer of one line."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except RefusedError as error:
            return one_line(str(error), error.code, error.headers)
        except _UNKNOWN as error:
            return one_line(str(error), 404)
        except NotPossibleError as error:
            return one_line(str(error), 409)
        except WishError as error:
            return one_line(str(error), 400)
        except HawatchError as error:
            return one_line(str(error), 503)

    return answer


def one_line(text: str, code: int, headers: Mapping[str, str] | None = None) -> Response:
    """A name in it may be whatever a caller has sent."""
    printable = "".join(each if each.isprintable() else "?" for each in text)
    cut = printable if len(printable) <= LONGEST_LINE else f"{printable[: LONGEST_LINE - 1]}…"
    return PlainTextResponse(f"{cut}\n", status_code=code, headers=dict(headers or {}))
