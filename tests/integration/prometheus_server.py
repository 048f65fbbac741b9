"""The real prometheus on the monitor, with the configuration that hawatch ships.

    server = Prometheus(monitor(pair))               # as shipped; every="1s" for a copy with shorter intervals
    server.await_up(2)
    server.query('hawatch_verdict{verdict="steady"} == 1')
    server.await_alert("HawatchSplitBrain")

Its files lie in the monitor's /opt/hawatch/deploy/prometheus, where the shipped rules are found beside the shipped
configuration; lb01 and lb02 in it are the lab's names, too.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlencode

from deploy.lab import LabError, Node
from deploy.lab.waiting import wait_until
from tests.integration.monitored import Server
from tests.lab.scene import HANG_GUARD

SHIPPED = "/opt/hawatch/deploy/prometheus"
COPY = "/tmp/prometheus-etc"
PORT = 9090
INTERVALS = re.compile(r"^(\s*(?:\w+_)?interval: )\w+", re.MULTILINE)
TIMEOUTS = re.compile(r"^(\s*scrape_timeout: )\w+", re.MULTILINE)

OF_THE_MACHINE = {"keepalived_starved", "host_paused"}
BETWEEN = 0.05
"""Seconds between two questions: they take processor time from what they wait for."""

Labels = Mapping[str, str]
Seen = TypeVar("Seen")


class Sample(NamedTuple):
    """One series of an instant query."""

    labels: Labels
    value: float


class Series(NamedTuple):
    """One series of a range query; `points` are pairs of epoch seconds and value."""

    labels: Labels
    points: tuple[tuple[float, float], ...]


class Prometheus:
    """A running prometheus, asked through its HTTP API; it ends with the lab."""

    def __init__(self, node: Node, *, config: str = "prometheus.yml", every: str | None = None) -> None:
        """Start it with a file of deploy/prometheus. `every` ("1s") replaces the intervals, in a copy of the files."""
        self.node = node
        self.server = Server(node=node, port=PORT)
        etc = SHIPPED if every is None else copy_with_intervals(node, every)
        self.process = node.popen(
            [
                "prometheus",
                f"--config.file={etc}/{config}",
                "--storage.tsdb.path=/tmp/prometheus-data",
                f"--web.listen-address=127.0.0.1:{PORT}",
            ]
        )
        wait_until(self._ready, what="prometheus to be ready", timeout=HANG_GUARD)

    def _ready(self) -> bool | None:
        if not self.process.running:
            raise AssertionError(f"prometheus ended: {self.process.output()}")
        try:
            return True if self.server.ask("GET", "/-/ready").status == 200 else None
        except OSError:
            return None

    # --- asking -----------------------------------------------------------------------------------

    def ask(self, path: str, **parameters: str | float) -> Any:
        """The `data` of an answer of /api/v1. AssertionError with Prometheus's own words when it refuses."""
        answer = self.server.ask("GET", f"/api/v1/{path}?{urlencode(parameters)}")
        said = json.loads(answer.body)
        assert said["status"] == "success", f"{path} {parameters}: {said.get('error')}"
        return said["data"]

    def query(self, promql: str, *, at: float | None = None) -> list[Sample]:
        """An instant vector, now or at a time in epoch seconds."""
        when = {} if at is None else {"time": at}
        found = self.ask("query", query=promql, **when)["result"]
        return [Sample(each["metric"], float(each["value"][1])) for each in found]

    def query_range(self, promql: str, *, start: float, end: float, step: float) -> list[Series]:
        """A range, in epoch seconds and seconds."""
        found = self.ask("query_range", query=promql, start=start, end=end, step=step)["result"]
        return [series(each) for each in found]

    def raw(self, selector: str) -> list[Series]:
        """The samples themselves of a range selector (`up[1m]`), at the times at which they were taken."""
        found = self.ask("query", query=selector)["result"]
        return [series(each) for each in found]

    def alerts(self, name: str = "") -> list[dict[str, Any]]:
        """Pending and firing alerts: `labels`, `annotations`, `state`, `activeAt`, `value`; all, or those of a name."""
        found: list[dict[str, Any]] = self.ask("alerts")["alerts"]
        return [alert for alert in found if name in ("", alert["labels"]["alertname"])]

    def targets(self) -> list[dict[str, Any]]:
        """The active targets: `labels`, `discoveredLabels`, `health`, `lastError`, and when they were scraped."""
        found: list[dict[str, Any]] = self.ask("targets", state="active")["activeTargets"]
        return found

    def rules(self) -> list[dict[str, Any]]:
        """Every rule as it was last evaluated: `name`, `query`, `health`, `lastError`, `evaluationTime`."""
        return [rule for group in self.ask("rules")["groups"] for rule in group["rules"]]

    def longest_scrape(self) -> float:
        """Seconds that the slowest of the latest scrapes took."""
        return max(float(target["lastScrapeDuration"]) for target in self.targets())

    def missed_evaluations(self) -> int:
        """Evaluations that were left out because the machine was too slow, since the start."""
        text = self.server.ask("GET", "/metrics").body
        counts = re.findall(
            r"^prometheus_rule_group_iterations_missed_total\{.*\} (\S+)$", text, re.MULTILINE
        )
        return int(sum(map(float, counts)))

    # --- waiting ----------------------------------------------------------------------------------

    def await_up(self, count: int) -> None:
        """Wait until so many targets have been scraped well."""

        def look() -> bool | None:
            up = [target for target in self.targets() if target["health"] == "up"]
            return True if len(up) >= count else None

        self._await(look, what=f"{count} targets that are up")

    def await_alert(self, name: str, *, state: str = "firing") -> dict[str, Any]:
        """Wait until an alert of this name is firing (or pending), and give it."""

        def look() -> dict[str, Any] | None:
            return next((alert for alert in self.alerts(name) if alert["state"] == state), None)

        return self._await(look, what=f"{name} to be {state}")

    def await_words(self, name: str, words: str) -> None:
        """Wait until an alert of this name, pending or firing, says so in one of its annotations."""

        def look() -> bool | None:
            said = [text for alert in self.alerts(name) for text in alert["annotations"].values()]
            return True if any(words in text for text in said) else None

        self._await(look, what=f"{words!r} in {name}")

    def await_no_alert(self, name: str) -> None:
        """Wait until no alert of this name is pending or firing."""
        self._await(lambda: None if self.alerts(name) else True, what=f"the end of {name}")

    def await_quiet(self) -> None:
        """Wait until no alert is pending or firing; what is true of a busy machine does not count."""

        def look() -> bool | None:
            causes = [alert["labels"].get("cause") for alert in self.alerts()]
            return True if set(causes) <= OF_THE_MACHINE else None

        self._await(look, what="the end of all alerts")

    def await_evaluated(self) -> None:
        """Wait until every rule has been evaluated at least once."""

        def look() -> bool | None:
            return None if "unknown" in {rule["health"] for rule in self.rules()} else True

        self._await(look, what="every rule to be evaluated")

    def await_samples(self, promql: str, count: int = 1) -> list[Sample]:
        """Wait until a query gives this many series or more, and give them."""

        def look() -> list[Sample] | None:
            found = self.query(promql)
            return found if len(found) >= count else None

        return self._await(look, what=f"{count} series of {promql}")

    def _await(self, look: Callable[[], Seen | None], *, what: str) -> Seen:
        def look_seldom() -> Seen | None:
            time.sleep(BETWEEN)
            return look()

        try:
            return wait_until(look_seldom, what=what, timeout=HANG_GUARD)
        except LabError as error:
            raise AssertionError(f"{error}; alerts: {self.alerts()}; targets: {self.targets()}") from None


def series(found: Mapping[str, Any]) -> Series:
    """One series of a matrix, as the API gives it."""
    return Series(found["metric"], tuple((float(time), float(value)) for time, value in found["values"]))


def copy_with_intervals(node: Node, every: str) -> str:
    """A copy of the shipped files on the node in which every interval is this one; the directory's path."""
    shipped = node.path(SHIPPED)
    for path in sorted(shipped.rglob("*.yml")):
        inside = Path(COPY) / path.relative_to(shipped)
        node.path(str(inside.parent)).mkdir(parents=True, exist_ok=True)
        node.write(
            str(inside), TIMEOUTS.sub(rf"\g<1>{every}", INTERVALS.sub(rf"\g<1>{every}", path.read_text()))
        )
    return COPY
