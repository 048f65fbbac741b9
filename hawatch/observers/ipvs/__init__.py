"""The virtual services of this host's kernel (IPVS), where keepalived.conf has some."""

from hawatch.observers.ipvs.observer import IpvsObserver

__all__ = ["IpvsObserver"]
