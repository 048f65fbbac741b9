"""The list of what hawatch is made of names every package that is pinned, as it is pinned."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from deploy.sbom import PINNED, ROOT, pinned


def built(directory: Path) -> str:
    output = directory / "dist" / "hawatch.cdx.json"
    subprocess.run(
        [sys.executable, "-m", "deploy.sbom", "--output", str(output)], cwd=ROOT, timeout=60, check=True
    )
    return output.read_text(encoding="utf-8")


def test_it_names_every_pinned_package_with_its_version_and_digests(tmp_path: Path) -> None:
    document = json.loads(built(tmp_path))
    text = PINNED.read_text(encoding="utf-8")
    lines = [line.split(" ")[0] for line in text.splitlines() if line[:1].isalnum()]
    assert [f"{each['name']}=={each['version']}" for each in document["components"]] == lines
    digests = [one["value"] for each in document["components"] for one in each["properties"]]
    assert len(digests) == text.count("--hash=sha256:")
    assert all(each["properties"] for each in document["components"])
    (own,) = document["dependencies"]
    assert own["dependsOn"] == [each["bom-ref"] for each in document["components"]]


def test_what_the_project_asks_for_is_in_it(tmp_path: Path) -> None:
    named = {each["purl"].split("/")[1].split("@")[0] for each in json.loads(built(tmp_path))["components"]}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {each.split(">")[0].split("=")[0].strip() for each in project["dependencies"]}
    assert wanted <= named


def test_two_builds_of_one_commit_write_the_same_bytes(tmp_path: Path) -> None:
    assert built(tmp_path / "one") == built(tmp_path / "two")


def test_a_line_that_pins_nothing_is_named() -> None:
    with pytest.raises(ValueError, match="pins nothing: requests>=2"):
        pinned("h11==0.16.0 \\\n    --hash=sha256:" + "0" * 64 + "\nrequests>=2\n")
