"""The files that put the dashboards and the data source into Grafana, held against the keys that it documents."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
PROVISIONING = ROOT / "grafana" / "provisioning"
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
