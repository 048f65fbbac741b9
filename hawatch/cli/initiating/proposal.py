"""What `hawatch init` proposes, as plain records, and what somebody wished on the command line."""

from __future__ import annotations

from dataclasses import dataclass

from hawatch.cli.initiating.facts import OwnAddress
from hawatch.cli.initiating.services import ServiceGuess
from hawatch.keepalived.model import VirtualRouter


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedLink:
    """One wire to a peer; `local` None: as the route goes."""

    name: str
    remote: str
    local: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedPeer:
    """Another node. `guessed`: nobody said that this is its name."""

    name: str
    links: tuple[ProposedLink, ...] = ()
    guessed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What was said on the command line; `peers` are names with their addresses, None is what nobody said."""

    node: str | None = None
    pair: str | None = None
    listen: str | None = None
    peers: tuple[tuple[str, tuple[str, ...]], ...] = ()
    keepalived_conf: str | None = None
    key_file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A hawatch.toml to be: None is what is left to its default; the rest only helps to write the comments.

    `own` are this node's addresses without VIPs, `wires` those of them in networks of which no peer's end is known.
    """

    node: str
    pair: str | None = None
    listen: str | None = None
    keepalived_conf: str | None = None
    key_file: str | None = None
    peers: tuple[ProposedPeer, ...] = ()
    gateways: tuple[str, ...] = ()
    routers: tuple[VirtualRouter, ...] = ()
    services: tuple[ServiceGuess, ...] = ()
    own: tuple[OwnAddress, ...] = ()
    wires: tuple[OwnAddress, ...] = ()
