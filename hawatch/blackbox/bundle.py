"""A bundle for a colleague or a bug report: black box, journal, status and configuration, without secrets."""

from __future__ import annotations

import io
import json
import os
import stat
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from hawatch import __version__
from hawatch.blackbox.recorder import DIRECTORY
from hawatch.blackbox.redacted_toml import redacted
from hawatch.blackbox.shelf import FILE_MODE, Shelf
from hawatch.errors import HawatchError

_JOURNALS = "journal*.jsonl"
_FOLDER_TIME = "%Y%m%dT%H%M%S"
_FILES_OF_A_CASE = ("*.json", "*.jsonl", "*.pcap")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What is packed: the state directory, hawatch.toml if there is one, and the agent's picture if there is an agent.

    `time` is now, in epoch seconds. With an `incident` (as JSON) only the black box's folders of its `span` go with it,
    from and until which epoch seconds they must have begun; each has in it what the journal holds of that time.
    """

    state_directory: Path
    config_path: Path | None
    status: dict[str, Any] | None
    node: str
    time: float
    incident: dict[str, Any] | None = None
    span: tuple[float, float] = (0.0, 0.0)


def pack(sources: Sources, stream: BinaryIO) -> None:
    """Write the bundle as tar.gz, from front to back; it blocks. OSError when it cannot be written.

    HawatchError, before anything is written, when there is nothing to pack or it may not be read.
    """
    files = sorted(_files_of_incident(sources) if sources.incident else _files(sources.state_directory))
    moment = datetime.fromtimestamp(sources.time, UTC)
    top = f"hawatch-{sources.node}-{moment:%Y%m%dT%H%M%SZ}"
    config, problem = _config(sources.config_path)
    about = {
        "hawatch": __version__,
        "node": sources.node,
        "time": moment.isoformat(timespec="seconds"),
        "packed_by": "state directory" if sources.status is None else "agent",
        "config_problem": problem,
    }
    with tarfile.open(fileobj=stream, mode="w|gz") as archive:
        _add_text(archive, f"{top}/about.json", json.dumps(about, indent=1), sources.time)
        if sources.status is not None:
            _add_text(archive, f"{top}/status.json", json.dumps(sources.status, indent=1), sources.time)
        if sources.incident is not None:
            _add_text(archive, f"{top}/incident.json", json.dumps(sources.incident, indent=1), sources.time)
        if config is not None:
            _add_text(archive, f"{top}/hawatch.toml", config, sources.time)
        for path in files:
            _add_file(archive, f"{top}/{path.relative_to(sources.state_directory)}", path)


def _files(state: Path) -> Iterator[Path]:
    """What the agent itself wrote; whatever else lies in its directory stays there."""
    try:
        seen = sorted(each.name for each in state.iterdir())
    except OSError as error:
        raise HawatchError(f"{state}: {(error.strerror or str(error)).lower()}") from None
    journals = list(state.glob(_JOURNALS))
    folders = [each for each in Shelf(state / DIRECTORY).folders() if not each.is_symlink()]
    if not journals and not folders:
        raise HawatchError(
            f"{state}: {'nothing' if not seen else 'no journal and no black box'} of an agent is there"
        )
    yield from journals
    for folder in folders:
        yield from _files_of_case(folder)


def _files_of_incident(sources: Sources) -> Iterator[Path]:
    """What the black box kept while it went on; folders are named by their time, and sort by it."""
    since, until = (f"{datetime.fromtimestamp(each, UTC):{_FOLDER_TIME}}" for each in sources.span)
    for folder in Shelf(sources.state_directory / DIRECTORY).folders():
        if not folder.is_symlink() and since <= folder.name[: len(since)] <= until:
            yield from _files_of_case(folder)


def _files_of_case(folder: Path) -> Iterator[Path]:
    for pattern in _FILES_OF_A_CASE:
        yield from (each for each in folder.glob(pattern) if not each.name.startswith("."))


def _config(path: Path | None) -> tuple[str | None, str | None]:
    """The configuration without its secrets, or why there is none."""
    if path is None:
        return None, None
    try:
        return redacted(path.read_text(encoding="utf-8")), None
    except FileNotFoundError:
        return None, f"{path}: there is none"
    except OSError as error:
        return None, f"{path}: {error.strerror or error}"
    except (ValueError, RecursionError) as error:  # no TOML, no UTF-8, a number of thousands of digits
        return None, f"{path}: {error}"


def _add_text(archive: tarfile.TarFile, name: str, text: str, time: float) -> None:
    content = text.encode("utf-8", "replace")
    archive.addfile(_entry(name, len(content), time), io.BytesIO(content))


def _add_file(archive: tarfile.TarFile, name: str, path: Path) -> None:
    """One file as long as it is now, though it may grow; nothing if it has just gone, or is no plain file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return
    with os.fdopen(descriptor, "rb") as opened:
        seen = os.fstat(descriptor)
        if stat.S_ISREG(seen.st_mode):
            archive.addfile(_entry(name, seen.st_size, seen.st_mtime), opened)


def _entry(name: str, size: int, time: float) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mtime, entry.mode = size, int(time), FILE_MODE
    return entry
