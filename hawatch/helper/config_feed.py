"""The verb `config`: keepalived.conf as a model, and again when it changes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hawatch.keepalived.model import DumpFiles, KeepalivedConfig
from hawatch.keepalived.watched import Reading, WatchedConfig
from hawatch.plain import codec
from hawatch.wire.fingerprint import password_fingerprint

POLL_PAUSE = 1.0


class ConfigFeed:
    """Reads the files when they have changed, and looks for that as long as somebody wants to know."""

    def __init__(self, *, path: str, key_file: str, host_name: str, config_id: str) -> None:
        self._key_file = Path(key_file)
        self._key: bytes | None = None
        self._watched = WatchedConfig(
            path, fingerprint=self._fingerprint, host_name=host_name, config_id=config_id
        )
        self._reading: Reading | None = None
        self._subscribers: set[asyncio.Event] = set()

    async def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """The configuration as it is now."""
        del request
        reading = self.reading()
        plain = None if reading.config is None else codec(KeepalivedConfig).encode(reading.config)
        return {
            "path": self._watched.path,
            "config": plain,
            "problem": reading.problem,
            "modified_at": reading.modified_at,
        }

    def reading(self) -> Reading:
        """What the files say now."""
        self._refresh()
        return self._reading or Reading()

    def dump_files(self) -> DumpFiles:
        """Where keepalived writes its dumps; where it does by itself, if the files cannot be read."""
        config = self.reading().config
        return DumpFiles() if config is None else config.dump_files

    async def run(self) -> None:
        """Tell the subscribers of changes, until cancelled."""
        while True:
            await asyncio.sleep(POLL_PAUSE)
            if self._subscribers:
                self._refresh()

    @contextmanager
    def subscribed(self) -> Iterator[asyncio.Event]:
        """An event that is set at each change while the block lasts."""
        changed = asyncio.Event()
        self._subscribers.add(changed)
        try:
            yield changed
        finally:
            self._subscribers.discard(changed)

    def _refresh(self) -> None:
        key = _read_key(self._key_file)
        if key != self._key:
            self._key = key
            reading: Reading | None = self._watched.read()
        else:
            reading = self._watched.read_if_changed()
        if reading is not None and reading != self._reading:
            self._reading = reading
            for changed in self._subscribers:
                changed.set()

    def _fingerprint(self, password: bytes) -> str:
        return password_fingerprint(self._key, password)


def _read_key(path: Path) -> bytes | None:
    """The peer key as the agent reads it; None when there is none, as for an agent without one."""
    try:
        return path.read_bytes().strip()
    except OSError:
        return None
