"""This node's keepalived: running, frozen or dead, and when it last read its configuration; all of it from /proc."""

from hawatch.observers.keepalived_daemon.observer import KeepalivedDaemon

__all__ = ["KeepalivedDaemon"]
