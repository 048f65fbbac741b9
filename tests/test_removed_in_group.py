"""A VIP that somebody takes away in a sync group, of which keepalived then lets everything go."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hawatch import evidence as ev
from hawatch.keepalived.model import KeepalivedConfig, VirtualAddress
from tests.story import VIP, Story, master

OTHER_VIP, OTHER_VRID = "10.0.0.101", 52


def in_a_group() -> Story:
    """lb01 owns VI_1 and VI_2 of one sync group, and has for a while."""
    story = master()
    router = story.judge.situation.routers["VI_1"].config
    vips = (VirtualAddress(address=OTHER_VIP, prefix_length=24),)
    other = replace(router, instance="VI_2", vrid=OTHER_VRID, vips=vips)
    grouped = tuple(replace(member, sync_group="G") for member in (router, other))
    story.tell(ev.ConfigRead(at=story.now, config=KeepalivedConfig(virtual_routers=grouped, digest="e")))
    holds(story, OTHER_VIP, held=True)
    go_on(story, 4)
    return story


def go_on(story: Story, intervals: int) -> None:
    for _ in range(intervals):
        for vrid, vip in ((51, VIP), (OTHER_VRID, OTHER_VIP)):
            story.advert("lb01", vrid=vrid, addresses=(vip,))
        story.wait(story.interval)


def holds(story: Story, vip: str, *, held: bool) -> None:
    story.tell(ev.VipHeld(at=story.now, address=vip, held=held, interface="eth0"))


def removed(story: Story) -> set[str]:
    """The virtual routers of which somebody took a VIP away."""
    standing = story.judge.standing.items()
    return {name for name, each in standing if "vip_removed" in {f.cause.value for f in each.findings}}


@pytest.mark.parametrize(
    ("taken", "followed", "instance"), [(VIP, OTHER_VIP, "VI_1"), (OTHER_VIP, VIP, "VI_2")]
)
def test_of_a_group_the_vip_that_went_first_was_taken_away_and_the_others_followed(
    taken: str, followed: str, instance: str
) -> None:
    story = in_a_group()
    holds(story, taken, held=False)
    story.now += 0.001
    holds(story, followed, held=False)
    go_on(story, 3)
    assert removed(story) == {instance}


def test_a_group_that_follows_a_member_which_a_higher_one_outranks_lost_nothing_by_hand() -> None:
    story = in_a_group()
    story.advert("lb02", 254, vrid=OTHER_VRID, addresses=(OTHER_VIP,))
    story.now += 0.001
    holds(story, VIP, held=False)
    holds(story, OTHER_VIP, held=False)
    story.wait(3)
    assert removed(story) == set()


def test_nor_where_that_word_is_told_after_the_kernels() -> None:
    story = in_a_group()
    holds(story, VIP, held=False)
    holds(story, OTHER_VIP, held=False)
    story.now += 0.001
    story.advert("lb02", 254, vrid=OTHER_VRID, addresses=(OTHER_VIP,))
    story.wait(3)
    assert removed(story) == set()


def test_a_group_that_follows_a_member_in_fault_lost_nothing_by_hand() -> None:
    story = in_a_group()
    holds(story, VIP, held=False)
    holds(story, OTHER_VIP, held=False)
    for _ in range(2):
        story.advert("lb01", 0, vrid=OTHER_VRID, addresses=(OTHER_VIP,))
    story.wait(3)
    assert removed(story) == set()
