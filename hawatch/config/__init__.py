"""hawatch.toml: its records, and how it is read."""

from __future__ import annotations

from hawatch.config.loading import load, read
from hawatch.config.records import (
    Accept,
    Config,
    Endpoint,
    Keepalived,
    Listen,
    Node,
    Peer,
    PeerLink,
    Reference,
    SerialLink,
    Service,
    ServicePlace,
    UdpLink,
    UnreachablePeer,
    VirtualRouterOptions,
)

__all__ = [
    "Accept",
    "Config",
    "Endpoint",
    "Keepalived",
    "Listen",
    "Node",
    "Peer",
    "PeerLink",
    "Reference",
    "SerialLink",
    "Service",
    "ServicePlace",
    "UdpLink",
    "UnreachablePeer",
    "VirtualRouterOptions",
    "load",
    "read",
]
