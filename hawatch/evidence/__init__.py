"""Evidence: frozen, timestamped records of what was seen; the only things the core is ever told.

`at` is this node's CLOCK_MONOTONIC in seconds, taken as near to the event as the kernel allows.
True and False are observations; None means that the look itself failed, and is neither.
"""

from __future__ import annotations

from collections.abc import Callable

from hawatch.evidence.course import (
    AcceptedCause,
    ConfigRead,
    KnownPeer,
    ObserverState,
    Settings,
    Started,
    Stopping,
    Tick,
)
from hawatch.evidence.holding import InterfaceState, ProbeAnswer, ProbeRound, VipHeld
from hawatch.evidence.host import (
    CountersRead,
    DaemonSeen,
    FirewallHit,
    FirewallJudged,
    HostTools,
    PressureSeen,
    ReversePathSeen,
    ServiceResult,
    VipGivenUp,
)
from hawatch.evidence.lvs import VirtualServicesSeen
from hawatch.evidence.reaching import EchoResult, LinkState, PeerReport, ReportRefused
from hawatch.evidence.said import KeepalivedSaid, Mouth
from hawatch.evidence.wire import (
    AddressAnnounced,
    AdvertisementDelivered,
    AdvertisementHeard,
    CaptureDropped,
    CarpHeard,
    GroupMembership,
    ProtocolUnreachable,
)
from hawatch.evidence.witness import WitnessSaid

__all__ = [
    "AcceptedCause",
    "AddressAnnounced",
    "AdvertisementDelivered",
    "AdvertisementHeard",
    "CaptureDropped",
    "CarpHeard",
    "ConfigRead",
    "CountersRead",
    "DaemonSeen",
    "EchoResult",
    "Evidence",
    "FirewallHit",
    "FirewallJudged",
    "GroupMembership",
    "HostTools",
    "InterfaceState",
    "KeepalivedSaid",
    "KnownPeer",
    "LinkState",
    "Mouth",
    "ObserverState",
    "PeerReport",
    "PressureSeen",
    "ProbeAnswer",
    "ProbeRound",
    "ProtocolUnreachable",
    "ReportRefused",
    "ReversePathSeen",
    "ServiceResult",
    "Settings",
    "Sink",
    "Started",
    "Stopping",
    "Tick",
    "VipGivenUp",
    "VipHeld",
    "VirtualServicesSeen",
    "WitnessSaid",
]

Evidence = (
    Tick
    | Started
    | Settings
    | Stopping
    | ConfigRead
    | VipHeld
    | InterfaceState
    | AdvertisementHeard
    | CarpHeard
    | AddressAnnounced
    | ProtocolUnreachable
    | ProbeRound
    | EchoResult
    | PeerReport
    | ReportRefused
    | LinkState
    | DaemonSeen
    | ServiceResult
    | VipGivenUp
    | ObserverState
    | CaptureDropped
    | AdvertisementDelivered
    | GroupMembership
    | PressureSeen
    | ReversePathSeen
    | HostTools
    | FirewallJudged
    | CountersRead
    | VirtualServicesSeen
    | WitnessSaid
    | KeepalivedSaid
)

Sink = Callable[[Evidence], None]
"""Where an observer puts what it saw: the agent's one inbox."""
