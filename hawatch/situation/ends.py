"""Between which addresses a virtual router's advertisements travel."""

from __future__ import annotations

from hawatch.keepalived.model import VirtualRouter
from hawatch.situation import Situation


def ends_of(situation: Situation, router: VirtualRouter) -> tuple[str | None, tuple[str, ...]]:
    """The source of our own advertisements (None: not known yet), and the addresses of the other members."""
    known = situation.routers.get(router.instance)
    heard = known.own.last.src if known is not None and known.own.last is not None else None
    members = {address for member in situation.node.members.members for address in member.addresses}
    talkers = set(known.talkers) if known is not None else set()
    others = {address for address in members | talkers if (":" in address) == (router.family.value == "ipv6")}
    return heard or router.source, tuple(sorted(others))
