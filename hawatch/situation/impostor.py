"""Advertisements in the name of a member whose own agent says that they are not its own.

VRRP has no proof of who speaks, the peer link has one. Whoever holds a VIP or advertises says so there at once. So an
advertisement from a member's address, with a MAC that its agent does not name and while that agent denies both, is
held back until its next word: a denial that was sent later than what was heard makes an outsider of the sender. Where
no such word comes, the next advertisement counts as the member's: a silent agent keeps no split quiet, nor does one
whose words take long.
"""

from __future__ import annotations

from hawatch.evidence import AdvertisementHeard
from hawatch.situation.member import HeardRouter, Member
from hawatch.situation.node import Node
from hawatch.situation.outsiders import is_virtual, note_impostor
from hawatch.situation.ownership import denies
from hawatch.situation.router import RouterState
from hawatch.situation.talker import Doubted

WORD_DUE = 1.5
"""Seconds in which an agent's next word comes: it speaks once a second, and on every change."""
FORGOTTEN_INTERVALS = 3


def is_impostor(router: RouterState, node: Node, advert: AdvertisementHeard) -> bool:
    """Whether this advertisement is not to count as its member's; one that is denied is noted as an outsider's."""
    member = node.members.find(address=advert.src)
    if member is None or not _has_strange_mac(router, member, advert):
        return False
    heard = router.word_of(member, advert.at)
    if heard is None or advert.at - heard.at > WORD_DUE or not denies(router, heard.router):
        return False
    doubted = _hold_back(router, member, advert)
    if sent_after(heard, doubted.since):
        note_impostor(router, advert, member.name, doubted)
        return True
    return advert.at - doubted.since <= WORD_DUE


def sent_after(heard: HeardRouter, moment: float) -> bool:
    """Whether a word was surely sent later than this; of one without a round trip nobody knows."""
    return heard.round_trip is not None and heard.at - heard.round_trip > moment


def _has_strange_mac(router: RouterState, member: Member, advert: AdvertisementHeard) -> bool:
    """Behind a router every MAC is the router's, and a virtual one is everybody's: neither tells who sent it."""
    known = member.agent_macs
    shared = router.config.unicast or bool(router.config.vmac_interface) or is_virtual(advert.src_mac)
    return not shared and bool(known) and advert.src_mac not in known


def _hold_back(router: RouterState, member: Member, advert: AdvertisementHeard) -> Doubted:
    """Whoever changes his MAC all the time is one and the same: what counts is in whose name he speaks."""
    known = router.doubted.get(member.name)
    interval = advert.interval_seconds or router.interval()
    if known is None or advert.at - known.at > max(WORD_DUE, FORGOTTEN_INTERVALS * interval):
        known = router.doubted[member.name] = Doubted(advert.first_at, advert.at, interval)
    known.hear(advert)
    return known
