"""Which VIPs this node's kernel holds, and how its interfaces are: rtnetlink, dumped once and then followed."""

from hawatch.observers.vip.observer import VipObserver

__all__ = ["VipObserver"]
