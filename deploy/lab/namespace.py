"""The namespaces of one node: network, mount, PID and UTS, held by one small process.

They have no name outside: nothing on the host has to be removed, and when the process that made the lab
dies in whatever way, its end of the pipe closes, PID 1 of the node ends, and the kernel clears the rest.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.lab.errors import LabError
from deploy.lab.process import children

INIT = Path(__file__).with_name("init.sh")
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """A directory of the host that a node sees, too."""

    source: Path
    target: str
    writable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel:
    """What the kernel of a node is told before its first interface appears."""

    dad: bool
    ipv6: bool


class Namespace:
    """Namespaces with a private /run, /tmp, /proc, /sys, and copies on write of /etc, /opt and /var/lib."""

    def __init__(
        self, *, label: str, hostname: str, stage: Path, kernel: Kernel, carried: Sequence[Carried]
    ) -> None:
        self.label = label
        self._pid: int | None = None
        self._errors = stage.with_name("init.log")
        stage.mkdir()
        arguments = [label, hostname, str(stage), str(int(kernel.dad)), str(int(not kernel.ipv6))]
        for item in carried:
            arguments += [str(item.source), item.target, "rw" if item.writable else "ro"]
        unshare = ["unshare", "--net", "--mount", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc"]
        with self._errors.open("wb") as errors:
            self._popen = subprocess.Popen(
                [*unshare, "sh", str(INIT), *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env={"PATH": PATH},
                start_new_session=True,
            )

    def await_ready(self) -> None:
        """Wait until the private file system stands. LabError with the reason when it cannot."""
        assert self._popen.stdout is not None
        answer = self._popen.stdout.readline()
        if answer != b"ready\n":
            raise LabError(
                f"{self.label} did not come up: {self._errors.read_text(errors='replace').strip()}"
            )
        offspring = children(self._popen.pid)
        if not offspring:
            raise LabError("the kernel has no /proc/PID/task/PID/children (CONFIG_PROC_CHILDREN)")
        self._pid = offspring[0]

    @property
    def pid(self) -> int:
        """PID 1 of the node, by its id on the host."""
        assert self._pid is not None, "await_ready first"
        return self._pid

    @property
    def lifeline(self) -> int:
        """The file descriptor whose last copy keeps the node alive."""
        assert self._popen.stdin is not None
        return self._popen.stdin.fileno()

    def enter(self) -> list[str]:
        """The command prefix that runs a program in the node.

        nsenter stops and waits while its child is stopped; so that none stays behind when the lab's process
        is killed, it is woken by the death of the thread that started it.
        """
        spaces = ["--mount", "--uts", "--net", "--pid"]
        return ["setpriv", "--pdeathsig", "CONT", "nsenter", "--target", str(self.pid), *spaces, "--"]

    def enter_network(self) -> list[str]:
        """The prefix for a tool of the host that only needs the node's network."""
        return ["nsenter", "--target", str(self.pid), "--net", "--"]

    def root(self) -> Path:
        """The node's file system, as the host sees it while the node lives."""
        return Path(f"/proc/{self.pid}/root")

    def close(self) -> None:
        """End the node and everything in it."""
        for stream in (self._popen.stdin, self._popen.stdout):
            if stream is not None:
                stream.close()

    def await_end(self) -> None:
        try:
            self._popen.wait(10)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()


def open_network(pid: int) -> int:
    """A file descriptor of the network namespace of a process; the caller closes it."""
    return os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
