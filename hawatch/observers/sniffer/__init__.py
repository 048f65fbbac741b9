"""VRRP, CARP, announcements of VIPs and refusals of protocol 112, as they pass on the wire."""

from hawatch.observers.sniffer.observer import Sniffer

__all__ = ["Sniffer"]
