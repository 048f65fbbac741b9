"""What is told of reports that were refused: whose, why, and what helps against that very reason."""

from __future__ import annotations

import pytest

from hawatch import evidence as ev
from hawatch.causes.refusals import REMEDIES
from hawatch.evidence.reaching import FROM_A_VIP, SEVERAL_SENDERS
from hawatch.situation.refused_reports import MOST_SENDERS, SPEAKS
from hawatch.verdict import Cause, Finding
from tests.story import VIP, Story, master


def refuses(story: Story, src: str, reason: str = "wrong key") -> None:
    story.tell(ev.ReportRefused(at=story.now, link="lan", src=src, reason=reason))


def told_of(story: Story) -> list[Finding]:
    story.advert("lb01")
    findings = story.judge.standing["VI_1"].findings
    return [each for each in findings if each.cause is Cause.BLIND]


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("wrong key", "sha256sum /etc/hawatch/peer.key"),
        ("newer major version", "hawatch --version"),
        ("own node name", "10.0.0.9 is called lb01, too"),
        ("own datagram", "leads back to this node"),
        (FROM_A_VIP, "ip neigh show 10.0.0.9"),
        ("unproved boot id", "let UDP through both ways"),
        ("replayed", "somebody plays a recording"),
        ("too many unknown peers", "as [[peer]]"),
    ],
)
def test_each_reason_has_a_remedy_of_its_own(reason: str, words: str) -> None:
    story = master(agents=False)
    refuses(story, "10.0.0.9", reason)
    (finding,) = told_of(story)
    assert finding.summary == f"reports from 10.0.0.9 are refused: {reason}"
    assert words in finding.remedy


def test_bytes_that_nobody_understands_are_a_matter_of_versions_and_not_of_keys() -> None:
    story = master()
    refuses(story, "10.0.0.9", "malformed number")
    (finding,) = told_of(story)
    assert "hawatch --version" in finding.remedy
    assert "malformed number" not in REMEDIES


def test_many_senders_with_one_reason_are_one_finding_that_names_the_first() -> None:
    story = master()
    for host in (7, 8, 9):
        refuses(story, f"10.0.0.{host}")
    assert [finding.summary for finding in told_of(story)] == [
        f"reports from 10.0.0.{host} are refused: wrong key" for host in (7, 8, 9)
    ]
    refuses(story, "10.0.0.10")
    (finding,) = told_of(story)
    assert finding.summary == "reports from 10.0.0.7, 10.0.0.8, 10.0.0.9 and 1 more are refused: wrong key"


def test_forged_senders_without_number_leave_few_behind() -> None:
    story = master()
    for number in range(500):
        refuses(story, f"10.1.{number // 250}.{number % 250}")
    assert len(story.judge.situation.node.refused) == MOST_SENDERS + 1
    assert SEVERAL_SENDERS in story.judge.situation.node.refused
    assert len(told_of(story)) == 1


def test_a_sender_is_named_again_once_a_flood_of_forged_ones_is_over() -> None:
    story = master()
    for number in range(100):
        refuses(story, f"10.1.0.{number}")
    story.wait(SPEAKS + 0.1)
    refuses(story, "10.0.0.9")
    (finding,) = told_of(story)
    assert finding.summary == "reports from 10.0.0.9 are refused: wrong key"


def test_a_report_from_a_vip_is_no_blindness_while_every_agent_is_heard() -> None:
    story = master(agents=False)
    refuses(story, VIP, FROM_A_VIP)
    assert [finding.cause for finding in told_of(story)] == [Cause.BLIND]
    story.report("lb02", held=False)
    assert told_of(story) == []
