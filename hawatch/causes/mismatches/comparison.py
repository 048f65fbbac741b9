"""What the members of a virtual router must have in common, as data: one row for each, from either source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from hawatch.evidence import AdvertisementHeard
from hawatch.keepalived.model import VirtualRouter
from hawatch.situation.agreement import AUTH_TYPES, UNICAST, destination
from hawatch.situation.node import Node
from hawatch.situation.router import RouterState
from hawatch.verdict import Cause
from hawatch.wire.address import is_multicast
from hawatch.wire.family import Family
from hawatch.wire.report import ReportedRouter
from hawatch.wire.vrrp import ChecksumForm


class Pair(NamedTuple):
    """Our value and the other member's."""

    ours: object
    theirs: object

    @property
    def differs(self) -> bool:
        """Whether the members disagree."""
        return self.ours != self.theirs


class Authentication(NamedTuple):
    """How advertisements are authenticated; the fingerprint is never shown."""

    type: str
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One setting: a pair from a report and from an advertisement, None where that source cannot tell.

    `refutes`: an advertisement that agrees disproves a report that differs, since it shows all there is to compare.
    `counters` are keepalived's own that would grow.
    """

    cause: Cause
    thing: str
    by_report: Callable[[RouterState, Node, ReportedRouter], Pair | None]
    by_advert: Callable[[RouterState, Node, AdvertisementHeard], Pair | None]
    refutes: bool = True
    counters: tuple[str, ...] = ()


def _vrid_told(router: RouterState, _node: Node, told: ReportedRouter) -> Pair:
    return Pair(router.config.vrid, told.vrid)


def _vrid_heard(router: RouterState, _node: Node, heard: AdvertisementHeard) -> Pair:
    return Pair(router.config.vrid, heard.vrid)


def _version_told(router: RouterState, _node: Node, told: ReportedRouter) -> Pair | None:
    return Pair(router.config.version, told.settings.version) if told.settings is not None else None


def _version_heard(router: RouterState, _node: Node, heard: AdvertisementHeard) -> Pair:
    return Pair(router.config.version, heard.version)


def _interval_told(router: RouterState, _node: Node, told: ReportedRouter) -> Pair | None:
    if _versions_differ(router.config, told):
        return None
    return Pair(router.config.advert_interval, told.advert_interval)


def _interval_heard(router: RouterState, _node: Node, heard: AdvertisementHeard) -> Pair | None:
    if heard.version != router.config.version:
        return None
    return Pair(router.config.advert_interval, heard.interval_seconds)


def _versions_differ(config: VirtualRouter, told: ReportedRouter) -> bool:
    return told.settings is None or told.settings.version != config.version


def _auth_told(router: RouterState, _node: Node, told: ReportedRouter) -> Pair | None:
    config, settings = router.config, told.settings
    if settings is None or settings.version != config.version:
        return None
    return _auth(config, settings.auth_type, settings.auth_fingerprint)


def _auth_heard(router: RouterState, _node: Node, heard: AdvertisementHeard) -> Pair | None:
    """Version 2 over IPv4 alone authenticates; what is secret and not shown, as a key of AH, cannot agree."""
    if (heard.version, router.config.version, heard.family) != (2, 2, Family.IPV4):
        return None
    auth_type = AUTH_TYPES.get(heard.auth_type, f"type {heard.auth_type}")
    pair = _auth(router.config, auth_type, heard.auth_fingerprint if auth_type == "pass" else None)
    secret = auth_type != "none" and not pair.differs
    return None if secret and Authentication(auth_type) in pair else pair


def _auth(config: VirtualRouter, auth_type: str, fingerprint: str | None) -> Pair:
    """Fingerprints count where both are known."""
    if fingerprint is None or config.auth_fingerprint is None:
        return Pair(Authentication(config.auth_type), Authentication(auth_type))
    return Pair(
        Authentication(config.auth_type, config.auth_fingerprint), Authentication(auth_type, fingerprint)
    )


def _vips_told(router: RouterState, _node: Node, told: ReportedRouter) -> Pair:
    """The excluded ones, too: they move with the others."""
    return Pair(router.vips, frozenset(vip.address for vip in told.vips))


def _vips_heard(router: RouterState, _node: Node, heard: AdvertisementHeard) -> Pair:
    return Pair(frozenset(vip.address for vip in router.config.vips), frozenset(heard.addresses))


def _destination_told(router: RouterState, _node: Node, told: ReportedRouter) -> Pair | None:
    return Pair(destination(router.config), told.settings.destination) if told.settings is not None else None


def _destination_heard(router: RouterState, _node: Node, heard: AdvertisementHeard) -> Pair:
    return Pair(destination(router.config), heard.dst if is_multicast(heard.dst) else UNICAST)


def _form_told(router: RouterState, node: Node, told: ReportedRouter) -> Pair | None:
    config, settings = router.config, told.settings
    if config.family is Family.IPV6 or settings is None or (config.version, settings.version) != (3, 3):
        return None
    ours, theirs = _own_form(router, node), _form(as_v2=settings.checksum_as_v2)
    return Pair(ours if ours in _CONFIGURED else theirs, theirs)


def _form(*, as_v2: bool) -> ChecksumForm:
    return ChecksumForm.PLAIN if as_v2 else ChecksumForm.PSEUDO_HEADER


_FORMS = {form.value: form for form in ChecksumForm}
_CONFIGURED = (ChecksumForm.PLAIN, ChecksumForm.PSEUDO_HEADER)
_TO_COMPARE = (*_CONFIGURED, ChecksumForm.PSEUDO_HEADER_MULTICAST)


def _own_form(router: RouterState, node: Node) -> ChecksumForm:
    """What our advertisements carry; before the first, what the configuration says, if keepalived knows that option."""
    own = router.own.last
    if own is not None and own.version == 3 and own.at > node.loaded_at:
        return _FORMS.get(own.checksum, ChecksumForm.BAD)
    return _form(as_v2=router.config.v3_checksum_as_v2)


def _form_heard(router: RouterState, node: Node, heard: AdvertisementHeard) -> Pair | None:
    """The old unicast form of our own is no setting that we read: it shows in our own advertisements alone."""
    config, theirs = router.config, _FORMS.get(heard.checksum)
    if config.family is Family.IPV6 or (config.version, heard.version) != (3, 3) or theirs not in _TO_COMPARE:
        return None
    if theirs is ChecksumForm.PSEUDO_HEADER_MULTICAST and router.own.last is None:
        return None
    ours = _own_form(router, node)
    return Pair(ours, theirs) if ours in _TO_COMPARE else None


COMPARISONS: tuple[Comparison, ...] = (
    Comparison(
        cause=Cause.VRID_MISMATCH, thing="virtual_router_id", by_report=_vrid_told, by_advert=_vrid_heard
    ),
    Comparison(
        cause=Cause.VERSION_MISMATCH, thing="version", by_report=_version_told, by_advert=_version_heard
    ),
    Comparison(
        cause=Cause.AUTH_MISMATCH,
        thing="authentication",
        by_report=_auth_told,
        by_advert=_auth_heard,
        counters=("invalid_authtype", "authtype_mismatch", "auth_failure"),
    ),
    Comparison(
        cause=Cause.ADVERT_INTERVAL_MISMATCH,
        thing="advert_int",
        by_report=_interval_told,
        by_advert=_interval_heard,
    ),
    Comparison(
        cause=Cause.VIP_LIST_MISMATCH,
        thing="VIPs",
        by_report=_vips_told,
        by_advert=_vips_heard,
        refutes=False,
        counters=("addr_list_err", "packet_len_err"),
    ),
    Comparison(
        cause=Cause.DESTINATION_MISMATCH,
        thing="destination",
        by_report=_destination_told,
        by_advert=_destination_heard,
        counters=("addr_list_err",),
    ),
    Comparison(
        cause=Cause.CHECKSUM_FORM_MISMATCH, thing="checksum", by_report=_form_told, by_advert=_form_heard
    ),
)
"""In the order in which they are to be mended."""
