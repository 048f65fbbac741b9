"""IPVS as the kernel tells of it over generic netlink: attributes by their names (linux/ip_vs.h) to records.

The kernel's ip_vs_genl_fill_service, _dest and _daemon (net/netfilter/ipvs/ip_vs_ctl.c) say which attributes there are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from hawatch.errors import DecodeError
from hawatch.wire.family import Family
from hawatch.wire.virtual_service import PROTOCOLS, mark_name, service_name

Attributes = Mapping[str, Any]
PERSISTENT, HASHED = 0x0001, 0x0002
"""Flags of a service: the second one says only that the kernel has it in its table."""
METHODS = ("nat", "local", "tunnel", "direct", "bypass")
_METHOD_BITS = 0x0007
_FAMILIES = {2: Family.IPV4, 10: Family.IPV6}
_STATES = {1: "master", 2: "backup"}
_ADDRESS_BYTES = {Family.IPV4: 4, Family.IPV6: 16}


@dataclass(frozen=True, slots=True, kw_only=True)
class RealServer:
    """Where a service's connections go: none do at weight 0. `method` is one of METHODS."""

    address: str
    port: int
    weight: int
    method: str = "nat"


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualService:
    """One service of the kernel's table. `persistence` is in seconds, 0 for none; `netmask` groups its clients."""

    name: str
    scheduler: str
    flags: int = 0
    persistence: int = 0
    netmask: str = ""
    engine: str = ""
    servers: tuple[RealServer, ...] = ()

    @property
    def make(self) -> str:
        """A short digest of how it balances; health checks change nothing of that."""
        parts = (self.scheduler, self.flags & ~HASHED, self.persistence, self.netmask, self.engine)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:8]


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncDaemon:
    """A thread of the kernel that tells other directors of connections (master), or learns of them (backup)."""

    state: str
    interface: str
    sync_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """All of one network namespace."""

    services: tuple[VirtualService, ...] = ()
    daemons: tuple[SyncDaemon, ...] = ()


def service_of(attributes: Attributes, servers: tuple[RealServer, ...] = ()) -> VirtualService:
    """A service from the attributes of IPVS_CMD_ATTR_SERVICE. DecodeError for what is no service."""
    family = family_of(attributes)
    mark = _number(attributes, "IPVS_SVC_ATTR_FWMARK", 0)
    if mark:
        name = mark_name(mark, family)
    else:
        number = _number(attributes, "IPVS_SVC_ATTR_PROTOCOL")
        address = _address(attributes.get("IPVS_SVC_ATTR_ADDR"), family)
        port = _number(attributes, "IPVS_SVC_ATTR_PORT")
        name = service_name(PROTOCOLS.get(number, f"ip-{number}"), address, port)
    flags = _flags(attributes.get("IPVS_SVC_ATTR_FLAGS"))
    return VirtualService(
        name=name,
        scheduler=str(attributes.get("IPVS_SVC_ATTR_SCHED_NAME", "")),
        flags=flags,
        persistence=_number(attributes, "IPVS_SVC_ATTR_TIMEOUT", 0) if flags & PERSISTENT else 0,
        netmask=str(attributes.get("IPVS_SVC_ATTR_NETMASK", "")),
        engine=str(attributes.get("IPVS_SVC_ATTR_PE_NAME", "")),
        servers=tuple(sorted(servers, key=lambda each: (each.address, each.port))),
    )


def server_of(attributes: Attributes, family: Family) -> RealServer:
    """A real server from the attributes of IPVS_CMD_ATTR_DEST; `family` is its service's, which kernels before 3.18
    do not repeat. DecodeError for what is none."""
    told = _number(attributes, "IPVS_DEST_ATTR_ADDR_FAMILY", 0)
    method = _number(attributes, "IPVS_DEST_ATTR_FWD_METHOD", 0) & _METHOD_BITS
    return RealServer(
        address=_address(attributes.get("IPVS_DEST_ATTR_ADDR"), _FAMILIES.get(told, family)),
        port=_number(attributes, "IPVS_DEST_ATTR_PORT"),
        weight=_number(attributes, "IPVS_DEST_ATTR_WEIGHT"),
        method=METHODS[method] if method < len(METHODS) else f"method-{method}",
    )


def daemon_of(attributes: Attributes) -> SyncDaemon:
    """A sync daemon from the attributes of IPVS_CMD_ATTR_DAEMON. DecodeError for what is none."""
    state = _number(attributes, "IPVS_DAEMON_ATTR_STATE")
    return SyncDaemon(
        state=_STATES.get(state, f"state-{state}"),
        interface=str(attributes.get("IPVS_DAEMON_ATTR_MCAST_IFN", "")),
        sync_id=_number(attributes, "IPVS_DAEMON_ATTR_SYNC_ID"),
    )


def family_of(attributes: Attributes) -> Family:
    """The family of a service. DecodeError for one that is neither IPv4 nor IPv6."""
    number = _number(attributes, "IPVS_SVC_ATTR_AF")
    try:
        return _FAMILIES[number]
    except KeyError:
        raise DecodeError(f"a virtual service of address family {number}") from None


def _number(attributes: Attributes, name: str, otherwise: int | None = None) -> int:
    value = attributes.get(name, otherwise)
    if type(value) is not int:
        raise DecodeError(f"{name} is missing or no number")
    return value


def _flags(value: object) -> int:
    flags = value.get("flags") if isinstance(value, Mapping) else 0
    return flags if type(flags) is int else 0


def _address(value: object, family: Family) -> str:
    """As text; the kernel gives 16 bytes whatever the family, and where that is unknown they come undecoded."""
    if isinstance(value, bytes):
        value = value[: _ADDRESS_BYTES[family]]
    if not isinstance(value, (str, bytes)):
        raise DecodeError("a virtual service or real server without an address")
    try:
        return str(ip_address(value))
    except ValueError:
        raise DecodeError(f"{value!r} is no address of a virtual service or real server") from None
