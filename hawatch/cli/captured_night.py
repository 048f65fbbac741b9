"""A capture file as evidence: what an agent on the node `own_address` would have been told of that night.

A capture does not show what a kernel held. A node is taken to hold its VIPs from its first advertisement until it
resigns, or until it hears a superior one and says nothing more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import BinaryIO

from hawatch.errors import DecodeError
from hawatch.evidence import (
    AdvertisementHeard,
    ConfigRead,
    Evidence,
    InterfaceState,
    Settings,
    Started,
    VipHeld,
)
from hawatch.keepalived.model import KeepalivedConfig, VirtualAddress, VirtualRouter
from hawatch.observers.sniffer.frame_reader import FrameReader
from hawatch.wire.capture import read_capture
from hawatch.wire.link import LinkType

INTERFACE = "capture"
SILENT_AFTER = 1.6
"""Intervals without an own advertisement after a superior one, by which a node has yielded."""


def read_night(
    stream: BinaryIO, name: str, *, own_address: str | None, config: KeepalivedConfig | None
) -> Iterator[Evidence]:
    """The evidence in order; DecodeError, after what could be read, where the file is damaged."""
    seen: list[Evidence] = []
    fault: DecodeError | None = None
    try:
        seen.extend(_frames(stream, name, own_address, config))
    except DecodeError as error:  # what was read before the damage is still a night worth judging
        fault = error
    yield from _told(seen, own_address, config)
    if fault is not None:
        raise fault


def _frames(
    stream: BinaryIO, name: str, own_address: str | None, config: KeepalivedConfig | None
) -> Iterator[Evidence]:
    vips = (
        frozenset(vip.address for r in config.virtual_routers for vip in r.all_vips)
        if config
        else frozenset()
    )
    readers: dict[int, FrameReader] = {}
    known_types = frozenset(LinkType)
    for captured in read_capture(stream, name):
        if captured.link_type not in known_types or captured.time is None:
            continue
        reader = readers.setdefault(
            captured.link_type,
            FrameReader(
                interface=INTERFACE, vips=vips, fingerprint=None, link_type=LinkType(captured.link_type)
            ),
        )
        evidence = reader.read(captured.data, at=captured.time, outgoing=False)
        if isinstance(evidence, AdvertisementHeard) and evidence.src == own_address:
            evidence = replace(evidence, outgoing=True)
        if evidence is not None:
            yield evidence


def _told(
    seen: list[Evidence], own_address: str | None, config: KeepalivedConfig | None
) -> Iterator[Evidence]:
    if not seen:
        return
    start = seen[0].at
    adverts = [e for e in seen if isinstance(e, AdvertisementHeard)]
    model = _on_this_wire(config) if config else _guess(adverts, own_address)
    yield Started(
        at=start, node=own_address or "bystander", pair=None, boot_id="capture", booted_at=0.0,
        wall_minus_monotonic=0.0, version="capture",
    )  # fmt: skip
    yield Settings(at=start)
    yield ConfigRead(at=start, config=model)
    addresses = (own_address,) if own_address else ()
    yield InterfaceState(at=start, interface=INTERFACE, carrier=True, addresses=addresses)
    holds = [hold for router in model.virtual_routers for hold in _holds(router, adverts, start)]
    yield from sorted([*holds, *seen], key=lambda evidence: evidence.at)


def _on_this_wire(config: KeepalivedConfig) -> KeepalivedConfig:
    routers = tuple(replace(router, interface=INTERFACE) for router in config.virtual_routers)
    return replace(config, virtual_routers=routers)


def _guess(adverts: list[AdvertisementHeard], own_address: str | None) -> KeepalivedConfig:
    """One virtual router for each VRID and family, with the VIPs and priority that our side, or anybody, advertised."""
    routers: dict[tuple[int, str], VirtualRouter] = {}
    for advert in sorted(adverts, key=lambda a: a.src != own_address):
        key = (advert.vrid, advert.family.value)
        if key in routers or not advert.priority or not advert.addresses:
            continue
        length = 32 if "." in advert.addresses[0] else 128
        routers[key] = VirtualRouter(
            instance=f"vrid {advert.vrid} {advert.family.value}",
            interface=INTERFACE,
            vrid=advert.vrid,
            family=advert.family,
            version=advert.version,
            priority=advert.priority if advert.src == own_address else 1,
            advert_interval=advert.interval_seconds or 1.0,
            multicast_group=advert.dst,
            vips=tuple(VirtualAddress(address=address, prefix_length=length) for address in advert.addresses),
        )
    return KeepalivedConfig(virtual_routers=tuple(routers.values()), digest="guessed from the capture")


def _holds(router: VirtualRouter, adverts: list[AdvertisementHeard], start: float) -> Iterator[Evidence]:
    mine = [a for a in adverts if (a.vrid, a.family) == (router.vrid, router.family)]
    held: bool | None = None
    for number, advert in enumerate(mine):
        now: bool | None = held
        if advert.outgoing:
            now = advert.priority > 0
        elif held is None or (held and _yields(advert, mine[:number], mine[number + 1 :])):
            now = False
        if now is not held:
            held = now
            yield from (
                VipHeld(at=max(advert.at, start), address=vip.address, held=held) for vip in router.all_vips
            )


def _yields(
    advert: AdvertisementHeard, before: list[AdvertisementHeard], after: Iterable[AdvertisementHeard]
) -> bool:
    """Whether our side falls silent on hearing this advertisement."""
    own = next((a for a in reversed(before) if a.outgoing), None)
    if own is None or advert.priority < own.priority:
        return False
    following = next((a for a in after if a.outgoing), None)
    return following is None or following.at - advert.at > SILENT_AFTER * (own.interval_seconds or 1.0)
