"""A bundle in pieces, packed in a thread while somebody reads it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import suppress

from hawatch.blackbox.bundle import Sources, pack
from hawatch.errors import ObserverError

PIECE = 1 << 16
_busy = asyncio.Semaphore(1)


async def stream_bundle(sources: Sources) -> AsyncIterator[bytes]:
    """The bundle's bytes. HawatchError, before the first, when there is none, or another is being packed.

    The kernel's pipe is what makes the thread wait for a slow reader, and end when the reader has gone.
    """
    if _busy.locked():
        raise ObserverError("another bundle is being packed")
    async with _busy:
        loop = asyncio.get_running_loop()
        reading, writing = os.pipe()
        reader = asyncio.StreamReader(limit=PIECE)
        transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(reading, "rb", buffering=0)
        )
        packing = loop.run_in_executor(None, _pack_into, writing, sources)
        try:
            while piece := await reader.read(PIECE):
                yield piece
            await packing
        finally:
            transport.close()
            with suppress(Exception):
                await packing


def _pack_into(writing: int, sources: Sources) -> None:
    with os.fdopen(writing, "wb") as stream:
        pack(sources, stream)
