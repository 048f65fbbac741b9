"""A process inside a node: started through nsenter, known and signalled by its own id on the host."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path

from deploy.lab.errors import LabError
from deploy.lab.waiting import wait_until

EXEC_TIMEOUT = 10.0  # seconds until nsenter must have forked
STOP_TIMEOUT = 20.0  # seconds until a process must have obeyed SIGTERM


def children(pid: int) -> tuple[int, ...]:
    """The children of a process, oldest first, by their ids on the host; empty when it is gone."""
    try:
        return tuple(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))
    except (FileNotFoundError, ProcessLookupError):
        return ()


def send_signal(pid: int, number: signal.Signals) -> None:
    """Signal a process of the lab that may have ended meanwhile."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


class Process:
    """A running program of a node, with a log file on the host that holds its output and its errors."""

    def __init__(self, popen: subprocess.Popen[bytes], *, name: str, log: Path) -> None:
        self.name = name
        self.log = log
        self._popen = popen
        self._pid: int | None = None

    @property
    def pid(self) -> int:
        """Its id on the host. LabError with its last words when it ended before it had one."""
        if self._pid is None:
            self._pid = wait_until(self._find_pid, what=f"{self.name} to start", timeout=EXEC_TIMEOUT)
        return self._pid

    def _find_pid(self) -> int | None:
        for pid in children(self._popen.pid):
            return pid
        if self._popen.poll() is not None:
            raise LabError(
                f"{self.name} ended at once with {self._popen.returncode}: {self.output()[-2000:]}"
            )
        return None

    @property
    def returncode(self) -> int | None:
        """None while it runs; negative when a signal ended it."""
        return self._popen.poll()

    @property
    def running(self) -> bool:
        return self.returncode is None

    def output(self) -> str:
        """What it has written until now, to both streams."""
        return self.log.read_text(errors="replace")

    def signal(self, number: signal.Signals) -> None:
        if self.running:
            send_signal(self.pid, number)

    def wait(self, timeout: float = STOP_TIMEOUT) -> int:
        """Wait for its end; its exit code. LabTimeout when it runs on."""
        try:
            return self._popen.wait(timeout)
        except subprocess.TimeoutExpired:
            raise wait_failure(self, timeout) from None

    def stop(self, timeout: float = STOP_TIMEOUT) -> int:
        """SIGTERM, and wait for its end; its exit code."""
        self.signal(signal.SIGTERM)
        return self.wait(timeout)

    def kill(self) -> int:
        """SIGKILL, and wait for its end; it may be frozen."""
        self.signal(signal.SIGKILL)
        send_signal(self._popen.pid, signal.SIGCONT)
        return self.wait()

    def freeze(self) -> None:
        """SIGSTOP. (nsenter stops with its child; see thaw.)"""
        self.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT, to the process and to the nsenter that waits for it."""
        self.signal(signal.SIGCONT)
        send_signal(self._popen.pid, signal.SIGCONT)

    def wait_output(self, pattern: str, *, after: int = 0, timeout: float = 20.0) -> re.Match[str]:
        """Wait until a regular expression matches its output, counted from character `after`."""
        expression = re.compile(pattern, re.MULTILINE)

        def look() -> re.Match[str] | None:
            found = expression.search(self.output(), after)
            if found is None and not self.running:
                found = expression.search(self.output(), after)
                if found is None:
                    raise LabError(f"{self.name} ended with {self.returncode}: {self.output()[-2000:]}")
            return found

        try:
            return wait_until(look, what=f"{pattern!r} from {self.name}", timeout=timeout)
        except LabError as error:
            raise type(error)(f"{error}; its last words: {self.output()[-2000:]}") from None

    def reap(self) -> None:
        """At the end of a lab, when the node's PID 1 has ended: let nsenter see the end of its child."""
        send_signal(self._popen.pid, signal.SIGCONT)
        try:
            self._popen.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()


def wait_failure(process: Process, timeout: float) -> LabError:
    """The error for a process that does not end."""
    words = process.output()[-2000:]
    return LabError(f"{process.name} (pid {process.pid}) still runs after {timeout:g} s; last words: {words}")
