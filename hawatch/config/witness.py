"""What witness.toml says, as plain records: the pairs that one witness sees, each with a key of its own."""

from __future__ import annotations

from dataclasses import dataclass, field

from hawatch.config.records import Listen

WITNESS_PATH = "/etc/hawatch/witness.toml"
MOST_PAIRS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedMember:
    """A node of a pair, by its own name, and the addresses from which its agent speaks."""

    name: str
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedService:
    """What a client asks through the VIP: exactly one of `http` (a URL) and `tcp` (HOST:PORT)."""

    name: str
    http: str | None = None
    tcp: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedPair:
    """One pair: without `vips` they are those that the members' reports name, without services the VIPs are pinged.

    `interface` is where the VIPs are asked after; None: the one whose network each VIP is in.
    """

    name: str
    key_file: str
    members: tuple[WatchedMember, ...]
    vips: tuple[str, ...] = ()
    interface: str | None = None
    services: tuple[WatchedService, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessConfig:
    """All of witness.toml.

    A client asks every `peace` seconds, and every `suspicion` seconds while something is open.
    """

    name: str | None = None
    listen: Listen = field(default_factory=Listen)
    port: int = 10112
    peace: float = 1.0
    suspicion: float = 0.2
    pairs: tuple[WatchedPair, ...] = ()
