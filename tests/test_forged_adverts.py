"""What one host on the LAN, without the peer key, can make hawatch say, and what it cannot: stories of forgers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hawatch import evidence as ev
from hawatch.keepalived.model import VirtualAddress
from hawatch.situation import hearing
from hawatch.situation.hearing import MOST_SOURCES
from hawatch.situation.impostor import WORD_DUE
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


def in_the_standbys_name(story: Story, **fields: Any) -> None:
    """Mallory sends what he recorded of lb02, or made himself, from lb02's address."""
    story.advert("lb02", **{"src_mac": HIS_MAC, "outgoing": False, **fields})


@pytest.mark.parametrize("interval", [0.2, 1.0])
@pytest.mark.parametrize("priority", [100, 255])
def test_whoever_speaks_in_the_standbys_name_is_told_by_his_mac_and_is_no_split(
    interval: float, priority: int
) -> None:
    story = master(interval=interval)
    for second in range(5):
        for _ in range(round(1 / interval)):
            in_the_standbys_name(story, priority=priority)
            story.advert("lb01")
            story.wait(interval)
        story.report("lb02", held=False)
        assert second < 3 or story.verdict == "conflict"
    assert story.verdicts == ["conflict"]
    assert f"foreign_router@{HIS_MAC}" in story.blamed
    assert dict(story.finding("foreign_router").evidence)["in_the_name_of"] == "lb02"
    goes_on(story, 60)
    assert story.verdict == "steady"


@pytest.mark.parametrize("held", [True, None])
def test_a_standby_that_does_not_deny_it_is_a_split_whatever_its_mac(held: bool | None) -> None:
    """A card was changed, and its agent has not told yet: unknown is no denial."""
    story = master()
    story.report("lb02", held=held, for_seconds=0.1)
    for _ in range(4):
        in_the_standbys_name(story)
        story.advert("lb01")
        story.report("lb02", held=held, for_seconds=story.now - 1000)
        story.wait(1.0)
    assert story.verdict == "split_brain"


def test_a_denial_that_is_no_longer_fresh_keeps_no_split_quiet() -> None:
    """The peer link was cut in the moment of the split: within one word's time and two advertisements it is told."""
    story = master(interval=0.2)
    story.report("lb02", held=False)
    cut_at = story.now
    while story.now < cut_at + 2.2:
        in_the_standbys_name(story)
        story.advert("lb01")
        story.wait(0.2)
    assert story.verdict == "split_brain"


def test_a_standby_with_its_own_mac_is_believed_at_once() -> None:
    story = master(interval=0.2)
    story.report("lb02", held=False)
    for _ in range(3):
        story.advert("lb02")
        story.advert("lb01")
        story.wait(0.2)
    assert story.verdict == "split_brain"


def test_a_word_that_was_sent_before_the_advertisement_makes_no_outsider() -> None:
    story = master(interval=0.2)
    story.report("lb02", held=False)
    for _ in range(5):
        in_the_standbys_name(story)
        story.advert("lb01")
        story.wait(0.2)
    assert story.verdicts == []
    story.report("lb02", held=True, for_seconds=1.0)
    assert story.verdict == "split_brain"


def test_words_without_a_round_trip_keep_no_split_quiet() -> None:
    """Nobody knows whether they were sent before the advertisement: the standby is believed to speak, as before."""
    story = master(interval=0.2)
    for _ in range(15):
        story.report("lb02", held=False, round_trip=None)
        in_the_standbys_name(story)
        story.advert("lb01")
        story.wait(0.2)
    assert "split_brain" in story.verdicts
    assert "foreign_router" not in story.causes


@settings(max_examples=60, deadline=None)
@given(
    interval=st.sampled_from([0.1, 0.2, 1.0]),
    strange=st.booleans(),
    word_age=st.floats(0.0, 0.9),
    word_after=st.none() | st.floats(0.01, 4.0),
    forged_before=st.booleans(),
)
def test_no_real_split_is_kept_quiet_whatever_becomes_of_the_standbys_words(
    interval: float, strange: bool, word_age: float, word_after: float | None, forged_before: bool
) -> None:
    """lb02 takes over beside lb01. Its next word is late or never comes: its agent is frozen, starved or cut off."""
    story = master(interval=interval)
    story.report("lb02", held=False)
    if forged_before:
        in_the_standbys_name(story, priority=100)
        story.wait(0.05)
        story.report("lb02", held=False)
    story.wait(word_age)
    took_over_at = story.now
    card: dict[str, Any] = {"src_mac": "02:00:00:00:77:02"} if strange else {}
    while story.now < took_over_at + WORD_DUE + 3 * interval + 0.3:
        story.advert("lb02", **card)
        story.advert("lb01")
        story.wait(interval)
        since = story.now - took_over_at
        if word_after is not None and since >= word_after:
            story.report("lb02", held=True, for_seconds=since)
    assert "split_brain" in story.verdicts
    assert story.verdict == "split_brain"


def test_a_forger_who_changes_his_mac_each_time_is_told_all_the_same() -> None:
    story = master(interval=0.2)
    for number in range(20):
        in_the_standbys_name(story, src_mac=f"02:00:00:00:66:{number:02x}")
        story.advert("lb01")
        if number % 5 == 4:
            story.report("lb02", held=False)
        story.wait(0.2)
    assert story.verdicts == ["conflict"]
    assert "02:00:00:00:66:" in story.finding("foreign_router").node
    assert len(story.judge.situation.routers["VI_1"].doubted) == 1


@pytest.mark.parametrize("fields", [{"vmac_interface": "vrrp.51"}, {"unicast_peers": (ADDRESSES["lb02"],)}])
def test_where_macs_name_no_node_the_standby_is_believed_to_speak(fields: dict[str, object]) -> None:
    """Virtual MACs, of one's own making too, and a router in between."""
    story = master(interval=0.2)
    story.configured(**fields)
    for number in range(10):
        in_the_standbys_name(story)
        story.advert("lb01")
        if number % 4 == 3:
            story.report("lb02", held=False)
        story.wait(0.2)
    assert "conflict" not in story.verdicts
    assert not story.judge.situation.routers["VI_1"].doubted


def lets_go_for_a_forged_255(story: Story, **fields: Any) -> None:
    """Keepalived here does what it has to on a higher priority's word: it takes the VIP away and is silent."""
    story.advert("lb01")
    story.wait(story.interval / 2)
    forge = in_the_standbys_name if fields.pop("as_standby", False) else forged
    forge(story, priority=255, **fields)
    story.holds(False)


def test_whoever_makes_the_owner_yield_in_the_standbys_name_is_blamed_and_no_hand_that_took_the_vip() -> None:
    story = master(interval=0.2)
    story.report("lb02", held=False)
    lets_go_for_a_forged_255(story, as_standby=True)
    for _ in range(20):
        story.wait(0.1)
        story.report("lb02", held=False)
        in_the_standbys_name(story, priority=255)
    assert story.verdict == "conflict"
    assert "vip_removed" not in story.causes
    assert f"foreign_router@{HIS_MAC}" in story.blamed


# --- a higher priority from the forger's own address, which the owner obeys ------------------------


def obeyed(
    story: Story,
    seconds: float = 3.0,
    *,
    agent: bool = True,
    answers: bool = False,
    control_count: int = 1,
    **fields: Any,
) -> None:
    """The owner lb01 has let go for the forger, who goes on; lb02, where keepalived obeys him too, denies it."""
    peer = "lb02" if story.me == "lb01" else "lb01"
    if story.me == "lb01":
        lets_go_for_a_forged_255(story, **fields)
    else:
        forged(story, 255, **fields)
    let_go_at = story.now
    for _ in range(round(seconds / 0.1)):
        story.wait(0.1)
        if agent:
            spoke_just_now = peer == "lb01" and story.now - let_go_at <= story.interval * 1.25
            story.report(peer, held=False, advertising=spoke_just_now)
        forged(story, 255, **fields)
        if story.probes:
            story.probed(*([HIS_MAC] if answers else []), control=peer, control_count=control_count)
            story.probes.clear()


def test_an_obeyed_forger_is_a_conflict_by_address_and_mac_and_never_a_move_or_peace() -> None:
    for story in (master(interval=0.2), standby(interval=0.2)):
        obeyed(story)
        assert story.verdicts == ["conflict"]
        finding = story.finding("foreign_router")
        assert finding.node == MALLORY
        assert HIS_MAC in finding.summary
        assert "nobody answers" in finding.summary
        assert "vip_removed" not in story.causes


def test_an_obeyed_forger_who_names_a_long_interval_is_told_no_later() -> None:
    for story in (master(interval=0.2), standby(interval=0.2)):
        obeyed(story, interval_seconds=40.0)
        assert story.verdicts == ["conflict"]


def test_after_one_obeyed_advertisement_there_is_no_owner_and_no_move() -> None:
    story = master(interval=0.2)
    lets_go_for_a_forged_255(story)
    for _ in range(12):
        story.wait(0.1)
        story.report("lb02", held=False)
        story.probed(control="lb02")
    assert story.verdicts == ["no_owner"]


def test_an_obeyed_forger_who_stops_is_forgotten_once_the_pair_has_been_well_for_long() -> None:
    story = master(interval=0.2)
    obeyed(story)
    story.holds(True)
    goes_on(story, 60)
    assert story.verdicts[0] == "conflict"
    assert story.verdict == "steady"
    assert "foreign_router" not in story.causes


def test_a_new_owner_beside_an_agent_that_does_not_speak_may_be_one_of_the_pair() -> None:
    """lb02 has no agent: what lets go may have given way to it, under an address that nobody wrote down."""
    story = master(interval=0.2, agents=False)
    obeyed(story, agent=False)
    assert "conflict" not in story.verdicts
    assert story.verdicts[:1] == ["failback"]


def unlisted(story: Story) -> Story:
    """The same pair, but nobody has written down who belongs to it: the agents found each other."""
    story.tell(ev.Settings(at=story.now, references=("gateway",)))
    for member in story.judge.situation.node.members.members:
        member.listed = False
    return story


def test_a_new_owner_may_be_one_of_them_if_he_answers_for_the_vip_listed_or_not() -> None:
    """A member that nobody listed is information, and no more."""
    pairs = (master(interval=0.2), standby(interval=0.2))
    for story in (*pairs, unlisted(master(interval=0.2)), unlisted(standby(interval=0.2))):
        obeyed(story, answers=True)
        assert "conflict" not in story.verdicts
        assert story.verdict == "steady"


def test_a_new_owner_where_nobody_listed_the_members_is_a_conflict_if_nobody_answers_for_the_vip() -> None:
    for story in (unlisted(master(interval=0.2)), unlisted(standby(interval=0.2))):
        obeyed(story)
        assert story.verdicts == ["conflict"]
        assert "nobody answers" in story.finding("foreign_router").summary


def test_where_questions_show_nothing_a_new_owner_whom_nobody_listed_is_told_as_a_move_a_little_later() -> (
    None
):
    """A fabric answers for everybody: agents alone do not show that he is none of them."""
    story = unlisted(master(interval=0.2))
    obeyed(story, control_count=2)
    assert story.verdicts == ["failback", "steady"]


def test_two_nodes_without_an_agent_or_a_list_move_as_before() -> None:
    """One agent alone: whoever takes over is whom it was never told of."""
    story = unlisted(master(interval=0.2, agents=False))
    obeyed(story, agent=False)
    assert "conflict" not in story.verdicts


def test_a_listed_new_owner_is_one_of_them_without_an_agent_too() -> None:
    story = master(interval=0.2)
    peers = tuple(ev.KnownPeer(name=n, addresses=(ADDRESSES[n],)) for n in ("lb02", "lb03"))
    story.tell(ev.Settings(at=story.now, peers=peers, references=("gateway",)))
    story.advert("lb01")
    story.wait(0.1)
    for _ in range(30):
        story.advert("lb03", 255)
        story.holds(False)
        story.wait(0.1)
        story.report("lb02", held=False)
    assert "conflict" not in story.verdicts


def test_a_standby_that_took_over_from_an_address_that_nobody_knows_is_the_owner() -> None:
    """It says so itself: whoever holds, under whatever address he advertises, is no outsider."""
    story = master(interval=0.2)
    story.report("lb02", held=False)
    lets_go_for_a_forged_255(story)
    for _ in range(30):
        story.wait(0.1)
        story.report("lb02", held=True, for_seconds=1.0)
        forged(story, 255)
    assert "conflict" not in story.verdicts


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
