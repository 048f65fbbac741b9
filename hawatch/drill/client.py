"""Clients that ask through a VIP all the time, in a thread of their own, and note what was answered in time."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol
from urllib.parse import urlsplit

from hawatch.drill.losses import Sample
from hawatch.errors import HawatchError

ICMP = "icmp"
_GOOD_BELOW = 500
_HTTP = {"http": 80, "https": 443}

Ask = Callable[[], Awaitable[None]]
"""One request; it returns when it was answered, and raises OSError (or is cancelled) when not."""


class Clock(Protocol):
    """The time as people read it."""

    def wall(self) -> float:
        """Epoch seconds."""


def ask_by(target: str) -> Ask:
    """How to ask a target: an http, https or tcp URL, or `icmp://ADDRESS`. HawatchError names what is wrong."""
    problem = f"--client: {target!r} is neither icmp, nor like http://10.0.0.100/ or tcp://10.0.0.100:80"
    try:
        parts = urlsplit(target)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise HawatchError(problem) from None
    if not host:
        raise HawatchError(problem)
    if parts.scheme in _HTTP:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        head = f"GET {path} HTTP/1.0\r\nHost: {parts.netloc}\r\nUser-Agent: hawatch-drill\r\n\r\n"
        tls = _no_questions() if parts.scheme == "https" else None
        return lambda: _http(host, port or _HTTP[parts.scheme], head.encode("latin-1", "replace"), tls)
    if parts.scheme == "tcp" and port is not None:
        return lambda: _tcp(host, port)
    if parts.scheme == ICMP:
        return lambda: _echo(host)
    raise HawatchError(problem)


class Asking:
    """Asks every target every so many seconds, whether the one before was answered or not, until it is ended."""

    def __init__(self, targets: Mapping[str, Ask], *, clock: Clock, every: float, patience: float) -> None:
        """`every` and `patience` are seconds; what is answered later than that is lost."""
        self._targets = dict(targets)
        self._clock = clock
        self._every = every
        self._patience = patience
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="clients", daemon=True)
        self.samples: dict[str, list[Sample]] = {name: [] for name in targets}
        """By target, in the order in which they were decided."""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def end(self) -> None:
        """End, once the last requests are decided."""
        self._end.set()
        if self._thread.is_alive():
            self._thread.join(self._patience + 5.0)

    def wait(self, seconds: float) -> None:
        """Sleep for so long, or until it is ended."""
        self._end.wait(seconds)

    def answered_lately(self, name: str, after: float) -> bool | None:
        """Whether the latest requests sent after a moment (epoch seconds) were answered; None: none is decided."""
        lately = [each for each in self.samples[name][-5:] if each.at >= after]
        return lately[-1].answered if lately else None

    def _run(self) -> None:
        asyncio.run(self._ask_all())

    async def _ask_all(self) -> None:
        under_way: set[asyncio.Task[None]] = set()
        loop = asyncio.get_running_loop()
        due = loop.time()
        while not self._end.is_set():
            for name, ask in self._targets.items():
                task = asyncio.create_task(self._one(name, ask))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
            # A host that was busy must not be made up for: that would be a flood.
            due = max(due + self._every, loop.time())
            await asyncio.sleep(due - loop.time() or self._every)
        await asyncio.gather(*under_way, return_exceptions=True)

    async def _one(self, name: str, ask: Ask) -> None:
        at = self._clock.wall()
        try:
            async with asyncio.timeout(self._patience):
                await ask()
            answered = True
        except (OSError, TimeoutError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            answered = False
        self.samples[name].append(Sample(at=at, answered=answered))


async def _http(host: str, port: int, head: bytes, tls: ssl.SSLContext | None) -> None:
    reader, writer = await asyncio.open_connection(host, port, ssl=tls)
    try:
        writer.write(head)
        line = await reader.readuntil(b"\n")
    finally:
        writer.transport.abort()
    words = line.split()
    if len(words) < 2 or not words[0].startswith(b"HTTP/") or int(words[1]) >= _GOOD_BELOW:
        raise ConnectionError("no good answer")


async def _tcp(host: str, port: int) -> None:
    _, writer = await asyncio.open_connection(host, port)
    writer.transport.abort()


async def _echo(host: str) -> None:
    from icmplib import ICMPLibError, SocketPermissionError, async_ping

    for privileged in (True, False):
        try:
            answer = await async_ping(host, count=1, timeout=5, privileged=privileged)
        except SocketPermissionError:
            continue
        except ICMPLibError as error:
            raise ConnectionError(str(error)) from None
        if not answer.is_alive:
            raise ConnectionError("no echo")
        return
    raise PermissionError("no right to send echoes")


def _no_questions() -> ssl.SSLContext:
    """Whether there is an answer counts, not whose certificate it bears."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
