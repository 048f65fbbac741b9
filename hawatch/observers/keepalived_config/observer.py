"""Tells what keepalived.conf says, at the start and whenever it changes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from math import inf
from pathlib import Path

from hawatch.errors import ObserverError
from hawatch.evidence import ConfigRead, ObserverState, Sink
from hawatch.heartbeat import beat
from hawatch.keepalived.watched import Reading, WatchedConfig
from hawatch.observers import MonotonicClock
from hawatch.observers.keepalived_config.helper_client import readings

HELPER_SOCKET = "/run/hawatch/helper.sock"
POLL_PAUSE = 1.0
PATIENCE = 2.0
"""Seconds for which a helper that starts, or starts again, is waited for before its absence is told."""
_SOON = 0.1


class KeepalivedConfigObserver:
    """Asks hawatch-helper, if its socket is there, and else reads the files itself, where it may.

    `fingerprint` makes of a password what may be told; the helper has its own, with the same key. `host_name` is what
    conditional lines are compared with.
    """

    name = "keepalived_config"

    def __init__(
        self,
        *,
        path: str,
        put: Sink,
        clock: MonotonicClock,
        fingerprint: Callable[[bytes], str],
        helper_socket: str = HELPER_SOCKET,
        host_name: str | None = None,
    ) -> None:
        self._path = path
        self._put = put
        self._clock = clock
        self._helper_socket = helper_socket
        self._watched = WatchedConfig(
            path, fingerprint=fingerprint, host_name=os.uname().nodename if host_name is None else host_name
        )
        self._direct: Reading | None = None
        self._told: Reading | None = None
        self._helper_problem: str | None = None
        self._seen_at = 0.0

    async def run(self) -> None:
        """Watch until cancelled."""
        self._put(ObserverState(at=self._clock.monotonic(), observer=self.name, up=True))
        self._seen_at = self._clock.monotonic()
        while True:
            beat(inf)
            await self._follow_helper()
            self._read_directly()
            pause = _SOON if self._is_patient() else POLL_PAUSE
            beat(pause)
            await asyncio.sleep(pause)

    async def _follow_helper(self) -> None:
        """Tell what the helper says, for as long as it is there."""
        try:
            async for reading in readings(self._helper_socket, self._path):
                self._helper_problem = None
                self._tell(reading)
            self._seen_at = self._clock.monotonic()
        except FileNotFoundError:
            self._helper_problem = f"hawatch-helper does not run ({self._helper_socket} is not there)"
        except TimeoutError:
            self._helper_problem = "hawatch-helper does not answer"
        except ObserverError as error:
            self._helper_problem = str(error)
        except OSError as error:
            self._helper_problem = f"hawatch-helper: {self._helper_socket}: {error.strerror or error}"

    def _read_directly(self) -> None:
        if os.access(self._path, os.R_OK):
            self._direct = self._watched.read_if_changed() or self._direct
            if self._direct is not None:
                self._tell(self._direct)
        elif not self._is_patient():
            self._tell(self._unreadable())

    def _is_patient(self) -> bool:
        return self._clock.monotonic() - self._seen_at < PATIENCE

    def _unreadable(self) -> Reading:
        try:
            seen = Path(self._path).stat()
        except OSError as error:
            return Reading(problem=f"{self._path}: {(error.strerror or str(error)).lower()}")
        return Reading(
            problem=f"{self._path}: permission denied, and {self._helper_problem}", modified_at=seen.st_ctime
        )

    def _tell(self, reading: Reading) -> None:
        if reading == self._told:
            return
        self._told = reading
        self._put(
            ConfigRead(
                at=self._clock.monotonic(),
                config=reading.config,
                problem=reading.problem,
                modified_at=reading.modified_at,
            )
        )
