"""One node known by two addresses: the only listed member, and the only one that keepalived speaks to."""

from __future__ import annotations

import pytest

from hawatch.wire.family import Family
from hawatch.wire.report import DaemonState
from tests.story import ADDRESSES, Story, standby

THERE = "fd00::11"
ROUTER_MAC = "02:00:00:00:00:fe"
"""Their way leads through a router, so that no MAC tells who it is."""
SIX = {
    "family": Family.IPV6,
    "version": 3,
    "source": "fd00::12",
    "unicast_peers": (THERE,),
    "multicast_group": "ff02::12",
}


def names(story: Story) -> list[str]:
    return [member.name for member in story.judge.situation.node.members.members]


def owner_speaks(story: Story, count: int = 4) -> None:
    for _ in range(count):
        story.advert("lb01", src=THERE, src_mac=ROUTER_MAC, dst="fd00::12", family=Family.IPV6, version=3)
        story.wait(story.interval)


def test_the_only_listed_member_is_the_only_unicast_peer_of_the_other_family() -> None:
    story = standby(agents=False)
    story.configured(**SIX)
    owner_speaks(story)
    assert names(story) == ["lb01"]
    assert story.judge.situation.node.members.members[0].addresses == {ADDRESSES["lb01"], THERE}


def test_the_owner_of_such_a_pair_lives_while_nobody_could_take_over() -> None:
    story = standby(agents=False)
    story.configured(**SIX)
    owner_speaks(story)
    story.keepalived(DaemonState.DEAD)
    owner_speaks(story)
    assert story.verdict.value == "degraded"


@pytest.mark.parametrize(
    "peers",
    [
        pytest.param((THERE, "fd00::13"), id="keepalived speaks to two"),
        pytest.param((), id="keepalived speaks to a group"),
    ],
)
def test_who_else_speaks_is_a_member_of_its_own(peers: tuple[str, ...]) -> None:
    story = standby(agents=False)
    story.configured(**{**SIX, "unicast_peers": peers})
    assert names(story) == ["lb01"]
    assert story.judge.situation.node.members.members[0].addresses == {ADDRESSES["lb01"]}


def test_a_unicast_peer_of_the_listed_family_may_be_somebody_else() -> None:
    story = standby(agents=False)
    story.configured(unicast_peers=("10.0.0.77",))
    assert story.judge.situation.node.members.members[0].addresses == {ADDRESSES["lb01"]}
