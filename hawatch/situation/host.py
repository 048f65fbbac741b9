"""What is known of this host beside its devices: processor, firewall, groups joined, keepalived's counters."""

from __future__ import annotations

from dataclasses import dataclass, field

from hawatch.evidence import (
    CountersRead,
    FirewallHit,
    FirewallJudged,
    GroupMembership,
    HostTools,
    PressureSeen,
    ReversePathSeen,
    VirtualServicesSeen,
)
from hawatch.situation.virtual_services import VirtualServices

HostEvidence = (
    GroupMembership
    | PressureSeen
    | ReversePathSeen
    | HostTools
    | FirewallJudged
    | CountersRead
    | VirtualServicesSeen
)


@dataclass(slots=True)
class Host:
    """The latest word on each; None and absent mean unknown."""

    memberships: dict[tuple[str, str], GroupMembership] = field(default_factory=dict)
    pressure: PressureSeen | None = None
    last_starved: PressureSeen | None = None
    reverse_paths: dict[str, ReversePathSeen] = field(default_factory=dict)
    reverse_path_dropped_at: dict[str, float] = field(default_factory=dict)
    network_tool: str | None = None
    firewall: FirewallJudged | None = None
    counters: CountersRead | None = None
    counters_before: CountersRead | None = None
    virtual_services: VirtualServices = field(default_factory=VirtualServices)

    def fold(self, evidence: HostEvidence) -> None:
        """Take in one look at the host."""
        match evidence:
            case GroupMembership():
                self.memberships[evidence.interface, evidence.group] = evidence
            case PressureSeen():
                self.pressure = evidence
                if _is_starving(evidence):
                    self.last_starved = evidence
            case ReversePathSeen():
                self.reverse_paths[evidence.interface] = evidence
                if evidence.dropped:
                    self.reverse_path_dropped_at[evidence.interface] = evidence.at
            case HostTools():
                self.network_tool = evidence.network
            case FirewallJudged():
                self.firewall = evidence
            case CountersRead():
                self.counters_before, self.counters = self.counters, evidence
            case VirtualServicesSeen():
                self.virtual_services.fold(evidence)

    def hits(self, instance: str, direction: str) -> list[FirewallHit]:
        """The rules that this virtual router's advertisements would meet, `direction` in or out."""
        listed = self.firewall.hits if self.firewall is not None else None
        return [hit for hit in listed or () if (hit.instance, hit.direction) == (instance, direction)]


STARVED_SHARE = 0.5


def is_scarce(pressure: PressureSeen) -> bool:
    """Whether tasks waited for the processor, or the hypervisor gave it to others, for most of the time."""
    shares = (pressure.starved_share or 0.0, pressure.stolen_share or 0.0)
    return max(shares) > STARVED_SHARE


def _is_starving(pressure: PressureSeen) -> bool:
    return is_scarce(pressure) or pressure.slept > STARVED_SHARE
