"""What is said of the role's variables in three places is the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

CLONE = Path(__file__).parents[2]
ROLE = CLONE / "deploy/ansible/roles/hawatch"
DOCUMENT = (CLONE / "docs/install-ansible.md").read_text(encoding="utf-8")


def read(name: str) -> dict[str, Any]:
    """A YAML file of the role."""
    loaded: dict[str, Any] = yaml.safe_load((ROLE / name).read_text(encoding="utf-8"))
    return loaded


def options() -> dict[str, dict[str, Any]]:
    """Every variable with its specification."""
    points = read("meta/argument_specs.yml")["argument_specs"].values()
    return {name: spec for point in points for name, spec in point["options"].items()}


def test_every_variable_is_in_the_document_and_no_other() -> None:
    assert set(re.findall(r"^\| `(hawatch_\w+)`", DOCUMENT, re.MULTILINE)) == set(options())


def test_what_is_needed_is_said_to_be_needed() -> None:
    needed = set(re.findall(r"^\| `(hawatch_\w+)` \| \*\*needed\*\*", DOCUMENT, re.MULTILINE))
    assert needed == {name for name, spec in options().items() if spec.get("required")}


def test_the_specified_defaults_are_the_ones_that_hold() -> None:
    assert {n: spec["default"] for n, spec in options().items() if "default" in spec} == read(
        "defaults/main.yml"
    )


def test_what_is_secret_is_logged_nowhere() -> None:
    secret = {name for name, spec in options().items() if spec.get("no_log")}
    assert secret == {"hawatch_peer_key", "hawatch_secrets"}
    written = []
    for file in (ROLE / "tasks").glob("*.yml"):
        for task in yaml.safe_load(file.read_text(encoding="utf-8")):
            if "ansible.builtin.copy" in task and any(name in str(task) for name in secret):
                assert task["no_log"] is True, task["name"]
                assert task["diff"] is False, task["name"]
                written.append(task["name"])
    assert sorted(written) == ["Write the key", "Write the secrets"]
