"""hawatch.toml: its records, and how it is read."""

from __future__ import annotations

from hawatch.config.effective import effective_channels, effective_contacts
from hawatch.config.loading import load, read
from hawatch.config.number import normalise_sender
from hawatch.config.oncall import (
    Channel,
    ChannelKind,
    CodeHalf,
    Contact,
    Hours,
    Medium,
    NotifyRule,
    OnCallOptions,
    Permission,
    ReceiptWanted,
    Way,
)
from hawatch.config.passive import Passive, PassiveCheck, PassiveOf
from hawatch.config.probe import ReplyPathProbe
from hawatch.config.records import (
    Accept,
    Config,
    Endpoint,
    Keepalived,
    Listen,
    Node,
    Observe,
    Peer,
    PeerLink,
    Reference,
    SerialLink,
    Service,
    ServicePlace,
    UdpLink,
    UnreachablePeer,
    VirtualRouterOptions,
    Witness,
)

__all__ = [
    "Accept",
    "Channel",
    "ChannelKind",
    "CodeHalf",
    "Config",
    "Contact",
    "Endpoint",
    "Hours",
    "Keepalived",
    "Listen",
    "Medium",
    "Node",
    "NotifyRule",
    "OnCallOptions",
    "Passive",
    "PassiveCheck",
    "PassiveOf",
    "Observe",
    "Peer",
    "PeerLink",
    "Permission",
    "ReceiptWanted",
    "Reference",
    "ReplyPathProbe",
    "SerialLink",
    "Service",
    "ServicePlace",
    "UdpLink",
    "UnreachablePeer",
    "VirtualRouterOptions",
    "Way",
    "Witness",
    "effective_channels",
    "effective_contacts",
    "load",
    "normalise_sender",
    "read",
]
