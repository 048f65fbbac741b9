from __future__ import annotations

from dataclasses import replace

import pytest

from hawatch.exporter.check_question import CheckName, Question, QuestionError
from hawatch.exporter.check_range import Range
from hawatch.exporter.check_text import check_text
from hawatch.exporter.perfdata import LIMIT
from hawatch.snapshot import ObserverView, ReferenceView, Snapshot
from hawatch.verdict import Cause, Finding, Move, MoveKind, Severity, VerdictKind
from tests import snapshots
from tests.snapshots import AT, router, snapshot, verdict

NOW = AT + 0.013


def ask(
    seen: Snapshot,
    check: CheckName = CheckName.OVERALL,
    *,
    instance: str | None = None,
    moved_within: float = 900,
    verbosity: int = 0,
    warning: Range | None = None,
    critical: Range | None = None,
) -> list[str]:
    question = Question(
        check=check,
        instance=instance,
        moved_within=moved_within,
        verbosity=verbosity,
        warning=warning,
        critical=critical,
    )
    return check_text(seen, question, NOW).splitlines()


def line(seen: Snapshot, check: CheckName = CheckName.OVERALL, *, instance: str | None = None) -> str:
    """The line without its performance data."""
    return ask(seen, check, instance=instance)[1].partition(" | ")[0]


def header(
    seen: Snapshot, check: CheckName = CheckName.OVERALL, *, moved_within: float = 900
) -> dict[str, str]:
    first = ask(seen, check, moved_within=moved_within)[0]
    return dict(word.split("=", 1) for word in first.split(" "))


def numbers(seen: Snapshot, check: CheckName = CheckName.OVERALL) -> dict[str, str]:
    found = ask(seen, check)[1].partition(" | ")[2].split(" ")
    return dict(each.split("=", 1) for each in found)


def test_a_split_brain_is_told_whole_with_its_cause() -> None:
    head, told = ask(snapshots.split_brain())
    assert head == (
        "hawatch=1 state=2 age=0.013 node=lb01 pair=web basis=definite rank=0 founded=2 verdict=split_brain"
        " holds=192.168.136.100"
    )
    assert told == (
        "HAWATCH CRITICAL - VI_1 split_brain: lb01 and lb02 both hold 192.168.136.100; VRRP is dropped inbound on lb02"
        " | VI_1_severity=2;;;0;3 lb02_lan_rtt=0.0003s;;;0 lb02_lan_loss=0%;;;0;100 VI_1_adverts_in=4c;;;0"
        " VI_1_adverts_out=1200c;;;0 VI_1_adverts_invalid=1c;;;0 VI_1_owner_changes=2c;;;0 age=0.013s;;;0"
    )


@pytest.mark.parametrize(
    ("seen", "expected", "state"),
    [
        (snapshots.steady(), "HAWATCH OK - VI_1 steady: lb01 holds 192.168.136.100", "0"),
        (
            snapshots.failover(),
            "HAWATCH WARNING - VI_1 failover: lb02 took 192.168.136.100 over from lb01",
            "1",
        ),
        (
            snapshots.isolated(),
            "HAWATCH CRITICAL - VI_1 isolated: lb01 is cut off: neither the peer nor gateway answers",
            "2",
        ),
        (
            snapshots.indeterminate(),
            "HAWATCH UNKNOWN - VI_1 indeterminate: just started; nothing heard yet",
            "3",
        ),
        (snapshots.unknown_peer(), "HAWATCH OK - VI_1 steady: lb01 holds 192.168.136.100", "0"),
        (
            snapshot(),
            "HAWATCH UNKNOWN - no virtual router is watched (does keepalived.conf have a vrrp_instance?)",
            "3",
        ),
    ],
)
def test_each_picture_has_its_line(seen: Snapshot, expected: str, state: str) -> None:
    assert line(seen) == expected
    assert header(seen)["state"] == state


@pytest.mark.parametrize("kind", list(VerdictKind))
def test_the_state_is_the_verdicts(kind: VerdictKind) -> None:
    assert header(snapshot(router(verdict(kind, "so it is"))))["state"] == str(kind.severity.exit_code)


def test_a_recent_failover_keeps_the_check_at_warning() -> None:
    assert line(snapshots.moved()) == (
        "HAWATCH WARNING - VI_1 steady: lb02 holds 192.168.136.100 (preferred: lb01);"
        " failover from lb01 to lb02 4 min ago (keepalived_dead)"
    )


@pytest.mark.parametrize(("window", "state"), [(900.0, "1"), (241.0, "1"), (240.0, "0"), (0.0, "0")])
def test_a_move_counts_for_as_long_as_was_asked(window: float, state: str) -> None:
    assert header(snapshots.moved(), moved_within=window)["state"] == state


def test_a_failback_is_no_warning() -> None:
    back = Move(at=AT - 10, origin="lb02", to="lb01", kind=MoveKind.FAILBACK)
    assert line(snapshot(router(last_move=back))) == "HAWATCH OK - VI_1 steady: lb01 holds 192.168.136.100"


def test_a_recent_move_does_not_soften_a_worse_verdict() -> None:
    judged = verdict(VerdictKind.NO_OWNER, "nobody holds 192.168.136.100")
    seen = snapshot(router(judged, held_by=(), last_move=snapshots.FAILED_OVER))
    assert line(seen) == "HAWATCH CRITICAL - VI_1 no_owner: nobody holds 192.168.136.100"


def test_a_finding_beside_a_steady_verdict_decides_the_state() -> None:
    seen = snapshot(router(findings=(snapshots.UNVERIFIED, snapshots.STALE_ARP)))
    assert line(seen) == (
        "HAWATCH CRITICAL - VI_1 steady: lb01 holds 192.168.136.100; clients still send 192.168.136.100 to lb02"
    )
    assert header(seen)["basis"] == "definite"


def test_more_findings_than_fit_are_counted() -> None:
    findings = (snapshots.BLIND, snapshots.BLOCKED_INBOUND, snapshots.STALE_ARP, snapshots.BLIND)
    assert line(snapshot(router(findings=findings))).endswith(
        "; VRRP is dropped inbound on lb02; clients still send 192.168.136.100 to lb02; and 2 more findings"
    )


def test_a_finding_that_the_verdict_says_already_is_not_said_twice() -> None:
    silent = replace(snapshots.BLIND, summary="the agent on lb02 has fallen silent")
    judged = verdict(VerdictKind.DEGRADED, f"lb01 holds 192.168.136.100; {silent.summary}")
    assert line(snapshot(router(judged, findings=(silent, snapshots.STALE_ARP)))) == (
        "HAWATCH CRITICAL - VI_1 degraded: lb01 holds 192.168.136.100; the agent on lb02 has fallen silent;"
        " clients still send 192.168.136.100 to lb02"
    )


def test_a_finding_about_the_node_is_a_state_of_its_own() -> None:
    seen = snapshot(router(), node_findings=(snapshots.BLIND,))
    assert (
        line(seen) == "HAWATCH WARNING - lb01 blind: the capture on eth0 lost its socket; VI_1 steady on lb01"
    )
    assert header(seen)["verdict"] == ""


def test_information_about_the_node_changes_nothing() -> None:
    seen = snapshot(router(), node_findings=(snapshots.UNVERIFIED,))
    assert line(seen) == "HAWATCH OK - VI_1 steady: lb01 holds 192.168.136.100"


def test_the_worst_comes_first_and_the_rest_is_named() -> None:
    seen = snapshot(
        router(instance="VI_1"),
        router(verdict(VerdictKind.INDETERMINATE, "just started"), instance="VI_2", held_by=()),
        router(verdict(VerdictKind.DEGRADED, "no standby"), instance="VI_3"),
        router(verdict(VerdictKind.ISOLATED, "cut off"), instance="VI_4", held_by=()),
        router(verdict(VerdictKind.SPLIT_BRAIN, "two hold it"), instance="VI_5", held_by=()),
        router(verdict(VerdictKind.CONFLICT, "a stranger holds it"), instance="VI_6", held_by=()),
    )
    assert line(seen) == (
        "HAWATCH CRITICAL - VI_5 split_brain: two hold it; also VI_6 conflict, VI_4 isolated, VI_3 degraded on lb01,"
        " VI_2 indeterminate"
    )


def test_a_router_among_others_says_why_it_is_not_green() -> None:
    held_by: tuple[tuple[str, bool | None], ...] = (("lb01", False), ("lb02", True))
    seen = snapshot(
        router(verdict(VerdictKind.FLAPPING, "5 moves in a minute"), held_by=()),
        router(instance="VI_2", held_by=held_by, last_move=snapshots.FAILED_OVER),
        router(instance="VI_3", findings=(snapshots.BLIND,)),
    )
    assert line(seen) == (
        "HAWATCH WARNING - VI_1 flapping: 5 moves in a minute;"
        " also VI_2 steady on lb02 (failover from lb01 to lb02 4 min ago (keepalived_dead)),"
        " VI_3 steady on lb01 (blind)"
    )


def test_forty_routers_that_move_together_are_one_readable_line() -> None:
    judged = verdict(VerdictKind.FAILOVER, "lb02 took over")
    seen = snapshot(*(router(judged, instance=f"VI_{number}", held_by=()) for number in range(1, 41)))
    assert line(seen) == (
        "HAWATCH WARNING - VI_1 failover: lb02 took over;"
        " also VI_2 failover, VI_3 failover, VI_4 failover, VI_5 failover and 35 more"
    )
    assert len(ask(seen)[1]) < LIMIT + 500


def test_several_routers_that_are_well_are_listed() -> None:
    seen = snapshot(router(), router(instance="VI_2"), node_findings=(snapshots.UNVERIFIED,))
    assert line(seen) == "HAWATCH OK - 2 virtual routers: VI_1 steady on lb01, VI_2 steady on lb01"


def test_one_instance_can_be_asked_for() -> None:
    seen = snapshot(
        router(verdict(VerdictKind.SPLIT_BRAIN, "two hold it")), router(instance="VI_2", vip="10.0.0.2")
    )
    assert line(seen, instance="VI_2") == "HAWATCH OK - VI_2 steady: lb01 holds 10.0.0.2"
    assert ask(seen, CheckName.INSTANCE, instance="VI_2")[0].endswith(" holds=10.0.0.2")


def test_the_instance_check_leaves_the_nodes_findings_to_others() -> None:
    seen = snapshot(router(), node_findings=(snapshots.BLIND,))
    assert line(seen, CheckName.INSTANCE, instance="VI_1").startswith("HAWATCH OK - ")


def test_an_instance_that_is_not_there_is_unknown_and_never_ok() -> None:
    seen = snapshot(router(), router(instance="VI_2"))
    expected = "HAWATCH UNKNOWN - no virtual router is called VI_9 (there are VI_1, VI_2)"
    assert line(seen, instance="VI_9") == expected
    assert line(seen, CheckName.INSTANCE, instance="VI_9") == expected


def test_maintenance_is_told_and_hides_nothing() -> None:
    seen = replace(snapshots.failover(), maintenance=snapshots.MAINTENANCE)
    assert line(seen).startswith("HAWATCH WARNING - VI_1 failover: ")
    assert line(seen).endswith(" (maintenance until 03:40 UTC: kernel update)")


def test_the_peers_check_warns_of_a_silent_agent_and_of_a_lost_link() -> None:
    well = snapshots.steady()
    assert line(well, CheckName.PEERS) == "HAWATCH OK - lb02: agent up, lan up 0.3 ms"
    silent = replace(well, peers=(replace(well.peers[0], agent="silent"),))
    assert line(silent, CheckName.PEERS) == "HAWATCH WARNING - lb02: its agent is silent, lan up 0.3 ms"
    lost = snapshot(router(), links=(snapshots.UP, snapshots.DOWN))
    assert line(lost, CheckName.PEERS) == "HAWATCH WARNING - lb02: agent up, lan up 0.3 ms, serial down"


def test_the_peers_check_is_unknown_where_nothing_is_known() -> None:
    assert line(snapshots.indeterminate(), CheckName.PEERS) == "HAWATCH UNKNOWN - lb02: agent up, lan unknown"
    nobody = replace(snapshots.steady(), peers=())
    assert line(nobody, CheckName.PEERS).startswith("HAWATCH UNKNOWN - no peer is known yet")
    assert header(nobody, CheckName.PEERS)["basis"] == "indeterminate"


def test_a_service_is_a_fault_only_where_a_finding_says_so() -> None:
    seen = snapshots.steady()
    down = replace(seen, services=(seen.services[0], replace(seen.services[1], state="down")))
    assert line(down, CheckName.SERVICES) == "HAWATCH OK - nginx up on lb01, nginx down on lb02"
    fault = Finding(
        cause=Cause.SERVICE_DOWN, node="lb01", severity=Severity.CRITICAL, summary="nginx refuses connections"
    )
    faulty = snapshot(router(findings=(fault,)), node_findings=(fault,))
    assert (
        line(faulty, CheckName.SERVICES) == "HAWATCH CRITICAL - lb01 service_down: nginx refuses connections"
    )


def test_a_service_that_is_unknown_on_the_owner_is_unknown() -> None:
    seen = snapshots.steady()
    unknown = replace(seen, services=(replace(seen.services[0], state="unknown"),))
    assert line(unknown, CheckName.SERVICES) == "HAWATCH UNKNOWN - nginx unknown on lb01"
    assert line(replace(seen, services=()), CheckName.SERVICES).startswith("HAWATCH UNKNOWN - no service is")


def test_the_agent_check_tells_which_observer_is_blind() -> None:
    assert line(snapshots.steady(), CheckName.AGENT) == (
        "HAWATCH OK - agent 0.1.0 on lb01: 2 of 2 observers see, picture 0.0 s old"
    )
    blind = (
        ObserverView(name="vip", up=True),
        ObserverView(name="sniffer", up=False, problem="no such device"),
    )
    seen = replace(snapshots.steady(), observers=blind, captures_dropped=5)
    assert line(seen, CheckName.AGENT) == "HAWATCH WARNING - sniffer does not see: no such device"
    assert numbers(seen, CheckName.AGENT) == {
        "observers_up": "1;;;0;2",
        "frames_dropped": "5c;;;0",
        "age": "0.013s;;;0",
    }


def test_the_oncall_check_is_not_green_before_anybody_can_be_reached() -> None:
    assert (
        line(snapshots.steady(), CheckName.ONCALL) == "HAWATCH UNKNOWN - no way to reach people is configured"
    )
    down = Finding(
        cause=Cause.NOTIFICATION_PATH_DOWN,
        node="lb01",
        severity=Severity.WARNING,
        summary="the SMS gateway refuses",
    )
    seen = snapshot(router(), node_findings=(down,))
    assert (
        line(seen, CheckName.ONCALL)
        == "HAWATCH WARNING - lb01 notification_path_down: the SMS gateway refuses"
    )


def test_the_oncall_check_names_the_ways_and_warns_once_of_one_that_is_down() -> None:
    ways = (("modem", "sent", 2), ("modem", "failed", 0), ("letters", "left", 0))
    well = replace(snapshots.steady(), notifications=ways, outbox_waiting=1)
    assert line(well, CheckName.ONCALL) == "HAWATCH OK - ways to people: modem, letters; 1 messages waiting"
    down = Finding(
        cause=Cause.NOTIFICATION_PATH_DOWN,
        node="lb01",
        severity=Severity.WARNING,
        summary="messages by modem do not get through",
        evidence=(("for_seconds", "1.000 s"),),
    )
    later = replace(down, evidence=(("for_seconds", "2.000 s"),))
    seen = replace(
        snapshot(router(findings=(down,)), router(instance="VI_2", findings=(later,))), notifications=ways
    )
    told = "HAWATCH WARNING - lb01 notification_path_down: messages by modem do not get through"
    assert line(seen, CheckName.ONCALL) == told


# --- thresholds ---------------------------------------------------------------------------------------


def against(seen: Snapshot, check: CheckName, warning: str, critical: str) -> tuple[str, str]:
    """The line and its first number, with these thresholds."""
    told = ask(seen, check, warning=Range.from_text(warning), critical=Range.from_text(critical))[1]
    text, _, numbers_told = told.partition(" | ")
    return text, numbers_told.split(" ")[0]


def lossy(ratio: float | None) -> Snapshot:
    """Two links to the peer, of which the second loses so much; None: of neither it is known."""
    first = replace(snapshots.UP, loss_ratio=None if ratio is None else 0.0)
    return snapshot(router(), links=(first, replace(snapshots.UP, name="serial", loss_ratio=ratio)))


def test_the_worst_link_s_loss_is_held_against_the_thresholds_of_the_peers_check() -> None:
    well = "lb02: agent up, lan up 0.3 ms, serial up 0.3 ms"
    assert against(lossy(0.03), CheckName.PEERS, "5", "20") == (f"HAWATCH OK - {well}", "loss=3%;5;20;0;100")
    assert against(lossy(0.125), CheckName.PEERS, "5", "20") == (
        "HAWATCH WARNING - loss on the worst link: 12.5% (warning 5)",
        "loss=12.5%;5;20;0;100",
    )
    assert against(lossy(0.5), CheckName.PEERS, "5", "~:20")[0] == (
        "HAWATCH CRITICAL - loss on the worst link: 50% (critical ~:20)"
    )


def test_a_loss_that_is_not_known_is_unknown_to_a_threshold() -> None:
    assert against(lossy(None), CheckName.PEERS, "5", "20")[0] == (
        "HAWATCH UNKNOWN - loss on the worst link: not known yet"
    )
    assert ask(lossy(None), CheckName.PEERS)[1].startswith("HAWATCH OK - ")


def test_a_threshold_does_not_soften_what_the_check_finds_itself() -> None:
    silent = replace(lossy(0.0), peers=(replace(lossy(0.0).peers[0], agent="silent"),))
    text, _ = against(silent, CheckName.PEERS, "99", "99")
    assert text.startswith("HAWATCH WARNING - lb02: its agent is silent")


def test_services_that_are_down_where_they_ought_to_be_up_are_counted() -> None:
    faults = tuple(
        Finding(cause=Cause.SERVICE_DOWN, node=node, severity=Severity.WARNING, summary="nginx is down")
        for node in ("lb01", "lb02")
    )
    seen = snapshot(router(findings=faults[:1]), node_findings=faults)
    text, first = against(seen, CheckName.SERVICES, "0", "1")
    assert text == (
        "HAWATCH CRITICAL - services down where they ought to be up: 2 (critical 1);"
        " also lb01 service_down, lb02 service_down"
    )
    assert first == "services_down=2;0;1;0"
    assert against(snapshots.steady(), CheckName.SERVICES, "0", "1")[0].startswith("HAWATCH OK - ")


def test_the_age_of_the_picture_is_held_against_the_thresholds_of_the_agent_check() -> None:
    told = ask(snapshots.steady(), CheckName.AGENT, warning=Range.from_text("0.01"))[1]
    assert told.startswith("HAWATCH WARNING - age of the picture: 0.013s (warning 0.01)")
    assert told.endswith(" age=0.013s;0.01;;0")


def test_the_messages_that_wait_are_held_against_the_thresholds_of_the_oncall_check() -> None:
    seen = replace(snapshots.steady(), notifications=(("modem", "sent", 2),), outbox_waiting=7)
    assert against(seen, CheckName.ONCALL, "@5:10", "10") == (
        "HAWATCH WARNING - messages waiting: 7 (warning @5:10)",
        "messages_waiting=7;@5:10;10;0",
    )


def test_a_check_of_nothing_stays_unknown_whatever_its_thresholds() -> None:
    nobody = replace(snapshots.steady(), peers=(), services=())
    for check in (CheckName.PEERS, CheckName.SERVICES, CheckName.ONCALL):
        assert against(nobody, check, "@0", "@0")[0].startswith("HAWATCH UNKNOWN - no ")


def test_the_line_stays_below_4_kib_whatever_is_found() -> None:
    finding = replace(snapshots.BLIND, summary="裂脑 " * 500)
    routers = (router(instance=f"VI_{number}", findings=(finding,)) for number in range(60))
    told = ask(snapshot(*routers))[1]
    assert len(told.encode()) < 4096
    assert "… | " in told


def test_verbosity_adds_verdicts_then_findings_then_evidence() -> None:
    seen = replace(
        snapshots.split_brain(), references=(ReferenceView(name="gateway", state="up"),), services=()
    )
    one = [
        "VI_1 (vrid 51, eth0, ipv4) split_brain for 3 min by rule SB1: lb01 and lb02 both hold 192.168.136.100",
        "lb02: agent up, lan up 0.3 ms",
        "gateway (reference) up",
    ]
    two = [
        "  critical vrrp_blocked_inbound on lb02: VRRP is dropped inbound on lb02",
        "  remedy: nft insert rule inet filter input ip protocol vrrp accept",
        "  192.168.136.100 held by lb01: yes, lb02: yes",
    ]
    three = ["    own_vip = yes", "    peer_advert_age = unknown", "    heard_priority = 100"]
    assert ask(seen, verbosity=0)[2:] == []
    assert ask(seen, verbosity=1)[2:] == one
    assert ask(seen, verbosity=2)[2:] == [one[0], *two, *one[1:]]
    assert ask(seen, verbosity=3)[2:] == [one[0], *two, *three, *one[1:]]


def test_nothing_in_a_sentence_can_begin_performance_data_or_another_line() -> None:
    finding = replace(snapshots.BLIND, summary="a | b\nc\x1b[31m", remedy="nft list ruleset | grep vrrp")
    lines = ask(snapshot(router(findings=(finding,))), verbosity=3)
    assert lines[1].count("|") == 1
    assert "a ¦ b c [31m" in lines[1]
    assert not any("|" in each or "\x1b" in each for each in lines[2:])


def test_performance_labels_need_no_quotes() -> None:
    odd = replace(router(instance="VI 'ä'=1"), owner_changes=9)
    assert numbers(snapshot(odd))["VI_1_owner_changes"] == "9c;;;0"


def test_the_header_of_odd_names_is_still_words() -> None:
    seen = replace(snapshots.steady(), node="lb 01=x", pair="web | shop")
    assert header(seen)["node"] == "lb_01_x"
    assert header(seen)["pair"] == "web_shop"


def test_only_what_this_node_itself_holds_is_claimed() -> None:
    assert header(snapshots.split_brain("lb02"))["holds"] == "192.168.136.100"
    assert header(snapshots.failover("lb01"))["holds"] == ""
    assert header(snapshots.indeterminate())["holds"] == ""
    assert header(snapshots.split_brain(), CheckName.PEERS)["holds"] == ""


def test_a_node_that_is_cut_off_says_what_it_knows_apart_from_that() -> None:
    seen = replace(snapshots.isolated(), node_findings=(snapshots.BLIND,))
    assert (header(seen)["basis"], header(seen)["founded"]) == ("isolated", "1")
    assert header(snapshots.isolated())["founded"] == "0"


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ([("check", "all")], "check: there is no 'all'"),
        ([("check", "instance")], "check=instance needs the parameter instance"),
        ([("moved-within", "soon")], "moved-within: 'soon'"),
        ([("moved-within", "-1")], "moved-within: '-1'"),
        ([("moved-within", "inf")], "moved-within: 'inf'"),
        ([("moved-within", "nan")], "moved-within: 'nan'"),
        ([("verbosity", "4")], "verbosity: '4'"),
        ([("verbosity", "١")], "verbosity: "),
        ([("perhaps", "1")], "perhaps: this agent knows no such parameter"),
        (
            [("warning", "1")],
            "warning: the check overall has no measure; peers, services, agent, oncall have one",
        ),
        (
            [("check", "instance"), ("instance", "VI_1"), ("critical", "1")],
            "critical: the check instance has no measure",
        ),
        (
            [("check", "peers"), ("warning", "5%")],
            "warning: '5%' is no range such as 10, 10:, ~:10, 10:20 or @10:20",
        ),
        ([("check", "peers"), ("critical", "20:10")], "critical: '20:10' is no range"),
        ([("check", "peers"), ("check", "agent")], "a parameter is given twice"),
    ],
)
def test_a_parameter_that_cannot_be_used_is_named(query: list[tuple[str, str]], complaint: str) -> None:
    with pytest.raises(QuestionError, match="^" + complaint.replace("[", r"\[")):
        Question.from_query(query)


def test_a_question_has_the_documented_defaults() -> None:
    assert Question.from_query([]) == Question(
        check=CheckName.OVERALL, instance=None, moved_within=900, verbosity=0
    )
    assert Question.from_query(
        [("check", "instance"), ("instance", "VI_1"), ("moved-within", "0")]
    ) == Question(check=CheckName.INSTANCE, instance="VI_1", moved_within=0)
