"""The dashboards' queries: Prometheus's own parser takes them, and they ask for metrics and labels that there are."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from grafana.make_dashboards import PLACE
from grafana.questions import Question, Times, questions
from grafana.unused import UNUSED
from hawatch.exporter.metric_table import METRICS, Kind

DAY = Times(start=0, end=86400, scrape_interval=5)


def all_questions() -> list[Question]:
    return [
        each for path in sorted(PLACE.glob("*.json")) for each in questions(path.read_text(encoding="utf-8"))
    ]


@pytest.mark.skipif(
    shutil.which("promtool") is None and os.environ.get("HAWATCH_TEST_ALL") != "1",
    reason="needs promtool (Debian's package prometheus)",
)
def test_prometheus_own_parser_takes_every_query(tmp_path: Path) -> None:
    filled = [each.filled_in(DAY, pair="web") for each in all_questions()]
    rules = [
        {"record": "question", "expr": each.expr, "labels": {"n": str(n)}} for n, each in enumerate(filled)
    ]
    file = tmp_path / "questions.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "questions", "rules": rules}]}))
    checked = subprocess.run(
        ["promtool", "check", "rules", file], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
    assert f"{len(filled)} rules found" in checked.stdout


def test_every_metric_in_use_exists_and_every_exported_metric_is_used() -> None:
    used = {metric for question in all_questions() for metric in question.metrics}
    exported = {name: metric.name for metric in METRICS for name in series_names(metric.name, metric.kind)}
    foreign = {name for name in used - exported.keys() if not name.startswith("process_")} - {"up"}
    assert foreign == set()
    shown = {exported[name] for name in used & exported.keys()}
    assert {metric.name for metric in METRICS} - shown == UNUSED.keys()


def series_names(name: str, kind: Kind) -> tuple[str, ...]:
    if kind is Kind.HISTOGRAM:
        return tuple(f"{name}_{end}" for end in ("bucket", "sum", "count"))
    return (name,)


def test_the_labels_of_queries_are_labels_of_their_metrics() -> None:
    labels = {metric.name: set(metric.labels) | {"le"} for metric in METRICS}
    for question in all_questions():
        for name, matchers in re.findall(r"(hawatch_\w+?)(?:_bucket)?\{([^}]*)\}", question.expr):
            assert set(re.findall(r"(\w+)=", matchers)) <= labels[name], question.name


@pytest.mark.parametrize(
    ("expr", "metrics"),
    [
        ('sum by (le) (rate(a_total{b="c or d"}[5m])) / on (e) group_left (f) g_h', {"a_total", "g_h"}),
        ('label_replace(up == 0, "x", "y", "", "") or NaN * z', {"up", "z"}),
        ("max(b) or on () 0 * c and d unless e", {"b", "c", "d", "e"}),
    ],
)
def test_the_metrics_of_a_query_are_found(expr: str, metrics: set[str]) -> None:
    question = Question(board="", panel={}, ref="A", expr=expr, instant=True, legend="")
    assert question.metrics == metrics


def test_a_variable_that_nobody_gives_is_refused() -> None:
    question = Question(board="", panel={}, ref="A", expr='x{a="$b"}[$__range]', instant=True, legend="")
    assert question.filled_in(DAY, b="c").expr == 'x{a="c"}[86400s]'
    with pytest.raises(KeyError):
        question.filled_in(DAY)
