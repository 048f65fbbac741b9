"""The agent's end of the helper's socket, as far as the configuration goes (hawatch/helper has the protocol)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from hawatch.errors import DecodeError, ObserverError
from hawatch.keepalived.model import KeepalivedConfig
from hawatch.keepalived.watched import Reading
from hawatch.plain import codec

LONGEST_ANSWER = 64 << 20
_SUBSCRIBE = json.dumps({"verb": "config", "subscribe": True}).encode() + b"\n"
_ANSWER_PATIENCE = 10.0


async def readings(socket_path: str, path: str) -> AsyncIterator[Reading]:
    """What the helper reads, now and whenever it changes; ends when the helper does.

    OSError when it cannot be reached, ObserverError when it will not answer, or watches another file than `path`.
    """
    async with asyncio.timeout(_ANSWER_PATIENCE):
        reader, writer = await asyncio.open_unix_connection(socket_path, limit=LONGEST_ANSWER)
    try:
        writer.write(_SUBSCRIBE)
        patience: float | None = _ANSWER_PATIENCE
        while True:
            async with asyncio.timeout(patience):
                line = await reader.readline()
            if not line.endswith(b"\n"):
                return
            yield reading_of(line, path)
            patience = None
    except ValueError:
        raise ObserverError("hawatch-helper: its answer is too long") from None
    finally:
        writer.close()


def reading_of(line: bytes, path: str) -> Reading:
    """The reading in one line of the helper's. ObserverError: a refusal, or a line that is not understood."""
    try:
        answer = json.loads(line)
        if answer["ok"] is not True:
            raise ObserverError(f"hawatch-helper: {answer['error']}")
        if answer["path"] != path:
            raise ObserverError(f"hawatch-helper reads {answer['path']}, not {path}")
        return Reading(
            config=_config(answer["config"]), problem=answer["problem"], modified_at=answer["modified_at"]
        )
    except (ValueError, KeyError, TypeError, RecursionError, DecodeError) as error:
        raise ObserverError(
            f"hawatch-helper: an answer that this version does not understand ({error})"
        ) from None


def _config(plain: Any) -> KeepalivedConfig | None:
    if plain is None:
        return None
    config: KeepalivedConfig = codec(KeepalivedConfig).decode(plain)
    return config
