"""Stories of paths: where VRRP is lost, and what must not be taken for a loss."""

from __future__ import annotations

import pytest

from hawatch import evidence as ev
from hawatch.wire.family import Family
from hawatch.wire.report import DaemonState, ReportedFinding, ReportedSettings
from tests.story import ADDRESSES, MACS, VIP, Story, master, standby


def peace(story: Story, seconds: int = 3, *, delivered: bool = True) -> Story:
    """The same peace for a while, with every observer of ours seeing; the gateway and both agents answer."""
    story.watches("sniffer:eth0", "shadow:eth0", "vip")
    for _ in range(seconds):
        live(story, delivered=delivered)
    return story


def live(
    story: Story,
    *,
    adverts: bool = True,
    delivered: bool = True,
    reports: bool = True,
    echo: bool | None = True,
) -> None:
    """One interval of the master's advertisements and the other agent's reports."""
    peer = "lb02" if story.me == "lb01" else "lb01"
    if adverts:
        story.advert("lb01")
        if story.me != "lb01" and delivered:
            story.delivered("lb01")
    if reports:
        story.report(peer, peer == "lb01", heard_age=0.1 if peer == "lb02" else None)
    story.echo(peer, replied=echo)
    story.gateway(replied=True)
    story.wait(story.interval)


# --- on the wire, and not delivered -------------------------------------------------------------------


def test_an_agent_that_reads_late_has_not_read_what_reached_its_socket_yet() -> None:
    story = peace(standby())
    for _ in range(6):
        story.tell_late(0.9)
        live(story, delivered=False)
        assert "vrrp_blocked_inbound@lb02" not in story.blamed
    live(story, delivered=False)
    live(story, delivered=False)
    assert "vrrp_blocked_inbound@lb02" in story.blamed, "but it is not late for ever"


def test_advertisements_that_reach_the_wire_and_no_socket_are_blocked_inbound() -> None:
    story = peace(standby())
    assert story.blamed == set()
    live(story, delivered=False)
    assert story.blamed == set()
    live(story, delivered=False)
    live(story, delivered=False)
    assert story.blamed == {"vrrp_blocked_inbound@lb02"}
    finding = story.finding("vrrp_blocked_inbound")
    assert dict(finding.evidence)["delivered"] == "0"
    assert "nft" in finding.remedy
    assert "ip protocol 112 accept" in finding.remedy


def test_a_filter_does_not_flicker_with_every_advertisement() -> None:
    story = peace(standby())
    for _ in range(3):
        live(story, delivered=False)
    for _ in range(3):
        story.advert("lb01")
        assert story.blamed == {"vrrp_blocked_inbound@lb02"}
        story.report("lb01", True)
        story.wait(1.0)


def test_a_delivery_ends_it() -> None:
    story = peace(standby())
    for _ in range(3):
        live(story, delivered=False)
    assert story.blamed == {"vrrp_blocked_inbound@lb02"}
    live(story)
    assert story.blamed == set()


def test_a_delivery_that_is_told_before_its_frame_counts() -> None:
    story = peace(standby())
    for _ in range(4):
        story.delivered("lb01")
        live(story, delivered=False)
        assert story.blamed == set()


def test_deliveries_that_are_told_late_are_no_filter() -> None:
    story = peace(standby())
    sent = []
    for _ in range(3):
        story.advert("lb01")
        sent.append(story.now)
        story.now += 1.0  # the agent sleeps
    for at in sent:
        story.tell(
            ev.AdvertisementDelivered(
                at=at,
                first_at=at,
                count=1,
                interface="eth0",
                family=Family.IPV4,
                src=ADDRESSES["lb01"],
                vrid=51,
            )
        )
    story.wait(0.1)
    assert "vrrp_blocked_inbound@lb02" not in story.blamed


def test_without_ears_of_its_own_an_agent_blames_no_filter() -> None:
    story = peace(standby())
    story.watches("shadow:eth0", up=False)
    for _ in range(4):
        live(story, delivered=False)
    assert "vrrp_blocked_inbound@lb02" not in story.blamed
    story.watches("shadow:eth0")
    story.wait(0.1)
    assert "vrrp_blocked_inbound@lb02" not in story.blamed
    for _ in range(3):
        live(story, delivered=False)
    assert "vrrp_blocked_inbound@lb02" in story.blamed


def test_another_vrid_is_no_filter() -> None:
    story = peace(standby())
    for _ in range(4):
        story.advert("lb01", vrid=52)
        story.report("lb01", True)
        story.wait(1.0)
    assert "vrrp_blocked_inbound@lb02" not in story.blamed


def test_a_listed_rule_is_named_and_its_remedy_is_given() -> None:
    story = peace(standby())
    story.rules(("in", "dropped"))
    for _ in range(2):
        live(story, delivered=False)
    finding = story.finding("vrrp_blocked_inbound")
    assert "ip protocol 112 drop" in finding.summary
    assert finding.remedy == "nft delete rule inet filter input handle 7"


def test_a_rule_on_a_master_to_whom_nobody_speaks_is_latent() -> None:
    story = peace(master())
    story.rules(("in", "dropped"))
    assert story.blamed == {"vrrp_blocked_inbound@lb01"}
    assert story.verdict == "steady"
    story.rules()
    assert story.blamed == set()


def test_what_arrives_after_the_listing_disproves_it() -> None:
    story = peace(standby())
    story.rules(("in", "dropped"))
    assert story.blamed == {"vrrp_blocked_inbound@lb02"}
    story.wait(0.1)
    live(story)
    assert story.blamed == set()


def test_a_rule_that_may_drop_is_no_finding_alone_and_a_hint_beside_others() -> None:
    story = peace(standby())
    story.rules(("in", "may_drop"))
    story.wait(0.1)
    assert story.blamed == set()
    for _ in range(3):
        live(story, delivered=False)
    finding = story.finding("vrrp_blocked_inbound")
    assert "ip protocol 112 drop" in finding.tell_apart
    assert "rule_that_may_drop_it" in dict(finding.evidence)


# --- rp_filter ----------------------------------------------------------------------------------------


def strict(story: Story, dropped: int | None) -> None:
    story.tell(ev.ReversePathSeen(at=story.now, interface="eth0", strict=True, dropped=dropped))


def test_a_strict_reverse_path_filter_whose_counter_grows_is_the_cause() -> None:
    story = peace(standby())
    strict(story, 0)
    for _ in range(3):
        live(story, delivered=False)
        strict(story, 1)
    assert story.blamed == {"rp_filter@lb02"}
    assert "eth0/rp_filter=2" in story.finding("rp_filter").remedy


def test_a_strict_reverse_path_filter_that_drops_nothing_is_not_the_cause() -> None:
    story = peace(standby())
    strict(story, 0)
    for _ in range(4):
        live(story, delivered=False)
    assert story.blamed == {"vrrp_blocked_inbound@lb02"}


def test_a_strict_reverse_path_filter_is_no_finding_while_all_is_delivered() -> None:
    story = peace(standby())
    strict(story, 3)
    live(story)
    assert story.blamed == set()


# --- our own do not leave -----------------------------------------------------------------------------


def test_a_master_whose_advertisements_are_missing_is_blocked_outbound() -> None:
    story = peace(master())
    story.advert("lb01")
    story.wait(2.3)
    assert story.blamed == set()
    story.report("lb02", False)
    story.wait(0.4)
    assert story.blamed == {"vrrp_blocked_outbound@lb01"}
    for _ in range(4):  # the standby takes over, and its advertisements mute nobody from before
        story.wait(1.0)
        story.advert("lb02")
        story.report("lb02", True)
        story.gateway(replied=True)
    assert "vrrp_blocked_outbound@lb01" in story.blamed
    story.advert("lb01")
    assert "vrrp_blocked_outbound@lb01" not in story.blamed


def test_a_master_that_was_muted_is_not_said_to_be_blocked() -> None:
    story = peace(master())
    for _ in range(6):
        story.advert("lb02", priority=90, version=3)
        story.wait(0.5)
    assert "vrrp_blocked_outbound@lb01" not in story.blamed


@pytest.mark.parametrize("state", [DaemonState.FROZEN, DaemonState.DEAD, None])
def test_a_keepalived_that_does_not_run_is_not_blocked(state: DaemonState | None) -> None:
    story = peace(master())
    story.advert("lb01")
    story.wait(1.3)
    story.keepalived(state)
    story.wait(2.0)
    assert "vrrp_blocked_outbound@lb01" not in story.blamed


def test_a_keepalived_without_processor_time_is_not_blocked() -> None:
    story = peace(master())
    story.advert("lb01")
    story.wait(1.0)
    story.tell(ev.PressureSeen(at=story.now, starved_share=0.9, stolen_share=0.0))
    story.wait(3.0)
    assert "vrrp_blocked_outbound@lb01" not in story.blamed


def test_a_keepalived_that_has_just_been_started_owes_nothing_yet() -> None:
    story = peace(master())
    story.keepalived(DaemonState.DEAD)
    story.wait(5.0)
    story.keepalived(DaemonState.RUNNING)
    story.wait(0.1)
    assert "vrrp_blocked_outbound@lb01" not in story.blamed


def test_a_rule_on_a_standbys_way_out_is_latent_until_something_leaves() -> None:
    story = peace(standby())
    story.rules(("out", "dropped"))
    assert story.blamed == {"vrrp_blocked_outbound@lb02"}
    story.wait(0.1)
    story.advert("lb02")
    assert story.blamed == set()


# --- between the nodes --------------------------------------------------------------------------------


def test_multicast_alone_is_lost_where_unicast_arrives() -> None:
    story = peace(standby())
    for _ in range(4):
        live(story, adverts=False)
    assert story.blamed == {"multicast_not_delivered@lb02"}
    finding = story.finding("multicast_not_delivered")
    assert f"unicast_peer {{ {ADDRESSES['lb01']} }}" in finding.remedy
    live(story)
    assert story.blamed == set()


def test_nothing_is_lost_of_what_was_sent_while_another_vrid_was_configured_here() -> None:
    story = peace(standby())
    story.configured(vrid=77)
    for _ in range(4):
        live(story)
    story.configured()
    for second in range(4):
        assert (second, story.blamed) == (second, set())
        story.wait(0.1)
        story.probed("lb01", control="lb01")
        live(story, adverts=False)
    assert story.blamed == {"multicast_not_delivered@lb02"}


def test_a_loss_is_named_by_an_agent_that_gets_its_processor_late_time_after_time() -> None:
    story = peace(standby())
    for _ in range(4):
        story.tell_late(0.06)
        story.wait(0.5)
        story.report("lb01", True)
        story.echo("lb01", replied=True)
        story.gateway(replied=True)
        story.wait(0.5)
    assert story.blamed == {"multicast_not_delivered@lb02"}


def test_an_agent_that_has_just_woken_reads_first_what_came_meanwhile() -> None:
    story = peace(standby())
    for _ in range(5):
        story.wait(0.6)
        story.report("lb01", True)
        story.tell_late(0.4)
        story.report("lb01", True)
        story.echo("lb01", replied=True)
        story.gateway(replied=True)
        story.wait(0.1)
        story.advert("lb01")
        story.delivered("lb01")
        assert story.blamed == set()
    for _ in range(4):
        story.tell_late(0.9)
        story.report("lb01", True)
        story.echo("lb01", replied=True)
        story.gateway(replied=True)
        story.wait(1.0)
    assert story.blamed == set()


def test_what_could_not_arrive_before_the_cable_was_in_is_not_lost() -> None:
    story = peace(standby())
    story.tell_carrier(up=False)
    for _ in range(4):
        story.report("lb01", True, link="cable")
        story.wait(1.0)
    story.tell_carrier(up=True)
    for _ in range(3):
        live(story, adverts=False)
        assert "multicast_not_delivered@lb02" not in story.blamed
    for _ in range(2):
        live(story, adverts=False)
    assert "multicast_not_delivered@lb02" in story.blamed


def test_a_few_lost_advertisements_are_nobodys_fault() -> None:
    story = peace(standby())
    for adverts in (False, False, True, False, False, True):
        live(story, adverts=adverts)
        assert story.blamed == set()


def test_a_member_that_sends_elsewhere_loses_nothing_on_its_way() -> None:
    story = peace(standby())
    settings = ReportedSettings(version=2, auth_type="none", auth_fingerprint=None, destination="224.0.10.18")
    for _ in range(5):
        story.report("lb01", True, settings=settings)
        story.echo("lb01", replied=True)
        story.gateway(replied=True)
        story.wait(1.0)
    assert "multicast_not_delivered@lb02" not in story.blamed


def test_a_master_that_is_silent_by_its_own_word_loses_nothing_on_its_way() -> None:
    story = peace(standby())
    for _ in range(5):
        story.report("lb01", False)
        story.echo("lb01", replied=True)
        story.gateway(replied=True)
        story.wait(1.0)
    assert not {each for each in story.blamed if each.startswith(("multicast", "one_way"))}


def test_a_last_word_before_a_crash_is_no_loss() -> None:
    story = peace(standby(interval=0.1), 20)
    story.advert("lb01")
    story.delivered("lb01")
    story.wait(0.05)
    story.report("lb01", True)
    story.echo("lb01", replied=True)
    story.wait(0.7)
    assert not {each for each in story.blamed if each.startswith(("multicast", "one_way", "partition"))}


def cut(story: Story, peer: str) -> None:
    """Neither echo nor question is answered on the LAN, while the peer's agent speaks over a cable."""
    story.echo(peer, replied=False)
    story.tell(
        ev.ProbeRound(
            at=story.now,
            asked_at=story.now - 0.1,
            vip=VIP,
            interface="eth0",
            sent=True,
            control_address=ADDRESSES[peer],
        )
    )
    story.gateway(replied=True)


def test_who_is_heard_and_does_not_hear_suffers_a_one_way_loss() -> None:
    story = peace(standby())
    for second in range(8):
        cut(story, "lb01")
        if second == 4:
            story.holds(True)
        if second >= 4:
            story.advert("lb02")
        heard_age = 0.1 if second > 4 else None
        story.wait(0.2)
        story.report("lb01", True, heard_age=heard_age, link="cable")
        story.wait(0.8)
        assert "partition@lb02" not in story.blamed
        assert "multicast_not_delivered@lb02" not in story.blamed
    assert "one_way_loss@lb02" in story.blamed


def test_a_path_that_has_just_come_back_has_not_lost_the_next_advertisement_yet() -> None:
    story = peace(standby())
    for _ in range(6):
        cut(story, "lb01")
        story.wait(0.2)
        story.report("lb01", True, link="cable")
        story.wait(0.8)
    for _ in range(3):
        live(story, adverts=False)
        assert "multicast_not_delivered@lb02" not in story.blamed
    for _ in range(2):
        live(story, adverts=False)
    assert "multicast_not_delivered@lb02" in story.blamed


def test_a_network_that_is_cut_after_a_lost_advertisement_does_not_lose_multicast_alone() -> None:
    story = peace(standby())
    live(story, adverts=False)
    live(story, adverts=False)
    for _ in range(6):
        cut(story, "lb01")
        story.wait(0.2)
        story.report("lb01", True, heard_age=None, link="cable")
        story.wait(0.8)
        assert "multicast_not_delivered@lb02" not in story.blamed


@pytest.mark.parametrize("me", ["lb01", "lb02"])
def test_when_neither_hears_the_other_and_both_live_it_is_a_partition_on_the_junior(me: str) -> None:
    story = peace(standby() if me == "lb02" else master())
    peer = "lb01" if me == "lb02" else "lb02"
    for second in range(9):
        cut(story, peer)
        if second == 4 and me == "lb02":
            story.holds(True)
        if me == "lb01" or second >= 4:
            story.advert(me)
        story.wait(0.4)
        story.report(peer, peer == "lb01" or second >= 4, heard_age=second + 0.4, link="cable")
        story.wait(0.6)
        assert not {each for each in story.blamed if each.startswith(("one_way", "multicast"))}
    assert "partition@lb02" in story.blamed


def test_a_master_learns_from_a_deaf_standby_that_its_own_way_out_is_broken() -> None:
    story = peace(master())
    for second in range(5):
        story.advert("lb01")
        story.echo("lb02", replied=False)
        story.gateway(replied=True)
        story.wait(0.5)
        if second >= 3:
            story.advert("lb02")
        story.report("lb02", second >= 3, heard_age=second + 0.5)
        story.wait(0.5)
    assert "one_way_loss@lb02" in story.blamed


def test_a_node_whose_cable_is_in_again_is_not_deaf() -> None:
    story = peace(standby())
    story.probed("lb01", control="lb01")

    def second(heard_age: float, link: str) -> None:
        cut(story, "lb01")
        story.wait(0.5)
        story.report("lb01", False, heard_age=heard_age, link=link)
        story.wait(0.5)

    for number in range(6):
        if number == 4:
            story.holds(True)
        if number >= 4:
            story.advert("lb02")
        second(60.0, "cable")
    for _ in range(5):
        story.advert("lb02")
        second(60.0, "cable")
    story.report("lb01", False, heard_age=60.0)
    assert "one_way_loss@lb01" not in story.blamed
    story.advert("lb02")
    second(60.0, "lan")  # this echo was sent before the cable was in
    assert "one_way_loss@lb01" not in story.blamed
    for _ in range(4):
        story.advert("lb02")
        second(60.0, "lan")
    assert "one_way_loss@lb01" in story.blamed


def test_what_the_deaf_one_finds_itself_is_not_said_again() -> None:
    story = peace(master())
    theirs = ReportedFinding(
        cause="multicast_not_delivered",
        severity="warning",
        summary="so it is",
        evidence=(("unicast", "yes"),),
    )
    for second in range(5):
        story.advert("lb01")
        story.echo("lb02", replied=False)
        story.gateway(replied=True)
        story.wait(0.5)
        if second >= 3:
            story.advert("lb02")
        story.report("lb02", second >= 3, heard_age=second + 0.5, findings=(theirs,))
        story.wait(0.5)
    assert "multicast_not_delivered@lb02" in story.blamed
    assert "one_way_loss@lb02" not in story.blamed


# --- the group, and loops -----------------------------------------------------------------------------


def joined(story: Story, sockets: int | None) -> None:
    story.tell(ev.GroupMembership(at=story.now, interface="eth0", group="224.0.0.18", sockets=sockets))


def test_a_running_keepalived_that_has_left_its_group_is_named() -> None:
    story = peace(standby())
    joined(story, 1)
    live(story)
    joined(story, 0)
    story.wait(1.0)
    assert story.blamed == set()
    live(story)
    live(story)
    assert story.blamed == {"multicast_membership_lost@lb02"}
    joined(story, 1)
    assert story.blamed == set()


@pytest.mark.parametrize("sockets", [None, 1, 2])
def test_a_group_that_is_joined_or_cannot_be_looked_up_is_no_finding(sockets: int | None) -> None:
    story = peace(standby())
    joined(story, sockets)
    for _ in range(3):
        live(story)
    assert story.blamed == set()


def test_a_keepalived_that_does_not_run_has_not_left_its_group() -> None:
    story = peace(standby())
    story.keepalived(DaemonState.DEAD)
    joined(story, 0)
    story.wait(2.0)
    story.keepalived(DaemonState.RUNNING)
    story.wait(0.5)
    joined(story, 1)
    story.wait(2.0)
    assert "multicast_membership_lost@lb02" not in story.blamed


@pytest.mark.parametrize(("mac", "words"), [("lb01", "come back"), ("lb03", "another host")])
def test_our_own_address_on_the_wire_is_a_loop_or_a_second_host(mac: str, words: str) -> None:
    story = peace(master())
    for _ in range(3):
        story.advert("lb01")
        story.advert("lb01", outgoing=False, src_mac=MACS[mac])
        story.report("lb02", False)
        story.echo("lb02", replied=True)
        story.gateway(replied=True)
        story.wait(1.0)
    assert story.blamed == {"looped_frames@lb01"}
    assert words in story.finding("looped_frames").summary
    for _ in range(12):
        live(story)
    assert story.blamed == set()


def test_whoever_answers_no_echo_while_its_reports_come_in_is_asked_after_on_the_lan() -> None:
    """Each report says that the path works, so that no two misses follow each other on it."""
    story = peace(standby())
    router = next(iter(story.judge.situation.routers.values()))
    live(story)
    asked = router.inquiry.probed_at
    for second in range(1, 5):
        story.advert("lb01")
        story.delivered("lb01")
        story.echo("lb01", replied=False)
        story.gateway(replied=True)
        story.report("lb01", True)
        assert (router.inquiry.probed_at != asked) == (second >= 3)
        story.wait(1.0)


def test_a_master_that_answers_nobody_and_goes_on_advertising_hears_nobody() -> None:
    story = peace(standby())
    for second in range(8):
        story.advert("lb01")
        story.delivered("lb01")
        cut(story, "lb01")
        if second < 3:
            story.report("lb01", True)
        story.wait(1.0)
    assert story.blamed == {"one_way_loss@lb01"}


def test_what_reaches_our_sockets_is_judged_where_it_is_news() -> None:
    story = standby()

    def is_judged() -> bool:
        before = story.judge.standing["VI_1"]
        story.delivered("lb01")
        return story.judge.standing["VI_1"] is not before

    judged = [is_judged()]
    for _ in range(2):
        story.wait(1)
        story.advert("lb01")
        judged.append(is_judged())
    for _ in range(3):
        story.wait(1)
        story.advert("lb01")
    judged.append(is_judged())
    story.rules(("in", "dropped"))
    judged.append(is_judged())
    assert judged == [True, False, False, True, True]
