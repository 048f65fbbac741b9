"""The verb `dump`: keepalived's own data, for which it must be sent a signal; only ever on request."""

from __future__ import annotations

import asyncio
import json
import os
import re
import stat
from pathlib import Path
from typing import Any

from hawatch.errors import HawatchError
from hawatch.helper.command import run

TIME_LIMIT = 3.0
_POLL = 0.02
_PID_FILES = ("/run/keepalived.pid", "/run/keepalived/keepalived.pid")
_DUMP = "tmp/keepalived.json"
_MOST_BYTES = 16 << 20
_SECRET = re.compile(r"auth_data|auth_pass|pass(word|wd)|secret|key", re.IGNORECASE)


class Dump:
    """Asks keepalived for its JSON dump, takes the file away, and leaves the passwords out."""

    def __init__(self) -> None:
        self._one_at_a_time = asyncio.Lock()

    async def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """The dump under `data`. HawatchError when keepalived does not run here, or gives none."""
        del request
        async with self._one_at_a_time:
            pid = _parent()
            number = await _signal_number()
            # As keepalived sees it: its temporary directory may be private to it.
            path = Path(f"/proc/{pid}/root") / _DUMP
            _remove(path)
            os.kill(pid, number)
            return {"data": without_secrets(await _read_and_remove(path))}


def without_secrets(data: Any) -> Any:
    """The same without every field whose name speaks of a secret."""
    if isinstance(data, dict):
        return {name: without_secrets(each) for name, each in data.items() if not _SECRET.search(name)}
    if isinstance(data, list):
        return [without_secrets(each) for each in data]
    return data


def _parent() -> int:
    """keepalived's parent process in our own network namespace."""
    here = Path("/proc/self/ns/net").stat()
    for name in _PID_FILES:
        try:
            pid = int(Path(name).read_text(encoding="ascii"))
            there = Path(f"/proc/{pid}/ns/net").stat()
            program = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8")
        except (OSError, ValueError):
            continue
        if program.startswith("keepalived") and (there.st_dev, there.st_ino) == (here.st_dev, here.st_ino):
            return pid
    raise HawatchError("keepalived does not run here")


async def _signal_number() -> int:
    """Which signal asks for JSON depends on the version, and on how it was built."""
    told = await run(("keepalived", "--signum=JSON"), seconds=TIME_LIMIT, most_bytes=100)
    if told.code != 0 or not told.output.strip().isdigit():
        raise HawatchError("this keepalived has no JSON dump")
    return int(told.output)


async def _read_and_remove(path: Path) -> Any:
    """The dump, as soon as it is whole."""
    try:
        async with asyncio.timeout(TIME_LIMIT):
            while True:
                await asyncio.sleep(_POLL)
                try:
                    return json.loads(_read_root_file(path))
                except (FileNotFoundError, ValueError):
                    continue  # not there, or not whole yet
    except TimeoutError:
        raise HawatchError(f"keepalived wrote no dump in {TIME_LIMIT:g} s") from None
    finally:
        _remove(path)


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


def _read_root_file(path: Path) -> bytes:
    """The content of a regular file of root's; what others put in its place is not read."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as opened:
        seen = os.fstat(descriptor)
        if not stat.S_ISREG(seen.st_mode) or seen.st_uid != 0:
            raise HawatchError(f"/{_DUMP} is not keepalived's")
        return opened.read(_MOST_BYTES)
