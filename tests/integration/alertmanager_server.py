"""The real alertmanager on the monitor, with a configuration that hawatch ships, and what its receivers are told.

    alertmanager = Alertmanager(monitor(pair), "hawatch-pages.yml")
    alertmanager.post([{"labels": {"alertname": "HawatchSplitBrain", "pair": "web"}}])
    alertmanager.alerts()
    alertmanager.await_told("chat", "HawatchSplitBrain")

The shipped receivers are webhooks on localhost; a small server there writes down what they are given.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from deploy.lab import Node
from deploy.lab.node import INTERPRETER
from deploy.lab.waiting import wait_until
from tests.integration.monitored import Server
from tests.lab.scene import HANG_GUARD

SHIPPED = "/opt/hawatch/deploy/alertmanager"
PORT = 9093
RECEIVERS = 9095
TOLD = "/tmp/told.jsonl"
RECEIVER = f"""
import json
from http.server import BaseHTTPRequestHandler, HTTPServer

class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with open("{TOLD}", "a") as told:
            told.write(json.dumps([self.path.strip("/"), body]) + "\\n")
        self.send_response(200)
        self.end_headers()

HTTPServer(("127.0.0.1", {RECEIVERS}), Receiver).serve_forever()
"""


class Told(NamedTuple):
    """One message: the receiver, `firing` or `resolved`, and the names of the alerts in it."""

    receiver: str
    status: str
    alerts: tuple[str, ...]


class Alertmanager:
    """A running alertmanager, asked through its HTTP API; it ends with the lab."""

    def __init__(self, node: Node, config: str, *, listens: str = "127.0.0.1") -> None:
        """Start it with a file of deploy/alertmanager, as it is shipped."""
        self.node = node
        self.server = Server(node=node, port=PORT, headers={"Content-Type": "application/json"})
        node.write(TOLD, "")
        node.popen([INTERPRETER, "-IS", "-c", RECEIVER], name="receivers")
        self.process = node.popen(
            [
                "prometheus-alertmanager",
                f"--config.file={SHIPPED}/{config}",
                "--storage.path=/tmp/alertmanager-data",
                f"--web.listen-address={listens}:{PORT}",
                "--cluster.listen-address=",  # alone: otherwise it wants a private address
            ]
        )
        wait_until(self._ready, what="alertmanager to be ready", timeout=HANG_GUARD)

    def _ready(self) -> bool | None:
        if not self.process.running:
            raise AssertionError(f"alertmanager ended: {self.process.output()}")
        try:
            return True if self.server.ask("GET", "/-/ready").status == 200 else None
        except OSError:
            return None

    def alerts(self) -> list[dict[str, Any]]:
        """All that are active: `labels`, `annotations`, `startsAt`, `receivers`, `status.inhibitedBy`."""
        answer = self.server.ask("GET", "/api/v2/alerts")
        assert answer.status == 200, answer
        found: list[dict[str, Any]] = json.loads(answer.body)
        return found

    def post(self, alerts: Sequence[Mapping[str, Any]]) -> None:
        """Hand it alerts as Prometheus does."""
        answer = self.server.ask("POST", "/api/v2/alerts", json.dumps(list(alerts)))
        assert answer.status == 200, answer

    def told(self) -> list[Told]:
        """Every message that a receiver has been given, in order."""
        lines = self.node.path(TOLD).read_text().splitlines()
        return [
            Told(receiver, body["status"], tuple(alert["labels"]["alertname"] for alert in body["alerts"]))
            for receiver, body in map(json.loads, lines)
        ]

    def await_critical(self, name: str) -> dict[str, Any]:
        """Wait until the one alert that is critical is of this name, and give it."""

        def look() -> dict[str, Any] | None:
            found = [alert["labels"] for alert in self.alerts() if alert["labels"]["severity"] == "critical"]
            return found[0] if [labels["alertname"] for labels in found] == [name] else None

        return wait_until(look, what=f"{name} alone in alertmanager", timeout=HANG_GUARD)

    def await_none_of(self, name: str) -> None:
        """Wait until no alert of this name is active."""

        def look() -> bool | None:
            return None if name in {alert["labels"]["alertname"] for alert in self.alerts()} else True

        wait_until(look, what=f"the end of {name} in alertmanager", timeout=HANG_GUARD)

    def await_told(self, receiver: str, name: str) -> Told:
        """Wait for the first message to a receiver in which this alert is."""

        def look() -> Told | None:
            return next(
                (told for told in self.told() if told.receiver == receiver and name in told.alerts), None
            )

        return wait_until(look, what=f"{receiver} to be told of {name}", timeout=HANG_GUARD)
