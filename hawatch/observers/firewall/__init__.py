"""What this host's packet filters would do with the advertisements of its virtual routers."""

from hawatch.observers.firewall.observer import FirewallObserver

__all__ = ["FirewallObserver"]
