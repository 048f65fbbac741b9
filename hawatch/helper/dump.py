"""The verb `dump`: keepalived's own data, for which it must be sent a signal; only ever on request."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Sequence
from typing import Any

from hawatch.errors import DecodeError, HawatchError
from hawatch.helper.daemon import Daemon, find
from hawatch.helper.dump_file import DumpFile
from hawatch.helper.redaction import without_secret_lines, without_secrets
from hawatch.keepalived.dumps import read_text
from hawatch.keepalived.model import DumpFiles

TIME_LIMIT = 3.0
_POLL = 0.02
_LATE = 60.0
"""Seconds after which a dump that came too late is taken away at the latest."""
# On DATA every process of keepalived writes a file of its own.
_PROCESSES = ("", "_parent", "_check", "_bfd")


class Dump:
    """Asks keepalived for its dump, as JSON if it can, takes the files away, and leaves the passwords out."""

    def __init__(
        self, dump_files: Callable[[], DumpFiles] = DumpFiles, daemon: Callable[[], Daemon] = find
    ) -> None:
        """`dump_files` says what keepalived.conf says now."""
        self._dump_files = dump_files
        self._daemon = daemon
        self._one_at_a_time = asyncio.Lock()

    async def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """`format` json and the dump as `data`; or `format` text, the texts as `stats` and `data`.

        HawatchError when keepalived does not run here, is stopped, or gives none.
        """
        del request
        async with self._one_at_a_time:
            daemon, configured = self._daemon(), self._dump_files()
            number = await daemon.signal_number("JSON")
            if number is not None:
                files = _files(daemon, configured, configured.json, ".json")
                return {
                    "format": "json",
                    "data": without_secrets(json.loads(await _ask(daemon, number, files, _is_json))),
                }
            return await self._answer_in_text(daemon, configured)

    async def _answer_in_text(self, daemon: Daemon, configured: DumpFiles) -> dict[str, Any]:
        texts = {}
        for name, path, suffix, is_whole in (
            ("stats", configured.stats, ".stats", _is_statistics),
            ("data", configured.state, ".data", _is_data),
        ):
            number = await daemon.signal_number(name.upper())
            if number is None:
                raise HawatchError("this keepalived has no dump")
            raw = await _ask(daemon, number, _files(daemon, configured, path, suffix), is_whole)
            texts[name] = without_secret_lines(raw.decode(errors="replace"))
        return {"format": "text", **texts}


def _files(daemon: Daemon, configured: DumpFiles, path: str | None, suffix: str) -> list[DumpFile]:
    """Where the dump may be, likely places first: a version that does not know a keyword keeps to its own place.

    (2.2 knows no paths, and tags keepalived.data alone.)
    """
    directory = daemon.temporary_directory().rstrip("/")
    tags = (f".{configured.tag}", "") if configured.tag else ("",)
    paths = [f"{directory}/keepalived{{process}}{tag}{suffix}" for tag in tags]
    if path is not None:
        stem, dot, rest = path.rpartition(".")
        paths.insert(0, f"{stem}{{process}}.{rest}" if dot and "/" not in rest else f"{path}{{process}}")
    processes = _PROCESSES if suffix == ".data" else ("",)
    return [
        DumpFile(root=daemon.root, path=each.replace("{process}", process), owner=daemon.uid)
        for process in processes
        for each in paths
    ]


async def _ask(
    daemon: Daemon, number: int, files: Sequence[DumpFile], is_whole: Callable[[bytes], bool]
) -> bytes:
    """A new dump, as soon as it is whole; old ones are taken away before, and all afterwards."""
    for file in files:
        file.remove()
    daemon.send(number)
    try:
        async with asyncio.timeout(TIME_LIMIT):
            return await _awaited(files, is_whole)
    except TimeoutError:
        asyncio.get_running_loop().call_later(_LATE, _remove, files)
        raise HawatchError(f"keepalived wrote no dump in {TIME_LIMIT:g} s") from None
    finally:
        _remove(files)


async def _awaited(files: Sequence[DumpFile], is_whole: Callable[[bytes], bool]) -> bytes:
    """Whole is what looks so and has not grown since the look before: no version writes it all at once."""
    before: dict[str, bytes] = {}
    while True:
        await asyncio.sleep(_POLL)
        for file in files:
            content = file.read()
            if content and content == before.get(file.path) and is_whole(content):
                return content
            before[file.path] = content or b""


def _remove(files: Sequence[DumpFile]) -> None:
    for file in files:
        with contextlib.suppress(HawatchError):
            file.remove()


def _is_json(content: bytes) -> bool:
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        return False
    return True


def _is_statistics(content: bytes) -> bool:
    try:
        return bool(read_text(content.decode(errors="replace")))
    except DecodeError:
        return False


def _is_data(content: bytes) -> bool:
    return content.endswith(b"\n") and b"VRRP Instance = " in content
