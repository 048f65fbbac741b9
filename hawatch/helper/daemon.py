"""The keepalived that runs beside the helper: which process it is, and what it may be sent."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hawatch.errors import HawatchError
from hawatch.helper.command import run

TIME_LIMIT = 3.0
_PID_FILES = ("/run/keepalived.pid", "/run/keepalived/keepalived.pid")
_NAME = "keepalived"
_TEMPORARY = "/tmp"  # noqa: S108 - where keepalived puts its dumps unless its TMPDIR says otherwise
_STOPPED = frozenset("Tt")
_MASKS = ("SigBlk", "SigIgn", "SigCgt")
# Real-time signals are numbered otherwise by another C library: those are only ever asked for.
_PLAIN_SIGNALS = {"DATA": int(signal.SIGUSR1), "STATS": int(signal.SIGUSR2)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Daemon:
    """keepalived's parent process and the user that owns it."""

    pid: int
    uid: int

    @property
    def root(self) -> str:
        """Its root directory, as we can open it; its temporary directory may be private to it."""
        return f"/proc/{self.pid}/root"

    def temporary_directory(self) -> str:
        """Where it puts its files."""
        for entry in _read_bytes(f"/proc/{self.pid}/environ").split(b"\0"):
            if entry.startswith(b"TMPDIR=/"):
                return os.fsdecode(entry.partition(b"=")[2])
        return _TEMPORARY

    async def signal_number(self, function: str) -> int | None:
        """Which signal asks it for DATA, STATS or JSON; None for what it was built without.

        The running program itself is asked, which need not be the one that is installed by now.
        """
        argv = (f"/proc/{self.pid}/exe", f"--signum={function}")
        try:
            told = await run(argv, seconds=TIME_LIMIT, most_bytes=100)
        except HawatchError:
            return _PLAIN_SIGNALS.get(function)
        if told.code == 0 and told.output.strip().isdigit():
            return int(told.output)
        return _PLAIN_SIGNALS.get(function)

    def send(self, number: int) -> None:
        """Signal it. HawatchError when it is stopped, or has no use for the signal and so would be ended by it."""
        if any(_stat(pid)[0] in _STOPPED for pid in (self.pid, *_children(self.pid))):
            raise HawatchError("keepalived is stopped, and answers nothing")
        if not _takes(self.pid, number):
            raise HawatchError(f"keepalived does not know signal {number}")
        try:
            os.kill(self.pid, number)
        except OSError as error:
            raise HawatchError(f"keepalived: {error.strerror or error}") from None


def find() -> Daemon:
    """The keepalived of our own network namespace. HawatchError when there is none."""
    for pid in (*_written(), *_running()):
        try:
            uid = Path(f"/proc/{pid}").stat().st_uid
            is_ours = _name(pid).startswith(_NAME) and _namespace(pid) == _namespace("self")
            is_parent = is_ours and not _name(_stat(pid)[1]).startswith(_NAME)
        except (OSError, ValueError):
            continue
        if is_parent and uid in (0, os.geteuid()):
            return Daemon(pid=pid, uid=uid)
    raise HawatchError("keepalived does not run here")


def _written() -> Iterator[int]:
    for name in _PID_FILES:
        try:
            yield int(Path(name).read_text(encoding="ascii"))
        except (OSError, ValueError):
            continue


def _running() -> Iterator[int]:
    for each in Path("/proc").iterdir():
        if each.name.isdigit():
            yield int(each.name)


def _name(pid: int | str) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:  # the parent of a parent may live in another process namespace
        return ""


def _namespace(pid: int | str) -> tuple[int, int]:
    seen = Path(f"/proc/{pid}/ns/net").stat()
    return seen.st_dev, seen.st_ino


def _stat(pid: int) -> tuple[str, int]:
    """State and parent of a process (proc(5): they stand behind the name, which is in brackets)."""
    fields = _read_bytes(f"/proc/{pid}/stat").rpartition(b")")[2].split()
    return (fields[0].decode(), int(fields[1])) if len(fields) > 1 else ("", 0)


def _children(pid: int) -> list[int]:
    return [int(word) for word in _read_bytes(f"/proc/{pid}/task/{pid}/children").split()]


def _takes(pid: int, number: int) -> bool:
    """Whether a signal is caught, blocked (for a signalfd) or ignored; by default most of them end a process."""
    masks = 0
    for line in _read_bytes(f"/proc/{pid}/status").decode(errors="replace").splitlines():
        name, _, value = line.partition(":")
        if name in _MASKS:
            masks |= int(value, 16)
    return bool(masks >> (number - 1) & 1)


def _read_bytes(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError:
        return b""
