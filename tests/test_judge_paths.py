"""What one node's judge says when the paths between the nodes are broken, and what it still wants to know."""

from __future__ import annotations

import pytest

from hawatch import evidence as ev
from hawatch.wire.report import DaemonState
from tests.story import VIP, Story, master, standby


def echoes(story: Story, *, lan: bool, cable: bool | None = None, gateway: bool = True) -> None:
    """One round of echoes, the peer before the gateway."""
    peer = "lb02" if story.me == "lb01" else "lb01"
    story.echo(peer, lan)
    if cable is not None:
        story.echo(peer, cable, link="cable")
    story.gateway(gateway)


def test_empty_rounds_over_a_dead_lan_do_not_clear_a_split_that_the_peers_agent_still_tells_of() -> None:
    story = master(interval=0.3)
    for _ in range(12):
        story.report("lb02", held=True)
        echoes(story, lan=False, cable=True)
        story.probed(control="lb02", control_count=0)
        story.wait(0.3)
    assert story.verdicts == ["split_brain"]


def test_empty_rounds_do_not_clear_a_split_with_a_silent_node_that_lives_on_another_wire() -> None:
    story = standby(agents=False)
    story.wait(3.6)
    story.advert("lb02")
    story.holds(True)
    story.advert("lb01")
    story.wait(0.3)
    for _ in range(5):
        echoes(story, lan=False, cable=True)
        story.probed(control="lb01", control_count=0)
        story.wait(1)
    assert story.verdicts == ["split_brain"]


def test_what_a_master_said_before_it_fell_silent_makes_no_standby_of_it() -> None:
    story = standby(interval=0.3)
    story.report("lb01", held=True)
    story.wait(1.06)
    story.advert("lb02")
    story.holds(True)
    story.probed(control="lb01", control_count=0)
    story.adverts("lb02", 4)
    assert story.verdicts == ["failover", "degraded"]
    story.report("lb01", held=False)
    assert story.verdicts == ["failover", "degraded", "steady"]


def test_a_master_that_falls_silent_keeps_its_verdict_until_somebody_can_have_taken_over() -> None:
    story = standby()
    for _ in range(3):
        story.wait(1)
        echoes(story, lan=False)
    story.wait(0.6)
    assert story.verdicts == []
    story.advert("lb02")
    story.holds(True)
    story.probed(control="lb01", control_count=0)
    assert story.verdicts == ["failover"]


def test_an_overdue_advertisement_is_a_reason_to_ask_who_has_the_vip() -> None:
    story = standby(agents=False)
    story.wait(1.2)
    story.probes.clear()
    story.wait(0.2)
    assert story.probes == [VIP]


def test_a_standby_that_lives_on_the_cable_alone_may_have_taken_over() -> None:
    story = master(agents=False)
    story.echo("lb02", replied=True, link="cable")
    for _ in range(2):
        echoes(story, lan=False, cable=True)
        story.advert("lb01")
        story.wait(0.9)
    assert story.verdicts == []
    for _ in range(3):
        story.probed(control="lb02", control_count=0)
        story.wait(0.3)
        echoes(story, lan=False, cable=True)
        story.wait(0.7)
        story.advert("lb01")
    assert story.verdicts == ["split_brain_suspected"]
    story.probed(control="lb02")
    story.advert("lb01")
    assert story.verdicts == ["split_brain_suspected", "steady"]


def test_a_link_that_dies_is_a_reason_to_ask_after_the_peer_on_the_lan() -> None:
    story = master(agents=False)
    story.echo("lb02", replied=False)
    story.probes.clear()
    story.advert("lb01")
    assert story.probes == []
    story.echo("lb02", replied=False)
    assert story.probes == [VIP]


def test_so_is_one_that_is_back_while_another_went_on_working() -> None:
    story = master(agents=False)
    for _ in range(3):
        echoes(story, lan=False, cable=True)
        story.advert("lb01")
        story.wait(0.2)
    story.probes.clear()
    story.echo("lb02", replied=True)
    assert story.probes == [VIP]
    story.probed(control="lb02")
    story.now += 0.2
    story.probes.clear()
    story.echo("lb02", replied=True)
    assert story.probes == []


def out_of_reach(story: Story) -> None:
    """lb01 is the owner, and lb02 answers nothing for some seconds: neither echoes nor questions."""
    for _ in range(4):
        story.advert("lb01")
        echoes(story, lan=False)
        story.wait(1)


def test_a_peer_whose_echo_is_back_is_first_asked_what_it_holds() -> None:
    story = master()
    out_of_reach(story)
    assert story.verdicts == ["degraded"]
    echoes(story, lan=True)
    story.wait(0.005)
    for _ in range(2):
        story.report("lb02", held=True, for_seconds=9.0)
        story.wait(0.2)
    assert story.verdicts == ["degraded", "split_brain"]


def test_a_peer_that_is_back_and_says_that_it_holds_nothing_is_a_standby_at_once() -> None:
    story = master()
    out_of_reach(story)
    echoes(story, lan=True)
    story.wait(0.005)
    story.report("lb02", held=False)
    assert story.verdicts == ["degraded", "steady"]


def test_a_peer_that_is_back_without_an_agent_has_one_interval_to_advertise_in() -> None:
    story = master(agents=False)
    out_of_reach(story)
    echoes(story, lan=True)
    story.wait(0.9)
    assert story.verdicts == ["degraded"]
    story.advert("lb01")
    story.wait(0.5)
    assert story.verdicts == ["degraded", "steady"]


def test_an_owner_that_has_seen_nobody_asks_after_its_vip_as_often_as_about_a_node_without_an_agent() -> None:
    """Whoever put it up by hand announces nothing, and no agent tells of it."""
    story = Story("lb01", agents=False)
    story.holds(True)
    asked = []
    for _ in range(30):
        story.probes.clear()
        story.advert("lb01")
        story.wait(1)
        asked.append(bool(story.probes))
        if story.probes:
            story.probed()
    assert sum(asked[15:]) == 5


def test_a_peer_is_not_called_dead_while_no_reference_answers_either() -> None:
    story = master(agents=False)
    for _ in range(4):
        story.advert("lb01")
        echoes(story, lan=False, gateway=False)
        story.wait(1)
    assert story.verdicts == ["isolated"]


def test_a_node_that_is_back_waits_to_hear_the_others_and_announces_no_move_of_that_time() -> None:
    story = standby()
    for _ in range(3):
        echoes(story, lan=False, gateway=False)
        story.wait(1)
    story.wait(0.6)
    story.advert("lb02")
    story.holds(True)
    echoes(story, lan=False, gateway=False)
    assert story.verdicts == ["isolated"]
    story.wait(3)
    echoes(story, lan=True)
    story.wait(0.5)
    assert story.verdicts == ["isolated"]
    story.advert("lb01")
    story.wait(0.001)
    story.holds(False)
    story.report("lb01", held=True)
    story.adverts("lb01", 2)
    assert story.verdicts == ["isolated", "steady"]


def test_a_report_that_comes_twice_is_no_blindness() -> None:
    for replayed, blind in (("10.0.0.2", False), ("10.0.0.9", True)):
        story = master()
        story.report("lb02", held=False)
        story.tell(ev.ReportRefused(at=story.now, link="lan", src=replayed, reason="replayed"))
        story.advert("lb01")
        assert ("blind" in story.causes) is blind


@pytest.mark.parametrize(("times", "blind"), [(1, False), (8, True)])
def test_silence_after_a_report_that_came_twice_is_no_blindness_and_refusals_that_go_on_are(
    times: int, blind: bool
) -> None:
    story = master()
    story.report("lb02", held=False)
    for second in range(8):
        story.wait(0.5)
        if second < times:
            story.tell(ev.ReportRefused(at=story.now, link="lan", src="10.0.0.2", reason="replayed"))
        story.advert("lb01")
    assert ("blind" in story.causes) is blind


def test_a_reload_that_resigns_first_is_no_end_of_the_standby() -> None:
    story = standby()
    story.advert("lb02")
    story.wait(0.1)
    story.advert("lb02", 0)
    story.advert("lb01")
    assert story.verdicts == ["degraded"]
    story.wait(0.5)
    story.tell(ev.DaemonSeen(at=story.now, state=DaemonState.RUNNING, pid=1, loads="2"))
    story.advert("lb01")
    assert story.verdicts == ["degraded", "steady"]


def test_a_dead_keepalived_is_dead_between_two_slow_advertisements_too() -> None:
    story = master(agents=False, interval=10.0)
    for _ in range(4):
        story.advert("lb01")
        story.tell(ev.ProtocolUnreachable(at=story.now, interface="eth0", src="10.0.0.2"))
        for _ in range(10):
            echoes(story, lan=True)
            story.wait(1)
    assert story.verdicts == ["degraded"]


def test_whether_a_master_that_fell_silent_died_or_lives_elsewhere_is_waited_for() -> None:
    story = standby(agents=False, interval=0.3)
    story.echo("lb01", replied=True, link="cable")
    story.wait(1.06)
    story.advert("lb02")
    story.holds(True)
    for _ in range(4):
        story.probed(control="lb01", control_count=0)
        story.adverts("lb02", 1)
    assert story.verdicts == ["failover"]
    echoes(story, lan=False, cable=True)
    story.wait(0.01)
    story.probed(control="lb01", control_count=0)
    story.advert("lb02")
    assert story.verdicts == ["failover", "split_brain_suspected"]


def test_a_probe_round_over_a_path_that_duplicates_does_not_show_that_the_former_owner_let_go() -> None:
    story = standby()
    story.wait(3.6)
    story.advert("lb02")
    story.holds(True)
    story.probed("lb01", "lb01", control="lb01", control_count=2)
    assert story.verdicts == []
    story.wait(0.26)
    story.report("lb01", held=True)
    assert story.verdicts == ["split_brain"]


def test_a_default_gateway_that_never_answers_does_not_make_a_crashed_peer_an_isolation() -> None:
    for guessed, expected in ((("gateway",), False), ((), True)):
        story = Story("lb01", agents=False)
        story.judge.situation.node.references.clear()
        story.tell(ev.Settings(at=story.now, references=("gateway",), guessed_references=guessed))
        story.holds(True)
        story.echo("lb02", replied=True)
        for _ in range(8):
            story.adverts("lb01", 1)
            story.gateway(replied=False)
            story.echo("lb02", replied=False)
        assert ("isolated" in story.verdicts) is expected


def out_of_reach_with_an_agent() -> Story:
    """We own alone; the LAN to lb01 is dead, and its agent, on another wire, says that it does not hold."""
    story = master_beside_a_cable()
    for _ in range(8):
        a_second_beside_the_cable(story, held=False)
    story.changes.clear()
    return story


def master_beside_a_cable() -> Story:
    story = standby()
    story.wait(3.6)
    story.advert("lb02")
    story.holds(True)
    return story


def a_second_beside_the_cable(story: Story, *, held: bool | None) -> None:
    """One second in which only the cable carries, and its agent says this of the VIP."""
    echoes(story, lan=False, cable=True)
    story.gateway(replied=True)
    story.probed(control="lb01", control_count=0)
    story.report("lb01", held=held, ready=False, link="cable")
    story.wait(0.5)
    story.advert("lb02")
    story.wait(0.5)


def test_one_doubting_report_of_a_node_out_of_reach_is_no_sign_of_a_split() -> None:
    story = out_of_reach_with_an_agent()
    a_second_beside_the_cable(story, held=None)
    a_second_beside_the_cable(story, held=False)
    assert "split_brain_suspected" not in story.verdicts


def test_a_node_out_of_reach_that_goes_on_doubting_is_suspected_in_the_end() -> None:
    story = out_of_reach_with_an_agent()
    for _ in range(5):
        a_second_beside_the_cable(story, held=None)
    assert story.verdict.value == "split_brain_suspected"


def gone_for_a_while(story: Story, *, cable: bool = False) -> None:
    """lb02 answers nowhere, and nothing of it is heard."""
    for _ in range(6):
        if cable:
            echoes(story, lan=False, cable=False)
        story.echo("lb02", replied=False)
        story.gateway(replied=True)
        story.probed(control="lb02", control_count=0)
        story.adverts("lb01", 1)


def alone_with_a_cable_again(story: Story) -> None:
    """A second in which lb02 answers, and its agent says nothing."""
    story.echo("lb02", replied=True)
    story.gateway(replied=True)
    story.advert("lb01")
    story.wait(1.0)


def test_a_node_that_is_back_is_not_blind_before_its_agent_can_have_spoken() -> None:
    story = master()
    story.agents = False
    gone_for_a_while(story)
    assert "peer_unreachable@lb02" in story.blamed
    for _ in range(2):
        alone_with_a_cable_again(story)
        assert "blind@lb02" not in story.blamed
    story.report("lb02", held=False)
    assert story.blamed == set()


def test_a_node_that_is_back_without_its_agent_is_blind_in_the_end() -> None:
    story = master()
    story.agents = False
    gone_for_a_while(story)
    for _ in range(5):
        alone_with_a_cable_again(story)
    assert "blind@lb02" in story.blamed


def test_advertisements_of_a_node_that_is_back_are_no_sooner_a_sign_of_its_blindness() -> None:
    story = standby()
    story.agents = False
    for _ in range(6):
        story.echo("lb01", replied=False)
        story.gateway(replied=True)
        story.wait(1.0)
    story.advert("lb01")
    assert "blind@lb01" not in story.blamed


def test_a_node_that_is_back_lives_elsewhere_only_if_the_next_question_finds_it_there() -> None:
    for answers in (1, 0):
        story = master(agents=False)
        story.echo("lb02", replied=True, link="lan")
        for _ in range(2):
            story.echo("lb02", replied=False, link="lan")
            story.advert("lb01")
            story.wait(0.9)
        story.probed(control="lb02", control_count=0)
        story.advert("lb02")
        for _ in range(2):
            story.probed(control="lb02", control_count=0)
            story.wait(0.3)
        gone_for_a_while(story)
        story.changes.clear()
        story.probes.clear()
        story.echo("lb02", replied=True, link="lan")
        assert story.verdicts == []
        assert story.probes == [VIP]
        for _ in range(2):
            story.wait(0.1)
            story.probed(control="lb02", control_count=answers)
        assert story.verdicts == (["steady"] if answers else ["split_brain_suspected"])
