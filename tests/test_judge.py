"""What one node's judge says of the situations an operator meets, told as stories."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hawatch import evidence as ev
from hawatch.keepalived.model import KeepalivedConfig, VirtualAddress
from hawatch.situation.inquiry import control_address
from hawatch.wire.report import DaemonState
from tests.story import ADDRESSES, MACS, VIP, Story, master, standby


def test_a_pair_at_peace_is_steady_on_both_nodes() -> None:
    for story in (master(), standby()):
        assert (story.verdict.value, story.verdicts) == ("steady", [])


def test_a_pair_without_a_peer_agent_is_steady_with_the_information_that_nothing_was_verified() -> None:
    for story in (master(agents=False), standby(agents=False)):
        assert story.verdict.value == "steady"
        assert "peer_unverified" in story.causes


def test_a_planned_stop_is_a_switchover_and_then_degraded_seen_from_the_new_owner() -> None:
    story = standby()
    story.advert("lb01", 0)
    story.report("lb01", held=False, ready=False, daemon=DaemonState.DEAD)
    story.wait(0.61)
    story.advert("lb02")
    story.holds(True)
    assert story.verdict.value == "switchover"
    story.probed(control="lb01")
    for _ in range(3):
        story.wait(1)
        story.report("lb01", held=False, ready=False, daemon=DaemonState.DEAD)
        story.advert("lb02")
    assert story.verdicts == ["switchover", "degraded"]


def test_a_planned_stop_is_a_switchover_and_then_degraded_seen_from_the_one_that_stopped() -> None:
    story = master()
    story.advert("lb01", 0)
    story.holds(False)
    story.keepalived(DaemonState.DEAD)
    assert story.verdicts == []
    story.wait(0.6)
    story.advert("lb02")
    story.report("lb02", held=True, for_seconds=0.01)
    assert story.verdict.value == "switchover"
    story.probed("lb02", control="lb02")
    story.wait(1)
    story.adverts("lb02", 3)
    assert story.verdicts == ["switchover", "degraded"]


def test_the_preferred_node_retaking_is_a_failback_on_both_sides() -> None:
    story = standby()
    story.advert("lb01", 0)
    story.report("lb01", held=False)
    story.wait(0.6)
    story.advert("lb02")
    story.holds(True)
    story.probed(control="lb01")
    for _ in range(6):
        story.report("lb01", held=False)
        story.echo("lb01", replied=True)
        story.adverts("lb02", 1)
    story.changes.clear()
    story.advert("lb01")
    story.wait(0.003)
    story.holds(False)
    story.report("lb01", held=True, for_seconds=0.004)
    story.probed("lb01", control="lb01")
    assert story.verdict.value == "failback"
    for _ in range(3):
        story.wait(1)
        story.report("lb01", held=True)
        story.advert("lb01")
    assert story.verdicts == ["failback", "steady"]


def test_a_crashed_master_is_a_failover_once_nobody_answers_for_the_vip() -> None:
    story = standby(agents=False)
    story.wait(3.6)
    assert story.verdicts == []
    story.advert("lb02")
    story.holds(True)
    story.probed(control="lb01", control_count=0)
    assert story.verdicts == ["failover"]
    for _ in range(4):
        story.echo("lb01", replied=False)
        story.gateway(replied=True)
        story.adverts("lb02", 1)
    assert story.verdicts == ["failover", "degraded"]
    assert "peer_unreachable" in story.causes


def test_a_filter_on_the_backup_is_a_split_that_the_backup_proves_by_the_superior_advertisement() -> None:
    story = standby(agents=False)
    for _ in range(3):
        story.wait(1)
        story.advert("lb01")
    story.wait(0.6)
    story.advert("lb02")
    story.holds(True)
    story.wait(0.01)
    story.advert("lb01")
    story.wait(0.249)
    assert story.verdicts == []
    story.wait(0.01)
    assert (story.verdicts, story.rule) == (["split_brain"], "SB3-outranked")


def test_the_same_split_is_proved_on_the_master_by_the_second_advertisement_of_the_backup() -> None:
    story = master(agents=False)
    story.advert("lb02")
    story.wait(0.01)
    story.advert("lb01")
    story.wait(0.99)
    story.advert("lb02")
    assert (story.verdicts, story.rule) == (["split_brain"], "SB4-ignored")


def test_two_agents_prove_a_split_by_the_overlap_of_their_holds() -> None:
    story = master()
    story.report("lb02", held=True, for_seconds=0.0)
    assert story.verdicts == []
    story.wait(0.26)
    story.report("lb02", held=True, for_seconds=0.26)
    assert (story.verdicts, story.rule) == (["split_brain"], "SB1-overlap")


def test_a_split_is_not_cleared_by_silence_only_by_the_peers_word() -> None:
    story = master()
    story.wait(0.3)
    story.report("lb02", held=True, for_seconds=0.3)
    story.wait(30)
    assert story.verdict.value == "split_brain"
    story.report("lb02", held=False)
    story.advert("lb01")
    assert story.verdict.value == "steady"


def test_without_an_agent_there_three_empty_probe_rounds_clear_a_split() -> None:
    story = master(agents=False)
    for _ in range(2):
        story.advert("lb02")
        story.wait(0.5)
        story.advert("lb01")
        story.wait(0.5)
    assert story.verdict.value == "split_brain"
    for _ in range(3):
        story.gateway(replied=True)
        story.probed(control="lb02")
        story.wait(0.3)
    story.advert("lb01")
    assert story.verdict.value == "steady"


def test_a_report_from_before_a_crash_cannot_prove_a_split_even_at_a_tenth_of_a_second() -> None:
    story = standby(interval=0.1)
    story.wait(0.36)
    story.advert("lb02")
    story.holds(True)
    story.probed(control="lb01", control_count=0)
    story.wait(2)
    assert "split_brain" not in story.verdicts
    assert story.verdicts[0] == "failover"


def test_a_lost_goodbye_to_the_vip_in_a_handover_is_not_a_split() -> None:
    story = master()
    story.advert("lb02", 200)
    story.wait(0.02)
    story.holds(False)
    story.report("lb02", held=True, for_seconds=0.02)
    story.wait(5)
    assert "split_brain" not in story.verdicts


def test_both_daemons_stopped_leaves_no_owner() -> None:
    story = standby()
    story.advert("lb01", 0)
    story.report("lb01", held=False, ready=False, daemon=DaemonState.DEAD)
    story.keepalived(DaemonState.DEAD)
    for _ in range(10):
        story.report("lb01", held=False, ready=False, daemon=DaemonState.DEAD)
        story.probed(control="lb01")
        story.wait(0.5)
    assert story.verdicts == ["no_owner"]


def test_a_peer_of_which_nothing_is_known_never_gives_a_split() -> None:
    story = Story("lb01", agents=False)
    story.holds(True)
    for _ in range(60):
        story.adverts("lb01", 1)
    assert story.verdicts == ["indeterminate", "steady"]


def test_a_strangers_second_packet_with_our_vrid_is_a_conflict() -> None:
    story = master()
    stranger: dict[str, Any] = {
        "src": "10.0.0.77",
        "src_mac": "02:00:00:00:00:77",
        "addresses": ("10.0.0.200",),
    }
    story.advert("lb03", **stranger)
    assert story.verdicts == []
    story.advert("lb03", **stranger)
    assert (story.verdict.value, story.rule) == ("conflict", "CF1-foreign-router")


def test_the_same_vrid_in_another_group_is_only_information() -> None:
    story = master()
    for _ in range(3):
        story.advert("lb03", src="10.0.0.77", addresses=("10.0.0.200",), dst="224.0.0.99")
    assert story.verdicts == []
    assert "foreign_router" in story.causes


def test_a_stranger_that_takes_a_group_of_its_own_disturbs_no_more() -> None:
    story = master()
    stranger: dict[str, Any] = {"src": "10.0.0.77", "addresses": ("10.0.0.200",)}
    for _ in range(2):
        story.advert("lb03", **stranger)
    assert story.verdict.value == "conflict"
    for _ in range(6):
        story.adverts("lb01", 1)
        story.report("lb02", False)
        story.advert("lb03", dst="224.0.0.99", **stranger)
    assert story.verdicts == ["conflict", "steady"]
    assert story.severity_of("foreign_router") == "info"


def test_a_stranger_that_comes_into_our_group_disturbs_from_then_on() -> None:
    story = master()
    stranger: dict[str, Any] = {"src": "10.0.0.77", "addresses": ("10.0.0.200",)}
    for _ in range(3):
        story.advert("lb03", dst="224.0.0.99", **stranger)
    assert story.verdicts == []
    for _ in range(2):
        story.advert("lb03", **stranger)
    assert story.verdict.value == "conflict"


def test_a_stranger_that_speaks_in_two_groups_at_once_goes_on_to_disturb() -> None:
    story = master()
    stranger: dict[str, Any] = {"src": "10.0.0.77", "addresses": ("10.0.0.200",)}
    for _ in range(8):
        story.adverts("lb01", 1)
        story.report("lb02", False)
        story.advert("lb03", **stranger)
        story.advert("lb03", dst="224.0.0.99", **stranger)
    assert story.verdicts == ["conflict"]


def test_a_pair_with_a_group_of_its_own_says_nothing_of_others_with_its_vrid() -> None:
    story = master()
    story.configured(multicast_group="224.0.0.151")
    for _ in range(3):
        story.advert("lb01", dst="224.0.0.151")
        story.advert("lb03", src="10.0.0.77", addresses=("10.0.0.200",))
    assert "foreign_router" not in story.causes
    assert story.verdict.value != "conflict"


def test_an_unlisted_member_with_our_vips_is_information() -> None:
    story = standby(agents=False)
    story.adverts("lb01", 2)
    story.advert("lb03", 0)
    assert story.verdicts == []
    assert "peer_unverified" in story.causes


def test_two_answers_to_the_control_make_every_round_worthless() -> None:
    story = standby(agents=False)
    for _ in range(4):
        story.probed("lb01", "lb01", control="lb01", control_count=2)
        story.adverts("lb01", 1)
    assert story.verdicts == []


def test_two_owners_that_answer_are_seen_by_a_bystander() -> None:
    story = standby(agents=False)
    for _ in range(3):
        story.probed("lb01", "lb03", control="lb01")
        story.advert("lb03", 0)
        story.wait(0.3)
    assert story.verdict.value in {"split_brain", "conflict"}


def test_a_vip_that_the_only_peer_has_twice_by_hand_and_at_its_virtual_mac_is_no_split_to_a_bystander() -> (
    None
):
    story = standby(agents=False)
    for _ in range(4):
        story.probed("lb01", "00:00:5e:00:01:33", control="lb01")
        story.adverts("lb01", 1)
    assert story.verdicts == []


def test_the_same_two_answers_are_a_split_when_one_of_them_may_be_a_third_node_s() -> None:
    story = standby(agents=False)
    story.advert("lb03", 0)
    for _ in range(4):
        story.probed("lb01", "00:00:5e:00:01:33", control="lb01")
        story.adverts("lb01", 1)
    assert story.verdict.value == "split_brain"


def test_a_cut_cable_isolates() -> None:
    story = master()
    story.tell_carrier(up=False)
    story.holds(False)
    assert story.verdicts == ["isolated"]


def test_a_late_awakening_proves_nothing() -> None:
    story = standby(agents=False, interval=0.1)
    story.advert("lb01")
    story.wait(0.36)
    story.advert("lb02")
    story.holds(True)
    story.probed(control="lb01")
    story.now += 0.5
    story.tell_late(0.5)
    story.advert("lb01")
    story.holds(False)
    story.adverts("lb01", 5)
    assert "split_brain" not in story.verdicts


def test_a_service_that_is_down_matters_where_the_vip_is() -> None:
    for story, expected in ((master(), True), (standby(), False)):
        story.tell(ev.Settings(at=story.now, references=("gateway",), services_of_owner=("nginx",)))
        story.tell(ev.ServiceResult(at=story.now, name="nginx", node=story.me, up=False, detail="refused"))
        assert ("service_down" in story.causes) is expected


def test_an_accepted_finding_is_information_until_its_day_is_over() -> None:
    story = master(agents=False)
    day = story.now + 100
    accepted = ev.AcceptedCause(cause="keepalived_dead", reason="a drill", until=day)
    story.tell(ev.Settings(at=story.now, references=("gateway",), accepted=(accepted,)))
    story.keepalived(DaemonState.DEAD)
    assert story.severity_of("keepalived_dead") == "info"
    story.wait(101)
    assert story.severity_of("keepalived_dead") == "warning"


def test_a_capture_that_fails_with_no_agent_to_ask_is_not_called_steady() -> None:
    story = master(agents=False)
    story.tell(ev.ObserverState(at=story.now, observer="sniffer:eth0", up=False, problem="gone"))
    story.advert("lb01")
    assert (story.verdict.value, story.rule) == ("indeterminate", "UN2-blind")
    assert "blind" in story.causes


def test_a_link_local_address_is_the_same_member_with_and_without_its_device() -> None:
    story = standby()
    path = "10.0.0.1%eth0"
    story.tell(ev.EchoResult(at=story.now, target=path, link=path, address=path, replied=True))
    story.advert("lb01")
    assert [member.name for member in story.judge.situation.node.members.members] == ["lb01"]
    assert "peer_unverified" not in story.causes


def test_without_vips_a_master_that_falls_silent_at_a_superior_advertisement_has_yielded() -> None:
    story = standby(vips=(), agents=False)
    story.advert("lb01", 0)
    story.wait(0.6)
    story.adverts("lb02", 10)
    story.changes.clear()
    story.wait(0.4)
    story.advert("lb01")
    story.wait(0.01)
    story.advert("lb02")  # higher_prio_send_advert: one more word on the way out
    story.wait(0.99)
    story.adverts("lb01", 4)
    assert story.verdicts == ["failback", "steady"]


def test_without_vips_a_master_that_advertises_on_after_a_superior_advertisement_is_a_split() -> None:
    story = standby(vips=(), agents=False)
    story.wait(3.6)
    story.advert("lb02")
    story.wait(0.01)
    story.advert("lb01")
    story.wait(0.98)
    story.advert("lb01")
    story.wait(0.01)
    story.advert("lb02")
    assert story.verdicts == ["split_brain"]
    for _ in range(4):
        story.wait(1)
        story.advert("lb01")
    assert story.verdicts == ["split_brain", "steady"]


def test_our_own_first_advertisement_ends_no_fault_before_the_vip_is_here() -> None:
    story = master(interval=0.3)
    story.advert("lb01", 0)
    story.advert("lb01", 0)
    story.holds(False)
    story.wait(0.2)
    story.advert("lb02")
    story.report("lb02", held=True, for_seconds=0.01)
    story.probed("lb02", control="lb02")
    story.adverts("lb02", 4)
    assert story.verdicts == ["switchover", "degraded"]
    story.advert("lb01")
    story.wait(0.005)
    story.holds(True)
    story.report("lb02", held=False)
    assert story.verdicts == ["switchover", "degraded", "failback"]


def test_a_keepalived_that_said_its_last_word_is_no_standby_while_it_ends() -> None:
    story = master(interval=0.3)
    story.advert("lb01", 0)
    story.holds(False)
    story.wait(0.2)
    story.advert("lb02")
    story.report("lb02", held=True, for_seconds=0.01)
    story.probed("lb02", control="lb02")
    story.adverts("lb02", 4)
    assert story.verdicts == ["switchover", "degraded"]
    for _ in range(4):
        story.report("lb02", held=True)
        story.adverts("lb02", 3)
    assert story.verdicts == ["switchover", "degraded", "steady"]


def test_a_fault_is_not_believed_for_ever_of_a_node_that_would_not_preempt_when_it_is_well() -> None:
    story = standby()
    story.advert("lb01", 0)
    story.report("lb01", held=False)
    story.wait(0.6)
    story.advert("lb02")
    story.holds(True)
    story.probed(control="lb01")
    for _ in range(4):
        story.report("lb01", held=False)
        story.adverts("lb02", 1)
    story.advert("lb02", 0)
    story.advert("lb02", 0)
    story.holds(False)
    story.wait(0.4)
    for _ in range(15):
        story.report("lb01", held=True)
        story.probed("lb01", control="lb01")
        story.adverts("lb01", 1)
    assert story.verdicts == ["switchover", "steady", "switchover", "degraded", "steady"]


def test_a_sync_group_is_no_standby_when_one_member_is_in_fault() -> None:
    story = standby()
    router = story.judge.situation.routers["VI_1"].config
    other = replace(
        router, instance="VI_2", vrid=52, vips=(VirtualAddress(address="10.0.0.101", prefix_length=24),)
    )
    grouped = tuple(replace(member, sync_group="G") for member in (router, other))
    story.tell(ev.ConfigRead(at=story.now, config=KeepalivedConfig(virtual_routers=grouped, digest="e")))
    for _ in range(2):
        story.advert("lb02", 0, vrid=52, addresses=("10.0.0.101",))
    story.advert("lb01")
    assert story.verdict.value == "degraded"


def test_a_node_that_comes_back_says_nothing_before_it_knows_who_owns() -> None:
    story = master()
    story.tell_carrier(up=False)
    story.holds(False)
    for _ in range(6):
        story.echo("lb02", replied=False)
        story.gateway(replied=False)
        story.wait(1)
    story.tell_carrier(up=True)
    story.wait(0.3)
    assert story.verdicts == ["isolated"]
    story.advert("lb02")
    story.wait(0.5)
    story.report("lb02", held=True)
    assert story.verdicts == ["isolated", "steady"]


def test_an_agent_that_starts_in_a_split_says_nothing_of_one_owner() -> None:
    for first in ("the kernel", "the peer"):
        story = Story("lb01")
        story.tell(ev.ObserverState(at=story.now, observer="vip", up=False))
        story.changes.clear()
        if first == "the peer":
            story.report("lb02", held=True)
        story.wait(0.05)
        story.holds(True)
        for _ in range(2):
            story.wait(0.2)
            story.report("lb02", held=True)
        assert story.verdicts == ["split_brain"], first


def test_a_vip_that_no_keepalived_ran_gives_way_and_does_not_fail() -> None:
    story = master()
    story.advert("lb01", 0)
    story.holds(False)
    story.keepalived(DaemonState.DEAD)
    story.wait(0.1)
    story.report("lb02", held=True, for_seconds=0.0, daemon=DaemonState.DEAD)
    for _ in range(9):
        story.probed("lb02", control="lb02")
        story.wait(1)
        story.report("lb02", held=True, daemon=DaemonState.DEAD)
    assert story.verdicts == ["switchover", "degraded"]
    story.keepalived(DaemonState.RUNNING)
    story.report("lb02", held=False)
    story.wait(3.4)
    story.report("lb02", held=False)
    story.advert("lb01")
    story.holds(True)
    assert story.verdicts == ["switchover", "degraded", "switchover"]


def test_the_wait_for_a_new_owner_begins_when_the_old_one_let_go() -> None:
    story = standby(interval=0.3)
    for _ in range(5):
        story.keepalived(DaemonState.RUNNING)
        story.report("lb01", held=True)
        story.wait(0.95)
    story.report("lb01", held=False)
    for _ in range(6):
        story.probed(control="lb01")
        story.wait(0.2)
    assert "no_owner" not in story.verdicts


def test_a_last_echo_before_the_silence_is_no_sign_that_the_peer_lives() -> None:
    story = standby(agents=False, interval=0.3)
    story.echo("lb01", replied=True)
    story.wait(1.05)
    story.advert("lb02")
    story.holds(True)
    for _ in range(6):
        story.probed(control="lb01", control_count=0)
        story.wait(0.1)
    assert story.verdicts == ["failover"]


def test_a_superior_advertisement_leaves_the_handover_its_time() -> None:
    story = standby(interval=0.3)
    story.advert("lb01", 0)
    story.report("lb01", held=False, ready=False)
    story.wait(0.2)
    story.advert("lb02")
    story.holds(True)
    story.probed(control="lb01")
    for _ in range(4):
        story.report("lb01", held=False, ready=False)
        story.adverts("lb02", 1)
    assert story.verdicts == ["switchover", "degraded"]
    story.advert("lb01")
    story.wait(0.002)
    story.report("lb01", held=False, ready=True)
    story.wait(0.002)
    story.holds(False)
    story.report("lb01", held=True, for_seconds=0.002)
    assert story.verdicts == ["switchover", "degraded", "failback"]


def bare_vip(story: Story) -> Story:
    """The same node, told of nothing but the VIP, as `hawatch check --vip` is: VRID 0, whatever it really is."""
    router = story.judge.situation.routers["VI_1"]
    config = replace(router.config, vrid=0, priority=1)
    story.tell(ev.ConfigRead(at=story.now, config=KeepalivedConfig(virtual_routers=(config,), digest="bare")))
    story.holds(story.judge.situation.node.held[VIP].held)
    return story


def test_of_a_bare_vip_no_advertisement_is_superior_before_our_own_priority_was_seen() -> None:
    story = bare_vip(master(agents=False))
    story.wait(0.1)
    story.advert("lb02")
    story.wait(0.9)
    assert "split_brain" not in story.verdicts
    story.advert("lb01")
    story.adverts("lb02", 1)
    assert (story.verdicts[-1], story.rule) == ("split_brain", "SB4-ignored")


def test_of_a_bare_vip_the_virtual_mac_of_the_advertised_vrid_is_no_stranger() -> None:
    story = bare_vip(standby(agents=False))
    for _ in range(4):
        story.advert("lb01")
        story.probed("00:00:5e:00:01:33", control="lb01")
        story.wait(1)
    assert story.verdict.value == "steady"


def test_a_peer_that_never_answered_is_asked_after_until_it_is_known_to_be_gone() -> None:
    story = Story("lb01", agents=False)
    story.holds(True)
    story.advert("lb01")
    story.probed(control="lb02", control_count=0)
    asked = len(story.probes)
    story.wait(0.3)
    assert len(story.probes) > asked
    story.probed(control="lb02", control_count=0)
    asked = len(story.probes)
    story.adverts("lb01", 4)
    assert (story.verdict.value, len(story.probes)) == ("degraded", asked)


def test_a_takeover_of_a_moment_that_was_never_announced_is_no_move() -> None:
    story = standby()
    for _ in range(5):
        story.advert("lb02")
        story.holds(True)
        story.wait(0.003)
        story.advert("lb01")
        story.holds(False)
        story.wait(0.5)
        story.report("lb01", held=True)
        story.echo("lb01", replied=True)
        story.gateway(replied=True)
        story.wait(0.5)
    assert story.verdicts == []


def bystander() -> Story:
    """lb03 of three nodes: lb01 holds, lb02 and lb03 stand by."""
    story = Story("lb03")
    for _ in range(4):
        story.advert("lb01")
        story.report("lb01", held=True)
        story.report("lb02", held=False)
        for node in ("lb01", "lb02"):
            story.echo(node, replied=True)
        story.gateway(replied=True)
        story.probed("lb01", control="lb01")
        story.wait(1)
    story.changes.clear()
    return story


def test_a_new_owners_advertisement_voids_the_old_ones_last_report_for_a_bystander() -> None:
    story = bystander()
    story.report("lb01", held=True)
    for second in range(8):
        story.wait(1)
        story.report("lb02", held=second >= 3)
        if second >= 3:
            story.advert("lb02")
            story.probed("lb02", control="lb02")
        story.echo("lb01", replied=False)
        story.echo("lb02", replied=True)
        story.gateway(replied=True)
    assert story.verdicts == ["failover", "steady"]
    assert "peer_unreachable" in story.causes


def test_a_bystander_of_three_announces_no_move_that_is_a_split() -> None:
    story = bystander()
    story.advert("lb01")
    story.report("lb01", held=True)
    story.wait(0.5)
    story.advert("lb02")
    story.wait(0.01)
    story.advert("lb01")
    story.wait(0.2)
    story.report("lb02", held=True, for_seconds=0.2)
    story.wait(0.2)
    story.report("lb01", held=True, for_seconds=60)
    story.report("lb02", held=True, for_seconds=0.4)
    assert (story.verdicts, story.rule) == (["split_brain"], "SB1-overlap")


def test_a_bystander_asks_the_former_owners_agent_and_waits_for_its_word() -> None:
    story = bystander()
    story.advert("lb01")
    story.report("lb01", held=True)
    story.wait(0.5)
    story.asked = 0
    story.advert("lb02")
    assert story.asked == 1
    story.wait(0.9)
    assert story.verdicts == []
    story.report("lb01", held=False)
    assert story.verdict.value in {"failback", "switchover"}


def test_the_agent_of_a_dead_standby_did_not_fall_silent_by_itself() -> None:
    story = bystander()
    story.advert("lb01")
    story.report("lb02", held=False)
    story.echo("lb02", replied=True)
    for second in range(7):
        story.wait(1)
        story.advert("lb01")
        story.report("lb01", held=True)
        story.echo("lb01", replied=True)
        story.gateway(replied=True)
        if second > 2:
            story.echo("lb02", replied=False)
    assert story.verdicts == []
    assert "peer_unreachable" in story.causes


def test_a_word_that_was_overtaken_on_its_way_changes_nothing() -> None:
    story = master()
    story.report("lb02", held=False)
    story.overtaken_report("lb02", held=True, for_seconds=5.0)
    assert story.verdicts == []


def test_a_host_outside_the_pair_that_answers_for_the_vip_is_a_conflict_until_three_rounds_are_clean() -> (
    None
):
    stranger = "02:00:00:00:00:77"
    story = standby()
    story.probes.clear()
    story.tell(ev.AddressAnnounced(at=story.now, interface="eth0", outgoing=False, address=VIP, mac=stranger))
    assert story.probes == [VIP]
    story.probed("lb01", stranger, control="lb01")
    story.wait(0.3)
    assert len(story.probes) > 1, "what surprises is asked about again at once"
    story.probed("lb01", stranger, control="lb01", control_count=0)
    asked = len(story.probes)
    story.wait(0.3)
    assert len(story.probes) > asked, "and again while its control is not answered"
    story.probed("lb01", stranger, control="lb01")
    assert (story.verdict.value, story.rule) == ("conflict", "CF3-claimed")
    for _ in range(3):
        assert story.verdict.value == "conflict"
        story.wait(0.3)
        story.advert("lb01")
        story.report("lb01", held=True)
        story.probed("lb01", control="lb01")
    assert story.verdicts == ["conflict", "steady"]


def test_an_answer_from_a_mac_that_nobody_knows_yet_is_no_strangers_before_the_other_node_has_been_met() -> (
    None
):
    unmet, later = Story("lb02", interval=0.3), Story("lb02", interval=0.3)
    later.wait(6)
    for story in (unmet, later):
        story.holds(True)
        for _ in range(6):
            story.wait(0.3)
            story.advert("lb02")
            story.gateway(replied=True)
            story.probed("lb01", control="gateway", control_address="10.0.0.254")
    assert "conflict" not in unmet.verdicts
    assert later.verdict.value == "conflict"


def test_two_rounds_a_little_too_near_each_other_do_not_end_the_questions_about_a_claimed_address() -> None:
    stranger = "02:00:00:00:00:77"
    for story, answering in ((master(), ()), (standby(), ("lb01",))):
        peer = "lb02" if story.me == "lb01" else "lb01"
        router = story.judge.situation.routers["VI_1"]
        story.wait(11)
        story.advert("lb01")
        story.report(peer, held=peer == "lb01")
        story.tell(
            ev.AddressAnnounced(at=story.now, interface="eth0", outgoing=False, address=VIP, mac=stranger)
        )
        story.probes.clear()
        for _ in range(2):  # the first question went out late, as on a busy machine
            story.probed(*answering, stranger, control=peer)
            story.now += router.release() - 0.005
        story.wait(0.2)
        assert story.probes, story.me
        story.probed(*answering, stranger, control=peer)
        assert (story.verdict.value, story.rule) == ("conflict", "CF3-claimed")


def test_two_peers_that_both_spoke_from_the_vip_are_two_members() -> None:
    story = Story("lb02")
    for node in ("lb01", "lb03"):
        story.report(node, held=node == "lb01", src=VIP)
    members = story.judge.situation.node.members.members
    assert [member.name for member in members] == ["lb01", "lb03"]
    assert all(VIP not in member.addresses | member.agent_addresses for member in members)


def test_a_capture_that_fails_on_one_device_is_told_of_the_virtual_routers_there() -> None:
    story = master()
    for device in ("eth0", "eth9"):
        problem = f"{device}: no such interface"
        name = f"sniffer:{device}"
        story.tell(ev.ObserverState(at=story.now, observer=name, up=False, problem=problem))
    story.advert("lb01")
    (blind,) = [f for f in story.judge.standing["VI_1"].findings if f.cause.value == "blind"]
    assert "eth0" in blind.summary


def test_what_time_changed_after_the_loop_had_ended_is_not_judged_so_that_a_replay_is_exact() -> None:
    story = standby()
    story.now += 60
    story.tell(ev.Stopping(at=story.now))
    assert story.verdicts == []


def test_an_agent_that_woke_late_announces_its_takeover_only_after_it_has_looked() -> None:
    story = standby(agents=False)
    story.wait(3.6)
    story.advert("lb02")
    story.holds(True)
    story.now += 0.6
    story.tell_late(0.6)
    story.wait(0.1)
    assert story.verdicts == []
    for _ in range(4):
        story.probed("lb01", control="lb01")
        story.wait(0.15)
    assert (story.verdicts, story.rule) == (["split_brain"], "SB2-answers")


def test_a_named_peer_that_advertises_from_another_address_is_one_member_once_its_mac_is_known() -> None:
    story = Story("lb01", agents=False)
    node, router = story.judge.situation.node, story.judge.situation.routers["VI_1"]
    story.advert("lb02", src="10.0.0.22")
    assert [member.name for member in node.members.members] == ["lb02", "10.0.0.22"]
    assert control_address(router, node, six=False) == ADDRESSES["lb02"]
    story.probed("lb02", control="lb02")
    assert [member.name for member in node.members.members] == ["lb02"]
    assert control_address(router, node, six=False) == "10.0.0.22"


def test_the_gap_begins_when_the_vip_goes_and_not_when_we_last_looked() -> None:
    story = master()
    story.keepalived(DaemonState.DEAD)
    story.report("lb02", held=False)
    for _ in range(3):
        story.wait(0.99)
        story.report("lb02", held=False)
    story.changes.clear()
    story.now += 0.9
    story.holds(False)
    story.report("lb02", held=False)
    for _ in range(12):
        story.probed(control="lb02")
        story.report("lb02", held=False)
        story.wait(0.3)
    assert story.verdicts == []
    story.wait(0.6)
    assert story.verdicts == ["no_owner"]


FABRIC = "12:34:56:78:9a:bc"


def test_a_fabric_that_answers_for_everybody_in_a_unicast_network_is_no_outsider_and_no_owner() -> None:
    for agents in (True, False):
        for story in (master(agents=agents), standby(agents=agents)):
            peer = "lb01" if story.me == "lb02" else "lb02"
            router = story.judge.situation.routers["VI_1"].config
            unicast = replace(router, unicast_peers=(ADDRESSES[peer],), source=ADDRESSES[story.me])
            story.tell(
                ev.ConfigRead(at=story.now, config=KeepalivedConfig(virtual_routers=(unicast,), digest="u"))
            )
            for _ in range(5):
                story.advert("lb01", src_mac=MACS["lb01"] if story.me == "lb01" else FABRIC)
                if agents:
                    story.report(peer, held=peer == "lb01")
                story.probed(FABRIC, control=FABRIC, control_address=ADDRESSES[peer])
                story.wait(1)
            assert (story.verdict.value, story.verdicts) == ("steady", [])


def test_a_node_that_knows_no_peer_asks_after_a_reference_and_sees_that_another_host_has_its_vip() -> None:
    story = master(agents=False)
    node, router = story.judge.situation.node, story.judge.situation.routers["VI_1"]
    node.members.members.clear()
    assert control_address(router, node, six=False) == "10.0.0.254"
    for _ in range(2):
        story.probed("02:00:00:00:00:99", control="02:00:00:00:00:fe", control_address="10.0.0.254")
        story.wait(0.3)
    assert (story.verdict.value, story.rule) == ("conflict", "CF3-claimed")


def test_what_was_to_be_probed_before_the_prober_was_there_is_asked_when_it_comes() -> None:
    story = master()
    asked = len(story.probes)
    story.tell(ev.ObserverState(at=story.now, observer="arp_probe", up=True))
    assert story.probes[asked:] == [VIP]


def test_what_was_found_of_a_virtual_router_ends_when_the_configuration_has_it_no_more() -> None:
    story = master(agents=False)
    for _ in range(4):
        story.echo("lb02", replied=False)
        story.gateway(replied=True)
        story.adverts("lb01", 1)
    assert "peer_unreachable@lb02" in story.blamed
    nothing = ev.ConfigRead(at=story.now, config=KeepalivedConfig(virtual_routers=(), digest="cut short"))
    (end,) = story.judge.step(nothing).findings
    assert (end.instance, end.vrid, end.family, end.findings) == ("VI_1", 51, "ipv4", ())
    assert story.judge.standing == {}
    story.configured(priority=151)
    assert story.judge.step(nothing).findings[0].findings == ()
    assert story.judge.step(nothing).findings == ()


def test_of_a_burst_of_announcements_for_many_vips_one_is_judged_and_each_is_remembered() -> None:
    vips = tuple(f"10.0.0.{number}" for number in range(100, 150))
    story = master(vips=vips)
    router = next(iter(story.judge.situation.routers.values()))
    judged = 0
    for vip in vips:
        story.tell(ev.VipHeld(at=story.now, address=vip, held=True, interface="eth0"))
    for vip in vips:
        story.now += 0.0001
        before = story.judge.standing["VI_1"]
        claim = ev.AddressAnnounced(
            at=story.now, interface="eth0", outgoing=False, address=vip, mac=MACS["lb02"]
        )
        story.tell(claim)
        judged += story.judge.standing["VI_1"] is not before
        assert router.claims.at == story.now
        assert router.episodes.announced[vip].other_at == story.now
    assert judged == 1


def test_what_the_second_owner_announced_while_it_was_one_is_no_sign_once_it_has_let_go() -> None:
    story = master()
    for _ in range(4):
        story.tell(
            ev.AddressAnnounced(at=story.now, interface="eth0", outgoing=False, address=VIP, mac=MACS["lb02"])
        )
        story.report("lb02", True)
        story.wait(0.2)
        story.advert("lb01")
        story.probed("lb02", "lb02", control="lb02", control_count=2)
    assert story.verdict.value == "split_brain"
    for _ in range(4):
        story.report("lb02", False)
        story.advert("lb01")
        story.wait(0.5)
    assert story.verdicts == ["split_brain", "steady"]
