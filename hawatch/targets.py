"""What the observers are to look at: plain data made from keepalived.conf and hawatch.toml."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from hawatch.config import Config, SerialLink, Service
from hawatch.keepalived.model import Family, KeepalivedConfig, VirtualRouter
from hawatch.wire.ip import PROTOCOL_AH, PROTOCOL_VRRP

LOOPBACK = "lo"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureTarget:
    """A device to sniff; `vips` are the addresses whose announcements matter, `groups` the multicast groups to hear.

    `vrids` are those of our virtual routers there: strangers' frames are then not before theirs. Empty: not all known.
    """

    interface: str
    vips: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    vrids: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowTarget:
    """A multicast group in which to hear what keepalived's own socket hears on `device`, for routers on `interface`.

    The two differ where keepalived listens on a virtual MAC's device. `vrids` are those of ours that are listened for
    there: the advertisements of all others reach that device, too. `protocol` is 112, or 51 for those in an
    authentication header.
    """

    interface: str
    device: str
    family: Family
    group: str
    protocol: int = PROTOCOL_VRRP
    vrids: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeTarget:
    """A VIP to ask after, on the device where clients reach it."""

    vip: str
    family: Family
    interface: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkTarget:
    """One path to a peer: `local` an address, an interface or None (routing decides); `remote` an address or name."""

    peer: str
    link: str
    remote: str
    local: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SerialTarget:
    """One path to a peer over a serial cable; `baud` in bits per second."""

    peer: str
    link: str
    device: str
    baud: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceTarget:
    """An address that tells "I am cut off" from "it is gone"."""

    name: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceTarget:
    """A service check: exactly one of `http`, `tcp`, `process`, `plugin`, `unit`, `command` is set.

    `on` says where it must be up; it is looked at every so many seconds (`every`).
    """

    name: str
    on: str
    http: str | None = None
    tcp: str | None = None
    process: str | None = None
    plugin: str | None = None
    unit: str | None = None
    command: tuple[str, ...] = ()
    every: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """Everything the observers look at; two equal values mean nothing has to be restarted.

    `reverse_paths` are the devices by which IPv4 advertisements come in, and whose rp_filter matters. `balances`:
    keepalived runs IPVS, in the network namespace `balances_in` where that is not its own. `scripted_fifos` are the
    notify FIFOs that a script of keepalived's reads.
    """

    interfaces: frozenset[str] = frozenset()
    vips: frozenset[str] = frozenset()
    loopback_vips: frozenset[str] = frozenset()
    captures: tuple[CaptureTarget, ...] = ()
    shadows: tuple[ShadowTarget, ...] = ()
    reverse_paths: frozenset[str] = frozenset()
    routers: tuple[VirtualRouter, ...] = ()
    probes: tuple[ProbeTarget, ...] = ()
    links: tuple[LinkTarget, ...] = ()
    references: tuple[ReferenceTarget, ...] = ()
    services: tuple[ServiceTarget, ...] = ()
    serial_links: tuple[SerialTarget, ...] = ()
    balances: bool = False
    balances_in: str | None = None
    witness_links: tuple[LinkTarget, ...] = ()
    scripted_fifos: tuple[str, ...] = ()


def plan(
    config: Config,
    keepalived: KeepalivedConfig | None,
    discovered_peers: Sequence[str] = (),
    default_gateways: Sequence[str] = (),
    *,
    peer_addresses: Sequence[str] = (),
) -> Targets:
    """What to look at, given the configuration, keepalived's (None: it could not be read) and what was found.

    Addresses are text, link-local ones with their %zone: `discovered_peers` are the sources of advertisements heard,
    `peer_addresses` those that somebody named for this run. A peer known by its address alone is called by it.
    """
    routers = keepalived.virtual_routers if keepalived else ()
    links = _links(config, routers, peer_addresses, discovered_peers)
    return Targets(
        interfaces=frozenset(_interfaces(routers)),
        vips=frozenset(vip.address for router in routers for vip in router.all_vips),
        loopback_vips=frozenset(
            vip.address
            for router in routers
            for vip in router.all_vips
            if (vip.device or router.interface) == LOOPBACK
        ),
        captures=_captures(routers),
        routers=tuple(routers),
        shadows=_shadows(routers),
        reverse_paths=frozenset(each.listening_device for each in routers if each.family is Family.IPV4),
        probes=_probes(routers),
        links=tuple({(each.peer, each.link): each for each in reversed(links)}.values())[::-1],
        references=_references(config, default_gateways),
        services=tuple(_service(each) for each in config.services),
        balances=keepalived is not None and keepalived.virtual_servers.any,
        balances_in=keepalived.virtual_servers.namespace if keepalived else None,
        scripted_fifos=keepalived.scripted_fifos if keepalived else (),
        serial_links=tuple(
            SerialTarget(peer=peer.name, link=link.name, device=link.device, baud=link.baud)
            for peer in config.peers
            for link in peer.links
            if isinstance(link, SerialLink)
        ),
        witness_links=tuple(
            LinkTarget(peer=witness.name, link=link.name, remote=link.remote, local=link.local)
            for witness in config.witnesses
            for link in witness.links
        ),
    )


def _interfaces(routers: Sequence[VirtualRouter]) -> list[str]:
    """The devices whose state matters: VRRP's, the VIPs', and those that are tracked."""
    tracked = [each.name for router in routers for each in router.tracked_interfaces]
    return [name for router in routers for name in router.device_names] + tracked


def _captures(routers: Sequence[VirtualRouter]) -> tuple[CaptureTarget, ...]:
    """One per device. A VMAC's frames are seen on the device below it, with the virtual MAC as their source."""
    vips: dict[str, set[str]] = defaultdict(set)
    groups: dict[str, set[str]] = defaultdict(set)
    vrids: dict[str, set[int]] = defaultdict(set)
    for router in routers:
        vrids[router.interface].add(router.vrid)
        groups[router.interface].update(() if router.unicast else (router.multicast_group,))
        for vip in router.all_vips:
            vips[vip.device or router.interface].add(vip.address)
    return tuple(
        CaptureTarget(
            interface=name,
            vips=frozenset(vips[name]),
            groups=frozenset(groups[name]),
            vrids=frozenset() if 0 in vrids[name] else frozenset(vrids[name]),
        )
        for name in sorted(vips.keys() | groups.keys())
    )


def _shadows(routers: Sequence[VirtualRouter]) -> tuple[ShadowTarget, ...]:
    """One per socket that keepalived has for multicast. None for unicast: an open socket of protocol 112 would keep
    this host from answering that nobody listens; and none for a router of which only the VIP is known (VRID 0)."""
    found = {
        ShadowTarget(
            interface=router.interface,
            device=router.listening_device,
            family=router.family,
            group=router.multicast_group,
            protocol=PROTOCOL_AH if router.auth_type == "ah" else PROTOCOL_VRRP,
            vrids=frozenset(
                other.vrid
                for other in routers
                if (other.interface, other.family) == (router.interface, router.family)
                and other.listening_device == router.listening_device
            ),
        )
        for router in routers
        if router.vrid and not router.unicast
    }
    return tuple(sorted(found, key=lambda each: (each.device, each.family, each.group, each.protocol)))


def _probes(routers: Sequence[VirtualRouter]) -> tuple[ProbeTarget, ...]:
    found = {
        vip.address: ProbeTarget(
            vip=vip.address,
            family=Family.IPV6 if ":" in vip.address else Family.IPV4,
            interface=vip.device or router.interface,
        )
        for router in routers
        for vip in router.all_vips
    }
    return tuple(found.values())


def _links(
    config: Config, routers: Sequence[VirtualRouter], named: Sequence[str], discovered: Sequence[str]
) -> list[LinkTarget]:
    """The links that were configured, then those to addresses that were named or learned.

    Learned addresses count only while no peer is listed, or for the one listed peer that has no links.
    """
    configured = [
        LinkTarget(peer=peer.name, link=link.name, remote=link.remote, local=link.local)
        for peer in config.peers
        for link in peer.links
        if not isinstance(link, SerialLink)
    ]
    without_links = [peer.name for peer in config.peers if not peer.links]
    sources = {
        _with_zone(peer, router): _with_zone(router.source, router) if router.source else None
        for router in routers
        for peer in router.unicast_peers
    }
    learned = [] if config.peers and len(without_links) != 1 else [*sources, *discovered]
    name = without_links[0] if len(without_links) == 1 else None
    return configured + [
        LinkTarget(peer=name or address, link=address, remote=address, local=sources.get(address))
        for address in dict.fromkeys([*named, *learned])
    ]


def _with_zone(address: str, router: VirtualRouter) -> str:
    """A link-local address with the device that it is meant on (RFC 4007 §11): keepalived takes the router's own."""
    return f"{address}%{router.interface}" if address.startswith("fe80:") and "%" not in address else address


def _references(config: Config, default_gateways: Sequence[str]) -> tuple[ReferenceTarget, ...]:
    if config.references:
        return tuple(ReferenceTarget(name=each.name, address=each.address) for each in config.references)
    several = len(default_gateways) > 1
    return tuple(
        ReferenceTarget(name=f"gateway-{address}" if several else "gateway", address=address)
        for address in default_gateways
    )


def _service(service: Service) -> ServiceTarget:
    return ServiceTarget(
        name=service.name,
        on=service.on.value,
        http=service.http,
        tcp=service.tcp,
        process=service.process,
        plugin=service.plugin,
        unit=service.unit,
        command=service.command,
        every=service.every,
    )
