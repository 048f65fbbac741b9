"""Does the peer's host answer, over each link; do the references."""

from hawatch.observers.icmp.observer import EchoObserver

__all__ = ["EchoObserver"]
