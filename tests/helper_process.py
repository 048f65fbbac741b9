"""hawatch-helper as a process of its own, and a client that speaks to it, for the tests."""

from __future__ import annotations

import json
import os
import pwd
import signal
import socket
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

from deploy.lab.waiting import wait_until

ROOT = Path(__file__).resolve().parent.parent
HANG_GUARD = 60.0
KEY = b"a peer key of many bytes, as init makes it"
PASSWORD = "s3cret99"
CONFIG = """
vrrp_instance VI_1 {
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority 150
    authentication {
        auth_type PASS
        auth_pass s3cret99
    }
    virtual_ipaddress { 192.0.2.100/24 }
}
"""


def command(directory: Path, *arguments: str) -> list[str]:
    """The helper's command line with everything in one directory."""
    return [
        sys.executable,
        "-m",
        "hawatch.helper",
        f"--user={pwd.getpwuid(os.geteuid()).pw_name}",
        f"--socket={directory / 'helper.sock'}",
        f"--keepalived-conf={directory / 'keepalived.conf'}",
        f"--key-file={directory / 'peer.key'}",
        f"--actions={directory / 'actions.toml'}",
        f"--acted={directory / 'acted'}",
        *arguments,
    ]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


class HelperProcess:
    """A running helper; use it as a context manager."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.config = directory / "keepalived.conf"
        self.socket = directory / "helper.sock"
        if not self.config.exists():
            self.config.write_text(CONFIG)
            (directory / "peer.key").write_bytes(KEY + b"\n")

    def __enter__(self) -> HelperProcess:
        return self

    def start(self) -> HelperProcess:
        """Start it and wait until it answers."""
        self.process = subprocess.Popen(command(self.directory), env=environment(), stderr=subprocess.PIPE)
        try:
            wait_until(self._answers, what="the helper to answer", timeout=HANG_GUARD)
        except BaseException:
            self.end(signal.SIGKILL)
            raise
        return self

    def _answers(self) -> bool | None:
        if self.process.poll() is not None:
            raise AssertionError(f"the helper ended with {self.process.returncode}")
        try:
            with Client(self.socket):
                return True
        except OSError:
            return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end(signal.SIGTERM)

    def end(self, number: signal.Signals) -> tuple[int, str]:
        """Signal it; its exit code and what it has written."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        _, written = self.process.communicate(timeout=HANG_GUARD)
        return self.process.returncode, (written or b"").decode()


class Client:
    """One connection to the helper, a line of JSON at a time."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self.socket.connect(str(path))  # waits when many do; with a time-out it would fail instead
        except OSError:
            self.socket.close()
            raise
        self.socket.settimeout(HANG_GUARD)
        self.lines = self.socket.makefile("rb")

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self.lines.close()
        self.socket.close()

    def ask(self, **request: object) -> dict[str, Any]:
        self.socket.sendall(json.dumps(request).encode() + b"\n")
        return self.answer()

    def answer(self) -> dict[str, Any]:
        line = self.lines.readline()
        assert line.endswith(b"\n"), f"the helper hung up after {line!r}"
        answer: dict[str, Any] = json.loads(line)
        return answer

    @property
    def hung_up(self) -> bool:
        """Wait for the next line, which is the end."""
        return self.lines.readline() == b""
