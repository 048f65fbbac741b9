"""This node: its devices, clocks, daemon, references, and how well its agent sees."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hawatch.evidence import (
    AcceptedCause,
    ConfigRead,
    DaemonSeen,
    InterfaceState,
    ObserverState,
    ServiceResult,
    VipGivenUp,
)
from hawatch.keepalived.model import KeepalivedConfig, VirtualRouter
from hawatch.situation.host import Host
from hawatch.situation.member import Membership
from hawatch.situation.paths import Path, any_alive
from hawatch.situation.refused_reports import RefusedReport
from hawatch.situation.talker import Talker
from hawatch.situation.witness import Witness, any_speaks
from hawatch.situation.words import Words
from hawatch.wire.family import Family
from hawatch.wire.report import DaemonState

if TYPE_CHECKING:
    from hawatch.situation.outlook import Outlook
    from hawatch.situation.router import RouterState

LATE = 0.050
"""Waking later than this, in seconds, means that events may be read out of order."""


SLEPT = 0.5
"""An agent that was not scheduled for longer than this was paused with its host, or starved, or stopped."""


@dataclass(slots=True)
class Holding:
    """Whether this node holds one VIP, and since when without a break; `watched`: we saw it come."""

    held: bool | None = None
    since: float = 0.0
    watched: bool = False


SLEEPS_KEPT = 32


@dataclass(frozen=True, slots=True)
class Sleep:
    """A time in which this agent was due and not scheduled."""

    since: float
    until: float

    @property
    def seconds(self) -> float:
        """How long it was."""
        return self.until - self.since


@dataclass(slots=True)
class Loop:
    """Frames that came back to us from the wire: with our own address, and by whose MAC."""

    at: float
    count: int
    mac: str


@dataclass(slots=True)
class Node:
    """Everything about this node that is not about one virtual router."""

    name: str = "localhost"
    pair: str | None = None
    started_at: float = 0.0
    booted_at: float = 0.0
    wall_minus_monotonic: float = 0.0
    version: str = ""
    members: Membership = field(default_factory=Membership)
    interfaces: dict[str, InterfaceState] = field(default_factory=dict)
    lost_addresses: dict[str, float] = field(default_factory=dict)
    references: dict[str, Path] = field(default_factory=dict)
    witnesses: dict[str, Witness] = field(default_factory=dict)
    services: dict[tuple[str, str], ServiceResult] = field(default_factory=dict)
    given_up: dict[str, VipGivenUp] = field(default_factory=dict)
    observers: dict[str, ObserverState] = field(default_factory=dict)
    refused: dict[str, RefusedReport] = field(default_factory=dict)
    link_problems: dict[tuple[str, str], str] = field(default_factory=dict)
    cables: dict[tuple[str, str], str] = field(default_factory=dict)
    """The devices of serial links, by peer and link."""
    suspect_unreachable: frozenset[str] = frozenset()
    accepted: tuple[AcceptedCause, ...] = ()
    services_of_owner: frozenset[str] = frozenset()
    guessed_references: frozenset[str] = frozenset()
    held: dict[str, Holding] = field(default_factory=dict)
    daemon: DaemonSeen | None = None
    loaded_at: float = 0.0
    file: ConfigRead | None = None
    not_loaded: bool = False
    config: KeepalivedConfig | None = None
    voices: dict[str, Talker] = field(default_factory=dict)
    kin: dict[str, RouterState] = field(default_factory=dict)
    """This node's own virtual routers, by instance; those that track the same fail together."""
    woke_at: float = 0.0
    captures_dropped: int = 0
    dropped_at: float | None = None
    host: Host = field(default_factory=Host)
    loops: dict[str, Loop] = field(default_factory=dict)
    sleeps: deque[Sleep] = field(default_factory=lambda: deque(maxlen=SLEEPS_KEPT))
    """The latest times for which this agent was not scheduled; what came in earlier ones may be read after the last."""
    links_up_at: dict[str, float] = field(default_factory=dict)
    words: Words = field(default_factory=Words)
    """What keepalived said that is about no virtual router in particular."""
    mates: dict[str, tuple[VirtualRouter, ...]] = field(default_factory=dict)
    """The members of each sync group."""
    numbers: Counter[tuple[Family, int]] = field(default_factory=Counter)
    """How many virtual routers of ours have each family and VRID: on several networks it may be more than one."""
    in_fault: dict[str, RouterState] = field(default_factory=dict)
    """Those of `kin` whose last word was that of a FAULT."""
    hurried: dict[str, int] = field(default_factory=dict)
    """Of each virtual router about which something is open, how many VIPs are asked for (situation/inquiry.py)."""
    outlook: Outlook | None = None
    """What holds for all virtual routers, as of the last moment at which somebody asked; each input voids it."""
    _addresses: frozenset[str] = frozenset()

    def see_interface(self, state: InterfaceState) -> None:
        """Take in what a device is like now."""
        self.interfaces[state.interface] = state
        self._addresses = frozenset(
            address for each in self.interfaces.values() for address in each.addresses
        )

    def own_addresses(self) -> frozenset[str]:
        """Every address seen on the devices that matter."""
        return self._addresses

    def own_macs(self) -> set[str]:
        """The MAC of every device that matters."""
        return {state.mac for state in self.interfaces.values() if state.mac}

    def carrier(self, interface: str) -> bool | None:
        """Whether the device has its link; None: not there, or not looked at yet."""
        state = self.interfaces.get(interface)
        return state.carrier if state else None

    def sees_wire(self, interface: str, since: float | None = None) -> bool:
        """Whether nothing is known against our capture on a device, now and (if given) ever since then."""
        states = [self.observers[n] for n in ("sniffer", f"sniffer:{interface}") if n in self.observers]
        return all(state.up and (since is None or state.at <= since) for state in states)

    def references_alive(self, now: float) -> bool | None:
        """Whether any reference answers, or a witness speaks; unknown when there is none.

        A witness that is silent counts for nothing. A default gateway that nobody named as a reference may be one that
        never answers: until it has, it does not count.
        """
        if self.witnesses and any_speaks(self.witnesses.values(), now):
            return True
        counted = [
            path
            for path in self.references.values()
            if path.answered_at is not None or path.name not in self.guessed_references
        ]
        return any_alive(counted, now)

    def daemon_state(self) -> DaemonState | None:
        """What runs here, or None when that cannot be seen."""
        return self.daemon.state if self.daemon else None

    def daemon_began(self) -> float:
        """When the keepalived that runs here was started; 0 when that is not known."""
        return (self.daemon.started_at if self.daemon else None) or 0.0

    def peers_alive(self, now: float) -> bool | None:
        """Whether any member lives; unknown when none is known."""
        answer: bool | None = False if self.members.members else None
        for member in self.members.members:
            alive = member.alive(now)
            if alive:
                return True
            if alive is None:
                answer = None
        return answer

    def ready(self, router: VirtualRouter, *, in_fault: bool | None) -> bool | None:
        """Whether this node could take the virtual router over now."""
        if self.daemon_state() in (DaemonState.DEAD, DaemonState.FROZEN):
            return False
        devices = [] if router.dont_track_primary else [router.interface]
        devices += [tracked.name for tracked in router.tracked_interfaces if tracked.weight == 0]
        carriers = [self.carrier(name) for name in devices]
        if False in carriers or in_fault:
            return False
        if None in carriers or in_fault is None or self.daemon_state() is None:
            return None
        return True
