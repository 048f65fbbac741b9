"""The shipped files for Alertmanager: amtool accepts them, and each alert goes to exactly the receiver it should."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.test_prometheus_rules import alerts

SHIPPED = Path(__file__).parent.parent / "deploy" / "alertmanager"
HAWATCH_PAGES = SHIPPED / "hawatch-pages.yml"
ALERTMANAGER_PAGES = SHIPPED / "alertmanager-pages.yml"
BOTH = (HAWATCH_PAGES, ALERTMANAGER_PAGES)
CANNOT_BE_TOLD_BY_HAWATCH = "HawatchPairUnwatched"

pytestmark = pytest.mark.skipif(
    shutil.which("amtool") is None and os.environ.get("HAWATCH_TEST_ALL") != "1",
    reason="needs amtool (Debian's package prometheus-alertmanager)",
)
by_name = pytest.mark.parametrize("path", BOTH, ids=lambda path: path.name)


def amtool(*arguments: str) -> str:
    ended = subprocess.run(["amtool", *arguments], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def told(path: Path, name: str, severity: str) -> list[str]:
    """The receivers of an alert."""
    labels = [f"alertname={name}", f"severity={severity}", "pair=web"]
    said = amtool("config", "routes", "test", f"--config.file={path}", *labels)
    return said.strip().split(",")


def severity(name: str) -> str:
    found: str = alerts()[name]["labels"]["severity"]
    return found


@by_name
def test_amtool_accepts_it(path: Path) -> None:
    assert "SUCCESS" in amtool("check-config", str(path))


@pytest.mark.parametrize("name", alerts())
def test_where_hawatch_pages_no_alert_does_but_the_one_that_hawatch_cannot_tell(name: str) -> None:
    expected = "show" if severity(name) == "info" else "chat"
    if name == CANNOT_BE_TOLD_BY_HAWATCH:
        expected = "pager"
    assert told(HAWATCH_PAGES, name, severity(name)) == [expected]


@pytest.mark.parametrize("name", alerts())
def test_where_alertmanager_pages_it_does_for_what_is_critical_and_for_nothing_else(name: str) -> None:
    expected = {"critical": "pager", "warning": "chat", "info": "show"}[severity(name)]
    assert told(ALERTMANAGER_PAGES, name, severity(name)) == [expected]


@by_name
def test_the_alerts_of_others_are_left_alone(path: Path) -> None:
    assert told(path, "NodeDown", "critical") == ["show"]


@by_name
def test_every_alert_that_an_inhibition_names_is_in_the_rules_and_belongs_to_one_pair(path: Path) -> None:
    named: set[str] = set()
    for rule in yaml.safe_load(path.read_text())["inhibit_rules"]:
        assert "pair" in rule["equal"]
        for matcher in rule["source_matchers"] + rule["target_matchers"]:
            named.update(re.findall(r"Hawatch\w+", matcher))
    assert named <= set(alerts())
    assert {"HawatchMaintenance", "HawatchSplitBrain"} <= named


def test_the_variants_differ_in_who_pages_and_in_nothing_else() -> None:
    one, other = (yaml.safe_load(path.read_text()) for path in BOTH)
    assert one["inhibit_rules"] == other["inhibit_rules"]
    assert one["receivers"] == other["receivers"]
    assert without_routes(one) == without_routes(other)


def without_routes(config: dict[str, Any]) -> dict[str, Any]:
    [route] = config["route"]["routes"]
    return {key: value for key, value in route.items() if key != "routes"}
