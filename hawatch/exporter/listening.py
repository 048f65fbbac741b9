"""Listening sockets: TCP on an address, and a Unix socket whose mode decides who may talk to the agent."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import stat
from pathlib import Path

from hawatch.errors import ObserverError

BACKLOG = 64
UNIX_MODE = 0o660
# Someone else's agent answers a connection at once; an old socket file refuses it at once.
ALIVE_TIMEOUT = 1.0


async def listen_tcp(address: str) -> socket.socket:
    """Listen on `host:port` or `[ipv6]:port`; raises ObserverError that names the address and the reason."""
    host, port = _host_and_port(address)
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, where = found[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise ObserverError(f"http {address}: {_reason(error)}") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.settimeout(0.0)
        listener.bind(where)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise ObserverError(f"http {address}: {_reason(error)}") from error
    return listener


def listen_unix(path: Path) -> socket.socket:
    """Listen on a Unix socket of mode 0660, in the place of one that nobody serves any more.

    Raises ObserverError that names the path and the reason; a socket on which an agent answers is left alone.
    """
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.settimeout(0.0)
        _refuse_to_replace(path)
        fresh.unlink(missing_ok=True)
        # Bound aside and renamed, so that nobody ever meets it with another mode, or misses it in between.
        listener.bind(str(fresh))
        fresh.chmod(UNIX_MODE)
        listener.listen(BACKLOG)
        fresh.rename(path)
    except OSError as error:
        listener.close()
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise ObserverError(f"socket {path}: {_reason(error)}") from error
    except ObserverError:
        listener.close()
        raise
    return listener


def _refuse_to_replace(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise ObserverError(f"socket {path}: there is something else of that name")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
        caller.settimeout(ALIVE_TIMEOUT)
        with contextlib.suppress(ConnectionRefusedError, FileNotFoundError):
            caller.connect(str(path))
            raise ObserverError(f"socket {path}: another agent answers there")


def _host_and_port(address: str) -> tuple[str, int]:
    host, colon, port = address.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not (colon and host and port.isascii() and port.isdigit() and int(port) < 65536):
        raise ObserverError(f"http {address}: not an address and a port, such as 127.0.0.1:10112")
    return host, int(port)


def _reason(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "the port is in use"
    return (error.strerror or str(error)).lower()
