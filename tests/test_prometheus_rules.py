"""The shipped files for Prometheus: promtool accepts them, and every rule has a test, a runbook and real metrics."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from docs.generate_alerts import PLACE, page
from hawatch.exporter.check_items import TELLING
from hawatch.exporter.metric_table import METRICS, Kind
from hawatch.verdict import Cause, VerdictKind

SHIPPED = Path(__file__).parent.parent / "deploy" / "prometheus"
RULES = sorted((SHIPPED / "rules").glob("*.yml"))
UNIT_TESTS = sorted((SHIPPED / "tests").glob("*.yml"))
CONFIGS = sorted(SHIPPED.glob("prometheus*.yml"))
ROUTER = "pair, vrrp_instance, vrid, family"
SEVERITIES = {"critical", "warning", "info"}
ALERTNAME = re.compile(r'alertname="(\w+)"')

needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None and os.environ.get("HAWATCH_TEST_ALL") != "1",
    reason="needs promtool (Debian's package prometheus)",
)


def promtool(*arguments: str, check: bool = True) -> str:
    """What promtool says; it must be content if `check` is set."""
    ended = subprocess.run(["promtool", *arguments], capture_output=True, text=True, check=False)
    said = ended.stdout + ended.stderr
    assert not check or ended.returncode == 0, said
    return said


@cache
def rules() -> tuple[dict[str, Any], ...]:
    """Every rule that is shipped."""
    files = [yaml.safe_load(path.read_text()) for path in RULES]
    return tuple(rule for file in files for group in file["groups"] for rule in group["rules"])


def alerts() -> dict[str, dict[str, Any]]:
    return {rule["alert"]: rule for rule in rules() if "alert" in rule}


def recorded() -> dict[str, dict[str, Any]]:
    return {rule["record"]: rule for rule in rules() if "record" in rule}


@cache
def expectations() -> tuple[tuple[str, list[dict[str, Any]]], ...]:
    """Of every unit test: the query, and the samples that it is to give."""
    groups = (group for path in UNIT_TESTS for group in yaml.safe_load(path.read_text())["tests"])
    return tuple(
        (each["expr"], each["exp_samples"]) for group in groups for each in group["promql_expr_test"]
    )


# --- the tools of Prometheus --------------------------------------------------------------------------


@needs_promtool
@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_promtool_accepts_each_configuration_with_the_rules_that_it_names(path: Path) -> None:
    said = promtool("check", "config", str(path))
    assert f"{len(RULES)} rule files found" in said


@needs_promtool
def test_promtool_accepts_the_rules() -> None:
    said = promtool("check", "rules", *map(str, RULES))
    assert sum(map(int, re.findall(r"(\d+) rules found", said))) == len(rules())


@needs_promtool
@pytest.mark.parametrize("path", UNIT_TESTS, ids=lambda path: path.name)
def test_promtool_proves_the_rules_firing_and_not_firing(path: Path) -> None:
    promtool("test", "rules", str(path))


@needs_promtool
def test_every_alert_that_fires_in_a_unit_test_has_words_that_name_the_pair(tmp_path: Path) -> None:
    said = annotations_when_firing(tmp_path)
    assert set(said) == set(alerts())
    for name, texts in said.items():
        for text in texts:
            assert "error expanding template" not in text, text
            assert "<no value>" not in text, text
            assert name == "HawatchNoTargets" or 'summary="web' in text, text
            assert '="' in text
    [split, *_] = said["HawatchSplitBrain"]
    assert "web: VI_1 is split: lb01 and lb02 hold its VIPs" in split
    assert any("vrrp_blocked_inbound on lb02" in text for text in said["HawatchSplitBrain"])
    assert "nginx" in "".join(said["HawatchServiceDown"])
    assert "keepalived_dead on lb02" in "".join(said["HawatchDegraded"])
    assert "degraded steady" in "".join(said["HawatchAgentsDisagree"])


def annotations_when_firing(tmp_path: Path) -> dict[str, list[str]]:
    """For each alert the annotations it has where a unit test has it firing.

    promtool prints them when it expected none, so that the unit tests need not repeat every word.
    """
    found: dict[str, list[str]] = {}
    for path in UNIT_TESTS:
        asked = yaml.safe_load(path.read_text())
        asked["rule_files"] = [str(SHIPPED / "rules" / "*.yml")]
        for group in asked["tests"]:
            group["alert_rule_test"] = [
                {"eval_time": each["eval_time"], "alertname": name, "exp_alerts": []}
                for each in group.pop("promql_expr_test")
                for name in firing_names(each["exp_samples"])
            ]
        file = tmp_path / path.name
        file.write_text(yaml.safe_dump(asked))
        said = promtool("test", "rules", str(file), check=False)
        for name, got in re.findall(r"alertname: (\w+), time: .*?got:\[(.*?)\n +\]", said, re.DOTALL):
            found.setdefault(name, []).extend(re.findall(r"Annotations:(.*)", got))
    return found


def firing_names(samples: list[dict[str, Any]]) -> set[str]:
    return {name for sample in samples for name in ALERTNAME.findall(sample["labels"])}


# --- every rule is tested -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", alerts())
def test_a_unit_test_has_the_alert_firing_and_another_has_it_not(name: str) -> None:
    firing = [samples for _, samples in expectations() if name in firing_names(samples)]
    quiet = [expr for expr, samples in expectations() if name in ALERTNAME.findall(expr) and not samples]
    assert firing, f"{name} fires in no unit test"
    assert quiet, f"no unit test says when {name} does not fire"


@pytest.mark.parametrize("name", recorded())
def test_a_unit_test_asks_for_what_is_recorded(name: str) -> None:
    values = [samples for expr, samples in expectations() if re.search(rf"{name}(?![\w:])", expr)]
    assert any(values), f"{name} is in no unit test"


# --- every rule says what the code knows --------------------------------------------------------------


def names_in(expr: str) -> set[str]:
    """The names of hawatch's metrics in an expression."""
    return set(re.findall(r"(?<![\w:])hawatch_\w+(?![\w:])", re.sub(r'"[^"]*"', "", expr)))


def exported_names() -> set[str]:
    names = set()
    for metric in METRICS:
        parts = ("_bucket", "_sum", "_count") if metric.kind is Kind.HISTOGRAM else ("",)
        names |= {metric.name + part for part in parts}
    return names


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.get("alert") or rule["record"])
def test_every_metric_and_every_state_in_a_rule_exists(rule: dict[str, Any]) -> None:
    texts = [rule["expr"], *rule.get("annotations", {}).values()]
    expr = rule["expr"]
    assert names_in(expr) <= exported_names()
    used = set(re.findall(r"(?<![\w:])(\w+:\w+:\w+)", expr))
    assert used <= set(recorded())
    for label, known in (("verdict", set(VerdictKind)), ("cause", set(Cause))):
        for values in re.findall(rf'(?<!\w){label}[=!]~?\\?"([^"\\%]+)', " ".join(texts)):
            assert set(values.split("|")) <= known, values


def test_the_worst_verdict_is_counted_in_the_order_of_the_plugin() -> None:
    expr = recorded()["router:hawatch_verdict:worst"]["expr"]
    numbers = re.findall(r'(\d+) \* \(router:hawatch_verdict:max\{verdict="(\w+)"\} == 1\)', expr)
    assert [VerdictKind(name) for _, name in numbers] == list(TELLING)
    assert [int(number) for number, _ in numbers] == list(range(len(TELLING), 0, -1))
    text = (SHIPPED / "rules" / "hawatch-recording.yml").read_text().replace("# ", "").replace("\n", " ")
    for number, name in numbers:
        assert f"{number} {name}" in text


def test_every_critical_verdict_has_an_alert_that_is_critical_and_does_not_wait() -> None:
    for kind in VerdictKind:
        if kind.severity.value == "critical":
            name = "Hawatch" + "".join(part.capitalize() for part in kind.value.split("_"))
            rule = alerts()[name]
            assert f'verdict="{kind.value}"' in rule["expr"]
            assert rule["labels"]["severity"] == "critical"
            assert "for" not in rule


@pytest.mark.parametrize("rule", alerts().values(), ids=lambda rule: rule["alert"])
def test_every_alert_says_how_bad_it_is_and_what_to_do_first(rule: dict[str, Any]) -> None:
    words = rule["annotations"]
    assert set(words) == {"summary", "description", "runbook", "runbook_url"}
    assert rule["labels"]["severity"] in SEVERITIES
    assert len(words["runbook"].split()) >= 5
    assert words["runbook_url"] == f"docs/prometheus.md#{rule['alert'].lower()}"
    assert f"\n### {rule['alert']}\n" in PLACE.read_text()


def test_an_alert_about_a_virtual_router_is_one_for_all_agents() -> None:
    for name, rule in alerts().items():
        if "hawatch_verdict" in rule["expr"] and name != "HawatchIsolated":
            assert f"by ({ROUTER}" in rule["expr"], name
        assert "interface" not in rule["expr"], name


def test_the_page_about_alerts_is_made_from_the_rules() -> None:
    assert PLACE.read_text() == page(PLACE.read_text()), "run `python -m docs.generate_alerts`"
