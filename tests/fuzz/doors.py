"""What comes in by the doors of the agent and of the helper: sockets, the port, and the files that say who may."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.middleware import Middleware

from hawatch.agent.helper_client import _answer
from hawatch.cli.agent_socket import _json_object, list_from_agent
from hawatch.doctor.helper_question import ask_helper
from hawatch.errors import HawatchError, ObserverError
from hawatch.exporter.answer_routes import AnswerRoutes
from hawatch.exporter.app_page import prefers_page
from hawatch.exporter.check_question import Question
from hawatch.exporter.doorkeeper import Doorkeeper
from hawatch.exporter.limits import Limits
from hawatch.exporter.tokens import TokenFile
from hawatch.exporter.wish import Wish, WishError, wish_of
from hawatch.helper.actions import Actions
from hawatch.helper.allowed import allowed
from hawatch.helper.armed import Armed
from hawatch.helper.command import Finished
from hawatch.helper.fencing import Fencing
from hawatch.helper.server import Server, _request
from hawatch.incident import NotPossibleError
from tests.fuzz.target import Target, text_in, written

NOW = 1_795_000_000.0


# --- the helper ----------------------------------------------------------------------------------


class _Remembered:
    """What was begun, in memory."""

    def __init__(self) -> None:
        self._begun: dict[str, Any] = {}

    def find(self, key: str) -> Any:
        return self._begun.get(key.encode().decode())

    def begin(self, key: str, what: dict[str, Any], *, until: float | None = None) -> None:
        if until is not None and until < NOW:
            raise HawatchError("too late")
        self._begun[key] = mock.Mock(what=json.loads(json.dumps(what)), result=None)

    def finish(self, key: str, result: dict[str, Any]) -> None:
        self._begun[key].result = result


@contextmanager
def _as_root_has_it() -> Iterator[None]:
    """A file of ours counts as root's, and nothing is run."""

    async def run(argv: Any, **_limits: Any) -> Finished:
        assert argv
        assert all(isinstance(word, str) for word in argv)
        return Finished(0, "", cut=False)

    with (
        mock.patch("hawatch.helper.allowed._is_root_s", return_value=True),
        mock.patch("hawatch.helper.actions.run", run),
        mock.patch("hawatch.helper.fencing.run", run),
    ):
        yield


ACTIONS = b"""
[action.reload-keepalived]
command = ["/usr/bin/systemctl", "reload", "keepalived"]
"""


def _requests(data: bytes) -> None:
    """Lines from whoever may open the helper's socket, to all the verbs that do something."""
    actions = Actions(str(written("actions.toml", ACTIONS)), config=lambda: None, acted=_Remembered())  # type: ignore[arg-type]
    armed = Armed(actions.act, actions.check)
    fencing = Fencing(str(written("actions.toml", ACTIONS)))
    verbs = {"act": actions.act, "actions": actions.list, "arm": armed.arm, "power": fencing.power}
    server = Server(verbs=verbs, feed=mock.Mock(), allowed_uids=frozenset())

    async def ask() -> None:
        for line in data.split(b"\n")[:20]:
            answer = await server._answer(_request(line))
            assert isinstance(answer["ok"], bool)
            assert b"\n" not in json.dumps(answer).encode()

    with _as_root_has_it():
        asyncio.run(ask())


def _actions(data: bytes) -> None:
    with _as_root_has_it():
        for action in allowed(written("actions.toml", data)).actions.values():
            with suppress(HawatchError):
                action.vector(None, {})


def _helper_answers(data: bytes) -> None:
    with suppress(ObserverError):
        _answer(data)
    with mock.patch("hawatch.doctor.helper_question._exchange", return_value=data), suppress(HawatchError):
        ask_helper(Path("/nowhere"), "config")
    with suppress(HawatchError):
        _json_object(data, Path("/nowhere"))
    with mock.patch("hawatch.cli.agent_socket._asked") as asked, suppress(HawatchError):
        asked.return_value.__enter__.return_value.read.return_value = data
        list_from_agent(Path("/nowhere"), "/api/v1/incidents")


# --- the agent's own doors -----------------------------------------------------------------------


class _Body:
    """A request with nothing but a body."""

    client = None

    def __init__(self, data: bytes) -> None:
        self._data = data

    async def body(self) -> bytes:
        return self._data


def _wish(data: bytes) -> None:
    wish = asyncio.run(wish_of(_Body(data)))  # type: ignore[arg-type]
    readers: tuple[Callable[[Wish], Any], ...] = (
        *(Wish.who, Wish.seconds, Wish.number, Wish.reason, Wish.text),
        *(lambda wish, name=name: wish.name(name) for name in ("subject", "person", "channel")),
        *(lambda wish, name=name: wish.says(name) for name in ("yes", "end", "all")),
    )
    for read in readers:
        with suppress(WishError):
            json.dumps(read(wish), ensure_ascii=False).encode()


def _http(data: bytes) -> None:
    """A request to the port: a line `METHOD path?query`, headers, an empty line, a body."""
    head, _, body = data.partition(b"\n\n")
    line, *lines = head.split(b"\n")
    method, _, target = line.partition(b" ")
    path, _, query = target.partition(b"?")
    headers = [
        (name.strip().lower(), value.strip()) for name, _, value in (each.partition(b":") for each in lines)
    ]
    scope = {
        "type": "http",
        "method": method.decode("latin-1"),
        "path": path.decode(errors="replace"),
        "query_string": query,
        "headers": headers,
        "client": ("192.0.2.7", 5),
    }
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    asyncio.run(_port()(scope, receive, send))  # type: ignore[arg-type]
    assert [each for each in statuses if each in (200, 409) or 400 <= each < 500] == statuses, statuses
    assert len(statuses) == 1
    prefers_page(dict(headers).get(b"accept", b"").decode("latin-1"))


TOKEN = b"a-token-of-sixteen-characters-and-more"


def _port() -> Starlette:
    tokens = TokenFile(written("tokens", b"ann:" + TOKEN))

    class Desk:
        def __getattr__(self, _: str) -> Callable[..., Any]:
            async def impossible(*_what: Any) -> Any:
                raise NotPossibleError("it is over")

            return impossible

    routes = AnswerRoutes(Desk(), Doorkeeper(tokens, lambda: NOW)).routes()
    return Starlette(routes=routes, middleware=[Middleware(Limits)])


def _check(data: bytes) -> None:
    with suppress(ValueError):  # too many fields
        Question.from_query(parse_qsl(text_in(data), keep_blank_values=True, max_num_fields=20))


TARGETS: dict[str, Target] = {
    "helper_request": Target(run=_requests, allowed=()),
    "actions_toml": Target(run=_actions, allowed=(HawatchError,)),
    "helper_answers": Target(run=_helper_answers, allowed=()),
    "http_wish": Target(run=_wish, allowed=(WishError,)),
    "http_request": Target(run=_http, allowed=()),
    "check_query": Target(run=_check, allowed=(HawatchError,)),
}
