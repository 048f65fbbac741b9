"""`hawatch agent --witness`: reads witness.toml and the pairs' keys, and watches until told to stop."""

from __future__ import annotations

import asyncio
import logging
import signal
from contextlib import suppress
from pathlib import Path

from hawatch import clock
from hawatch.cli.choosing import SHORTEST_KEY
from hawatch.cli.interpreter import share_turns
from hawatch.config.witness import WITNESS_PATH, WitnessConfig
from hawatch.config.witness_file import read_witness
from hawatch.errors import ConfigError, HawatchError
from hawatch.exporter.server import serve
from hawatch.witness import Witness
from hawatch.witness.app import build_app

log = logging.getLogger("hawatch.witness")

RUN_ID = Path("/proc/sys/kernel/random/uuid")
SERVE_AGAIN = 5.0


def run_witness(path: str | None) -> int:
    """Run until SIGTERM or SIGINT; ConfigError names what cannot be used."""
    chosen = path or WITNESS_PATH
    config = read_witness(chosen)
    keys = read_keys(config, chosen)
    boot_id = RUN_ID.read_text(encoding="ascii").strip()
    share_turns()
    asyncio.run(_watch(Witness(config, keys, boot_id=boot_id, clock=clock)))
    return 0


def read_keys(config: WitnessConfig, path: str) -> dict[str, bytes]:
    """The key of each pair by its name. ConfigError: one is missing, too short, or the key of another pair."""
    keys: dict[str, bytes] = {}
    for number, pair in enumerate(config.pairs):
        where = f"{path}: pair[{number}].key_file"
        try:
            key = Path(pair.key_file).read_bytes().strip()
        except OSError as error:
            raise ConfigError(where, f"{pair.key_file}: {error.strerror or error}") from None
        if len(key) < SHORTEST_KEY:
            raise ConfigError(where, f"the key is {len(key)} bytes long; {SHORTEST_KEY} is the least")
        if key in keys.values():
            other = next(name for name, known in keys.items() if known == key)
            raise ConfigError(where, f"holds the key of the pair {other}, too; every pair needs its own")
        keys[pair.name] = key
    return keys


async def _watch(witness: Witness) -> None:
    listen = witness.config.listen
    app = build_app(witness.status)
    tasks = [
        asyncio.create_task(witness.run()),
        asyncio.create_task(_serve(app, http=str(listen.http), socket_path=None)),
        asyncio.create_task(_serve(app, http=None, socket_path=listen.socket)),
    ]

    def end() -> None:
        for task in tasks:
            task.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    log.info("witness=%s pairs=%d", witness.name, len(witness.pairs))
    try:
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks)
    finally:
        end()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _serve(app: object, *, http: str | None, socket_path: str | None) -> None:
    """An address that cannot be listened on is said, and tried again: who watches goes on without it."""
    while True:
        try:
            await serve(app, http=http, socket_path=socket_path)  # type: ignore[arg-type]
        except HawatchError as error:
            log.warning("problem=%r", str(error))
            await asyncio.sleep(SERVE_AGAIN)
