"""keepalived's log, in a file or in systemd's journal, followed while it is written."""

from hawatch.observers.keepalived_log.observer import KeepalivedLog

__all__ = ["KeepalivedLog"]
