"""Why a deed that a person asked for is not done; a message says it in words."""

from __future__ import annotations

from enum import StrEnum


class Refusal(StrEnum):
    """The one reason that is told.

    other_not_owner: the other node does not hold the VIP. other_keepalived: keepalived does not run there.
    other_service: a service is down there. unknown_other: it is not known how the other node is. data: the virtual
    router is marked so, and a second person is missing. healed: the trouble is over. changed: things are not as they
    were when it was offered. not_allowed: root allows no such thing on that node, or not this person. expired: too
    late. no_helper: hawatch-helper cannot be reached. already: it is so already. busy: another deed is under way.
    too_often: too many questions within an hour.
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
