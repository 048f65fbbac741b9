"""Verdicts, severities and findings: the words in which hawatch judges."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum


class Severity(StrEnum):
    """How bad it is; `info` is shown and wakes nobody, `unknown` is the monitoring world's UNKNOWN."""

    OK = "ok"
    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"
    UNKNOWN = "unknown"

    @property
    def badness(self) -> int:
        """Worst first: critical, warning, unknown, then ok and info."""
        return {"critical": 3, "warning": 2, "unknown": 1}.get(self.value, 0)

    @property
    def exit_code(self) -> int:
        """The monitoring plugin's exit code."""
        return {"critical": 2, "warning": 1, "unknown": 3}.get(self.value, 0)


class VerdictKind(StrEnum):
    """Exactly one of these holds for a virtual router at any time."""

    STEADY = "steady"
    DEGRADED = "degraded"
    SWITCHOVER = "switchover"
    FAILOVER = "failover"
    FAILBACK = "failback"
    SPLIT_BRAIN = "split_brain"
    SPLIT_BRAIN_SUSPECTED = "split_brain_suspected"
    NO_OWNER = "no_owner"
    CONFLICT = "conflict"
    FLAPPING = "flapping"
    ISOLATED = "isolated"
    INDETERMINATE = "indeterminate"

    @property
    def severity(self) -> Severity:
        """What the verdict is to a monitoring system."""
        return _SEVERITIES[self]


_SEVERITIES = {
    VerdictKind.STEADY: Severity.OK,
    VerdictKind.DEGRADED: Severity.WARNING,
    VerdictKind.SWITCHOVER: Severity.WARNING,
    VerdictKind.FAILOVER: Severity.WARNING,
    VerdictKind.FAILBACK: Severity.OK,
    VerdictKind.SPLIT_BRAIN: Severity.CRITICAL,
    VerdictKind.SPLIT_BRAIN_SUSPECTED: Severity.CRITICAL,
    VerdictKind.NO_OWNER: Severity.CRITICAL,
    VerdictKind.CONFLICT: Severity.CRITICAL,
    VerdictKind.FLAPPING: Severity.WARNING,
    VerdictKind.ISOLATED: Severity.CRITICAL,
    VerdictKind.INDETERMINATE: Severity.UNKNOWN,
}


class Cause(StrEnum):
    """The names of findings, as users read them in status, metrics and messages."""

    VRRP_BLOCKED_INBOUND = "vrrp_blocked_inbound"
    VRRP_BLOCKED_OUTBOUND = "vrrp_blocked_outbound"
    MULTICAST_NOT_DELIVERED = "multicast_not_delivered"
    MULTICAST_MEMBERSHIP_LOST = "multicast_membership_lost"
    ONE_WAY_LOSS = "one_way_loss"
    PARTITION = "partition"
    LINK_DOWN = "link_down"
    HEARTBEAT_LINK_DOWN = "heartbeat_link_down"
    RP_FILTER = "rp_filter"
    PEER_UNREACHABLE = "peer_unreachable"
    NODE_DOWN = "node_down"
    LOOPED_FRAMES = "looped_frames"
    VRID_MISMATCH = "vrid_mismatch"
    AUTH_MISMATCH = "auth_mismatch"
    ADVERT_INTERVAL_MISMATCH = "advert_interval_mismatch"
    VERSION_MISMATCH = "version_mismatch"
    VIP_LIST_MISMATCH = "vip_list_mismatch"
    DESTINATION_MISMATCH = "destination_mismatch"
    CHECKSUM_FORM_MISMATCH = "checksum_form_mismatch"
    EQUAL_PRIORITY = "equal_priority"
    DUPLICATE_ADDRESS_OWNER = "duplicate_address_owner"
    TTL_INVALID = "ttl_invalid"
    SOURCE_ADDRESS_WRONG = "source_address_wrong"
    CONFIG_NOT_LOADED = "config_not_loaded"
    CLOCK_SKEW = "clock_skew"
    KEEPALIVED_DEAD = "keepalived_dead"
    KEEPALIVED_FROZEN = "keepalived_frozen"
    KEEPALIVED_STARVED = "keepalived_starved"
    HOST_PAUSED = "host_paused"
    BOOT_RACE = "boot_race"
    STANDBY_FAULT = "standby_fault"
    TRACKED_FAULT = "tracked_fault"
    STALE_VIP = "stale_vip"
    VIP_REMOVED = "vip_removed"
    VIP_WITHOUT_MASTER = "vip_without_master"
    STALE_ARP = "stale_arp"
    FOREIGN_ROUTER = "foreign_router"
    ADDRESS_CLAIMED = "address_claimed"
    VIRTUAL_SERVICE_MISSING = "virtual_service_missing"
    NO_REAL_SERVER = "no_real_server"
    VIRTUAL_SERVICES_DIFFER = "virtual_services_differ"
    LVS_SYNC_DAEMON_WRONG = "lvs_sync_daemon_wrong"
    SERVICE_DOWN = "service_down"
    VIP_GIVEN_UP = "vip_given_up"
    REFERENCE_DOWN = "reference_down"
    PEER_UNVERIFIED = "peer_unverified"
    BLIND = "blind"
    NOTIFICATION_PATH_DOWN = "notification_path_down"
    WITNESS_DOWN = "witness_down"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A cause found to be so: the node it lies on, one sentence, and what to do (empty: nothing to copy).

    `evidence` are the facts it rests on, by name; `tell_apart` says what would tell it from another that fits as well.
    """

    cause: Cause
    node: str
    severity: Severity
    summary: str
    remedy: str = ""
    evidence: tuple[tuple[str, str], ...] = ()
    tell_apart: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What holds for one virtual router: `since` and `rule` never go missing; `since` is monotonic seconds."""

    kind: VerdictKind
    rule: str
    summary: str
    since: float

    @property
    def severity(self) -> Severity:
        """The severity of the verdict's kind."""
        return self.kind.severity


class MoveKind(Enum):
    """How a VIP came to its present owner."""

    SWITCHOVER = VerdictKind.SWITCHOVER
    FAILOVER = VerdictKind.FAILOVER
    FAILBACK = VerdictKind.FAILBACK


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """The last change of owner: node names, monotonic seconds, and the cause when one is known."""

    at: float
    origin: str
    to: str
    kind: MoveKind
    cause: Cause | None = None
