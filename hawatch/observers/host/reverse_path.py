"""rp_filter on the devices by which advertisements come in, and what it drops."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

from hawatch.errors import DecodeError
from hawatch.evidence import ReversePathSeen
from hawatch.kernel.counters import REVERSE_PATH_DROPS, read_counter
from hawatch.kernel.sysctl import ReversePath, read_number, reverse_path, sysctl_path
from hawatch.proc_file import ProcFile


class ReversePaths:
    """Looks at the filter of each device.

    The kernel counts the drops of all devices together, so they are told of those with a strict filter alone.
    """

    def __init__(self, proc: Path, devices: Collection[str]) -> None:
        self._devices = sorted(devices)
        self._counters = ProcFile(proc / "net" / "netstat")
        self._filters = {
            device: ProcFile(proc / "sys" / sysctl_path("ipv4", device, "rp_filter"))
            for device in ("all", *self._devices)
        }
        self._told: dict[str, bool | None] = {}
        self._counted: dict[str, int | None] = {}

    def look(self, now: float) -> Iterator[ReversePathSeen]:
        """What has changed since the last look."""
        if not self._devices:
            return
        filters = {device: self._strict(device) for device in self._devices}
        # While no filter is strict, nobody wants to know what they drop.
        drops = self._drops() if True in filters.values() or filters != self._told else None
        for device, strict in filters.items():
            before = self._counted.get(device)
            grown = None if drops is None else drops - (drops if before is None else before)
            changed = device not in self._told or self._told[device] is not strict
            if not strict or changed or grown:
                self._counted[device] = drops
            if changed or (strict and grown):
                self._told[device] = strict
                yield ReversePathSeen(at=now, interface=device, strict=strict, dropped=grown)

    def _strict(self, device: str) -> bool | None:
        with suppress(OSError, DecodeError):
            return reverse_path(self._filter("all"), self._filter(device)) is ReversePath.STRICT
        return None

    def _filter(self, device: str) -> int:
        return read_number(self._filters[device].read())

    def _drops(self) -> int | None:
        with suppress(OSError, DecodeError):
            return read_counter(self._counters.read(), REVERSE_PATH_DROPS)
        return None
