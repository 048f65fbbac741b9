"""An agent that answers a browser with whatever a test wants, on loopback: it can change, stall, stop and come back."""

from __future__ import annotations

import asyncio
import hmac
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from hawatch.exporter.page import page
from hawatch.exporter.server import EmbeddedServer
from hawatch.exporter.status import iso_utc
from tests.page.pictures import Picture

HANG = 30.0
TOKEN = "anna-0123456789abcdef"


class PretendAgent:
    """Serves one Picture; `posts` are the answers it was given."""

    def __init__(self, shown: Picture, port: int) -> None:
        self.shown = shown
        self.port = port
        self.frozen = False
        self.takes_answers = True
        self.streams = True
        self.streams_opened = 0
        self.refuses_with: tuple[int, str] | None = None
        self.posts: list[tuple[str, str, dict[str, Any]]] = []
        self.asked: list[str] = []
        self._revision = 1
        self._waiting: set[asyncio.Queue[str]] = set()
        self._server: EmbeddedServer | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    # --- from the test's thread -------------------------------------------------------------------

    def show(self, shown: Picture) -> None:
        """Swap the picture and tell all who listen."""
        self.shown = shown
        self.announce()

    def announce(self) -> None:
        assert self._loop is not None
        self._revision += 1
        self._loop.call_soon_threadsafe(
            self._tell, f'event: picture\ndata: {{"revision": {self._revision}}}\n\n'
        )

    def start(self) -> None:
        started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run(started)))
        self._thread.start()
        assert started.wait(HANG), "the agent did not start"

    def stop(self) -> None:
        assert self._loop is not None
        assert self._thread is not None
        assert self._server is not None
        server = self._server

        def end() -> None:
            server.end()
            for connection in tuple(server.server_state.connections):
                connection.transport.close()

        self._loop.call_soon_threadsafe(end)
        self._thread.join(HANG)
        assert not self._thread.is_alive(), "the agent did not stop"

    # --- in its own thread ------------------------------------------------------------------------

    def _tell(self, event: str) -> None:
        for queue in self._waiting:
            queue.put_nowait(event)

    async def _run(self, started: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._waiting = set()
        listener = socket.create_server(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        routes = [
            Route("/", self._page),
            Route("/healthz", self._healthz),
            Route("/api/v1/events", self._events),
            Route("/api/v1/incidents/{name:path}/{verb}", self._answered, methods=["POST"]),
            *(
                Route(f"/api/v1/{each}", self._view(each))
                for each in ("status", "history", "incidents", "targets")
            ),
        ]
        config = uvicorn.Config(
            Starlette(routes=routes),
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=1,
        )
        self._server = EmbeddedServer(config)
        started.set()
        await self._server.serve(sockets=[listener])
        listener.close()

    async def _page(self, _request: Request) -> Response:
        made = page()
        headers = {"content-security-policy": made.policy, "etag": made.etag, "cache-control": "no-cache"}
        return Response(made.body, media_type="text/html; charset=utf-8", headers=headers)

    async def _healthz(self, _request: Request) -> Response:
        self.asked.append("healthz")
        return PlainTextResponse(
            "the picture is 20.0 s old\n" if self.frozen else "ok\n", 503 if self.frozen else 200
        )

    def _view(self, what: str) -> Callable[[Request], Any]:
        async def view(_request: Request) -> Response:
            self.asked.append(what)
            if what == "status" and not self.frozen:
                self.shown.status["time"] = iso_utc(time.time())
            return JSONResponse(getattr(self.shown, what))

        return view

    async def _events(self, _request: Request) -> Response:
        if not self.streams:
            return PlainTextResponse("too many listen already\n", status_code=503)
        return StreamingResponse(self._stream(), media_type="text/event-stream")

    async def _stream(self) -> AsyncIterator[str]:
        queue: asyncio.Queue[str] = asyncio.Queue()
        self._waiting.add(queue)
        self.streams_opened += 1
        try:
            yield f'event: picture\ndata: {{"revision": {self._revision}}}\n\n'
            while True:
                yield await queue.get()
        finally:
            self._waiting.discard(queue)

    async def _answered(self, request: Request) -> Response:
        if not self.takes_answers:
            return PlainTextResponse(
                "answers over HTTP are off: listen.token_file is not set\n", status_code=403
            )
        if self.refuses_with:
            return PlainTextResponse(self.refuses_with[1], status_code=self.refuses_with[0])
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {TOKEN}".encode()):
            return PlainTextResponse("a token is needed\n", status_code=401)
        verb = request.path_params["verb"]
        self.posts.append((request.path_params["name"], verb, json.loads(await request.body())))
        (first, *_) = [each for each in self.shown.incidents if each["id"] == request.path_params["name"]]
        first["state"] = {"ack": "acknowledged", "release": "open", "snooze": "snoozed"}[verb]
        first["acknowledged_by"] = None if verb == "release" else "anna"
        first["snoozed_until"] = iso_utc(time.time() + 1800) if verb == "snooze" else None
        return JSONResponse(first)


@contextmanager
def pretend_agent(shown: Picture, port: int = 0) -> Iterator[PretendAgent]:
    """One that runs; ended at the end, whether or not it was stopped meanwhile."""
    agent = PretendAgent(shown, port)
    agent.start()
    try:
        yield agent
    finally:
        if agent._thread is not None and agent._thread.is_alive():
            agent.stop()
