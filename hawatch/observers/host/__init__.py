"""What of this host bears on VRRP besides its packets: groups joined, rp_filter, a scarce processor, its tools."""

from hawatch.observers.host.observer import Host

__all__ = ["Host"]
