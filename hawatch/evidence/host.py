"""What this host shows of its daemon, its services, its firewall and its load."""

from __future__ import annotations

from dataclasses import dataclass

from hawatch.wire.report import DaemonState


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
class VipGivenUp:
    """Whether this node's guard of a service has given up its VIP (`given`), with the virtual routers that it is about,
    and for how many seconds the service must work before it is taken back."""

    at: float
    service: str
    instances: tuple[str, ...]
    given: bool
    hold: float = 0.0


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
