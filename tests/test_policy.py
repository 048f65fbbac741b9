"""When which trouble tells people, and how: the table, and the site's own rules before it."""

from __future__ import annotations

import pytest

from hawatch.config.oncall import Medium, NotifyRule
from hawatch.incident import Incident, Word, step
from hawatch.incident.word import BAD
from hawatch.notification.mute import Mute, Scope
from hawatch.notification.policy import Need, needs
from hawatch.verdict import Cause, Finding, Severity, VerdictKind
from tests.test_incident import BLOCKED, SKEW, STALE_ARP, THREE, UNVERIFIED

K = VerdictKind
SMS, MAIL = Medium.SMS, Medium.MAIL
FAR = THREE - 86400.0


def trouble(verdict: VerdictKind, *findings: Finding, instance: str = "VI_1") -> Incident:
    word = Word(instance=instance, verdict=verdict, summary="", findings=findings)
    (incident,) = step((), (word,), THREE, node="lb01")
    return incident


def told(
    incident: Incident,
    *,
    rules: tuple[NotifyRule, ...] = (),
    mutes: tuple[Mute, ...] = (),
    booted: float = FAR,
) -> set[tuple[Medium, float]]:
    """By which media, and after how many seconds."""
    found = _needs(incident, rules, mutes, booted)
    return {(each.medium, each.due - THREE) for each in found}


def _needs(
    incident: Incident, rules: tuple[NotifyRule, ...], mutes: tuple[Mute, ...], booted: float
) -> tuple[Need, ...]:
    return needs(incident, "anna", rules=rules, mutes=mutes, booted_at=booted, boot_grace=180.0)


@pytest.mark.parametrize(
    ("verdict", "medium", "after"),
    [
        (K.SPLIT_BRAIN, SMS, 0.0),
        (K.CONFLICT, SMS, 0.0),
        (K.NO_OWNER, SMS, 10.0),
        (K.SPLIT_BRAIN_SUSPECTED, SMS, 10.0),
        (K.ISOLATED, SMS, 60.0),
        (K.FAILOVER, MAIL, 120.0),
        (K.SWITCHOVER, MAIL, 120.0),
        (K.DEGRADED, MAIL, 120.0),
        (K.FLAPPING, MAIL, 120.0),
    ],
)
def test_every_bad_verdict_has_its_medium_and_its_patience(
    verdict: VerdictKind, medium: Medium, after: float
) -> None:
    assert told(trouble(verdict)) == {(medium, after)}


def test_findings_alone_wait_ten_minutes_for_a_mail_but_lost_clients_wake_people() -> None:
    assert told(trouble(K.STEADY, SKEW)) == {(MAIL, 600.0)}
    assert told(trouble(K.STEADY, STALE_ARP)) == {(SMS, 10.0)}


def test_what_is_only_information_is_told_to_nobody() -> None:
    word = Word(instance="VI_1", verdict=K.FAILBACK, summary="", findings=(UNVERIFIED,))
    assert step((), (word,), THREE, node="lb01") == ()


def test_the_causes_of_a_bad_verdict_are_told_with_it_and_need_no_mail_of_their_own() -> None:
    assert told(trouble(K.SPLIT_BRAIN, BLOCKED)) == {(SMS, 0.0)}
    assert told(trouble(K.FAILOVER, SKEW)) == {(MAIL, 120.0)}


def test_clients_that_are_lost_wake_people_beside_a_verdict_that_would_not() -> None:
    assert told(trouble(K.FAILOVER, STALE_ARP)) == {(MAIL, 120.0), (SMS, 10.0)}


@pytest.mark.parametrize("verdict", [K.CONFLICT, K.NO_OWNER, K.SPLIT_BRAIN_SUSPECTED, K.ISOLATED])
def test_within_three_minutes_of_boot_all_but_a_split_wait_a_minute(verdict: VerdictKind) -> None:
    assert told(trouble(verdict), booted=THREE - 100) == {(SMS, 60.0)}
    assert told(trouble(K.SPLIT_BRAIN), booted=THREE - 100) == {(SMS, 0.0)}
    (longer,) = told(trouble(verdict), booted=THREE - 181)
    assert longer[1] == {K.CONFLICT: 0.0, K.ISOLATED: 60.0}.get(verdict, 10.0)


def test_critical_verdicts_that_take_turns_are_told_all_the_same() -> None:
    incidents: tuple[Incident, ...] = ()
    for seconds, verdict in ((0, K.NO_OWNER), (6, K.SPLIT_BRAIN_SUSPECTED), (12, K.NO_OWNER)):
        word = Word(instance="VI_1", verdict=verdict, summary="")
        incidents = step(incidents, (word,), THREE + seconds, node="lb01")
    (incident,) = incidents
    assert told(incident) == {(SMS, 12.0)}


def test_a_site_s_rule_stands_before_the_table_for_its_virtual_router_and_its_contact() -> None:
    rules = (
        NotifyRule(verdict="failover", instance="VI_1", contact="anna", medium=SMS, after=5.0),
        NotifyRule(verdict="failover", contact="bo", medium=None),
    )
    assert told(trouble(K.FAILOVER), rules=rules) == {(SMS, 5.0)}
    assert told(trouble(K.FAILOVER, instance="VI_2"), rules=rules) == {(MAIL, 120.0)}


def test_a_rule_may_say_never() -> None:
    assert told(trouble(K.ISOLATED), rules=(NotifyRule(verdict="isolated", medium=None),)) == set()
    assert told(trouble(K.STEADY, SKEW), rules=(NotifyRule(cause="clock_skew", medium=None),)) == set()


def test_a_rule_about_a_cause_counts_beside_a_verdict_too() -> None:
    rules = (NotifyRule(cause="clock_skew", medium=SMS, after=30.0),)
    assert told(trouble(K.FAILOVER, SKEW), rules=rules) == {(MAIL, 120.0), (SMS, 30.0)}


def mute(scope: Scope, subject: str = "", *, everything: bool = False) -> Mute:
    return Mute(
        id="m",
        scope=scope,
        subject=subject,
        since=THREE,
        until=THREE + 600,
        who="anna",
        everything=everything,
        changed_at=THREE,
    )


@pytest.mark.parametrize("verdict", [each for each in K if each.severity in BAD])
def test_maintenance_mutes_all_but_what_people_must_never_miss(verdict: VerdictKind) -> None:
    incident = trouble(verdict, STALE_ARP)
    loud = verdict in {K.SPLIT_BRAIN, K.CONFLICT, K.NO_OWNER}
    assert bool(told(incident, mutes=(mute(Scope.MAINTENANCE),))) == loud
    assert told(incident, mutes=(mute(Scope.MAINTENANCE, everything=True),)) == set()


def test_silence_about_one_virtual_router_or_cause_is_about_no_other() -> None:
    skewed = trouble(K.STEADY, SKEW)
    assert told(skewed, mutes=(mute(Scope.CAUSE, "clock_skew"),)) == set()
    assert told(skewed, mutes=(mute(Scope.CAUSE, "stale_arp"),)) == {(MAIL, 600.0)}
    assert told(skewed, mutes=(mute(Scope.INSTANCE, "VI_1"),)) == set()
    assert told(skewed, mutes=(mute(Scope.INSTANCE, "VI_2"),)) == {(MAIL, 600.0)}
    failed_over = trouble(K.FAILOVER, SKEW)
    assert told(failed_over, mutes=(mute(Scope.CAUSE, "clock_skew"),)) == {(MAIL, 120.0)}


def test_every_cause_that_may_be_found_has_a_row() -> None:
    for cause in Cause:
        found = Finding(cause=cause, node="lb01", severity=Severity.WARNING, summary="")
        assert len(told(trouble(K.STEADY, found))) == 1
