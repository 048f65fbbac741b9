"""What reaches this host's own sockets for VRRP: behind the firewall, the reverse path filter and the groups."""

from hawatch.observers.shadow.observer import Shadow

__all__ = ["Shadow"]
