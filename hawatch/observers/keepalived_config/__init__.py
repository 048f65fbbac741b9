"""keepalived.conf: from hawatch-helper, or from the disk where we may read it."""

from hawatch.observers.keepalived_config.observer import KeepalivedConfigObserver

__all__ = ["KeepalivedConfigObserver"]
