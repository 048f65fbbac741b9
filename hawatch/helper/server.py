"""Who asks what: callers are checked, requests are lines of JSON, and nonsense ends nothing but its connection."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from hawatch.errors import HawatchError
from hawatch.helper.busy import BusyError
from hawatch.helper.config_feed import ConfigFeed

log = logging.getLogger("hawatch.helper")

MOST_CLIENTS = 16
LONGEST_REQUEST = 4096
PATIENCE = 60.0
"""Seconds for which a connection that has asked for nothing lasting may be silent."""
_WRITE_PATIENCE = 10.0
_REFUSAL_PATIENCE = 1.0
_CREDENTIALS = struct.Struct("3i")

Answer = dict[str, Any]
Verb = Callable[[Answer], Awaitable[Answer]]
"""Takes the request, gives what is in the answer; HawatchError is told to the caller."""


class Server:
    """Answers every client that may ask, some at a time."""

    def __init__(self, *, verbs: Mapping[str, Verb], feed: ConfigFeed, allowed_uids: frozenset[int]) -> None:
        self._verbs = verbs
        self._feed = feed
        self._allowed_uids = allowed_uids
        self._clients: set[asyncio.Task[None]] = set()

    async def run(self, listening: socket.socket) -> None:
        """Serve until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._feed.run())
            server = await asyncio.start_unix_server(self._client, sock=listening, limit=LONGEST_REQUEST)
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                server.close()
                for client in self._clients:
                    client.cancel()
                await asyncio.gather(*self._clients, return_exceptions=True)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a handler is a task
        try:
            uid = _uid_of(writer)
            if uid not in self._allowed_uids:
                log.warning("uid=%d refused", uid)
                await _turn_away(reader, writer, {"error": "you are not the agent"})
            elif len(self._clients) >= MOST_CLIENTS:
                await _turn_away(reader, writer, {"error": "too many clients", "busy": True})
            else:
                self._clients.add(task)
                await self._serve(reader, writer)
        except (OSError, TimeoutError, asyncio.CancelledError):
            pass  # the client is gone, or does not read, or we end
        finally:
            self._clients.discard(task)
            writer.transport.abort() if writer.transport.get_write_buffer_size() else writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        pushing: asyncio.Task[None] | None = None
        try:
            while True:
                try:
                    async with asyncio.timeout(None if pushing else PATIENCE):
                        line = await reader.readline()
                except ValueError:
                    await _write(writer, {"ok": False, "error": "the request is too long"})
                    return
                if not line.endswith(b"\n"):
                    return
                request = _request(line)
                await _write(writer, await self._answer(request))
                if pushing is None and request.get("verb") == "config" and request.get("subscribe") is True:
                    pushing = asyncio.create_task(self._push(writer))
        finally:
            if pushing is not None:
                pushing.cancel()
                await asyncio.gather(pushing, return_exceptions=True)

    async def _answer(self, request: Answer) -> Answer:
        name = request.get("verb")
        verb = self._verbs.get(name) if isinstance(name, str) else None
        if verb is None:
            return {"ok": False, "error": f"no such verb; there are {', '.join(sorted(self._verbs))}"}
        try:
            return {"verb": name, "ok": True, **await verb(request)}
        except BusyError as error:
            return {"verb": name, "ok": False, "error": str(error), "busy": True}
        except HawatchError as error:
            return {"verb": name, "ok": False, "error": str(error)}

    async def _push(self, writer: asyncio.StreamWriter) -> None:
        with self._feed.subscribed() as changed:
            try:
                while True:
                    await changed.wait()
                    changed.clear()
                    await _write(writer, {"verb": "config", "ok": True, **await self._feed.answer({})})
            except (OSError, TimeoutError):
                writer.transport.abort()  # its reader learns of it


def _request(line: bytes) -> Answer:
    try:
        request = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return request if isinstance(request, dict) else {}


async def _turn_away(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, reason: Answer) -> None:
    """Say why, once the request is here: a caller who is still writing would see a broken pipe and no reason."""
    with contextlib.suppress(TimeoutError, ValueError):
        async with asyncio.timeout(_REFUSAL_PATIENCE):
            await reader.readline()
    await _write(writer, {"ok": False, **reason})


def _uid_of(writer: asyncio.StreamWriter) -> int:
    """The caller's user, as the kernel knows it."""
    connection = writer.get_extra_info("socket")
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, uid, _ = _CREDENTIALS.unpack(raw)
    return int(uid)


async def _write(writer: asyncio.StreamWriter, answer: Answer) -> None:
    """One line. TimeoutError when the client does not read."""
    writer.write(json.dumps(answer, separators=(",", ":")).encode() + b"\n")
    async with asyncio.timeout(_WRITE_PATIENCE):
        await writer.drain()
