"""The lab's own client: asks a VIP for a page twenty times a second, each time anew; run as a program it writes a line
for every request (when it was sent, in monotonic seconds, and 1 if it was served)."""

from __future__ import annotations

import socket
import sys
import threading
import time
from dataclasses import dataclass

EVERY = 0.05
TIMEOUT = 0.8


@dataclass(frozen=True)
class Lost:
    """An outage as the client had it: from the first request lost to the first served again."""

    began: float
    ended: float
    requests: int

    @property
    def seconds(self) -> float:
        return self.ended - self.began


def outages(lines: list[str]) -> list[Lost]:
    """Those that are over, in order."""
    rows = sorted(
        (float(at), ok == "1") for at, ok in (line.split() for line in lines if line.count(" ") == 1)
    )
    found: list[Lost] = []
    began, lost, was_served = None, 0, False
    for at, served in rows:
        if not served and was_served and began is None:
            began, lost = at, 0
        if not served:
            lost += 1
        elif began is not None:
            found.append(Lost(began, at, lost))
            began = None
        was_served = was_served or served
    return found


def ask(host: str, port: int, at: float) -> None:
    ok = False
    try:
        with socket.create_connection((host, port), timeout=TIMEOUT) as sock:
            sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
            ok = sock.recv(64).startswith(b"HTTP/")
    except OSError:
        pass
    sys.stdout.write(f"{at:.6f} {int(ok)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    due = time.monotonic()
    while True:
        due += EVERY
        time.sleep(max(0.0, due - time.monotonic()))
        threading.Thread(
            target=ask, args=(sys.argv[1], int(sys.argv[2]), time.monotonic()), daemon=True
        ).start()
