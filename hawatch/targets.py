"""What the observers are to look at: plain data made from keepalived.conf and hawatch.toml."""

from __future__ import annotations

from dataclasses import dataclass

from hawatch.keepalived.model import Family


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureTarget:
    """A device to sniff; `vips` are the addresses whose announcements matter, `groups` the multicast groups to hear."""

    interface: str
    vips: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()


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
class ReferenceTarget:
    """An address that tells "I am cut off" from "it is gone"."""

    name: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceTarget:
    """A service check: exactly one of `http`, `tcp`, `process`, `plugin` is set; `on` says where it must be up."""

    name: str
    on: str
    http: str | None = None
    tcp: str | None = None
    process: str | None = None
    plugin: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """Everything the observers look at; two equal values mean nothing has to be restarted."""

    interfaces: frozenset[str] = frozenset()
    vips: frozenset[str] = frozenset()
    captures: tuple[CaptureTarget, ...] = ()
    probes: tuple[ProbeTarget, ...] = ()
    links: tuple[LinkTarget, ...] = ()
    references: tuple[ReferenceTarget, ...] = ()
    services: tuple[ServiceTarget, ...] = ()
