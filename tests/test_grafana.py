"""The dashboards as they lie in the repository: Grafana's schema, the grid, the words.

No Grafana server runs here: none can be had from the package sources that the tests use. Its schema comes from its own
SDK, and tests/integration/test_grafana_queries.py has every query answered by a real Prometheus.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models import units
from grafana_foundation_sdk.models.dashboard import Dashboard

from grafana.make_dashboards import BOARDS, PLACE
from grafana.style import AGENT_STATES, FINDINGS, SEVERITIES, VERDICTS
from hawatch.exporter.samples import AGENT_STATES as EXPORTED_STATES
from hawatch.exporter.samples import OVERALL
from hawatch.verdict import Severity, VerdictKind

ROOT = Path(__file__).parent.parent
FILES = sorted(PLACE.glob("*.json"))
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


def test_the_documentation_names_every_row_and_every_panel() -> None:
    text = (ROOT / "docs" / "grafana.md").read_text(encoding="utf-8")
    for board in boards():
        (section,) = re.findall(rf"^### {board['title']}\n(.*?)^##", text, re.MULTILINE | re.DOTALL)
        rows = [line.split(" | ") for line in section.splitlines() if line.startswith("| ")][1:]
        told = {row[0].removeprefix("| "): row[1] for row in rows}
        shown: dict[str, list[str]] = {"(top)": []}
        for panel in board["panels"]:
            if panel["type"] == "row":
                shown[panel["title"]] = []
            else:
                shown[list(shown)[-1]].append(panel["title"])
        assert told.keys() == shown.keys()
        for row, titles in shown.items():
            assert re.split(r", (?!by )|; ", told[row]) == titles
