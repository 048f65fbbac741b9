"""All that the examinations look at, gathered once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hawatch.config import Config, SerialLink
from hawatch.doctor.host import Host
from hawatch.keepalived.blocks import Statement
from hawatch.keepalived.model import KeepalivedConfig, VirtualRouter

ACTIONS = "/etc/hawatch/actions.toml"
"""Root's list of what may be done here, fence devices included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FenceSeen:
    """What a fence device has said of its node: `power` is on, off or unknown, and then `problem` says why."""

    target: str
    power: str
    problem: str
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Case:
    """What is None has its reason in the field beside it.

    `status` is what the running agent answers, `statements` are keepalived.conf's own words (with its passwords),
    `listing` the host's packet filters as hawatch.netfilter takes them. `fences` are the fence devices that were asked;
    `fences_problem` says why they could not be, where there seem to be some.
    """

    host: Host
    config: Config = field(default_factory=Config)
    config_path: str | None = None
    config_problem: str | None = None
    keepalived: KeepalivedConfig | None = None
    statements: tuple[Statement, ...] | None = None
    keepalived_problem: str = "keepalived.conf was not read"
    status: Mapping[str, Any] | None = None
    status_problem: str = "no agent was asked"
    listing: Mapping[str, object] | None = None
    listing_problem: str = "the rules were not listed"
    fences: tuple[FenceSeen, ...] = ()
    fences_problem: str = ""

    @property
    def routers(self) -> tuple[VirtualRouter, ...]:
        """The virtual routers, none when keepalived.conf could not be read."""
        return self.keepalived.virtual_routers if self.keepalived else ()

    @property
    def vips(self) -> frozenset[str]:
        """Every VIP."""
        return frozenset(vip.address for router in self.routers for vip in router.all_vips)

    @property
    def peer_addresses(self) -> tuple[str, ...]:
        """What hawatch.toml and keepalived.conf call the peers, in that order."""
        configured = [
            link.remote
            for peer in self.config.peers
            for link in peer.links
            if not isinstance(link, SerialLink)
        ]
        unicast = [peer for router in self.routers for peer in router.unicast_peers]
        return tuple(dict.fromkeys([*configured, *unicast]))

    def peers_of_agent(self) -> Iterator[Mapping[str, Any]]:
        """The peers as the running agent tells of them."""
        peers = self.status.get("peers") if self.status else None
        for peer in peers if isinstance(peers, list) else ():
            if isinstance(peer, Mapping):
                yield peer
