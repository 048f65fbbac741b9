"""/proc/pressure/cpu and /proc/stat: how scarce the processor is."""

from __future__ import annotations

from dataclasses import dataclass

from hawatch.errors import DecodeError

_FIELDS_WITH_STEAL = 8
"""user nice system idle iowait irq softirq steal; guest time behind them is counted in user and nice already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessorTime:
    """All processors' time since boot, and what the hypervisor gave to others of it; in ticks (proc_stat(5))."""

    total: int
    stolen: int


def read_waiting(text: str) -> int:
    """From /proc/pressure/cpu: microseconds since boot in which some runnable task waited (the line `some`).

    DecodeError when it is something else (Documentation/accounting/psi.rst of Linux).
    """
    for line in text.splitlines():
        kind, *fields = line.split() or [""]
        if kind == "some":
            for field in fields:
                name, _, value = field.partition("=")
                if name == "total" and _is_counter(value):
                    return int(value)
    raise DecodeError("no pressure in /proc/pressure/cpu")


def read_processor_time(text: str) -> ProcessorTime:
    """From /proc/stat: the line of all processors. DecodeError when there is none, or it tells of no steal."""
    for line in text.splitlines():
        name, *numbers = line.split() or [""]
        if name == "cpu":
            try:
                ticks = [int(number) for number in numbers[:_FIELDS_WITH_STEAL]]
            except ValueError:
                break
            if len(ticks) == _FIELDS_WITH_STEAL:
                return ProcessorTime(total=sum(ticks), stolen=ticks[-1])
    raise DecodeError("no processor time in /proc/stat")


def read_run_delay(text: str) -> float:
    """From /proc/PID/schedstat: seconds that a task was ready to run and had no processor (proc_pid_schedstat).

    DecodeError when it is something else.
    """
    fields = text.split()
    if len(fields) != 3 or not all(_is_counter(field) for field in fields):
        raise DecodeError("no times in schedstat")
    return int(fields[1]) / 1e9


def stolen_share(earlier: ProcessorTime, later: ProcessorTime) -> float | None:
    """From 0 to 1, None when no time has passed between the two."""
    passed = later.total - earlier.total
    if passed <= 0:
        return None
    return min(max((later.stolen - earlier.stolen) / passed, 0.0), 1.0)


def _is_counter(text: str) -> bool:
    """Whether it is a number as the kernel writes one: 64 bits have 20 digits, and Python refuses very long ones."""
    return len(text) <= 20 and text.isdecimal() and text.isascii()
