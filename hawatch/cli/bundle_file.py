"""Where `--bundle` puts a bundle: a new file that is there whole or not at all, or standard output."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from hawatch import clock
from hawatch.blackbox.bundle import Sources, pack
from hawatch.cli.agent_socket import pieces_from_agent
from hawatch.cli.choosing import choose_config
from hawatch.config.records import DEFAULT_PATH
from hawatch.errors import AgentUnreachableError, HawatchError

FILE_MODE = 0o600
STANDARD_OUTPUT = "-"


def write_bundle(target: str, *, socket_path: Path, config_path: str | None) -> None:
    """Pack a bundle. HawatchError or OSError in one line, and then nothing is left of it."""
    _write(target, lambda stream: _fill(stream, socket_path, config_path))


def write_bundle_of(target: str, incident: str, *, socket_path: Path) -> None:
    """The same of one incident, which takes an agent."""
    address = f"/api/v1/incidents/{quote(incident, safe='')}/bundle"
    _write(target, lambda stream: stream.writelines(pieces_from_agent(socket_path, address)))


def _write(target: str, fill: Callable[[BinaryIO], None]) -> None:
    if target == STANDARD_OUTPUT:
        if sys.stdout.isatty():
            raise HawatchError("--bundle -: a bundle is nothing for a terminal; give a file, or redirect it")
        fill(sys.stdout.buffer)
        return
    with _fresh_file(Path(target)) as stream:
        fill(stream)
        size = stream.tell()
    print(f"{target}: {size} bytes")


def _fill(stream: BinaryIO, socket_path: Path, config_path: str | None) -> None:
    """From the agent; from its state directory when it does not answer."""
    pieces = pieces_from_agent(socket_path, "/api/v1/bundle")
    try:
        stream.write(next(pieces))
    except AgentUnreachableError as silence:
        _pack_without_agent(stream, config_path, silence)
        return
    for piece in pieces:
        stream.write(piece)


def _pack_without_agent(stream: BinaryIO, config_path: str | None, silence: AgentUnreachableError) -> None:
    config = choose_config(config_path, None)
    state = Path(config.node.state_dir)
    node = config.node.name or os.uname().nodename.partition(".")[0]
    sources = Sources(
        state_directory=state,
        config_path=Path(config_path or DEFAULT_PATH),
        status=None,
        node=node,
        time=clock.wall(),
    )
    try:
        pack(sources, stream)
    except HawatchError as error:
        raise AgentUnreachableError(f"{silence}; {error}") from None
    print(f"hawatch: {silence}; packed from {state}, without the present picture", file=sys.stderr)


@contextmanager
def _fresh_file(path: Path) -> Iterator[BinaryIO]:
    """A file that gets its name once it is complete. FileExistsError when the name is taken."""
    if path.exists() or path.is_symlink():
        raise HawatchError(f"{path}: is there already")
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        descriptor = os.open(
            part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, FILE_MODE
        )
    except OSError as error:
        raise HawatchError(f"{path}: {(error.strerror or str(error)).lower()}") from None
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(descriptor)
        _name(part, path)
    except OSError as error:
        raise HawatchError(f"{path}: {(error.strerror or str(error)).lower()}") from None
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _name(part: Path, path: Path) -> None:
    """A link fails where a rename would replace what somebody has put there meanwhile."""
    try:
        path.hardlink_to(part)
    except FileExistsError:
        raise HawatchError(f"{path}: is there already") from None
    except OSError:  # a file system without links
        part.rename(path)
