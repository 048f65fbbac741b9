"""What a host does to its keepalived, to its VIPs and to itself, told as stories: the cause, and where it lies."""

from __future__ import annotations

import pytest

from hawatch import evidence as ev
from hawatch.causes.sight import find_node_causes
from hawatch.keepalived.model import (
    KeepalivedConfig,
    TrackedInterface,
    TrackedScript,
    VirtualAddress,
    VirtualRouter,
)
from hawatch.situation.episodes import REMEMBERED
from hawatch.situation.fold import woke_late
from hawatch.situation.node import Node
from hawatch.verdict import Cause, Finding, Severity
from hawatch.wire.report import DaemonState, ReportedFinding
from tests.story import ADDRESSES, MACS, VIP, Story, master, standby


def finding(story: Story, cause: str) -> Finding | None:
    """The finding of this cause that stands now."""
    findings = story.judge.standing["VI_1"].findings
    return next((each for each in findings if each.cause.value == cause), None)


def must_find(story: Story, cause: str, *, on: str) -> Finding:
    """It stands, lies on this node, and rests on something."""
    found = finding(story, cause)
    assert found is not None, story.causes
    assert found.node == on
    assert found.evidence
    assert found.remedy
    return found


def look(story: Story, *, waited: float = 0.0, stolen: float = 0.0, slept: float = 0.0) -> None:
    """The host is looked at."""
    story.tell(ev.PressureSeen(at=story.now, starved_share=waited, stolen_share=stolen, slept=slept))


def stand_still(story: Story, seconds: float) -> None:
    """Neither agent nor keepalived runs for a while, and both go on; the VIPs stay."""
    story.now += seconds
    story.tell(ev.Tick(at=story.now, late=seconds))
    story.advert(story.me)


# --- no time --------------------------------------------------------------------------------------


def test_agent_and_keepalived_that_stood_still_together_were_paused_with_their_host() -> None:
    story = master()
    stand_still(story, 5.0)
    look(story, waited=0.05, slept=4.0)
    assert "5.0 s" in must_find(story, "host_paused", on="lb01").summary
    assert "keepalived_starved" not in story.causes


def test_a_pause_is_told_as_long_as_the_plugin_shows_a_move_and_then_forgotten() -> None:
    story = master()
    stand_still(story, 5.0)
    look(story, slept=4.0)
    for _ in range(int(REMEMBERED) - 10):
        story.adverts("lb01", 1)
    assert "host_paused" in story.causes
    for _ in range(20):
        story.adverts("lb01", 1)
    assert "host_paused" not in story.causes


def test_without_a_look_at_the_host_a_pause_is_told_a_moment_later() -> None:
    story = master()
    stand_still(story, 5.0)
    assert "host_paused" not in story.causes
    story.adverts("lb01", 3)
    must_find(story, "host_paused", on="lb01")


@pytest.mark.parametrize("shortage", [{"waited": 0.9}, {"stolen": 0.9}])
def test_the_same_with_a_scarce_processor_is_starvation(shortage: dict[str, float]) -> None:
    story = master()
    stand_still(story, 5.0)
    look(story, slept=4.0, **shortage)
    must_find(story, "keepalived_starved", on="lb01")
    assert "host_paused" not in story.causes


def test_a_pause_on_a_busy_host_is_a_pause_if_the_agent_waited_for_no_processor() -> None:
    for waited, cause in ((0.01, "host_paused"), (3.9, "keepalived_starved")):
        story = master()
        stand_still(story, 5.0)
        story.tell(
            ev.PressureSeen(at=story.now, starved_share=0.95, stolen_share=0.0, slept=4.0, waited=waited)
        )
        assert {"host_paused", "keepalived_starved"} & story.causes == {cause}


def test_what_an_agent_reads_in_slices_is_laid_to_the_sleep_in_which_it_was_sent() -> None:
    """Twice held up, it is told of the second time before it reads what keepalived sent in the first."""
    story = master(interval=0.3)
    began = story.now
    story.tell(ev.PressureSeen(at=began + 0.8, starved_share=0.64, stolen_share=0.0, slept=0.4, waited=0.8))
    for woke, late in ((2.8, 2.8), (4.9, 2.0)):
        story.now = began + woke
        story.tell(ev.Tick(at=story.now, late=late))
    story.now = began + 1.8
    story.advert("lb01")
    story.now = began + 4.9
    story.tell(ev.PressureSeen(at=story.now, starved_share=0.99, stolen_share=0.0, slept=3.5, waited=4.1))
    must_find(story, "keepalived_starved", on="lb01")
    assert "host_paused" not in story.causes


def test_a_sleep_that_is_told_twice_is_slept_once() -> None:
    """After a pause the agent is late again and again by what it reads, of which each tells of the same time."""
    story = master()
    story.now += 5.0
    for late in (5.0, 4.8, 4.9):
        story.tell(ev.Tick(at=story.now, late=late))
    story.advert("lb01")
    look(story, waited=0.05, slept=4.0)
    assert dict(must_find(story, "host_paused", on="lb01").evidence)["agent_slept"].startswith("5.0")


def test_a_pause_is_known_at_once_whether_the_look_or_the_advertisement_after_it_is_told_first() -> None:
    story = master()
    story.now += 5.0
    story.tell(ev.Tick(at=story.now, late=5.0))
    look(story, waited=0.05, slept=4.9)
    story.now += 0.002
    story.advert("lb01")
    must_find(story, "host_paused", on="lb01")


def test_a_keepalived_that_stood_still_while_the_agent_ran_was_neither() -> None:
    story = master()
    story.wait(5.0)
    story.advert("lb01")
    look(story)
    story.adverts("lb01", 3)
    assert not {"host_paused", "keepalived_starved"} & story.causes


def test_an_advertisement_that_is_late_while_tasks_wait_is_starvation() -> None:
    story = master()
    story.now += 2.5
    story.tell_late(0.3)
    story.advert("lb01")
    look(story, waited=0.95, slept=0.3)
    must_find(story, "keepalived_starved", on="lb01")


def test_an_advertisement_that_is_a_little_late_is_nobodys_fault() -> None:
    story = master()
    story.now += 1.4
    story.tell_late(0.3)
    story.advert("lb01")
    look(story, waited=0.95, slept=0.3)
    assert "keepalived_starved" not in story.causes


def test_one_who_is_muted_by_anothers_advertisements_is_not_starved() -> None:
    story = master()
    for _ in range(5):
        story.wait(0.9)
        story.advert("lb02")
    story.tell_late(0.3)
    story.advert("lb01")
    look(story, waited=0.95, slept=0.3)
    assert "keepalived_starved" not in story.causes


def test_a_master_that_was_restarted_meanwhile_is_not_paused() -> None:
    story = master()
    story.now += 5.0
    story.tell(ev.Tick(at=story.now, late=5.0))
    story.tell(
        ev.DaemonSeen(at=story.now, state=DaemonState.RUNNING, pid=2, loads="2", started_at=story.now - 1)
    )
    story.advert("lb01")
    look(story, slept=4.0)
    story.adverts("lb01", 3)
    assert "host_paused" not in story.causes


def hasty(*, delivered: bool) -> Story:
    """A standby that takes over half a second after the master spoke, its agent late, the processor scarce."""
    story = standby()
    for _ in range(40):
        story.adverts("lb01", 1)
    if delivered:
        story.delivered("lb01")
    story.now += 0.5
    story.tell_late(0.2)
    story.advert("lb02")
    story.holds(True)
    look(story, waited=0.9, slept=0.2)
    return story


def test_a_standby_that_takes_over_too_early_for_want_of_time_is_starved() -> None:
    must_find(hasty(delivered=True), "keepalived_starved", on="lb02")


def test_a_standby_that_takes_over_because_nothing_reached_it_is_not() -> None:
    assert "keepalived_starved" not in hasty(delivered=False).causes


# --- too soon -------------------------------------------------------------------------------------


def started_again(story: Story) -> None:
    """Our keepalived is started, a moment after the other's last advertisement."""
    story.now += 0.5
    pid = (story.judge.situation.node.daemon or ev.DaemonSeen(at=0.0, state=None)).pid or 1
    state = DaemonState.RUNNING
    story.tell(ev.DaemonSeen(at=story.now, state=state, pid=pid + 1, loads="9", started_at=story.now))


def test_a_master_that_had_heard_nobody_since_its_start_raced_with_the_one_there_was() -> None:
    story = standby()
    started_again(story)
    story.wait(3.6)
    story.advert("lb02")
    story.holds(True)
    story.adverts("lb02", 2)
    story.advert("lb01")
    story.holds(False)
    story.report("lb01", held=True, for_seconds=60.0)
    story.adverts("lb01", 2)
    found = must_find(story, "boot_race", on="lb02")
    assert "3.6 s after the start of keepalived" in found.summary


@pytest.mark.parametrize("cause", ["vrrp_blocked_outbound", "keepalived_frozen"])
def test_a_master_whose_rival_was_kept_silent_for_a_known_reason_has_raced_with_nobody(cause: str) -> None:
    story = standby()
    started_again(story)
    story.wait(3.6)
    story.advert("lb02")
    story.holds(True)
    filtered = ReportedFinding(
        cause=cause,
        severity="warning",
        summary="nothing leaves",
        remedy="mend it",
        evidence=(("seen", "yes"),),
    )
    story.report("lb01", held=True, for_seconds=60.0, findings=(filtered,))
    story.adverts("lb02", 2)
    story.advert("lb01")
    story.holds(False)
    story.report("lb01", held=True, for_seconds=60.0)
    story.adverts("lb01", 2)
    assert "boot_race" not in story.causes


def test_a_master_that_returns_later_and_preempts_has_raced_with_nobody() -> None:
    story = standby()
    started_again(story)
    story.wait(3.6)
    story.advert("lb02")
    story.holds(True)
    story.adverts("lb02", 20)
    story.advert("lb01")
    story.holds(False)
    story.report("lb01", held=True, for_seconds=0.01)
    story.adverts("lb01", 3)
    assert "boot_race" not in story.causes


def test_a_master_that_did_hear_the_other_before_has_another_reason() -> None:
    story = standby()
    started_again(story)
    for _ in range(4):
        story.adverts("lb01", 1)
    story.advert("lb02")
    story.holds(True)
    story.adverts("lb02", 2)
    story.advert("lb01")
    story.report("lb01", held=True, for_seconds=60.0)
    assert "boot_race" not in story.causes


def test_a_master_under_another_vrid_than_the_one_it_was_started_with_is_no_race_of_its_start() -> None:
    story = standby()
    started_again(story)
    story.wait(1)
    story.configured(vrid=52)
    story.wait(3.6)
    story.advert("lb02")
    story.holds(True)
    story.adverts("lb02", 2)
    story.holds(False)
    story.report("lb01", held=True, for_seconds=60.0)
    story.adverts("lb01", 2)
    assert "boot_race" not in story.causes


def test_a_second_master_that_came_after_us_does_not_make_our_start_the_reason() -> None:
    story = standby()
    started_again(story)
    story.wait(3.6)
    story.advert("lb02")
    story.holds(True)
    story.adverts("lb02", 5)
    story.advert("lb01")
    story.report("lb01", held=True, for_seconds=2.0)
    story.adverts("lb02", 2)
    assert "boot_race" not in story.causes


# --- VIPs -----------------------------------------------------------------------------------------


def test_a_vip_that_goes_while_its_master_goes_on_was_removed() -> None:
    story = master()
    story.holds(False)
    story.adverts("lb01", 3)
    found = must_find(story, "vip_removed", on="lb01")
    assert "it is still missing" in found.summary
    assert f"ip address add {VIP}/24 dev eth0" in found.remedy


@pytest.mark.parametrize(
    ("tool", "words"),
    [
        ("systemd-networkd", "KeepConfiguration=yes"),
        ("NetworkManager", "unmanaged-devices=interface-name:eth0"),
        ("ifupdown", "/etc/network/interfaces"),
        (None, "ip monitor address"),
    ],
)
def test_the_remedy_speaks_the_language_of_the_tool_that_manages_the_device(
    tool: str | None, words: str
) -> None:
    story = master()
    story.tell(ev.HostTools(at=story.now, network=tool))
    story.holds(False)
    story.advert("lb01", 0)
    story.wait(0.42)
    story.advert("lb01")
    story.holds(True)
    story.adverts("lb01", 3)
    assert words in must_find(story, "vip_removed", on="lb01").remedy


def test_a_vip_that_goes_with_a_resignation_a_reload_or_a_link_was_not() -> None:
    stopped, reloaded, cut = master(), master(), master()
    stopped.advert("lb01", 0)
    stopped.now += 0.1
    stopped.holds(False)
    reloaded.holds(False)
    reloaded.now += 0.3
    reloaded.tell(ev.DaemonSeen(at=reloaded.now, state=DaemonState.RUNNING, pid=1, loads="2"))
    cut.holds(False)
    cut.tell_carrier(up=False)
    for story in (stopped, reloaded, cut):
        story.wait(3)
        assert "vip_removed" not in story.causes


def taken_over(interval: float, *, after: float, adverts: int) -> Story:
    """lb02 has taken over from lb01, which gave up, `after` that, and has advertised so often."""
    story = standby(interval=interval)
    story.advert("lb01", 0)
    story.wait(after)
    story.advert("lb02")
    story.holds(True)
    story.adverts("lb02", adverts)
    return story


def test_a_vip_that_goes_on_the_word_of_a_higher_one_that_then_falls_silent_was_not() -> None:
    story = taken_over(0.3, after=0.2, adverts=10)
    story.advert("lb01")
    story.now += 0.01
    story.holds(False)
    story.wait(1.2)
    story.advert("lb01")
    story.wait(1)
    assert "vip_removed" not in story.causes


def test_a_vip_that_goes_on_a_higher_ones_word_was_not() -> None:
    story = taken_over(1.0, after=0.61, adverts=10)
    story.holds(False)
    story.now += 0.01
    story.advert("lb01")
    story.wait(3)
    assert "vip_removed" not in story.causes


def test_a_vip_that_goes_on_the_word_of_a_starved_higher_one_that_speaks_anew_before_long_was_not() -> None:
    story = taken_over(0.1, after=0.2, adverts=20)
    story.holds(False)
    story.now += 0.002
    story.advert("lb01")
    story.wait(0.4)
    story.advert("lb02")
    story.holds(True)
    story.adverts("lb02", 5)
    story.advert("lb01")
    story.adverts("lb02", 10)
    assert "vip_removed" not in story.causes


def test_a_vip_that_goes_on_the_last_word_of_a_higher_one_that_gives_up_at_once_was_not() -> None:
    story = taken_over(0.2, after=0.3, adverts=10)
    story.advert("lb01")
    story.advert("lb01", 0)
    story.now += 0.001
    story.holds(False)
    story.wait(0.12)
    story.advert("lb02")
    story.holds(True)
    story.adverts("lb02", 10)
    assert "vip_removed" not in story.causes


def test_a_vip_that_comes_to_a_standby_without_a_word_of_its_keepalived_was_put_there() -> None:
    story = standby()
    story.holds(True)
    story.wait(0.4)
    found = must_find(story, "stale_vip", on="lb02")
    assert f"ip address del {VIP}/24 dev eth0" in found.remedy


def test_a_vip_that_comes_with_an_advertisement_is_keepalived_s_own() -> None:
    story = standby()
    story.advert("lb02")
    story.now += 0.01
    story.holds(True)
    story.wait(5)
    assert "stale_vip" not in story.causes


def test_an_agent_that_reads_late_waits_for_the_advertisement_that_came_before_the_vip() -> None:
    story = standby()
    story.advert("lb02")
    story.wait(2.0)
    story.holds(True)
    for _ in range(8):
        story.tell_late(1.0)
        story.wait(0.1)
        assert "stale_vip" not in story.causes, "it may lie unread"
    story.wait(0.5)
    assert "stale_vip" not in story.causes, "nor has all been read at once"
    story.wait(2.0)
    assert "stale_vip" in story.causes


def test_without_a_capture_nothing_is_said_of_where_a_vip_came_from() -> None:
    story = standby()
    story.tell(ev.ObserverState(at=story.now, observer="sniffer", up=False, problem="CAP_NET_RAW is missing"))
    story.holds(True)
    story.wait(5)
    assert "stale_vip" not in story.causes


def announce(story: Story, node: str) -> None:
    """A gratuitous ARP for the VIP."""
    story.tell(
        ev.AddressAnnounced(
            at=story.now, interface="eth0", outgoing=node == story.me, address=VIP, mac=MACS[node]
        )
    )


def test_an_owner_that_has_not_announced_since_another_did_leaves_clients_wrong_until_it_does() -> None:
    story = master()
    announce(story, "lb02")
    story.adverts("lb01", 3)
    found = must_find(story, "stale_arp", on="lb01")
    assert (found.severity.value, MACS["lb02"] in found.summary) == ("critical", True)
    assert f"arping -U -c 3 -I eth0 -s {VIP} {VIP}" in found.remedy
    announce(story, "lb01")
    assert "stale_arp" not in story.causes


def test_an_owner_that_will_repeat_its_own_announcement_soon_is_waited_for() -> None:
    story = master()
    announce(story, "lb01")
    story.now += 0.5
    announce(story, "lb02")
    story.adverts("lb01", 4)
    assert "stale_arp" not in story.causes
    story.adverts("lb01", 4)
    must_find(story, "stale_arp", on="lb01")


def test_a_takeover_without_any_announcement_leaves_clients_with_the_former_owner() -> None:
    story = standby()
    story.advert("lb01", 0)
    story.wait(0.61)
    story.advert("lb02")
    story.holds(True)
    story.report("lb01", held=False)
    story.adverts("lb02", 3)
    must_find(story, "stale_arp", on="lb02")


def test_a_takeover_that_was_announced_leaves_nobody_wrong() -> None:
    story = standby()
    story.advert("lb01", 0)
    story.wait(0.61)
    story.advert("lb02")
    story.holds(True)
    announce(story, "lb02")
    story.report("lb01", held=False)
    story.adverts("lb02", 8)
    assert "stale_arp" not in story.causes


# --- what is tracked ------------------------------------------------------------------------------


def tracking(story: Story, **tracked: object) -> Story:
    """The same node, with these things tracked."""
    router = VirtualRouter(
        instance="VI_1",
        interface="eth0",
        vrid=51,
        priority=150 if story.me == "lb01" else 100,
        vips=(VirtualAddress(address=VIP, prefix_length=24),),
        **tracked,  # type: ignore[arg-type]
    )
    story.tell(ev.ConfigRead(at=story.now, config=KeepalivedConfig(virtual_routers=(router,), digest="e")))
    story.tell(ev.DaemonSeen(at=story.now, state=DaemonState.RUNNING, pid=1, loads="2"))
    return story


SCRIPTS = (
    TrackedScript(name="check_nginx", weight=-60),
    TrackedScript(name="load", kind="file", weight=-10),
)


def test_a_priority_that_fell_by_one_scripts_weight_names_that_script() -> None:
    story = tracking(master(), tracked_scripts=SCRIPTS)
    story.advert("lb01", 90)
    found = must_find(story, "tracked_fault", on="lb01")
    assert "the tracked script check_nginx (weight -60) has failed" in found.summary
    assert "load" not in found.summary


def test_a_priority_that_fell_by_none_of_the_weights_names_them_all() -> None:
    story = tracking(master(), tracked_scripts=SCRIPTS)
    story.advert("lb01", 80)
    assert (
        "one of script check_nginx (weight -60), file load (weight -10)"
        in must_find(story, "tracked_fault", on="lb01").summary
    )


def test_a_priority_that_falls_where_nothing_is_tracked_is_a_reload_whose_file_was_not_read_yet() -> None:
    story = tracking(master(), tracked_scripts=(TrackedScript(name="check_nginx", weight=0),))
    story.advert("lb01", 90)
    assert "tracked_fault" not in story.causes


def test_a_priority_that_a_reload_lowered_is_no_fault() -> None:
    story = master()
    router = VirtualRouter(
        instance="VI_1",
        interface="eth0",
        vrid=51,
        priority=90,
        vips=(VirtualAddress(address=VIP, prefix_length=24),),
    )
    story.tell(ev.ConfigRead(at=story.now, config=KeepalivedConfig(virtual_routers=(router,), digest="e")))
    story.tell(ev.DaemonSeen(at=story.now, state=DaemonState.RUNNING, pid=1, loads="2"))
    story.advert("lb01", 90)
    assert "tracked_fault" not in story.causes


def test_a_fault_names_the_interface_that_has_no_link() -> None:
    story = tracking(master(), tracked_interfaces=(TrackedInterface(name="eth1"),), tracked_scripts=SCRIPTS)
    story.tell(ev.InterfaceState(at=story.now, interface="eth1", carrier=False, mac="02:00:00:00:01:01"))
    story.advert("lb01", 0)
    story.advert("lb01", 0)
    story.holds(False)
    assert "the tracked interface eth1 has failed" in must_find(story, "tracked_fault", on="lb01").summary


def test_a_standby_whose_tracked_interface_has_no_link_is_in_fault_though_it_says_nothing() -> None:
    story = tracking(standby(), tracked_interfaces=(TrackedInterface(name="eth1"),))
    story.tell(ev.InterfaceState(at=story.now, interface="eth1", carrier=False, mac="02:00:00:00:01:02"))
    must_find(story, "standby_fault", on="lb02")


OTHER_VIP = "10.0.0.200"


def both_at_home(story: Story, other_tracks: tuple[TrackedScript, ...]) -> Story:
    """A node that is MASTER of VI_1 and standby of VI_2, as in a pair in which each node has one at home."""
    check = (TrackedScript(name="check_nginx", weight=0),)
    routers = (
        VirtualRouter(
            instance="VI_1",
            interface="eth0",
            vrid=51,
            priority=150,
            vips=(VirtualAddress(address=VIP, prefix_length=24),),
            tracked_scripts=check,
        ),
        VirtualRouter(
            instance="VI_2",
            interface="eth0",
            vrid=52,
            priority=100,
            vips=(VirtualAddress(address=OTHER_VIP, prefix_length=24),),
            tracked_scripts=other_tracks,
        ),
    )
    story.tell(ev.ConfigRead(at=story.now, config=KeepalivedConfig(virtual_routers=routers, digest="e")))
    story.tell(ev.DaemonSeen(at=story.now, state=DaemonState.RUNNING, pid=1, loads="2"))
    story.advert("lb01")
    other_home(story)
    return story


def other_home(story: Story) -> None:
    """An advertisement of VI_2 by lb02, where it is at home."""
    story.wait(0.1)
    story.advert("lb02", 150, vrid=52, addresses=(OTHER_VIP,))


def of_other(story: Story) -> set[str]:
    """What is blamed of VI_2."""
    return {f"{each.cause.value}@{each.node}" for each in story.judge.standing["VI_2"].findings}


def fall_into_fault(story: Story) -> None:
    story.advert("lb01", 0)
    story.advert("lb01", 0)
    story.holds(False)
    other_home(story)


def test_a_standby_that_tracks_what_has_put_its_sister_into_fault_is_in_fault_too() -> None:
    story = both_at_home(master(), (TrackedScript(name="check_nginx", weight=0),))
    assert of_other(story) == set()
    fall_into_fault(story)
    assert "standby_fault@lb01" in of_other(story)
    found = next(f for f in story.judge.standing["VI_2"].findings if f.cause.value == "standby_fault")
    assert "in FAULT for VI_2 as for VI_1, the tracked script check_nginx has failed" in found.summary
    assert story.judge.standing["VI_2"].facts.standby_ready is False
    story.advert("lb01")
    other_home(story)
    assert of_other(story) == set()


@pytest.mark.parametrize(
    "tracked",
    [(), (TrackedScript(name="check_dns", weight=0),), (TrackedScript(name="check_nginx", weight=-60),)],
)
def test_a_standby_that_tracks_something_else_may_be_well(tracked: tuple[TrackedScript, ...]) -> None:
    story = both_at_home(master(), tracked)
    fall_into_fault(story)
    assert "standby_fault@lb01" not in of_other(story)


def test_a_sister_that_is_stopped_in_order_says_nothing_of_a_fault() -> None:
    story = both_at_home(master(), (TrackedScript(name="check_nginx", weight=0),))
    story.advert("lb01", 0)
    other_home(story)
    assert "standby_fault@lb01" not in of_other(story)


def test_a_member_without_an_agent_shows_its_fault_by_its_advertisements() -> None:
    story = standby(agents=False)
    story.advert("lb01", 0)
    story.advert("lb01", 0)
    must_find(story, "tracked_fault", on="lb01")


# --- ends -----------------------------------------------------------------------------------------


def gone(story: Story, node: str, *, going_down: bool) -> None:
    """The agent of a node says goodbye, and the node answers nobody any more."""
    story.report(node, held=False, leaving=True, going_down=going_down)
    for _ in range(6):
        story.echo(node, replied=False)
        story.gateway(replied=True)
        story.wait(1)


def test_a_host_that_said_it_goes_down_is_down_and_not_unreachable() -> None:
    story = master()
    gone(story, "lb02", going_down=True)
    must_find(story, "node_down", on="lb02")
    assert "peer_unreachable" not in story.causes


def test_a_host_whose_agent_was_only_restarted_is_unreachable() -> None:
    story = master()
    gone(story, "lb02", going_down=False)
    must_find(story, "peer_unreachable", on="lb02")
    assert "node_down" not in story.causes


def test_one_that_is_cut_off_itself_says_nothing_of_its_peer() -> None:
    story = master()
    for _ in range(6):
        story.echo("lb02", replied=False)
        story.gateway(replied=False)
        story.wait(1)
    assert story.verdict.value == "isolated"
    assert "peer_unreachable" not in story.causes


def test_a_refusal_from_the_host_of_a_member_without_an_agent_says_that_its_keepalived_is_dead() -> None:
    story = master(agents=False)
    story.tell(ev.ProtocolUnreachable(at=story.now, interface="eth0", src=ADDRESSES["lb02"]))
    must_find(story, "keepalived_dead", on="lb02")


def test_an_agent_that_got_no_processor_says_so_of_itself_for_a_minute() -> None:
    node = Node(name="lb01")
    woke_late(node, ev.Tick(at=103.0, late=3.0))
    (finding,) = find_node_causes(node, 110.0)
    assert (finding.cause, finding.node, finding.severity) == (Cause.BLIND, "lb01", Severity.INFO)
    assert finding.summary.startswith("the agent of lb01 got no processor time for 3.0 s")
    assert find_node_causes(node, 163.0) == ()
    hardly = Node(name="lb01")
    woke_late(hardly, ev.Tick(at=100.4, late=0.4))
    assert find_node_causes(hardly, 101.0) == ()
