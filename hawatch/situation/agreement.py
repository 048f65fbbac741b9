"""Whether what a member tells, or sends, is as our own configuration has it: the usual case, remembered once seen.

What was found to agree is not compared again until it, or the configuration, becomes another. False says nothing yet,
as where an option is set that our keepalived may not know.
"""

from __future__ import annotations

from hawatch.evidence import AdvertisementHeard
from hawatch.keepalived.model import VirtualRouter
from hawatch.situation.member import HeardRouter
from hawatch.situation.router import RouterState
from hawatch.situation.talker import Talker
from hawatch.wire.vrrp import AUTH_HEADER, AUTH_NONE, AUTH_PASSWORD, ChecksumForm

UNICAST = "unicast"
AUTH_TYPES = {AUTH_NONE: "none", AUTH_PASSWORD: "pass", AUTH_HEADER: "ah"}


def told_as_configured(router: RouterState, told: HeardRouter) -> bool:
    """Whether an agent's word agrees in all that members must have in common."""
    if told.agrees_with is router.config:
        return True
    agrees = _agrees(router, told)
    if agrees:
        told.agrees_with = router.config
    return agrees


def heard_as_configured(config: VirtualRouter, talker: Talker) -> bool:
    """Whether a source's last advertisement is as one of ours would be, of which our own can be no other."""
    if talker.agrees_with is config:
        return True
    agrees = talker.last is not None and _is_as_configured(config, talker.last)
    if agrees:
        talker.agrees_with = config
    return agrees


def has_our_vips(router: RouterState, told: HeardRouter) -> bool:
    """Whether it tells of our VIPs, the excluded ones too, and of no other: they move together."""
    addresses = told.addresses
    return len(addresses) == len(router.holdings) and all(map(router.holdings.__contains__, addresses))


def destination(config: VirtualRouter) -> str:
    """The multicast group, or `unicast`."""
    return UNICAST if config.unicast else config.multicast_group


def _agrees(router: RouterState, told: HeardRouter) -> bool:
    config, said = router.config, told.router
    settings = said.settings
    return (
        settings is not None
        and not config.v3_checksum_as_v2
        and said.vrid == config.vrid
        and settings.version == config.version
        and settings.auth_type == config.auth_type
        and settings.auth_fingerprint == config.auth_fingerprint
        and settings.destination == destination(config)
        and not settings.checksum_as_v2
        and said.advert_interval == config.advert_interval
        and has_our_vips(router, told)
    )


def _is_as_configured(config: VirtualRouter, heard: AdvertisementHeard) -> bool:
    return (
        not config.v3_checksum_as_v2
        and heard.vrid == config.vrid
        and heard.version == config.version
        and heard.interval_seconds == config.advert_interval
        and heard.dst == config.multicast_group
        and not config.unicast
        and AUTH_TYPES.get(heard.auth_type) == config.auth_type
        and heard.auth_fingerprint == config.auth_fingerprint
        and (config.version == 2 or heard.checksum == ChecksumForm.PSEUDO_HEADER)
        and len(heard.addresses) == len(config.vips)
        and all(vip.address in heard.addresses for vip in config.vips)
    )
