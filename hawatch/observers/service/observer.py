"""Checks every service again and again, and tells what changes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hawatch.evidence import ObserverState, ServiceResult, Sink
from hawatch.heartbeat import beat
from hawatch.observers import MonotonicClock
from hawatch.observers.service.command import check_command
from hawatch.observers.service.http import check_http
from hawatch.observers.service.plugin import check_plugin
from hawatch.observers.service.process import check_process
from hawatch.observers.service.result import Result, unknown
from hawatch.observers.service.tcp import check_tcp
from hawatch.observers.service.unit import check_unit
from hawatch.targets import ServiceTarget
from hawatch.together import together

TIMEOUT = 3.0
REPEAT = 60.0
"""Seconds after which an unchanged result is told again."""


class ServiceObserver:
    """All services of the configuration, each checked from this node.

    `node` is this node's name, which every result carries: whom a check speaks of is said by its target.
    """

    name = "service"

    def __init__(
        self,
        *,
        services: Sequence[ServiceTarget],
        node: str,
        put: Sink,
        clock: MonotonicClock,
        timeout: float = TIMEOUT,
        proc: Path = Path("/proc"),
    ) -> None:
        self._services = tuple(services)
        self._node = node
        self._put = put
        self._clock = clock
        self._timeout = timeout
        self._proc = proc

    async def run(self) -> None:
        """Check until cancelled; one slow service keeps no other waiting."""
        self._put(ObserverState(at=self._clock.monotonic(), observer=self.name, up=True))
        web = sum(service.http is not None for service in self._services)
        threads = ThreadPoolExecutor(max_workers=max(1, web), thread_name_prefix="service")
        try:
            await together(self._watch(service, threads) for service in self._services)
        finally:
            threads.shutdown(wait=False, cancel_futures=True)

    async def _watch(self, service: ServiceTarget, threads: ThreadPoolExecutor) -> None:
        told: Result | None = None
        told_at = 0.0
        while True:
            beat(of=service.name)
            found = await self._check(service, threads)
            now = self._clock.monotonic()
            if told is None or found.up is not told.up or now - told_at >= REPEAT:
                told, told_at = found, now
                self._put(
                    ServiceResult(
                        at=now, name=service.name, node=self._node, up=found.up, detail=found.detail
                    )
                )
            beat(service.every, of=service.name)
            await asyncio.sleep(service.every)

    async def _check(self, service: ServiceTarget, threads: ThreadPoolExecutor) -> Result:
        if service.http is not None:
            return await check_http(threads, service.http, self._timeout)
        if service.tcp is not None:
            return await check_tcp(service.tcp, self._timeout)
        if service.process is not None:
            return check_process(self._proc, service.process)
        if service.plugin is not None:
            return await check_plugin(service.plugin, self._timeout)
        if service.unit is not None:
            return await check_unit(service.unit, self._timeout)
        if service.command:
            return await check_command(service.command, self._timeout)
        return unknown("nothing to check")
