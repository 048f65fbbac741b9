"""Why a deed that a person asked for is not done; a message says it in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum


class Refusal(StrEnum):
    """The one reason that is told.

    other_not_owner: the other node does not hold the VIP. other_keepalived: keepalived does not run there.
    other_service: a service is down there. unknown_other: it is not known how the other node is. data: the virtual
    router is marked so, and a second person is missing. healed: the trouble is over. changed: things are not as they
    were when it was offered. not_allowed: root allows no such thing on that node, or not this person. expired: too
    late. no_helper: hawatch-helper cannot be reached. already: it is so already. busy: another deed is under way.
    too_often: too many questions within an hour. no_second: nobody else may agree to a fence.

    Of a fence: unproved: that two nodes hold the VIP is not proved now. target_not_owner: the node to be fenced holds
    none of it. only_owner: that node has, or may have, something that the one that would do it does not have. own_vip,
    own_keepalived, own_service: the one that would do it lacks that. unknown_own: how that one is, is not known.
    itself: it would fence itself. cut_off: its references do not answer. booting: it has only just booted. power_off:
    the fence device says that the power is off. no_power: the fence device does not say that it is on. alive: the
    agent of the node to be switched on speaks.

    Of a guard that would give a VIP up: maintenance: people are at work on the pair. given_up_often: it was given up
    too often in the last hour. no_standby: no other node can take it over. unsettled: who owns it is not settled.
    unknown_service: it is not known whether the service works on the other node. not_owner: this node has nothing to
    give up. no_way_back: root allows no action that would take it back.
    """

    OTHER_NOT_OWNER = "other_not_owner"
    OTHER_KEEPALIVED = "other_keepalived"
    OTHER_SERVICE = "other_service"
    UNKNOWN_OTHER = "unknown_other"
    DATA = "data"
    HEALED = "healed"
    CHANGED = "changed"
    NOT_ALLOWED = "not_allowed"
    EXPIRED = "expired"
    NO_HELPER = "no_helper"
    ALREADY = "already"
    BUSY = "busy"
    TOO_OFTEN = "too_often"
    NO_SECOND = "no_second"
    UNPROVED = "unproved"
    TARGET_NOT_OWNER = "target_not_owner"
    ONLY_OWNER = "only_owner"
    OWN_VIP = "own_vip"
    OWN_KEEPALIVED = "own_keepalived"
    OWN_SERVICE = "own_service"
    UNKNOWN_OWN = "unknown_own"
    ITSELF = "itself"
    CUT_OFF = "cut_off"
    BOOTING = "booting"
    POWER_OFF = "power_off"
    NO_POWER = "no_power"
    ALIVE = "alive"
    MAINTENANCE = "maintenance"
    GIVEN_UP_OFTEN = "given_up_often"
    NO_STANDBY = "no_standby"
    UNSETTLED = "unsettled"
    UNKNOWN_SERVICE = "unknown_service"
    NOT_OWNER = "not_owner"
    NO_WAY_BACK = "no_way_back"


def nearest(refusals: Iterable[Refusal | None], order: Sequence[Refusal]) -> Refusal | None:
    """None if one of the other nodes will do; else what the one that comes nearest lacks, the last in the order.

    Without another node it is not known how one is.
    """
    told = list(refusals)
    if None in told:
        return None
    return max((each for each in told if each), key=order.index, default=Refusal.UNKNOWN_OTHER)
