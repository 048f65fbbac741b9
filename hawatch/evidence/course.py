"""What the agent tells the core of itself: the passing of time, its start and stop, its settings."""

from __future__ import annotations

from dataclasses import dataclass

from hawatch.keepalived.model import KeepalivedConfig


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
    references that nobody named (default gateways). `witnesses` are hosts that own nothing and see the pair.
    """

    at: float
    peers: tuple[KnownPeer, ...] = ()
    references: tuple[str, ...] = ()
    suspect_unreachable: tuple[str, ...] = ()
    accepted: tuple[AcceptedCause, ...] = ()
    services_of_owner: tuple[str, ...] = ()
    guessed_references: tuple[str, ...] = ()
    witnesses: tuple[KnownPeer, ...] = ()


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
class ObserverState:
    """An observer began (`up` True) or stopped seeing, with the reason."""

    at: float
    observer: str
    up: bool
    problem: str | None = None
