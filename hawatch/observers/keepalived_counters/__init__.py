"""keepalived's own counters, read only when somebody asks."""

from hawatch.observers.keepalived_counters.observer import KeepalivedCounters

__all__ = ["KeepalivedCounters"]
