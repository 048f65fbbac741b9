"""One HTTP request to a provider and its answer, within a time that holds whatever the other side does."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hawatch.errors import HawatchError

if TYPE_CHECKING:
    from requests import Response

MOST_ANSWER = 1 << 18
_CHUNK = 4096
_LONGEST = 160


class ExchangeError(HawatchError):
    """No answer; one line that names the server. `unclear`: it may have been asked, and may have done it."""

    def __init__(self, problem: str, *, unclear: bool) -> None:
        super().__init__(problem)
        self.unclear = unclear


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked; `place` is how errors name the server, without query and credentials."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    ca_file: str | None = None
    proxy: str | None = None
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was answered; header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    place: str = ""

    @property
    def text(self) -> str:
        """The body as UTF-8, whatever it is."""
        return self.body.decode(errors="replace")

    @property
    def retry_after(self) -> float | None:
        """Seconds for which the server does not want to be asked, if it says so (RFC 9110 §10.2.3, seconds alone)."""
        said = self.headers.get("retry-after", "").strip()
        return float(said) if said.isascii() and said.isdigit() and len(said) <= 6 else None


def place_of(url: str) -> str:
    """A URL as it is shown: no query, no credentials."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    shown = f"[{host}]" if ":" in host else host
    try:
        port = parts.port
    except ValueError:
        port = None
    return f"{parts.scheme}://{shown}{'' if port is None else f':{port}'}{parts.path}"


async def exchange(request: Request, seconds: float) -> Answer:
    """Ask, in a thread that nothing waits for longer than that. ExchangeError."""
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[Answer] = loop.create_future()
    given_up = threading.Event()
    place = request.place or place_of(request.url)

    def settle(answer: Answer | None, error: Exception | None) -> None:
        if outcome.done():
            return
        if answer is not None:
            outcome.set_result(answer)
        elif error is not None:
            outcome.set_exception(error)

    def work() -> None:
        answer, problem = None, None
        try:
            answer = _ask(request, place, seconds, given_up)
        except Exception as error:  # noqa: BLE001  it is raised where it is waited for
            problem = error
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(settle, answer, problem)

    threading.Thread(target=work, name="provider", daemon=True).start()
    try:
        async with asyncio.timeout(seconds):
            return await outcome
    except TimeoutError:
        raise ExchangeError(f"{place}: no answer in {seconds:g} s", unclear=True) from None
    finally:
        given_up.set()


def _ask(request: Request, place: str, seconds: float, given_up: threading.Event) -> Answer:
    import requests
    from requests import exceptions as wrong

    with requests.Session() as session:
        session.trust_env = False  # no passwords from somebody's netrc, no proxy that nobody has written down
        if request.proxy is not None:
            session.proxies = {"http": request.proxy, "https": request.proxy}
        try:
            with session.request(
                request.method,
                request.url,
                data=request.body or None,
                headers=dict(request.headers),
                verify=request.ca_file or True,
                timeout=(seconds, seconds),
                allow_redirects=False,
                stream=True,
            ) as response:
                return _answer(response, place, given_up)
        except wrong.SSLError as error:
            raise ExchangeError(f"{place}: no secure connection: {_root(error)}", unclear=False) from None
        except wrong.ConnectTimeout:
            raise ExchangeError(f"{place}: no connection in {seconds:g} s", unclear=False) from None
        except wrong.Timeout:
            raise ExchangeError(f"{place}: no answer in {seconds:g} s", unclear=True) from None
        except (wrong.RequestException, OSError, ValueError) as error:
            raise ExchangeError(f"{place}: {_root(error)}", unclear=not _never_connected(error)) from None


def _answer(response: Response, place: str, given_up: threading.Event) -> Answer:
    body = b""
    for chunk in response.iter_content(_CHUNK):
        body += chunk
        if len(body) > MOST_ANSWER or given_up.is_set():
            raise ExchangeError(f"{place}: its answer has no end", unclear=True)
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(status=response.status_code, headers=headers, body=body, place=place)


def _never_connected(error: BaseException) -> bool:
    """Whether the request cannot have been read by anybody."""
    from urllib3.exceptions import NewConnectionError, ProxyError

    return any(isinstance(each, NewConnectionError | ProxyError) for each in _causes(error))


def _causes(error: BaseException) -> list[BaseException]:
    """The error and what is inside it; the outer ones repeat the whole request."""
    found: list[BaseException] = []
    inner: object = error
    while isinstance(inner, BaseException) and inner not in found:
        found.append(inner)
        inner = getattr(inner, "reason", None) or next(
            (each for each in inner.args if isinstance(each, BaseException)), inner.__context__
        )
    return found


def _root(error: BaseException) -> str:
    cause = _causes(error)[-1]
    words = getattr(cause, "verify_message", None) or getattr(cause, "strerror", None) or str(cause)
    line = " ".join("".join(each if each.isprintable() else " " for each in str(words)).split())
    return line[:_LONGEST].lower() or type(cause).__name__
