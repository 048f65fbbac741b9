"""From the ground truth to the verdicts that may stand on an agent, once everything has had its time."""

from __future__ import annotations

from tests.campaign.episode import Wire, other
from tests.campaign.kinds import Cut
from tests.campaign.world import World

MOVED = frozenset({"switchover", "failover", "failback"})
OUT_OF_REACH = frozenset({"failover", "degraded", "split_brain_suspected", "split_brain"})
"""Two hold, and one cannot know: these, and `peer_unreachable` with them."""
UNVERIFIED = OUT_OF_REACH | {"steady"}
"""The same of an agent alone in a unicast network about a holder that says nothing: and `peer_unverified` with them."""


def may_stand(now: World, node: str) -> frozenset[str]:
    """The verdicts that are right on this node's agent."""
    if len(now.holders) > 1:
        return _two_hold(now, node)
    if now.outsiders and node not in now.unplugged:
        return frozenset({"conflict"})
    if now.isolated(node):
        return frozenset({"isolated"})
    return _one_holds(now, node) if now.holders else _nobody_holds(now, node)


def _two_hold(now: World, node: str) -> frozenset[str]:
    extra = {"isolated"} if now.isolated(node) else set()
    extra |= {"conflict"} if now.outsiders else set()
    if now.provable(node):
        return frozenset({"split_brain", *extra})
    if may_suspect(now, node):
        return frozenset({"split_brain", "split_brain_suspected", *extra})
    if now.pair.unicast and len(now.pair.agents) == 1 and now.both_ways(Cut.LAN):
        return UNVERIFIED | extra
    return OUT_OF_REACH | extra


def may_suspect(now: World, node: str) -> bool:
    """Whether the other host is known to be alive by the second wire, and nothing tells whether it holds."""
    return now.pair.wire is Wire.SECOND and now.both_ways(Cut.BESIDE) and not now.provable(node)


def _nobody_holds(now: World, node: str) -> frozenset[str]:
    sure = {"no_owner"}
    return frozenset(sure if now.talking or now.both_ways(Cut.LAN) else {*sure, "indeterminate"})


def _one_holds(now: World, node: str) -> frozenset[str]:
    (owner,) = now.holders
    if node == owner and may_suspect(now, node):
        return _one_holds_for_sure(now, node) | {"split_brain_suspected"}
    return _one_holds_for_sure(now, node)


def _one_holds_for_sure(now: World, node: str) -> frozenset[str]:
    (owner,) = now.holders
    standby = other(owner)
    known = now.talking
    if now.keepalived[owner] != "running":
        return (
            frozenset({"degraded"})
            if node == owner or known
            else frozenset({"degraded", "steady", "failover"})
        )
    if node == standby and not now.able(standby) and not now.provable(node):
        return frozenset(
            {"degraded", "no_owner", "indeterminate"}
        )  # its own cannot take over, and nobody else is heard
    if not now.able(standby):
        away = node == owner and not now.carries(standby, Cut.LAN)
        if known or node == standby or away:
            return frozenset({"degraded"})
        return frozenset({"degraded", "steady"})
    if known or (len(now.pair.agents) == 1 and now.both_ways(Cut.LAN)):
        return frozenset({"steady"})
    return frozenset({"steady", "degraded"})


def needs_unreachable(now: World, node: str, said: str) -> bool:
    """Whether this is right only if the agent says that it cannot know: two hold, or one, and nothing tells it."""
    return (
        (len(now.holders) > 1 or (said == "no_owner" and bool(now.holders)))
        and now.sees(node)
        and not now.provable(node)
        and not now.isolated(node)
        and not now.outsiders
    )
