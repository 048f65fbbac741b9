"""Any program as a way to people: it gets the message on its standard input, and its exit code says what came of it.

One JSON object, UTF-8, one line: id, person, to, text, and the pairs of the notification's data under `data`.
0: delivered as far as it can tell. 75 (EX_TEMPFAIL of sysexits.h): not now, try again. Anything else: never.
Ended by a signal, too slow, or not to be started for a passing reason: try again.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from hawatch.config.oncall import Channel
from hawatch.errors import ConfigError, DeliveryError
from hawatch.notification.outgoing import Delivery, Outgoing

_DELIVERED, _TEMPORARY = 0, 75
_MOST_WORDS = 1 << 20  # bytes that it may write to its standard error
_READ = 4096  # and as many of them are looked at
_LONGEST_LINE = 200
_NEVER = frozenset({errno.ENOENT, errno.EACCES, errno.ENOEXEC, errno.ENOTDIR, errno.ELOOP})


class ScriptNotifier:
    """Runs the channel's command for each message, without a shell. ConfigError without a command."""

    def __init__(self, channel: Channel) -> None:
        if not channel.command:
            raise ConfigError(f"channel {channel.name}", "a command is missing")
        self._command = channel.command
        self._timeout = channel.timeout

    async def deliver(self, outgoing: Outgoing) -> Delivery:
        """Run it to its end. DeliveryError, with the first line of what it wrote to its standard error."""
        with _memory() as message, _memory() as words:
            message.write(_as_json(outgoing))
            message.seek(0)
            os.ftruncate(words.fileno(), _MOST_WORDS)
            fcntl.fcntl(words, fcntl.F_ADD_SEALS, fcntl.F_SEAL_GROW)
            code = await self._run(message, words)
            said = os.pread(words.fileno(), _READ, 0).rstrip(b"\0")
        if code == _DELIVERED:
            return Delivery.DELIVERED
        how = f"ended by signal {-code}" if code < 0 else f"exit code {code}"
        line = said.decode(errors="replace").strip().partition("\n")[0][:_LONGEST_LINE].strip()
        raise self._error(f"{line} ({how})" if line else how, temporary=code < 0 or code == _TEMPORARY)

    async def _run(self, message: BinaryIO, words: BinaryIO) -> int:
        """Its exit code. It talks to memory, not through pipes, so what it leaves behind is not waited for."""
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=message,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=words,
                start_new_session=True,
            )
        except OSError as error:
            problem = (error.strerror or str(error)).lower()
            raise self._error(problem, temporary=error.errno not in _NEVER) from error
        try:
            async with asyncio.timeout(self._timeout):
                return await process.wait()
        except TimeoutError:
            raise self._error(f"no result in {self._timeout:g} s", temporary=True) from None
        finally:
            if process.returncode is None:
                await _end(process)

    def _error(self, problem: str, *, temporary: bool) -> DeliveryError:
        return DeliveryError(f"{self._command[0]}: {problem}", temporary=temporary)


def _as_json(outgoing: Outgoing) -> bytes:
    message = {
        "id": outgoing.id,
        "person": outgoing.person,
        "to": outgoing.to,
        "text": outgoing.text,
        "data": dict(outgoing.data),
    }
    return json.dumps(message, ensure_ascii=False).encode() + b"\n"


@contextmanager
def _memory() -> Iterator[BinaryIO]:
    """A file without a name, in memory: a full disk is one of the things that people are told of."""
    descriptor = os.memfd_create("hawatch-script", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    with open(descriptor, "w+b", buffering=0) as file:  # noqa: PTH123  there is no path
        yield file


async def _end(process: asyncio.subprocess.Process) -> None:
    """Leave nothing behind: the process group is its own, and all that it has started is in it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
