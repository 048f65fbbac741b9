"""What is known of the actions with ready names, so that root need only give their commands."""

from __future__ import annotations

from dataclasses import dataclass

from hawatch.ability import (
    ANNOUNCE_VIP,
    REMOVE_VIP,
    RESTART_SERVICE,
    START_KEEPALIVED,
    STOP_KEEPALIVED,
    THAW_KEEPALIVED,
    Danger,
)
from hawatch.verdict import Cause, VerdictKind

_RESTART = "restart-"
_NO_SERVICE = "keepalived"
"""To restart keepalived moves VIPs: that is nothing to be done at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The defaults of one name; `at_least` is the danger below which it cannot be set.

    `per_vip` says whether its command must have placeholders, None: as it likes.
    """

    danger: Danger = Danger.DEMOTE
    at_least: Danger = Danger.RESTART
    undo: str | None = None
    offer: tuple[str, ...] = ()
    service: str | None = None
    per_vip: bool | None = None
    ipv4_only: bool = False


_READY = {
    STOP_KEEPALIVED: Ready(
        at_least=Danger.DEMOTE, undo=START_KEEPALIVED, offer=(VerdictKind.SPLIT_BRAIN.value,), per_vip=False
    ),
    START_KEEPALIVED: Ready(danger=Danger.RESTART, offer=(Cause.KEEPALIVED_DEAD.value,), per_vip=False),
    REMOVE_VIP: Ready(
        at_least=Danger.DEMOTE,
        offer=(Cause.STALE_VIP.value, Cause.VIP_WITHOUT_MASTER.value),
        per_vip=True,
    ),
    ANNOUNCE_VIP: Ready(danger=Danger.RESTART, offer=(Cause.STALE_ARP.value,), per_vip=True, ipv4_only=True),
    THAW_KEEPALIVED: Ready(danger=Danger.RESTART, offer=(Cause.KEEPALIVED_FROZEN.value,), per_vip=False),
    RESTART_SERVICE: Ready(danger=Danger.RESTART, offer=(Cause.SERVICE_DOWN.value,), per_vip=False),
}


def ready(name: str, service: str | None) -> Ready:
    """The defaults for an action of this name; `service` is the one that it was given."""
    known = _READY.get(name)
    if known is not None:
        return known
    of_service = name.removeprefix(_RESTART) if name.startswith(_RESTART) else None
    offer = (Cause.SERVICE_DOWN.value,)
    if of_service is None or of_service == _NO_SERVICE:
        return Ready(offer=offer if service else ())
    return Ready(danger=Danger.RESTART, offer=offer, service=of_service, per_vip=False)
