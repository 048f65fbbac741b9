"""Looks at the host once a second, and tells only what is new."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path

from hawatch.evidence import ObserverState, Sink
from hawatch.heartbeat import beat
from hawatch.moments import until_moment
from hawatch.observers import MonotonicClock
from hawatch.observers.host.membership import Groups
from hawatch.observers.host.network_tool import NetworkTool
from hawatch.observers.host.pressure import Pressure
from hawatch.observers.host.reverse_path import ReversePaths
from hawatch.targets import ShadowTarget

LOOK_EVERY = 1.0  # seconds


class Host:
    """Group memberships, rp_filter, pressure on the processor, and the tool that manages `interfaces`.

    `joined` counts the agent's own memberships by device and group (see observers.shadow); they are not told.
    """

    name = "host"

    def __init__(
        self,
        *,
        shadows: Collection[ShadowTarget],
        reverse_paths: Collection[str],
        interfaces: Collection[str],
        put: Sink,
        clock: MonotonicClock,
        joined: Mapping[tuple[str, str], int] | None = None,
        root: Path = Path("/"),
    ) -> None:
        self._put = put
        self._clock = clock
        proc = root / "proc"
        groups = {(each.device, each.group) for each in shadows}
        self._groups = Groups(proc, groups, Counter() if joined is None else joined)
        self._reverse_paths = ReversePaths(proc, reverse_paths)
        self._pressure = Pressure(proc)
        self._network_tool = NetworkTool(root, interfaces)

    async def run(self) -> None:
        """Look until cancelled."""
        self._put(ObserverState(at=self._clock.monotonic(), observer=self.name, up=True))
        due = self._clock.monotonic()
        while True:
            beat(LOOK_EVERY)
            now = self._clock.monotonic()
            self._look(now, max(now - due, 0.0))
            pause = until_moment(LOOK_EVERY)
            due = self._clock.monotonic() + pause
            await asyncio.sleep(pause)

    def _look(self, now: float, slept: float) -> None:
        looks = (
            self._groups.look(now),
            self._reverse_paths.look(now),
            self._pressure.look(now, slept),
            self._network_tool.look(now),
        )
        for look in looks:
            for record in look:
                self._put(record)
