"""Who may answer over HTTP: a request from our own page or a program, with a token of the token file."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable

from starlette.requests import Request

from hawatch.exporter.one_line import RefusedError
from hawatch.exporter.tokens import TokenFile, TokenFileError
from hawatch.exporter.tries import Tries

log = logging.getLogger("hawatch.http")

_CHALLENGE = {"www-authenticate": 'Bearer realm="hawatch"'}
_OWN_SITE = frozenset({"same-origin", "none"})


class Doorkeeper:
    """Looks at who asks before anything of the request's body is read."""

    def __init__(self, tokens: TokenFile | None, now: Callable[[], float]) -> None:
        """`tokens` None: nobody may; `now` in monotonic seconds."""
        self._tokens = tokens
        self._now = now
        self._tries = Tries()
        self._problem: str | None = None

    async def admit(self, request: Request) -> str:
        """The name of whoever it is. RefusedError, which says no more than it must."""
        if self._tokens is None:
            raise RefusedError("answers over HTTP are off: listen.token_file is not set", 403)
        _refuse_other_sites(request)
        caller = request.client.host if request.client is not None else ""
        wait = self._tries.wait(caller, self._now())
        if wait > 0.0:
            raise RefusedError(
                "too many wrong tokens; try again later", 429, {"retry-after": str(math.ceil(wait))}
            )
        token = _token(request)
        name = await self._holder(self._tokens, token or "")
        if token is None:
            raise RefusedError("a token is wanted", 401, _CHALLENGE)
        if name is None:
            self._tries.failed(caller, self._now())
            log.warning("token=wrong from=%s", caller)
            raise RefusedError("the token is not known", 401, _CHALLENGE)
        return name

    async def look(self) -> None:
        """Say at once what is wrong with the file, not only when somebody needs it."""
        if self._tokens is not None:
            try:
                await asyncio.to_thread(self._tokens.holders)
            except TokenFileError as error:
                self._say(str(error))

    async def _holder(self, tokens: TokenFile, token: str) -> str | None:
        try:
            name = await asyncio.to_thread(tokens.holder, token)
        except TokenFileError as error:
            self._say(str(error))
            raise RefusedError("the token file cannot be used; the agent's log says why", 503) from None
        self._problem = None
        return name

    def _say(self, problem: str) -> None:
        if problem != self._problem:
            self._problem = problem
            log.error("token_file=%s", problem)


def _refuse_other_sites(request: Request) -> None:
    """A browser says where a request comes from, and no form of another site can send JSON."""
    origins = request.headers.getlist("origin")
    hosts = request.headers.getlist("host")
    own = [f"{scheme}://{host}" for host in hosts for scheme in ("http", "https")]
    if len(hosts) > 1 or any(origin.lower() not in map(str.lower, own) for origin in origins):
        raise RefusedError("this does not come from the agent's own page", 403)
    if not _OWN_SITE.issuperset(request.headers.getlist("sec-fetch-site")):
        raise RefusedError("this does not come from the agent's own page", 403)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise RefusedError("the content type is not application/json", 415)


def _token(request: Request) -> str | None:
    written = request.headers.getlist("authorization")
    scheme, _, token = written[0].partition(" ") if len(written) == 1 else ("", "", "")
    return token.strip() or None if scheme.lower() == "bearer" else None
