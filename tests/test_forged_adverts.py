"""What one host on the LAN, without the peer key, can make hawatch say, and what it cannot: stories of forgers."""

from __future__ import annotations

import pytest

from hawatch import evidence as ev
from hawatch.situation.hearing import MOST_SOURCES
from hawatch.situation.outsiders import MOST_OUTSIDERS
from hawatch.wire.family import Family
from tests.story import ADDRESSES, VIP, Story, master, standby

MALLORY, HIS_MAC = "10.0.0.66", "02:00:00:00:00:66"


def both() -> tuple[Story, Story]:
    """The pair at peace, with agents, seen from either node."""
    return master(), standby()


def goes_on(story: Story, times: int = 1) -> None:
    """An interval of what a healthy pair does, `times` times."""
    peer = "lb02" if story.me == "lb01" else "lb01"
    for _ in range(times):
        story.advert("lb01")
        story.report(peer, peer == "lb01")
        story.echo(peer, replied=True)
        story.gateway(replied=True)
        story.wait(story.interval)


def forged(story: Story, priority: int, **fields: object) -> None:
    """Mallory advertises from his own address, unless `fields` say otherwise."""
    story.advert("lb03", priority, **{"src": MALLORY, "src_mac": HIS_MAC, **fields})


def test_a_forger_without_our_vip_is_a_conflict_that_names_him_and_no_move() -> None:
    for story in both():
        for _ in range(5):
            forged(story, 255, addresses=("10.0.0.201",))
            goes_on(story)
        assert set(story.verdicts) == {"conflict"}
        assert f"foreign_router@{MALLORY}" in story.blamed
        goes_on(story, 60)
        assert story.verdicts[-1] == "steady"


def test_a_forged_higher_priority_with_our_vip_looks_like_a_split_that_names_the_forger_and_passes() -> None:
    for story in both():
        for _ in range(5):
            forged(story, 255)
            goes_on(story)
        assert story.verdicts == ["split_brain" if story.me == "lb01" else "split_brain_suspected"]
        assert MALLORY in {finding.node for finding in story.findings}


def test_a_forged_priority_0_in_the_owners_name_makes_no_move_and_the_owner_tells_of_the_doubled_address() -> (
    None
):
    for story in both():
        for _ in range(5):
            forged(story, 0, src=ADDRESSES["lb01"], outgoing=False)
            goes_on(story)
        assert {"failover", "switchover", "outage", "split_brain"}.isdisjoint(story.verdicts), story.verdicts
        if story.me == "lb01":
            assert "looped_frames@lb01" in story.blamed


def test_a_replayed_recording_of_the_standby_is_doubted_by_the_standby_itself() -> None:
    on_standby = standby()
    for _ in range(10):
        on_standby.advert("lb02", outgoing=False, src_mac=HIS_MAC)
        goes_on(on_standby)
    assert on_standby.verdicts == []
    assert "looped_frames@lb02" in on_standby.blamed


def test_arp_spoofing_alone_is_no_split_and_no_outage() -> None:
    for story in both():
        for _ in range(5):
            told = ev.AddressAnnounced(
                at=story.now, interface="eth0", outgoing=False, address=VIP, mac=HIS_MAC
            )
            story.tell(told)
            goes_on(story)
        assert {"split_brain", "outage"}.isdisjoint(story.verdicts), story.verdicts


@pytest.mark.parametrize("vips", [(VIP,), ("10.0.0.201",)])
def test_forged_sources_without_number_leave_few_behind_and_the_owner_is_still_heard(
    vips: tuple[str, ...],
) -> None:
    story = standby()
    for number in range(2000):
        src = f"10.9.{number // 256}.{number % 256}"
        forged(
            story, 200, src=src, addresses=vips, src_mac=f"02:00:00:09:{number // 256:02x}:{number % 256:02x}"
        )
        story.tell(
            ev.AdvertisementDelivered(
                at=story.now,
                first_at=story.now,
                count=1,
                interface="eth0",
                family=Family.IPV4,
                src=src,
                vrid=51,
            )
        )
    (router,) = story.judge.situation.routers.values()
    assert len(router.talkers) <= MOST_SOURCES
    assert len(router.outsiders) <= MOST_OUTSIDERS
    assert len(router.delivered) <= MOST_SOURCES + 1
    goes_on(story, 3)
    assert router.talkers[ADDRESSES["lb01"]].heard_at == story.now - story.interval
