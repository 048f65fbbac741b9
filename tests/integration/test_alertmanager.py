"""A real Alertmanager with each of the shipped variants: what keeps quiet while something else is said."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from deploy.lab import Lab, Topology
from deploy.lab.waiting import wait_until
from tests.integration.alertmanager_server import Alertmanager
from tests.lab.scene import HANG_GUARD

LAST = "the last"
ROUTER = {"pair": "web", "vrrp_instance": "VI_1", "vrid": "51", "family": "ipv4"}
OF_THE_ROUTER = (
    "HawatchSplitBrain",
    "HawatchSplitBrainSuspected",
    "HawatchNoOwner",
    "HawatchConflict",
    "HawatchFlapping",
    "HawatchFailover",
    "HawatchDegraded",
    "HawatchLatentCause",
    "HawatchAgentsDisagree",
)


@pytest.fixture(params=["hawatch-pages.yml", "alertmanager-pages.yml"])
def alertmanager(request: pytest.FixtureRequest) -> Iterator[Alertmanager]:
    with Lab(Topology(hosts=("monitor",))) as lab:
        yield Alertmanager(lab.node("monitor"), request.param)


def raised(name: str, **labels: str) -> dict[str, dict[str, str]]:
    return {"labels": {"alertname": name, **labels}}


def held_with(alertmanager: Alertmanager, *alerts: dict[str, dict[str, str]]) -> list[dict[str, Any]]:
    """What alertmanager holds when it has been given these, and has understood what inhibits what.

    It learns of alerts in their order, so that it has understood these when it has the last pair of all.
    """
    alertmanager.post(
        [*alerts, raised("HawatchMaintenance", pair=LAST), raised("HawatchFailover", pair=LAST)]
    )

    def look() -> list[dict[str, Any]] | None:
        held = alertmanager.alerts()
        understood = any(alert["status"]["inhibitedBy"] for alert in held if alert["labels"]["pair"] == LAST)
        return [alert for alert in held if alert["labels"]["pair"] != LAST] if understood else None

    return wait_until(look, what="the last pair to be inhibited", timeout=HANG_GUARD)


def quiet(alertmanager: Alertmanager, *alerts: dict[str, dict[str, str]]) -> set[str]:
    """The names of the alerts that are inhibited when these are raised together."""
    held = held_with(alertmanager, *alerts)
    assert len(held) == len(alerts), held
    return {alert["labels"]["alertname"] for alert in held if alert["status"]["inhibitedBy"]}


def test_a_split_speaks_for_what_is_suspected_and_for_its_causes_and_maintenance_silences_the_rest(
    alertmanager: Alertmanager,
) -> None:
    everything = [raised(name, **ROUTER) for name in OF_THE_ROUTER]
    assert quiet(alertmanager, *everything) == {
        "HawatchSplitBrainSuspected",
        "HawatchFlapping",
        "HawatchFailover",
        "HawatchDegraded",
        "HawatchLatentCause",
        "HawatchAgentsDisagree",
    }


def test_maintenance_silences_all_but_what_hawatch_tells_in_it(alertmanager: Alertmanager) -> None:
    everything = [raised(name, **ROUTER) for name in OF_THE_ROUTER]
    absent = raised("HawatchAgentAbsent", pair="web", instance="lb02:10112")
    heard = quiet(alertmanager, *everything, absent, raised("HawatchMaintenance", pair="web"))
    told = {*OF_THE_ROUTER, "HawatchAgentAbsent", "HawatchMaintenance"} - heard
    assert told == {"HawatchSplitBrain", "HawatchNoOwner", "HawatchConflict", "HawatchMaintenance"}


def test_another_pair_is_not_silenced(alertmanager: Alertmanager) -> None:
    other = {**ROUTER, "pair": "mail"}
    assert quiet(
        alertmanager,
        raised("HawatchSplitBrain", **ROUTER),
        raised("HawatchMaintenance", pair="web"),
        raised("HawatchSplitBrainSuspected", **ROUTER),
        raised("HawatchAgentsDisagree", **other),
        raised("HawatchLatentCause", **other, cause="rp_filter", node="mx01"),
        raised("HawatchAgentAbsent", pair="mail", instance="mx02:10112"),
    ) == {"HawatchSplitBrainSuspected"}


def test_an_agent_that_is_gone_is_one_alert(
    alertmanager: Alertmanager,
) -> None:
    lb02 = {"pair": "web", "instance": "lb02:10112"}
    assert quiet(
        alertmanager,
        raised("HawatchAgentAbsent", **lb02),
        raised("HawatchPictureStale", **lb02),
        raised("HawatchAgentBlind", **lb02, observer="sniffer"),
        raised("HawatchOutboxWaiting", pair="web", instance="lb01:10112"),
    ) == {"HawatchPictureStale", "HawatchAgentBlind"}


def test_a_pair_without_agents_is_one_alert(alertmanager: Alertmanager) -> None:
    assert quiet(
        alertmanager,
        raised("HawatchPairUnwatched", pair="web"),
        raised("HawatchAgentAbsent", pair="web", instance="lb01:10112"),
        raised("HawatchAgentAbsent", pair="web", instance="lb02:10112"),
    ) == {"HawatchAgentAbsent"}


def test_a_host_that_claims_the_vip_is_told_as_the_conflict_that_it_is(alertmanager: Alertmanager) -> None:
    assert quiet(
        alertmanager,
        raised("HawatchConflict", **ROUTER),
        raised("HawatchCriticalFinding", **ROUTER, cause="address_claimed", node="10.0.0.77"),
    ) == {"HawatchCriticalFinding"}


def test_the_causes_of_a_degraded_pair_are_told_with_it_and_those_of_a_node_beside_it(
    alertmanager: Alertmanager,
) -> None:
    degraded = raised("HawatchDegraded", **ROUTER)
    cause = raised("HawatchLatentCause", **ROUTER, cause="keepalived_dead", node="lb02")
    of_the_node = raised("HawatchLatentCause", pair="web", cause="clock_skew", node="lb02")
    held = held_with(alertmanager, degraded, cause, of_the_node)
    inhibited = {alert["labels"].get("cause"): bool(alert["status"]["inhibitedBy"]) for alert in held}
    assert inhibited == {None: False, "keepalived_dead": True, "clock_skew": False}
