"""A client of a service behind a VIP: one request, as anybody's would be, and whether it is served."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress

from hawatch.config.witness import WatchedService
from hawatch.config.witness_file import where

TIMEOUT = 0.8
"""Seconds; a second attempt of the kernel's to connect comes after one, and is a request of its own here."""
FAILS_FROM = 400
_HEAD_BYTES = 512


async def is_served(service: WatchedService) -> bool:
    """Connect, and with `http` ask for the page: a status below 400 is served."""
    target = where(service)
    family = socket.AF_INET6 if ":" in target.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC) as sock:
        try:
            async with asyncio.timeout(TIMEOUT):
                await asyncio.get_running_loop().sock_connect(sock, (target.host, target.port))
                return service.http is None or await _get(sock, service.http)
        except (TimeoutError, OSError):
            return False


async def _get(sock: socket.socket, url: str) -> bool:
    rest = url.removeprefix("http://")
    host, slash, path = rest.partition("/")
    loop = asyncio.get_running_loop()
    head = f"GET {slash}{path or ''} HTTP/1.1" if slash else "GET / HTTP/1.1"
    request = f"{head}\r\nHost: {host}\r\nUser-Agent: hawatch\r\nConnection: close\r\n\r\n"
    await loop.sock_sendall(sock, request.encode())
    answer = b""
    while b"\n" not in answer and len(answer) < _HEAD_BYTES:
        more = await loop.sock_recv(sock, _HEAD_BYTES)
        if not more:
            break
        answer += more
    words = answer.partition(b"\n")[0].split()
    with suppress(IndexError, ValueError):
        return words[0].startswith(b"HTTP/") and int(words[1]) < FAILS_FROM
    return False
