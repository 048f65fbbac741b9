"""What the agents said, blamed and told people, with the time of each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A verdict that an agent gave."""

    at: float
    node: str
    instance: str
    verdict: str
    rule: str
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Blamed:
    """The causes that stand on a node from `at` on, each as `cause@node`; those that are information are left out."""

    at: float
    node: str
    instance: str
    causes: frozenset[str]


class Words:
    """The journals of the agents, read on from where the last look ended; all since their start is kept."""

    def __init__(self, journals: dict[str, Path]) -> None:
        self._journals = journals
        self._read = dict.fromkeys(journals, 0)
        self._said: list[Said] = []
        self._blamed: list[Blamed] = []

    def said(self, *, since: float = 0.0) -> list[Said]:
        """Every change of verdict since a moment, in order."""
        self._look()
        return sorted((each for each in self._said if each.at >= since), key=lambda each: each.at)

    def blamed(self, *, since: float = 0.0) -> list[Blamed]:
        """Every change of the causes since a moment, in order."""
        self._look()
        return sorted((each for each in self._blamed if each.at >= since), key=lambda each: each.at)

    def stands(self, node: str, instance: str, *, before: float = float("inf")) -> str:
        """The verdict that stands on a node (or stood at a moment), or nothing."""
        found = [
            each.verdict
            for each in self.said()
            if (each.node, each.instance) == (node, instance) and each.at < before
        ]
        return found[-1] if found else ""

    def _look(self) -> None:
        for node, journal in self._journals.items():
            for record in self._new_records(node, journal):
                at, instance = record["time"], record["instance"]
                if record["type"] == "Change":
                    told = {key: record[key] for key in ("verdict", "rule", "summary")}
                    self._said.append(Said(at=at, node=node, instance=instance, **told))
                else:
                    causes = {
                        f"{cause}@{where}" for cause, where, level in record["findings"] if level != "info"
                    }
                    self._blamed.append(Blamed(at=at, node=node, instance=instance, causes=frozenset(causes)))

    def _new_records(self, node: str, journal: Path) -> Iterator[dict[str, Any]]:
        """The whole lines about verdicts and causes that have been added since the last look."""
        with journal.open("rb") as stream:
            stream.seek(self._read[node])
            added = stream.read()
        whole = added[: added.rfind(b"\n") + 1]
        self._read[node] += len(whole)
        for line in whole.splitlines():
            if line.startswith((b'{"type":"Change"', b'{"type":"Findings"')):
                yield json.loads(line)
