"""Writes the part of docs/prometheus.md that tells of each alert, from deploy/prometheus/rules: `make docs`."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import yaml

PLACE = Path(__file__).with_name("prometheus.md")
RULES = Path(__file__).parent.parent / "deploy" / "prometheus" / "rules"
OPENING = ("range", "if", "with")
FILES = ("hawatch-alerts.yml", "hawatch-alerts-watching.yml")
BEGIN = "<!-- From here on made by `python -m docs.generate_alerts`; change deploy/prometheus/rules instead. -->\n"


def page(old: str) -> str:
    """The document, with everything after the mark made anew. ValueError without the mark."""
    head, mark, _ = old.partition(BEGIN)
    if not mark:
        raise ValueError(f"{PLACE.name} lacks the line {BEGIN!r}")
    rules = [rule for name in FILES for rule in alerts(RULES / name)]
    table = "".join(map(_row, rules))
    sections = "".join(map(_section, rules))
    return (
        f"{head}{BEGIN}\n| alert | severity | stands for | fires when |\n|---|---|---|---|\n{table}{sections}"
    )


def alerts(path: Path) -> list[dict[str, Any]]:
    """The alerting rules of a file, in its order."""
    groups = yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"] if "alert" in rule]


def _row(rule: dict[str, Any]) -> str:
    name = rule["alert"]
    when = _placeholders(rule["annotations"]["summary"]).removeprefix("*pair*: ")
    return f"| [{name}](#{name.lower()}) | {rule['labels']['severity']} | {rule.get('for', '')} | {when} |\n"


def _section(rule: dict[str, Any]) -> str:
    words = rule["annotations"]
    return (
        f"\n### {rule['alert']}\n\n{_placeholders(words['description'])}\n\n"
        f"**First:** {_placeholders(words['runbook'])}\n"
    )


def _placeholders(text: str) -> str:
    """A template as people read it: labels in italics, dots for what Prometheus is asked; what may lack is left out."""
    told, depth = "", 0
    for word, action in re.findall(r"([^{]+|\{(?!\{))|\{\{(.*?)\}\}", text, re.DOTALL):
        verb = action.split()[0] if action else ""
        if verb in OPENING:
            told += "…" if verb == "range" and depth == 0 else ""
            depth += 1
        elif verb == "end":
            depth -= 1
        elif depth == 0:
            told += word or f"*{action.split('.')[-1].strip(' $')}*"
    return told


if __name__ == "__main__":
    PLACE.write_text(page(PLACE.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write(f"{PLACE.name} written\n")
