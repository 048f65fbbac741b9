"""Who answers for a VIP: ARP requests and neighbour solicitations, sent when there is a reason."""

from hawatch.observers.arp_probe.prober import Prober

__all__ = ["Prober"]
