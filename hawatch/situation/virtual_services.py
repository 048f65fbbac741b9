"""What this node's kernel balances by IPVS, and which of it belongs to a virtual router."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from hawatch.evidence import VirtualServicesSeen
from hawatch.keepalived.model import KeepalivedConfig, VirtualRouter
from hawatch.keepalived.virtual_server import VirtualServer
from hawatch.kernel.ipvs import RealServer, VirtualService
from hawatch.wire.report import ReportedVirtualService
from hawatch.wire.virtual_service import address_of, mark_family


@dataclass(slots=True)
class VirtualServices:
    """The latest look at the table, and since when it has been as it is; times are 0 before the first."""

    seen: VirtualServicesSeen | None = None
    known_since: float = 0.0
    daemons_since: float = 0.0
    _table: dict[str, VirtualService] = field(default_factory=dict)
    _changed_at: dict[str, float] = field(default_factory=dict)
    _by_place: dict[str | None, list[VirtualService]] = field(default_factory=dict)
    _words: dict[str, tuple[VirtualServer | None, ReportedVirtualService]] = field(default_factory=dict)

    def fold(self, evidence: VirtualServicesSeen) -> None:
        """Take in one look; what was not known before it has no past."""
        before, at = self.seen, evidence.at
        known_before = before is not None and before.services is not None
        table = {each.name: each for each in evidence.services or ()}
        if not known_before:
            self.known_since, self._changed_at = at, {}
        else:
            for name in self._table.keys() | table.keys():
                if self._table.get(name) != table.get(name):
                    self._changed_at[name] = at
        if before is None or before.daemons != evidence.daemons or not known_before:
            self.daemons_since = at
        self.seen, self._table, self._by_place, self._words = evidence, table, {}, {}
        for each in table.values():
            self._by_place.setdefault(place_of(each.name), []).append(each)

    def forget(self, at: float, problem: str | None) -> None:
        """Nobody looks any more."""
        if self.seen is not None:
            self.fold(VirtualServicesSeen(at=at, services=None, problem=problem))

    @property
    def known(self) -> bool:
        """Whether the table is known now."""
        return self.seen is not None and self.seen.services is not None

    def service(self, name: str) -> VirtualService | None:
        """The service of a name; None where the kernel has none, or the table is not known."""
        return self._table.get(name)

    def since(self, name: str) -> float:
        """Since when the service has been as it is now, there or not."""
        return max(self.known_since, self._changed_at.get(name, 0.0))

    def of(self, router: VirtualRouter) -> list[VirtualService]:
        """The services on a virtual router's VIPs, and those of its family that go by firewall marks."""
        vips = dict.fromkeys(vip.address for vip in router.all_vips)
        found = [each for vip in vips for each in self._by_place.get(vip, ())]
        return found + self._by_place.get(router.family, [])

    def word(self, service: VirtualService, server: VirtualServer | None) -> ReportedVirtualService:
        """What is told of a service; remembered, since it is told every second and seldom changes."""
        known = self._words.get(service.name)
        if known is None or known[0] is not server:
            servers = usable(service, server)
            told = ReportedVirtualService(
                name=service.name, make=service.make, servers=_digest(servers), usable=len(servers)
            )
            known = self._words[service.name] = (server, told)
        return known[1]


def place_of(name: str) -> str | None:
    """What a service belongs to by its name: an address, or a family for one that goes by a firewall mark."""
    return mark_family(name) or address_of(name)


def wanted_by_router(config: KeepalivedConfig) -> dict[str, dict[str, VirtualServer]]:
    """For each instance the services that keepalived.conf says its VIPs have, with the virtual_server of each.

    Of services that go by firewall marks nobody knows the VIP: every instance of their family has them.
    """
    by_place: dict[str | None, dict[str, VirtualServer]] = {}
    for server in config.virtual_servers.servers:
        for name in server.services:
            by_place.setdefault(place_of(name), {})[name] = server
    return {
        router.instance: {
            name: server
            for place in (*(vip.address for vip in router.all_vips), router.family)
            for name, server in by_place.get(place, {}).items()
        }
        for router in config.virtual_routers
    }


def usable(service: VirtualService, server: VirtualServer | None) -> list[RealServer]:
    """The real servers that get connections; one that only says sorry is none of them."""
    return [each for each in service.servers if each.weight > 0 and not says_sorry(each, server)]


def says_sorry(found: RealServer, server: VirtualServer | None) -> bool:
    """Whether it is the sorry_server; keepalived may give it another port than was written."""
    if server is None or server.sorry_server is None or found.address != server.sorry_server.address:
        return False
    if found.address not in {each.address for each in server.real_servers}:
        return True
    return found.port == server.sorry_server.port


def report_of(
    services: VirtualServices, router: VirtualRouter, wanted: Mapping[str, VirtualServer], *, others: bool
) -> tuple[ReportedVirtualService, ...] | None:
    """What the other nodes are to know for comparison; None where nothing is known, or where nobody balances: neither
    this node (`wanted`, by the service's name) nor one who told so (`others`)."""
    if not wanted and not others:
        return None
    if wanted and not services.known:
        return None
    return tuple(services.word(each, wanted.get(each.name)) for each in services.of(router))


def _digest(servers: list[RealServer]) -> str:
    """Of who gets connections and how they are forwarded; weights differ from node to node."""
    text = repr(sorted((each.address, each.port, each.method) for each in servers))
    return hashlib.sha256(text.encode()).hexdigest()[:8]
