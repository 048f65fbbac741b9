"""What hawatch.toml says, as plain records; every default is what an empty file means."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from hawatch.config.guard import ServiceGuard
from hawatch.config.monitor import Monitor
from hawatch.config.oncall import Channel, Contact, NotifyRule, OnCallOptions
from hawatch.config.passive import Passive

DEFAULT_PATH = "/etc/hawatch/hawatch.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A host, by address or name, and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        """The form in which users write it: HOST:PORT, an IPv6 address in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """This node: its name and its pair's (None: found out at run time), and where state is kept."""

    name: str | None = None
    pair: str | None = None
    state_dir: str = "/var/lib/hawatch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keepalived:
    """Where keepalived's own configuration is, and where it tells what it does.

    `log` is a file, `journal`, `off`, or `auto`: /var/log/keepalived.log if it may be read. `notify_fifo` is a FIFO
    that nobody else reads.
    """

    config: str = "/etc/keepalived/keepalived.conf"
    log: str = "auto"
    notify_fifo: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observe:
    """How much is read of what comes: so many frames a second and socket, on average."""

    frames_per_second: int = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """Where the agent answers: HTTP, and the Unix socket of the command line.

    `token_file` says who may answer incidents over HTTP; None: nobody.
    """

    http: Endpoint = Endpoint(host="127.0.0.1", port=10112)
    socket: str = "/run/hawatch/hawatch.sock"
    token_file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerLink:
    """What all links to peers share: the UDP port, and the file with the key."""

    port: int = 10112
    key_file: str = "/etc/hawatch/peer.key"


@dataclass(frozen=True, slots=True, kw_only=True)
class UdpLink:
    """One path to a peer over IP: `local` is an address or an interface, `remote` an address or a host name."""

    name: str
    remote: str
    local: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SerialLink:
    """One path to a peer over a serial cable; `baud` in bits per second."""

    name: str
    device: str
    baud: int = 115200


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Another node of the pair. Without links, the addresses that are learned are its links."""

    name: str
    links: tuple[UdpLink | SerialLink, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """An address that tells "I am cut off" from "it is gone"."""

    name: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """A host that owns nothing and sees the pair from beside it, and the links to it."""

    name: str
    links: tuple[UdpLink, ...]


class ServicePlace(StrEnum):
    """Where a service must be up: where the VIP is, on this node, on the peers, or everywhere."""

    OWNER = "owner"
    LOCAL = "local"
    PEER = "peer"
    BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What the VIP is there for: exactly one of `http`, `tcp`, `process`, `plugin`, `unit`, `command` is set.

    It is looked at every so many seconds (`every`).
    """

    name: str
    on: ServicePlace = ServicePlace.OWNER
    http: str | None = None
    tcp: str | None = None
    process: str | None = None
    plugin: str | None = None
    unit: str | None = None
    command: tuple[str, ...] = ()
    every: float = 5.0
    guard: ServiceGuard | None = None


class UnreachablePeer(StrEnum):
    """What to call a peer that is gone on every path."""

    FAILOVER = "failover"
    SUSPECTED = "suspected"


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualRouterOptions:
    """Where one virtual router differs: `data` True means that nothing moves it by itself."""

    instance: str
    data: bool = False
    unreachable_peer: UnreachablePeer = UnreachablePeer.FAILOVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Accept:
    """A finding that is meant to be so, through the day `until` (None: for good)."""

    cause: str
    reason: str = ""
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All of hawatch.toml."""

    node: Node = Node()
    keepalived: Keepalived = Keepalived()
    observe: Observe = Observe()
    listen: Listen = Listen()
    peer_link: PeerLink = PeerLink()
    peers: tuple[Peer, ...] = ()
    references: tuple[Reference, ...] = ()
    witnesses: tuple[Witness, ...] = ()
    services: tuple[Service, ...] = ()
    virtual_routers: tuple[VirtualRouterOptions, ...] = ()
    accepts: tuple[Accept, ...] = ()
    oncall: OnCallOptions = field(default_factory=OnCallOptions)
    channels: tuple[Channel, ...] = ()
    contacts: tuple[Contact, ...] = ()
    notify: tuple[NotifyRule, ...] = ()
    passive: tuple[Passive, ...] = ()
    monitors: tuple[Monitor, ...] = ()

    def options(self, instance: str) -> VirtualRouterOptions:
        """The options of one virtual router."""
        found = (each for each in self.virtual_routers if each.instance == instance)
        return next(found, VirtualRouterOptions(instance=instance))
