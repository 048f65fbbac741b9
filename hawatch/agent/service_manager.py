"""What systemd is told of the agent (sd_notify(3)): that it is ready, that it lives, how it stands, that it ends.

All of it follows from the pictures that the loop shows after it has judged. A loop that has stopped shows none, so
that systemd ends the agent and starts it again; a disk or a caller that hangs stops no loop, and so changes nothing.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, MutableMapping
from contextlib import suppress

from hawatch.snapshot import Snapshot
from hawatch.verdict import Severity

log = logging.getLogger("hawatch.agent")

LISTENERS = frozenset({"http", "socket"})
"""The observers that serve: once each has listened, or has said why it cannot, the agent is ready."""
LONGEST_STATUS = 200
_SHARE = 0.5
"""Of the time that systemd waits for a sign of life: as sd_watchdog_enabled(3) recommends."""


class ServiceManager:
    """Tells whoever listens on `address` (a path, or @name for an abstract socket); None: nobody does.

    `watchdog` is within how many seconds a sign of life is wanted, None when none is; `monotonic` gives the time.
    """

    def __init__(self, address: str | None, watchdog: float | None, monotonic: Callable[[], float]) -> None:
        self._address = address
        self._every = None if watchdog is None else watchdog * _SHARE
        self._monotonic = monotonic
        self._beaten_at: float | None = None
        self._ready = False
        self._ending = False
        self._status = ""

    @classmethod
    def of(cls, environment: MutableMapping[str, str], monotonic: Callable[[], float]) -> ServiceManager:
        """The one that started this process, if it wants to be told.

        Its variables are taken out of the environment: what the agent starts is not meant to speak for it.
        """
        address = environment.pop("NOTIFY_SOCKET", "")
        microseconds = environment.pop("WATCHDOG_USEC", "")
        meant = environment.pop("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        watched = meant and microseconds.isascii() and microseconds.isdigit() and int(microseconds) > 0
        return cls(
            address if address[:1] in ("/", "@") else None,
            int(microseconds) / 1e6 if watched else None,
            monotonic,
        )

    def show(self, snapshot: Snapshot) -> None:
        """To be called by the loop with each new picture."""
        if self._address is None or self._ending:
            return
        words = self._signs_of_life()
        if not self._ready and {each.name for each in snapshot.observers} >= LISTENERS:
            self._ready = True
            words.append("READY=1")
        status = status_line(snapshot)
        if status != self._status:
            self._status = status
            words.append(f"STATUS={status}")
        if words:
            self._tell(words)

    def end(self) -> None:
        """The agent was told to end, and begins to."""
        if self._address is not None and not self._ending:
            self._ending = True
            self._tell(["STOPPING=1", "STATUS=ending"])

    def _signs_of_life(self) -> list[str]:
        if self._every is None:
            return []
        now = self._monotonic()
        if self._beaten_at is not None and now - self._beaten_at < self._every:
            return []
        self._beaten_at = now
        return ["WATCHDOG=1"]

    def _tell(self, words: list[str]) -> None:
        """One datagram, without waiting: nobody must keep the loop from judging."""
        address = self._address or ""
        where = f"\0{address[1:]}" if address.startswith("@") else address
        with (
            suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as made,
        ):
            made.settimeout(0)
            made.connect(where)
            made.send("\n".join(words).encode())
            return
        log.debug("notify=%s problem='nobody takes it'", address)


def status_line(snapshot: Snapshot) -> str:
    """The worst that is known, in one line, with its severity; of two that are as bad, the verdict."""
    said = [
        (each.verdict.severity, f"{each.instance} {each.verdict.kind.value}: {each.verdict.summary}")
        for each in snapshot.routers
    ]
    findings = [*snapshot.node_findings, *(finding for each in snapshot.routers for finding in each.findings)]
    said += [(each.severity, f"{each.cause.value} on {each.node}: {each.summary}") for each in findings]
    if not said:
        return "no virtual router is watched"
    worst, text = max(said, key=lambda each: each[0].badness)
    severity = Severity.OK if worst is Severity.INFO else worst
    line = " ".join(f"{severity.value}: {text}".split())
    return line if len(line) <= LONGEST_STATUS else f"{line[: LONGEST_STATUS - 1]}…"
