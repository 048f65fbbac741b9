"""Evidence: frozen, timestamped records of what was seen; the only things the core is ever told.

`at` is this node's CLOCK_MONOTONIC in seconds, taken as near to the event as the kernel allows.
True and False are observations; None means that the look itself failed, and is neither.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hawatch.keepalived.model import KeepalivedConfig
from hawatch.wire.family import Family
from hawatch.wire.report import DaemonState, NodeReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Time passed; nothing else happened. `late` is how long after the wanted moment the agent woke, in seconds."""

    at: float
    late: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The first record of every run: who we are, and how this node's two clocks relate."""

    at: float
    node: str
    pair: str | None
    boot_id: str
    booted_at: float
    wall_minus_monotonic: float
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPeer:
    """A peer that the configuration names, with every address it is known by."""

    name: str
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedCause:
    """A finding that is meant to be so, until the epoch second `until` (None: for good)."""

    cause: str
    reason: str = ""
    until: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the operator's configuration means to the judge.

    `suspect_unreachable`: the instances for which a peer gone on every path is called a suspected split brain.
    `services_of_owner`: the services that must be up only where the VIP is. `guessed_references`: those of the
    references that nobody named (default gateways).
    """

    at: float
    peers: tuple[KnownPeer, ...] = ()
    references: tuple[str, ...] = ()
    suspect_unreachable: tuple[str, ...] = ()
    accepted: tuple[AcceptedCause, ...] = ()
    services_of_owner: tuple[str, ...] = ()
    guessed_references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopping:
    """The agent ends in order; `expected_return` is in seconds, None when it does not know."""

    at: float
    expected_return: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigRead:
    """keepalived.conf was read: a model, or the one-line reason why there is none. `modified_at` is the newest
    modification time of its files, in epoch seconds."""

    at: float
    config: KeepalivedConfig | None
    problem: str | None = None
    modified_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VipHeld:
    """Whether this node's kernel has the address; tentative, dadfailed and deprecated-by-DAD addresses are not held."""

    at: float
    address: str
    held: bool | None
    interface: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceState:
    """A network device that matters: `carrier` None means that the device is not there or could not be read."""

    at: float
    interface: str
    carrier: bool | None
    mac: str | None = None
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvertisementHeard:
    """One VRRP advertisement, or `count` identical ones folded; `first_at` is the first of them, `at` the last.

    `problems` is empty for what a conforming receiver takes; the password is present only as a keyed fingerprint.
    """

    at: float
    first_at: float
    count: int
    interface: str
    outgoing: bool
    src: str
    dst: str
    src_mac: str
    ttl: int
    family: Family
    version: int
    vrid: int
    priority: int
    interval_seconds: float
    auth_type: int
    auth_fingerprint: str | None
    addresses: tuple[str, ...]
    checksum: str
    problems: tuple[str, ...] = ()
    ip_id: int | None = None
    vlans: tuple[int, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether a conforming receiver would take it."""
        return not self.problems


@dataclass(frozen=True, slots=True, kw_only=True)
class CarpHeard:
    """A CARP announcement, which shares protocol 112 and the group with VRRP; `vhid` lies where the VRID would."""

    at: float
    interface: str
    outgoing: bool
    src: str
    src_mac: str
    vhid: int
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressAnnounced:
    """Gratuitous ARP or unsolicited neighbour advertisement for a VIP, `count` of them folded."""

    at: float
    interface: str
    outgoing: bool
    address: str
    mac: str
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtocolUnreachable:
    """ICMP 3/2 about protocol 112: the sender's host lives and nothing there listens for VRRP."""

    at: float
    interface: str
    src: str
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeAnswer:
    """One host's answers within a probe round."""

    mac: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeRound:
    """One question "who has this VIP?" and everything that answered within its window, asked at `asked_at`.

    `sent` False or None: it could not be asked, and nothing follows. `control_address` is a peer's own address,
    asked after in the same round; more than one answer to it makes the round worthless.
    """

    at: float
    asked_at: float
    vip: str
    interface: str
    sent: bool
    answers: tuple[ProbeAnswer, ...] = ()
    control_address: str | None = None
    control_answers: tuple[ProbeAnswer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EchoResult:
    """One ICMP echo over one link to a peer, or to a reference (then `link` is None). `replied` None: not sent."""

    at: float
    target: str
    link: str | None
    address: str
    replied: bool | None
    rtt_seconds: float | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerReport:
    """One datagram (or slice of one report) from a peer's agent.

    `round_trip` is the latest measured on this link, in seconds, None before the first answer; `clock_offset` is by how
    many seconds its wall clock is ahead of ours, None when it did not say.
    """

    at: float
    link: str
    src: str
    boot_id: str
    sequence: int
    report: NodeReport
    round_trip: float | None = None
    clock_offset: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRefused:
    """A datagram on the peer link that was not taken; `reason` is a short stable phrase (wrong key, replayed, …)."""

    at: float
    link: str
    src: str
    reason: str
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkState:
    """One peer link's own socket: up False means it cannot be used now (a lost address), with the reason."""

    at: float
    peer: str
    link: str
    up: bool
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonSeen:
    """This node's keepalived: `loads` changes whenever it (re)loads its configuration; None: could not be read."""

    at: float
    state: DaemonState | None
    pid: int | None = None
    started_at: float | None = None
    loads: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceResult:
    """One service check on this node or against a peer; `up` None: the check itself failed."""

    at: float
    name: str
    node: str
    up: bool | None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObserverState:
    """An observer began (`up` True) or stopped seeing, with the reason."""

    at: float
    observer: str
    up: bool
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureDropped:
    """The kernel threw away `count` frames of a capture socket before they were read."""

    at: float
    interface: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvertisementDelivered:
    """`count` advertisements that reached this host's own sockets for protocol 112, as they would keepalived's."""

    at: float
    first_at: float
    count: int
    interface: str
    family: Family
    src: str
    vrid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupMembership:
    """How many sockets of this host, the agent's own not counted, have joined a multicast group on a device."""

    at: float
    interface: str
    group: str
    sockets: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PressureSeen:
    """How scarce the processor was in the last moment: shares from 0 to 1 of the time in which some task waited for it
    (PSI) and in which the hypervisor gave it to others, by how many seconds the agent itself woke late, and for how
    many of them it `waited` for a processor: one who was stopped, or whose machine was, waited for none."""

    at: float
    starved_share: float | None
    stolen_share: float | None
    slept: float = 0.0
    waited: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReversePathSeen:
    """The reverse path filter of a device: is it strict, and how many packets it has dropped since the last record."""

    at: float
    interface: str
    strict: bool | None
    dropped: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostTools:
    """Who manages this host's addresses: systemd-networkd, NetworkManager, ifupdown; None when that is not known."""

    at: float
    network: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FirewallHit:
    """A rule of this host that VRRP would meet: `direction` is in or out, `verdict` dropped, may_drop or
    partly_dropped; `rule` and `place` are in the words of `tool`, `remedy` lines to paste."""

    instance: str
    direction: str
    verdict: str
    tool: str
    rule: str
    place: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FirewallJudged:
    """What this host's rules would do with VRRP; `hits` None: they could not be listed, for the reason given."""

    at: float
    hits: tuple[FirewallHit, ...] | None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CountersRead:
    """keepalived's own counters, by instance and by keepalived's name for each; None: they could not be had."""

    at: float
    counters: dict[str, dict[str, int]] | None
    problem: str | None = None


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
    | ObserverState
    | CaptureDropped
    | AdvertisementDelivered
    | GroupMembership
    | PressureSeen
    | ReversePathSeen
    | HostTools
    | FirewallJudged
    | CountersRead
)

Sink = Callable[[Evidence], None]
"""Where an observer puts what it saw: the agent's one inbox."""
