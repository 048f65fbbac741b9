"""Serves the application with uvicorn inside the agent's own event loop, on TCP and on a Unix socket."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from hawatch.exporter.listening import listen_tcp, listen_unix
from hawatch.exporter.wish import UNIX_CALLER

CONNECTIONS = 64
HEAD_LIMIT = 16384
REQUEST_TIMEOUT = 10.0
DATE_EVERY = 1.0
YIELD_TO_LOOP = 0.001
"""Seconds for which a thread that makes a large answer may keep the loop, which judges, from going on."""


class PromptProtocol(H11Protocol):
    """HTTP/1.1 for callers who say what they want.

    A connection beyond CONNECTIONS, or without a whole request head after REQUEST_TIMEOUT, is closed: the agent's
    file descriptors belong to its observers.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the time in which the first request must be there."""
        super().connection_made(transport)
        uid = _caller(transport)
        if uid is not None:
            self.client = (UNIX_CALLER, uid)
        if len(self.connections) > CONNECTIONS:
            transport.close()
        else:
            self.loop.call_later(REQUEST_TIMEOUT, self._close_if_silent)

    def _close_if_silent(self) -> None:
        asked = cast("RequestResponseCycle | None", self.cycle)
        if asked is None:
            self.transport.close()


def _caller(transport: asyncio.Transport) -> int | None:
    """The user id that the kernel vouches for on a Unix socket; None elsewhere. See unix(7), SO_PEERCRED."""
    connection = transport.get_extra_info("socket")
    if connection is None or connection.family != socket.AF_UNIX:
        return None
    form = struct.Struct("3i")
    _, uid, _ = form.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, form.size))
    return int(uid)


class EmbeddedServer(uvicorn.Server):
    """A uvicorn server that leaves the process's signals to the agent, and sleeps while nobody asks."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._ended = asyncio.Event()

    async def main_loop(self) -> None:
        """Keep the Date of answers right until the end; uvicorn's own loop looks for that ten times a second."""
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(DATE_EVERY):
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
    sys.setswitchinterval(YIELD_TO_LOOP)
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


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
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
