"""The other end of NOTIFY_SOCKET, as systemd holds it."""

from __future__ import annotations

import contextlib
import socket
import time
from pathlib import Path

GUARD = 30.0


class FakeSystemd:
    """Hears what a service says of itself on a socket at `path`."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        path.chmod(0o777)
        self._socket.settimeout(GUARD)

    def await_word(self, wanted: str) -> list[str]:
        """All that is said until a line begins with this one."""
        heard: list[str] = []
        last = time.monotonic() + GUARD
        while not any(line.startswith(wanted) for line in heard):
            assert time.monotonic() < last, f"no {wanted}, but {heard}"
            heard += self._socket.recv(4096).decode().splitlines()
        return heard

    def silent_for(self, seconds: float) -> bool:
        """Whether nothing is said for so long; forgets what was said before."""
        self._socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                self._socket.recv(4096)
        self._socket.settimeout(seconds)
        try:
            self._socket.recv(4096)
        except TimeoutError:
            return True
        finally:
            self._socket.settimeout(GUARD)
        return False

    def __enter__(self) -> FakeSystemd:
        return self

    def __exit__(self, *error: object) -> None:
        self._socket.close()
