"""Agent to agent: reports as authenticated datagrams over every link, once a second and at once on a change."""

from hawatch.observers.peer_link.observer import PeerLink

__all__ = ["PeerLink"]
