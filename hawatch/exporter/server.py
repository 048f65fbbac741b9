"""Serves the application with uvicorn inside the agent's own event loop, on TCP and on a Unix socket."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable, Iterator
from email.utils import formatdate
from pathlib import Path
from typing import cast

from starlette.types import ASGIApp

from hawatch.clock import wall
from hawatch.exporter.listening import listen_tcp, listen_unix
from hawatch.exporter.places import Place, caller_of, gives_way
from hawatch.exporter.wish import UNIX_CALLER
from hawatch.partly import partly

with partly("uvicorn"):  # not its command line, nor what starts and watches other processes
    import uvicorn
    from uvicorn.config import Config

    vars(uvicorn)["Config"] = Config  # where the next one looks for it
    import uvicorn.lifespan.off
    from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle
    from uvicorn.server import Server

CONNECTIONS = 64
HEAD_LIMIT = 16384
REQUEST_TIMEOUT = 10.0
ANSWER_FIRST = 1.0
"""Seconds more for a body: what reads it gives up first, and says so."""


class PromptProtocol(H11Protocol):
    """HTTP/1.1 for callers who say what they want, and take what they asked for.

    There are CONNECTIONS at the most, as the agent's file descriptors belong to its observers: beyond that somebody
    gives way to whoever comes (hawatch/exporter/places.py). A connection is closed that has not sent a whole head
    REQUEST_TIMEOUT after it was made or answered last, or a whole body so long after its head, and one that leaves for
    so long what was written to it: whoever keeps a place uses it.
    """

    _unasked: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None
    _timed: RequestResponseCycle | None = None
    _began = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the time in which the first request must be there."""
        super().connection_made(transport)
        # Then we are told when anything at all waits to be read, and when nothing does any longer.
        transport.set_write_buffer_limits(high=0)
        uid = _caller(transport)
        if uid is not None:
            self.client = (UNIX_CALLER, uid)
        self._began = self.loop.time()
        self._watch_asking()
        if len(self.connections) > CONNECTIONS:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of what waits for the caller."""
        super().connection_lost(exc)
        for timer in (self._unasked, self._unread):
            if timer is not None:
                timer.cancel()

    def data_received(self, data: bytes) -> None:
        """Take what has come; the time goes on until it is a whole request. The answer's Date is of now."""
        date = (b"date", formatdate(wall(), usegmt=True).encode())
        self.server_state.default_headers = [date, *self.config.encoded_headers]
        super().data_received(data)
        self._watch_asking()

    def on_response_complete(self) -> None:
        """Start the time in which the next request must be there."""
        super().on_response_complete()
        self._watch_asking()

    def pause_writing(self) -> None:
        """Start the time in which the caller must read what waits for it."""
        super().pause_writing()
        self._unread = self.loop.call_later(REQUEST_TIMEOUT, self.let_go)

    def resume_writing(self) -> None:
        """All was read."""
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()

    def _make_room(self) -> None:
        """One of all gives way to this one, or this one to them."""
        others = cast("set[PromptProtocol]", self.connections) - {self}
        there = {each.place(): each for each in others if not each.transport.is_closing()}
        if len(there) >= CONNECTIONS:
            own = self.place()
            there[own] = self
            there[gives_way(there, own)].let_go()

    def place(self) -> Place:
        """How this connection stands among the others."""
        host, port = self.client or ("", 0)
        running = [each.when() for each in (self._unasked, self._unread) if each and not each.cancelled()]
        return Place(
            caller=f"{host} {port}" if host == UNIX_CALLER else caller_of(host),
            began=self._began,
            unused_until=min(running, default=None),
        )

    def let_go(self) -> None:
        """End it at once, with all that nobody has read."""
        connection = self.transport.get_extra_info("socket")
        if connection is not None:
            # Nor does the kernel keep what nobody reads. See socket(7), SO_LINGER.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def _watch_asking(self) -> None:
        """Let the time run while no whole request is there; bytes alone do not start it anew, a whole head does."""
        asked = cast("RequestResponseCycle | None", self.cycle)
        whole = asked is not None and not asked.more_body
        if self.transport.is_closing() or (whole and asked is not None and not asked.response_complete):
            self._stop_asking()
        elif asked is not self._timed or self._unasked is None:
            self._stop_asking()
            self._timed = asked
            within = REQUEST_TIMEOUT if whole or asked is None else REQUEST_TIMEOUT + ANSWER_FIRST
            self._unasked = self.loop.call_later(within, self.transport.close)

    def _stop_asking(self) -> None:
        if self._unasked is not None:
            self._unasked.cancel()
            self._unasked = None


def _caller(transport: asyncio.Transport) -> int | None:
    """The user id that the kernel vouches for on a Unix socket; None elsewhere. See unix(7), SO_PEERCRED."""
    connection = transport.get_extra_info("socket")
    if connection is None or connection.family != socket.AF_UNIX:
        return None
    form = struct.Struct("3i")
    _, uid, _ = form.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, form.size))
    return int(uid)


class EmbeddedServer(Server):
    """A uvicorn server that leaves the process's signals to the agent, and sleeps while nobody asks."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self._ended = asyncio.Event()

    async def main_loop(self) -> None:
        """Wait for the end; uvicorn's own loop wakes ten times a second, for the Date of answers."""
        await self._ended.wait()

    def end(self) -> None:
        """Take no more requests, and let `serve` return when those that run are answered."""
        self.should_exit = True
        self._ended.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def _tell_nobody() -> None:
    """For a caller who sees by other means that it is served."""


async def serve(
    app: ASGIApp,
    *,
    http: str | None,
    socket_path: str | None,
    listening: Callable[[], None] = _tell_nobody,
) -> None:
    """Serve until cancelled; None leaves that side out, and `listening` is called once callers can connect.

    Raises ObserverError of one line, before anything is served, when an address or a path cannot be listened on. The
    two sides are best served by two calls: then neither waits for the other's fault to be mended.
    """
    listeners = []
    try:
        if http is not None:
            listeners.append(await listen_tcp(http))
        if socket_path is not None:
            listeners.append(listen_unix(Path(socket_path)))
        listening()
        await serve_on(app, listeners)
    finally:
        for listener in listeners:
            listener.close()


async def serve_on(app: ASGIApp, listeners: list[socket.socket]) -> None:
    """Serve on sockets that listen already, until cancelled; closes them."""
    server = EmbeddedServer(_config(app))
    serving = asyncio.ensure_future(server.serve(sockets=listeners))
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        server.end()
        # Event streams never end by themselves.
        for connection in tuple(server.server_state.connections):
            connection.transport.close()
        await serving
        raise


def _config(app: ASGIApp) -> Config:
    return Config(
        app,
        http=PromptProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=HEAD_LIMIT,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=1,
    )
