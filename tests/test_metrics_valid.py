"""The exposition over everything that can be in a picture, read by others: the client's parsers and promtool."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

import pytest
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from hawatch.exporter.metric_table import METRICS, Kind
from hawatch.exporter.metrics import exposition, new_registry
from hawatch.snapshot import (
    DrillView,
    GuardView,
    LoopView,
    MonitorView,
    ObserverView,
    PeerView,
    RouterView,
    ServiceView,
    Snapshot,
    VipView,
    VirtualServiceView,
)
from hawatch.tally import NO_DETECTIONS, NO_NOTIFICATIONS
from hawatch.verdict import Cause, Finding, Move, MoveKind, Severity, VerdictKind
from hawatch.wire.family import Family
from tests import snapshots
from tests.snapshots import AT, EPOCH

OPENMETRICS = "application/openmetrics-text;version=1.0.0"
PROMTOOL = shutil.which("promtool")
ODD = 'VI "one"\\\n机房,{a="b"} 1'
"""A name that has all that the formats escape; keepalived takes nearly anything."""


def everything() -> Snapshot:
    """Every verdict, cause, severity, kind of move, state and histogram at once, and names that ask for escapes."""
    routers = tuple(_router(number, kind) for number, kind in enumerate(VerdictKind))
    seen = snapshots.snapshot(
        *routers, node_findings=_findings("lb01"), links=(snapshots.UP, snapshots.DOWN, snapshots.UNKNOWN)
    )
    left = PeerView(name="10.0.0.9", agent="left", links=())
    took = NO_DETECTIONS
    for seconds in (0.0, 0.05, 0.3, 99.0):
        took = took.with_one(seconds)
    return replace(
        seen,
        peers=(*seen.peers, left),
        services=(*seen.services, ServiceView(name=ODD, node="lb01", state="down")),
        observers=(*seen.observers, ObserverView(name="sniffer:eth0", up=False, problem=ODD)),
        captures_dropped=2**53,
        maintenance=snapshots.MAINTENANCE,
        incidents_open=("20260601-lb01-1",),
        notifications=(("modem", "sent", 1), (ODD, "failed", 2)),
        outbox_waiting=1,
        put_aside=(("mail", "no_proof", 1), (ODD, "stranger", 2)),
        webhooks=(("twilio", "refused", 2), (ODD, "taken", 1)),
        loops=(LoopView(channel="modem", up=True, seconds=4.5, succeeded_at=EPOCH), LoopView(channel=ODD)),
        notification_seconds=(("modem", NO_NOTIFICATIONS.with_one(0.4)), (ODD, NO_NOTIFICATIONS)),
        detection_seconds=took,
        passive_results=(("icinga", "accepted", 3), ("icinga", "failed", 1)),
        passive_accepted=(("icinga", EPOCH),),
        guards=(GuardView(service="nginx", state="failing", since=0.0, restarts=1, gave_up=1),),
        drill=DrillView(
            at=EPOCH - 86400,
            passed=True,
            outages=(("failover", "icmp://10.0.0.100", 0.4),),
            verdicts=(("failover", "VI_1", 0.6),),
        ),
        monitors=(MonitorView(name="icinga", requests=(("looked", 1), ("changed", 1), ("failed", 1))),),
    )


def _router(number: int, kind: VerdictKind) -> RouterView:
    judged = snapshots.verdict(kind, "it is so")
    moves = list(MoveKind)
    move = Move(at=AT - number, origin="lb01", to="lb02", kind=moves[number % len(moves)])
    view = snapshots.router(judged, instance=f"{ODD}{number}", findings=_findings("lb02"), last_move=move)
    addresses = ("2001:db8::100", "fe80::1")
    return replace(
        view,
        vrid=number + 1,
        family=Family.IPV6 if number % 2 else Family.IPV4,
        vips=tuple(VipView(address=each, held_by=(("lb01", True), ("lb02", None))) for each in addresses),
        virtual_services=(VirtualServiceView(name="tcp [2001:db8::100]:80", usable=1, configured=2),),
    )


def _findings(node: str) -> tuple[Finding, ...]:
    return tuple(
        Finding(cause=cause, node=node, severity=severity, summary=ODD)
        for cause in Cause
        for severity in (Severity.CRITICAL, Severity.WARNING, Severity.INFO)
    )


def names_in(families: Iterable[Metric]) -> Counter[str]:
    return Counter(family.name for family in families for _ in family.samples)


def test_the_picture_of_this_test_leaves_no_metric_out() -> None:
    found = names_in(parse_text(exposition(new_registry(everything))[0].decode()))
    for metric in METRICS:
        base = metric.name.removesuffix("_total") if metric.kind is Kind.COUNTER else metric.name
        assert found[base] > 0, metric.name


def test_the_clients_own_parsers_read_both_formats_alike() -> None:
    registry = new_registry(everything)
    plain = parse_text(exposition(registry)[0].decode())
    body, content_type = exposition(registry, OPENMETRICS)
    assert content_type.startswith("application/openmetrics-text")
    assert body.endswith(b"# EOF\n")
    openmetrics = list(parse_openmetrics(body.decode()))  # type: ignore[no-untyped-call]
    ours = {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in openmetrics
        for sample in family.samples
        if sample.name.startswith("hawatch_")
    }
    for family in plain:
        for sample in family.samples:
            if sample.name.startswith("hawatch_"):
                place = (sample.name, tuple(sorted(sample.labels.items())))
                assert ours.pop(place) == sample.value, place
    assert ours == {}


def test_odd_names_come_through_as_they_are() -> None:
    registry = new_registry(everything)
    for families in (
        parse_text(exposition(registry)[0].decode()),
        parse_openmetrics(exposition(registry, OPENMETRICS)[0].decode()),  # type: ignore[no-untyped-call]
    ):
        named = {
            sample.labels["channel"]
            for family in families
            for sample in family.samples
            if sample.name == "hawatch_notifications_total"
        }
        assert named == {"modem", ODD}


def test_a_histogram_is_cumulative_and_ends_with_all_of_them() -> None:
    body = exposition(new_registry(everything))[0].decode()
    (family,) = [each for each in parse_text(body) if each.name == "hawatch_detection_seconds"]
    buckets = [(float(s.labels["le"]), s.value) for s in family.samples if s.name.endswith("_bucket")]
    assert buckets == sorted(buckets)
    assert [count for _, count in buckets] == sorted(count for _, count in buckets)
    (count,) = [s.value for s in family.samples if s.name.endswith("_count")]
    assert buckets[-1] == (float("inf"), count) == (float("inf"), 4)


@pytest.mark.skipif(
    PROMTOOL is None and os.environ.get("HAWATCH_TEST_ALL") != "1", reason="promtool is not installed"
)
@pytest.mark.parametrize("seen", [everything(), snapshots.steady(), snapshots.indeterminate()])
def test_promtool_has_nothing_to_complain_of(seen: Snapshot) -> None:
    assert PROMTOOL is not None, "bash deploy/setup.sh --tests installs it"
    body, _ = exposition(new_registry(lambda: seen))
    found = subprocess.run([PROMTOOL, "check", "metrics"], input=body, capture_output=True, check=False)
    assert (found.returncode, found.stdout, found.stderr) == (0, b"", b"")
