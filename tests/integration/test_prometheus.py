"""A real Prometheus scrapes both agents over the LAN, with the shipped configuration and rules."""

from __future__ import annotations

from tests.integration.conftest import Tell
from tests.integration.monitored import monitor, monitored_pair, since_healed, since_split, split
from tests.integration.prometheus_server import Prometheus


def test_a_split_fires_one_alert_and_healing_resolves_it(told: Tell) -> None:
    with monitored_pair() as pair:
        server = Prometheus(monitor(pair), every="1s")
        server.await_up(2)
        pair.settle()
        with split(pair):
            server.await_alert("HawatchSplitBrain")
            told("prometheus: HawatchSplitBrain fires after the second owner", since_split(pair))
        server.await_no_alert("HawatchSplitBrain")
        told("prometheus: resolved after one of them let go", since_healed(pair))
