"""The host as an examination sees it: files below a root, and commands; tests hand in others."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from hawatch.errors import DecodeError
from hawatch.kernel.sysctl import read_number, sysctl_path

PATIENCE = 10.0  # seconds
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class Ran:
    """A command that ended: its code, and both of its streams."""

    code: int
    output: str
    errors: str = ""


def run_command(argv: tuple[str, ...]) -> Ran:
    """Run a fixed argument vector. OSError when there is no such command, or it does not end."""
    try:
        ended = subprocess.run(
            argv,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE,
            check=False,
            stdin=subprocess.DEVNULL,
            env={"PATH": PATH, "LANG": "C.UTF-8"},
        )
    except subprocess.TimeoutExpired:
        raise TimeoutError(0, f"it ran longer than {PATIENCE:g} s", argv[0]) from None
    return Ran(ended.returncode, ended.stdout, ended.stderr)


@dataclass(frozen=True)
class Host:
    """`root` is where /proc, /sys, /run and /etc are."""

    root: Path = Path("/")
    run: Callable[[tuple[str, ...]], Ran] = run_command
    is_root: bool = field(default_factory=lambda: os.geteuid() == 0)

    def path(self, name: str) -> Path:
        """Where an absolute path is."""
        return self.root / name.lstrip("/")

    def read(self, name: str) -> str:
        """A file's text. OSError when it cannot be read."""
        return self.path(name).read_text(encoding="utf-8", errors="replace")

    def read_or_nothing(self, name: str) -> str:
        """A file's text, empty when it cannot be read."""
        try:
            return self.read(name)
        except OSError:
            return ""

    def sysctl(self, name: str) -> int | None:
        """A sysctl by its path below /proc/sys; None when it cannot be read."""
        try:
            return read_number(self.read(f"/proc/sys/{name}"))
        except (OSError, DecodeError):
            return None

    def greatest(self, scope: str, device: str, name: str) -> int | None:
        """The value in force of those where the greater of conf/all and the device's own counts; None: unknown."""
        both = [self.sysctl(sysctl_path(scope, each, name)) for each in ("all", device)]
        known = [each for each in both if each is not None]
        return max(known) if len(known) == 2 else None

    def has_device(self, device: str) -> bool:
        """Whether there is such a network device now."""
        return self.path(f"/sys/class/net/{device}").exists()

    def processes(self, matches: Callable[[list[str]], bool]) -> Iterator[int]:
        """The processes of our network namespace whose arguments match, by their ids."""
        here = self._network("self")
        for entry in sorted(self.path("/proc").glob("[0-9]*")):
            arguments = self.read_or_nothing(f"/proc/{entry.name}/cmdline").split("\0")
            if matches(arguments) and self._network(entry.name) == here:
                yield int(entry.name)

    @cached_property
    def keepalived_runs(self) -> bool:
        """Whether a keepalived is seen in this network namespace."""
        return any(self.processes(lambda arguments: Path(arguments[0]).name == "keepalived"))

    def _network(self, pid: str) -> tuple[int, int] | None:
        """What tells network namespaces apart without any privilege; None when it cannot be seen."""
        try:
            found = self.path(f"/proc/{pid}/net/dev").stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino
