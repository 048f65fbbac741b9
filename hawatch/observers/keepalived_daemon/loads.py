"""When keepalived read its configuration: no signal, no log, only its sockets.

A reload (SIGHUP) closes all its raw sockets and opens others; a lost interface changes some, so that a load is told by
none of the former ones being left. Measured with keepalived 2.2.7.
"""

from __future__ import annotations

from pathlib import Path

from hawatch.observers.keepalived_daemon.process import Process
from hawatch.observers.keepalived_daemon.sockets import raw_tables, vrrp_sockets


class Loads:
    """Tells the loads of one keepalived process apart."""

    def __init__(self, proc: Path, process: Process) -> None:
        self._proc = proc
        self._process = process
        self._tables = raw_tables(proc)
        self._first = 0
        self._sockets: frozenset[int] = frozenset()

    def token(self) -> str | None:
        """A text that is another one after each load; None when the sockets cannot be seen.

        Without any virtual router there are no sockets, and only a new process is a load.
        """
        try:
            owner = (self._proc / str(self._process.pid)).stat().st_uid
            sockets = vrrp_sockets(self._proc, owner, tables=self._tables)
        except (OSError, ValueError, IndexError):
            return None
        if sockets and not sockets & self._sockets:
            self._first = min(sockets)
        self._sockets = sockets or self._sockets
        return f"{self._process.pid}.{self._process.start}.{self._first}"
