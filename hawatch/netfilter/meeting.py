"""One chain and the packet that meets it: what conditions are judged by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hawatch.netfilter.names import CT_STATES
from hawatch.netfilter.packet import Packet
from hawatch.netfilter.ruleset import Chain
from hawatch.netfilter.truth import Truth

CONNTRACK_PRIORITY = -200
"""Where connection tracking stands in prerouting and output (NF_IP_PRI_CONNTRACK)."""

_BEFORE_TRACKING = frozenset({"prerouting", "output"})
_WITHOUT_TRACKING = frozenset({"ingress", "egress"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """The packet as it is when it meets the hook of `chain`: `changed` are the fields that rules have given values that
    we do not know, `untracked` whether a rule has excepted it from connection tracking."""

    packet: Packet
    chain: Chain
    sets: Mapping[tuple[str, str, str], object] = field(default_factory=dict)
    changed: frozenset[str] = frozenset()
    untracked: Truth = Truth.NO

    @property
    def states(self) -> frozenset[int]:
        """The states of connection tracking that the packet may be in.

        The generic tracker knows new and, once both directions were seen or one of them long enough, established;
        that is why `established` says nothing sure of VRRP. It never calls a packet invalid or related; a rule that
        asks before the tracking, or on a device, reads invalid.
        """
        hook, priority = self.chain.hook, self.chain.priority
        early = hook in _WITHOUT_TRACKING or (hook in _BEFORE_TRACKING and priority < CONNTRACK_PRIORITY)
        tracked = {"invalid"} if early else {"new", "established"}
        if not early and hook in _BEFORE_TRACKING and priority == CONNTRACK_PRIORITY:
            tracked.add("invalid")
        if self.untracked.possible or "ct" in self.changed:
            tracked = {"untracked"} if self.untracked is Truth.YES else tracked | {"untracked"}
        return frozenset(CT_STATES[name] for name in tracked)

    def in_states(self, wanted: frozenset[int]) -> Truth:
        """Whether its state is among the wanted ones."""
        possible = self.states
        if possible <= wanted:
            return Truth.YES
        return Truth.UNKNOWN if possible & wanted else Truth.NO
