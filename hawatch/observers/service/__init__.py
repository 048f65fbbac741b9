"""Whether the services behind the VIPs work: by HTTP, TCP, process, Nagios plugin, systemd unit or command."""

from hawatch.observers.service.observer import ServiceObserver

__all__ = ["ServiceObserver"]
