"""keepalived's notify FIFO, if nobody else reads it."""

from hawatch.observers.notify_fifo.observer import NotifyFifo

__all__ = ["NotifyFifo"]
