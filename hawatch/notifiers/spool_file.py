"""What the notifiers that write into an SMS daemon's spool have in common."""

from __future__ import annotations

import asyncio
import errno
import os
import re
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from hawatch.config.oncall import Channel
from hawatch.errors import ConfigError, DeliveryError
from hawatch.notification.outgoing import FILE_PREFIX, Delivery, Outgoing

_NUMBER = re.compile(r"\+?[0-9]{3,15}", re.ASCII)
_FOR_GROUP = 0o660
_FORSAKEN_AFTER = 60.0
"""Seconds after which a draft belongs to an agent that was killed over it."""


def spool_of(channel: Channel) -> Path:
    """The channel's spool. ConfigError when it names none."""
    if channel.spool is None:
        raise ConfigError(f"channel {channel.name}", "a spool is missing")
    return Path(channel.spool)


def number_of(outgoing: Outgoing) -> str:
    """The digits to dial, without +. DeliveryError, for good, for what is no telephone number."""
    if _NUMBER.fullmatch(outgoing.to) is None:
        raise DeliveryError(f"{outgoing.to!r} is no telephone number", temporary=False)
    return outgoing.to.removeprefix("+")


async def in_thread(channel: Channel, work: Callable[[Outgoing], Delivery], outgoing: Outgoing) -> Delivery:
    """Do the file work beside the loop, within the channel's time-out; whatever the disk says is for now only."""
    try:
        async with asyncio.timeout(channel.timeout):
            return await asyncio.to_thread(work, outgoing)
    except TimeoutError:
        problem = f"{channel.spool}: no answer in {channel.timeout:g} s"
        raise DeliveryError(problem, temporary=True) from None
    except OSError as error:
        raise DeliveryError(_told(error, channel), temporary=True) from error


def put(directory: Path, content: bytes, name: str | Callable[[datetime], str]) -> None:
    """Make a file that appears whole, is on disk, and which the daemon's group may read and move. OSError.

    A name may be made of the moment at which the content was written. The draft is a dot file beside it: smsd and
    gammu-smsd pass those over, and a rename stays on one file system. What a killed agent has left is taken away.
    """
    draft = directory / f".{FILE_PREFIX}{os.getpid()}.{threading.get_ident()}.draft"
    try:
        with draft.open("wb") as file:
            os.fchmod(file.fileno(), _FOR_GROUP)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            written = datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, UTC)
        draft.rename(directory / (name if isinstance(name, str) else name(written)))
    except OSError:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
    sync(directory)
    _tidy(directory, written.timestamp() - _FORSAKEN_AFTER)


def _tidy(directory: Path, before: float) -> None:
    """Remove drafts of ours that were written before then (epoch seconds)."""
    with suppress(OSError):
        for draft in directory.glob(f".{FILE_PREFIX}*.draft"):
            if draft.stat().st_mtime < before:
                draft.unlink()


def sync(directory: Path) -> None:
    """Have the names in a directory on disk. OSError."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _told(error: OSError, channel: Channel) -> str:
    place = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else str(channel.spool)
    if error.errno == errno.ENOENT:
        return f"{place}: no such directory; is the SMS daemon installed?"
    if error.errno in {errno.EACCES, errno.EPERM}:
        return f"{place}: permission denied; the agent's user must be in the SMS daemon's group"
    return f"{place}: {(error.strerror or str(error)).lower()}"
