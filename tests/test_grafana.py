"""The dashboards as they lie in the repository: Grafana's schema, the grid, the words, the queries, the metrics.

No Grafana server runs here: none can be had from the package sources that the tests use. Its schema comes from its own
SDK, and every query is read by Prometheus's own parser; tests/integration/test_grafana_queries.py has them answered.
"""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models import units
from grafana_foundation_sdk.models.dashboard import Dashboard

from grafana.make_dashboards import BOARDS, PLACE
from grafana.questions import Question, Times, questions
from grafana.style import AGENT_STATES, FINDINGS, SEVERITIES, VERDICTS
from grafana.unused import UNUSED
from hawatch.exporter.metric_table import METRICS, Kind
from hawatch.exporter.samples import AGENT_STATES as EXPORTED_STATES
from hawatch.exporter.samples import OVERALL
from hawatch.verdict import Severity, VerdictKind

ROOT = Path(__file__).parent.parent
PROVISIONING = ROOT / "grafana" / "provisioning"
FILES = sorted(PLACE.glob("*.json"))
DAY = Times(start=0, end=86400, scrape_interval=5)
VARIABLES = {"pair": "web", "datasource": "prometheus"}
KINDS = {"stat", "state-timeline", "table", "timeseries", "row"}
OVERRIDES = {"unit", "decimals", "mappings", "links", "custom.cellOptions", "custom.width"}
ORGANIZE = {"includeByName", "excludeByName", "indexByName", "renameByName"}
UNITS = {value for name, value in vars(units).items() if isinstance(value, str) and not name.startswith("_")}
HUES = {
    Severity.OK: "green",
    Severity.WARNING: "orange",
    Severity.CRITICAL: "red",
    Severity.UNKNOWN: "purple",
}


def boards() -> list[dict[str, Any]]:
    return [json.loads(path.read_text(encoding="utf-8")) for path in FILES]


def panels() -> list[dict[str, Any]]:
    return [panel for board in boards() for panel in board["panels"] if panel["type"] != "row"]


def all_questions() -> list[Question]:
    return [each for path in FILES for each in questions(path.read_text(encoding="utf-8"))]


def each_panel(function: Any) -> Any:
    named = [
        pytest.param(panel, id=f"{board['uid']}-{panel['id']}-{panel['title']}")
        for board in boards()
        for panel in board["panels"]
        if panel["type"] != "row"
    ]
    return pytest.mark.parametrize("panel", named)(function)


def reread(text: str) -> Any:
    """A dashboard's JSON, read into Grafana's schema and written again: what the schema does not know is gone."""
    register_default_plugins()
    return json.loads(json.dumps(Dashboard.from_json(json.loads(text)), cls=JSONEncoder))


# --- the files ------------------------------------------------------------------------------------


def test_the_files_are_what_the_code_makes() -> None:
    assert [path.stem for path in FILES] == sorted(board.uid for board in BOARDS)
    for board in BOARDS:
        text = (PLACE / f"{board.uid}.json").read_text(encoding="utf-8")
        assert text == board.text(), f"{board.uid}: run python -m grafana.make_dashboards"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_grafanas_schema_knows_every_field(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert reread(text) == json.loads(text)


@pytest.mark.parametrize("place", ["options", "fieldConfig", "gridPos", "targets"])
def test_a_field_that_grafana_does_not_know_would_be_seen(place: str) -> None:
    board = boards()[0]
    found = board["panels"][0][place]
    (found[0] if isinstance(found, list) else found)["invented"] = 1
    assert reread(json.dumps(board)) != board


@each_panel
def test_what_the_schema_leaves_open_is_of_the_kinds_that_grafana_has(panel: dict[str, Any]) -> None:
    assert panel["type"] in KINDS
    names = {"byName"}
    for override in panel["fieldConfig"]["overrides"]:
        assert override["matcher"]["id"] in names
        assert {each["id"] for each in override["properties"]} <= OVERRIDES
    for transformation in panel.get("transformations", ()):
        assert transformation["id"] in {"merge", "organize"}
        assert transformation["options"].keys() <= ORGANIZE


def test_the_uid_title_and_variables_are_those_that_links_name() -> None:
    assert {board["uid"]: board["title"] for board in boards()} == {
        "hawatch-fleet": "hawatch fleet",
        "hawatch-pair": "hawatch pair",
    }
    by_uid = {board["uid"]: {each["name"] for each in board["templating"]["list"]} for board in boards()}
    urls = re.findall(r'"url": "([^"]+)"', "".join(path.read_text() for path in FILES))
    assert any("var-pair=${__field.labels.pair}" in url for url in urls)
    assert any("var-pair=${__data.fields.pair}" in url for url in urls)
    for url in urls:
        target = re.match(r"/d/([\w-]+)\?", url)
        assert target is not None, url
        assert set(re.findall(r"var-(\w+)=", url)) <= by_uid[target[1]], url


def test_every_panel_and_query_asks_the_data_source_that_was_chosen() -> None:
    chosen = {"type": "prometheus", "uid": "${datasource}"}
    for panel in panels():
        assert panel["datasource"] == chosen, panel["title"]
        assert all(target["datasource"] == chosen for target in panel["targets"]), panel["title"]
    for board in boards():
        source, pair = board["templating"]["list"]
        assert (source["type"], source["query"]) == ("datasource", "prometheus")
        assert pair["datasource"] == chosen


# --- the picture ----------------------------------------------------------------------------------


@pytest.mark.parametrize("board", boards(), ids=lambda board: board["uid"])
def test_numbers_are_unique_and_nothing_overlaps_or_leaves_a_hole(board: dict[str, Any]) -> None:
    assert max(Counter(panel["id"] for panel in board["panels"]).values()) == 1
    places = [(panel["title"], panel["gridPos"]) for panel in board["panels"]]
    for (title, a), (other, b) in combinations(places, 2):
        apart = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
        above = a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
        assert apart or above, f"{title} and {other} overlap"
    assert all(place["x"] + place["w"] <= 24 for _, place in places)
    area = sum(place["w"] * place["h"] for _, place in places)
    assert area == 24 * max(place["y"] + place["h"] for _, place in places)


@each_panel
def test_every_panel_says_what_it_is_in_which_unit_and_what_none_means(panel: dict[str, Any]) -> None:
    defaults = panel["fieldConfig"]["defaults"]
    assert 0 < len(panel["title"]) <= 32
    assert panel["description"].endswith((".", "?")), "a sentence on what it tells"
    assert defaults["noValue"]
    assert defaults["unit"] in UNITS
    for target in panel["targets"]:
        single = panel["type"] == "stat" and len(panel["targets"]) == 1
        assert panel["type"] == "table" or target.get("legendFormat") or single


@each_panel
def test_states_are_words_beside_colours(panel: dict[str, Any]) -> None:
    if panel["type"] == "state-timeline":
        assert panel["fieldConfig"]["defaults"]["mappings"]
    for result in words(panel):
        assert result["text"]
        assert result["color"]


def words(found: Any) -> Iterator[dict[str, Any]]:
    """Every result of a value mapping, wherever it stands."""
    if isinstance(found, list):
        for each in found:
            yield from words(each)
    if isinstance(found, dict):
        if "text" in found and "color" in found:
            yield found
        for each in found.values():
            yield from words(each)


def test_every_verdict_has_a_number_and_the_colour_of_its_severity() -> None:
    assert set(VERDICTS) == set(VerdictKind)
    for kind, color in VERDICTS.items():
        assert color.endswith(HUES[kind.severity]), kind
    badness = [kind.severity.badness for kind in list(VERDICTS)[1:]]
    assert badness == sorted(badness), "of two agents the worse shows"
    assert next(iter(VERDICTS)) is VerdictKind.INDETERMINATE


def test_every_state_that_is_exported_has_a_number() -> None:
    assert set(AGENT_STATES) == set(EXPORTED_STATES)
    assert set(SEVERITIES) == set(OVERALL)
    assert set(FINDINGS) == {Severity.INFO, Severity.WARNING, Severity.CRITICAL}


@each_panel
def test_a_tables_columns_are_asked_for(panel: dict[str, Any]) -> None:
    if panel["type"] != "table":
        return
    asked = " ".join(target["expr"] for target in panel["targets"])
    refs = [target["refId"] for target in panel["targets"]]
    values = {f"Value #{ref}" for ref in refs} if len(refs) > 1 else {"Value"}
    for name in panel["transformations"][-1]["options"]["includeByName"]:
        assert name in values or re.search(rf"\b{name}\b", asked), name
    titles = set(panel["transformations"][-1]["options"]["renameByName"].values())
    assert {each["matcher"]["options"] for each in panel["fieldConfig"]["overrides"]} <= titles
    assert {each["displayName"] for each in panel["options"].get("sortBy", ())} <= titles


# --- the queries ----------------------------------------------------------------------------------


def test_prometheus_own_parser_takes_every_query(tmp_path: Path) -> None:
    filled = [each.filled_in(DAY, **VARIABLES) for each in all_questions()]
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


# --- provisioning ---------------------------------------------------------------------------------

# The keys that Grafana documents under "Provision Grafana".
PROVIDER = {
    "name",
    "orgId",
    "folder",
    "folderUid",
    "type",
    "disableDeletion",
    "updateIntervalSeconds",
    "allowUiUpdates",
    "options",
}
PROVIDER_OPTIONS = {"path", "foldersFromFilesStructure"}
SOURCE = {
    "name",
    "type",
    "access",
    "orgId",
    "uid",
    "url",
    "user",
    "database",
    "basicAuth",
    "basicAuthUser",
    "withCredentials",
    "isDefault",
    "jsonData",
    "secureJsonData",
    "version",
    "editable",
}
SOURCE_OPTIONS = {
    "httpMethod",
    "timeInterval",
    "customQueryParameters",
    "manageAlerts",
    "alertmanagerUid",
    "timeout",
}


def provisioning(kind: str) -> dict[str, Any]:
    found = yaml.safe_load((PROVISIONING / kind / "hawatch.yaml").read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def test_the_dashboards_provider_has_the_keys_that_grafana_documents() -> None:
    found = provisioning("dashboards")
    assert found.keys() == {"apiVersion", "providers"}
    assert found["apiVersion"] == 1
    (provider,) = found["providers"]
    assert {"name", "type", "options"} <= provider.keys() <= PROVIDER
    assert {"path"} <= provider["options"].keys() <= PROVIDER_OPTIONS
    assert provider["type"] == "file"
    types = [
        type(provider[key]) for key in ("orgId", "updateIntervalSeconds", "disableDeletion", "allowUiUpdates")
    ]
    assert types == [int, int, bool, bool]


def test_the_data_source_has_the_keys_that_grafana_documents_and_the_scrape_interval_that_is_shipped() -> (
    None
):
    found = provisioning("datasources")
    assert found.keys() == {"apiVersion", "datasources"}
    assert found["apiVersion"] == 1
    (source,) = found["datasources"]
    assert {"name", "type", "access", "url", "uid"} <= source.keys() <= SOURCE
    assert (source["type"], source["access"]) == ("prometheus", "proxy")
    assert source["jsonData"].keys() <= SOURCE_OPTIONS
    shipped = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))
    assert source["jsonData"]["timeInterval"] == shipped["global"]["scrape_interval"]


def test_grafanas_sdk_is_no_part_of_what_is_installed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert not [each for each in project["project"]["dependencies"] if "grafana" in each]
    assert "grafana" not in (ROOT / "requirements" / "runtime.txt").read_text(encoding="utf-8")
    assert project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == ["hawatch"]
