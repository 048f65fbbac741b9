"""Nagios's command file: one line, written at once into a FIFO that Nagios reads.

Up to 4096 bytes go into a FIFO whole or not at all, so that lines of several writers never mix.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable

from hawatch.config import Passive
from hawatch.errors import DeliveryError
from hawatch.passive.aside import Aside
from hawatch.passive.nagios_text import nagios_text
from hawatch.passive.result import PassiveResult

MOST_BYTES = 4096
PATIENCE = 5.0
_FOR_NOW = {
    errno.ENOENT: "it is not there; is Nagios running on this host, with check_external_commands=1?",
    errno.ENXIO: "nobody reads it; is Nagios running?",
    errno.EPIPE: "nobody reads it any longer; is Nagios running?",
    errno.EAGAIN: "it is full; Nagios does not read it",
    errno.EACCES: "permission denied; the agent's user must be in the group that may write to it",
}


class CommandFile:
    """Pushes into one command file; `wall` gives epoch seconds."""

    def __init__(self, target: Passive, wall: Callable[[], float]) -> None:
        self._path = target.way
        self._wall = wall
        self._aside = Aside(self._path, PATIENCE)

    async def deliver(self, result: PassiveResult) -> None:
        """Write one result. DeliveryError."""
        line = command(result, self._wall())
        await self._aside.do(lambda: self._write(line))

    def _write(self, line: bytes) -> None:
        try:
            if not stat.S_ISFIFO(os.stat(self._path).st_mode):  # noqa: PTH116  asked of the kernel as it opens
                raise DeliveryError(
                    f"{self._path}: it is no FIFO, so not Nagios's command file", temporary=False
                )
            descriptor = os.open(self._path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                written = os.write(descriptor, line)
            finally:
                os.close(descriptor)
        except OSError as error:
            problem = _FOR_NOW.get(error.errno or 0) or (error.strerror or str(error)).lower()
            raise DeliveryError(f"{self._path}: {problem}", temporary=True) from error
        if written < len(line):
            raise DeliveryError(f"{self._path}: it took half a line", temporary=True)


def command(result: PassiveResult, wall: float) -> bytes:
    """The line, at most 4096 bytes with its end."""
    place = (
        f"[{int(wall)}] PROCESS_SERVICE_CHECK_RESULT;{result.host};{result.service};{result.code};".encode()
    )
    return place + nagios_text(result, MOST_BYTES - len(place) - 1) + b"\n"
