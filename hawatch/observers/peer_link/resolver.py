"""Host names to addresses, without keeping anybody waiting."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from math import inf

from hawatch.heartbeat import at_work, beat
from hawatch.observers import MonotonicClock
from hawatch.observers.peer_link.endpoint import SocketAddress, is_address, numeric_address
from hawatch.observers.peer_link.path import Path

_PAUSE_UNKNOWN, _PAUSE_SILENT, _PAUSE_USED = 1.0, 5.0, 60.0


NAME_SERVERS_TAKE = 120.0
"""Seconds that the C library may take over a name, with three servers that do not answer, and more."""


async def keep_resolved(
    path: Path,
    port: int,
    clock: MonotonicClock,
    *,
    found: Callable[[Path, SocketAddress], None],
    failed: Callable[[Path, str], None],
) -> None:
    """Find the other end's address, and look again and again whether its name has moved.

    `failed` is called with the problem while no address is known; OSErrors of `found` are such problems, too.
    """
    while True:
        try:
            if is_address(path.remote):
                found(path, numeric_address(path.remote, port))
                beat(inf, of=path)
                return
            with at_work(NAME_SERVERS_TAKE):
                found(path, await resolve(path.remote, port))
        except OSError as error:
            if path.address is None:
                failed(path, error.strerror or str(error))
        pause = _pause(path, clock.monotonic())
        beat(pause, of=path)
        await asyncio.sleep(pause)


def _pause(path: Path, now: float) -> float:
    if path.address is None:
        return _PAUSE_UNKNOWN
    return _PAUSE_USED if path.is_heard(now) else _PAUSE_SILENT


async def resolve(host: str, port: int) -> SocketAddress:
    """The first address of a host. OSError when it has none.

    The C library may wait many seconds for a name server, hence a thread of its own, for which the agent's end does
    not wait.
    """
    answer: Future[SocketAddress] = Future()
    answer.set_running_or_notify_cancel()
    threading.Thread(target=_ask, args=(answer, host, port), name=f"resolve {host}", daemon=True).start()
    return await asyncio.wrap_future(answer)


def _ask(answer: Future[SocketAddress], host: str, port: int) -> None:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError) as error:
        reason = (getattr(error, "strerror", None) or "not a host name").lower()
        answer.set_exception(OSError(f"{host}: {reason}"))
    else:
        answer.set_result(found[0][4])
