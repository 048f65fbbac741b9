"""Whether the services behind the VIPs work: by HTTP, TCP, process or Nagios plugin."""

from hawatch.observers.service.observer import ServiceObserver

__all__ = ["ServiceObserver"]
