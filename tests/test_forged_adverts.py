"""What one host on the LAN, without the peer key, can make hawatch say, and what it cannot: stories of forgers."""

from __future__ import annotations

import pytest

from hawatch import evidence as ev
from hawatch.keepalived.model import VirtualAddress
from hawatch.situation import hearing
from hawatch.situation.hearing import MOST_SOURCES
from hawatch.situation.outsiders import MOST_OUTSIDERS
from hawatch.wire.address import VRRP_GROUP_IPV6
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


@pytest.mark.parametrize("source", ["::ffff:192.0.2.1", "::192.0.2.1", "::", "::1", "64:ff9b::192.0.2.1"])
def test_no_ipv6_address_that_a_forger_may_choose_ends_the_judge(source: str) -> None:
    story = Story("lb01", agents=False)
    vip = VirtualAddress(address="fd00::1:1", prefix_length=64)
    story.configured(
        family=Family.IPV6, version=3, vips=(vip,), multicast_group=VRRP_GROUP_IPV6, source="fe80::1"
    )
    story.tell(ev.VipHeld(at=story.now, address=vip.address, held=True, interface="eth0"))
    forged_advert = ev.AdvertisementHeard(
        at=story.now,
        first_at=story.now,
        count=1,
        interface="eth0",
        outgoing=False,
        src=source,
        dst=VRRP_GROUP_IPV6,
        src_mac=HIS_MAC,
        ttl=255,
        family=Family.IPV6,
        version=3,
        vrid=51,
        priority=150,
        interval_seconds=1.0,
        auth_type=0,
        auth_fingerprint=None,
        addresses=(vip.address,),
        checksum="pseudo_header",
    )
    story.tell(forged_advert)
    (router,) = story.judge.situation.routers.values()
    assert source in router.talkers


def test_arp_spoofing_alone_is_no_split_and_no_outage() -> None:
    for story in both():
        for _ in range(5):
            told = ev.AddressAnnounced(
                at=story.now, interface="eth0", outgoing=False, address=VIP, mac=HIS_MAC
            )
            story.tell(told)
            goes_on(story)
        assert {"split_brain", "outage"}.isdisjoint(story.verdicts), story.verdicts


def flood(story: Story, wave: int, sources: int = 40) -> None:
    """Forged sources that nobody has heard before."""
    for number in range(sources):
        forged(story, 50, src=f"10.9.{wave}.{number}", src_mac=f"02:00:00:09:{wave:02x}:{number:02x}")


def test_an_unlisted_third_node_is_heard_again_once_a_flood_of_forged_sources_is_over() -> None:
    story = standby()
    flood(story, 0)
    (router,) = story.judge.situation.routers.values()
    story.advert("lb03")
    assert ADDRESSES["lb03"] not in router.talkers
    long = hearing.GIVES_WAY_AFTER * router.down_interval()
    goes_on(story, int(long) - 1)
    story.advert("lb03")
    assert ADDRESSES["lb03"] not in router.talkers
    goes_on(story, 2)
    story.advert("lb03")
    assert router.talkers[ADDRESSES["lb03"]].heard_at == story.now
    assert len(router.talkers) == MOST_SOURCES


def test_whoever_is_listed_or_speaks_gives_way_to_no_flood_and_few_are_remembered() -> None:
    story = standby()
    story.advert("lb03")
    (router,) = story.judge.situation.routers.values()
    members = story.judge.situation.node.members
    owner = members.find(address=ADDRESSES["lb01"])
    assert owner is not None
    owner.report, owner.listed, owner.name = None, True, ADDRESSES["lb01"]
    for wave in range(12):
        flood(story, wave)
        for _ in range(int(hearing.GIVES_WAY_AFTER * router.down_interval()) + 1):
            story.advert("lb03")
            story.wait(story.interval)
        assert {ADDRESSES["lb01"], ADDRESSES["lb03"]} <= router.talkers.keys()
        assert len(router.talkers) <= MOST_SOURCES + 1
        assert len(members.members) <= MOST_SOURCES + 3
    assert any(src.startswith("10.9.11.") for src in router.talkers)
    assert not any(src.startswith("10.9.0.") for src in router.talkers)


def test_two_judges_who_heard_the_same_flood_remember_the_same() -> None:
    """Who gives way follows from what was heard alone, so that a replay is exact."""
    remembered = []
    for _ in range(2):
        story = standby()
        for wave in range(4):
            flood(story, wave)
            goes_on(story, 20)
        (router,) = story.judge.situation.routers.values()
        names = [each.name for each in story.judge.situation.node.members.members]
        remembered.append((list(router.talkers), names, story.verdicts))
    assert remembered[0] == remembered[1]


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
