"""What a campaign reads and writes: journals, what agents show beside them, records on disk, and the table."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.campaign.account import account
from tests.campaign.errors import Category
from tests.campaign.record import Blamed, Said
from tests.campaign.results import Results
from tests.campaign.table import accounts, passed, scored, table
from tests.campaign.watching import differences, read_journal
from tests.test_campaign_score import blames, night, says

JOURNAL = (
    [Said(time=1.0, node="lb01", instance="VI_1", verdict="split_brain", rule="SB1-overlap")],
    [
        Blamed(
            time=1.0,
            node="lb01",
            instance="VI_1",
            causes=frozenset({"auth_mismatch@lb02"}),
            mild=frozenset({"reference_down@lb01"}),
        )
    ],
)
STATUS: dict[str, Any] = {
    "severity": "critical",
    "virtual_routers": [
        {
            "instance": "VI_1",
            "verdict": "split_brain",
            "findings": [
                {"cause": "auth_mismatch", "node": "lb02"},
                {"cause": "reference_down", "node": "lb01"},
            ],
        }
    ],
}
METRICS = """\
hawatch_verdict{family="ipv4",verdict="steady",vrid="51",vrrp_instance="VI_1"} 0.0
hawatch_verdict{family="ipv4",verdict="split_brain",vrid="51",vrrp_instance="VI_1"} 1.0
hawatch_finding{cause="auth_mismatch",node="lb02",severity="warning",vrid="51",vrrp_instance="VI_1"} 1.0
hawatch_finding{cause="reference_down",node="lb01",severity="info",vrid="51",vrrp_instance="VI_1"} 1.0
"""
PLUGIN = "HAWATCH CRITICAL - VI_1 split_brain: both hold\nVI_1 (vrid 51, eth0, ipv4) split_brain for 1 s\n"


def test_places_that_show_what_the_judge_said_do_not_differ() -> None:
    assert differences(JOURNAL, STATUS, METRICS, 2, PLUGIN) == []


def other_status(**changed: object) -> dict[str, Any]:
    return {**STATUS, "virtual_routers": [{**STATUS["virtual_routers"][0], **changed}]}


@pytest.mark.parametrize(
    ("status", "metrics", "code", "plugin", "words"),
    [
        (other_status(verdict="steady"), METRICS, 2, PLUGIN, "status shows"),
        (other_status(findings=[]), METRICS, 2, PLUGIN, "the judge blames"),
        (STATUS, METRICS.replace('verdict="split_brain"', 'verdict="failover"'), 2, PLUGIN, "metrics show"),
        (STATUS, METRICS.replace("auth_mismatch", "vrid_mismatch"), 2, PLUGIN, "metrics"),
        (STATUS, METRICS, 0, PLUGIN, "the plugin exits with 0"),
        (STATUS, METRICS, 2, PLUGIN.replace("split_brain", "steady"), "the plugin does not say"),
    ],
)
def test_each_place_that_shows_something_else_is_told(
    status: dict[str, Any], metrics: str, code: int, plugin: str, words: str
) -> None:
    found = differences(JOURNAL, status, metrics, code, plugin)
    assert any(words in each for each in found), found


def test_a_journal_is_read_up_to_its_torn_line_and_a_new_run_blames_nobody(tmp_path: Path) -> None:
    said = {"type": "Change", "time": 1.5, "instance": "VI_1", "verdict": "steady", "rule": "ST1"}
    findings = [["peer_unverified", "lb02", "info"], ["auth_mismatch", "lb02", "warning"]]
    found = {"type": "Findings", "time": 2.0, "instance": "VI_1", "findings": findings}
    started = {"type": "Started", "at": 9.0}
    path = tmp_path / "journal.jsonl"
    lines = [json.dumps(each, separators=(",", ":")) for each in (said, found, started, said)]
    path.write_text("\n".join(lines)[:-5])
    verdicts, causes = read_journal(path, "lb01")
    assert [(each.time, each.verdict) for each in verdicts] == [(1.5, "steady")]
    assert [(each.time, each.causes, each.mild) for each in causes] == [
        (2.0, frozenset({"auth_mismatch@lb02"}), frozenset({"peer_unverified@lb02"})),
        (9.0, frozenset(), frozenset()),
    ]


def test_records_are_read_again_without_the_line_in_which_a_campaign_was_killed(tmp_path: Path) -> None:
    results = Results(tmp_path / "deep" / "records.jsonl")
    assert list(results.read()) == []
    first = night()
    second = replace(first, episode=replace(first.episode, index=2))
    results.add(first)
    results.add(second)
    with results.path.open("a") as file:
        file.write(first.to_json()[:50])
    assert list(results.read()) == [first, second]


def test_the_table_counts_what_was_wrong_and_the_account_tells_it_in_order() -> None:
    right, silent = night(), night(blamed=blames((1, "")))
    silent = replace(silent, episode=replace(silent.episode, index=2))
    found = scored([silent, right])
    lines = table(found)
    assert "causes to be named  4, of which 2 were: 50.0 %" in lines
    assert any(line.split() == ["missing", "cause", "2", "1"] for line in lines)
    assert accounts(found)[0].startswith("1/2: v3")
    assert not passed(found), "half of the causes are not enough"
    told = account(right)
    assert told[1:] == sorted(told[1:], key=lambda line: float(line[:8]))
    assert any("lb02 VI_1: split_brain by R" in line for line in told)


def test_one_false_or_missed_split_among_a_thousand_fails_the_campaign() -> None:
    thousand = [replace(night(), episode=replace(night().episode, index=index)) for index in range(50)]
    assert passed(scored(thousand))
    missed = says((1, "steady"), (17, "degraded"), (17.4, "steady"))
    bad = replace(night(said=missed), episode=replace(night().episode, index=99))
    found = scored([*thousand, bad])
    assert Category.MISSED_SPLIT in found[-1][1].categories
    assert not passed(found)
