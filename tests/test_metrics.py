from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text
from prometheus_client.samples import Sample

from hawatch.exporter.metric_table import METRICS, ROUTER, Kind, Metric
from hawatch.exporter.metrics import exposition, new_registry
from hawatch.exporter.metrics_doc import render
from hawatch.snapshot import DrillView, GuardView, LoopView, MonitorView, Snapshot, VirtualServiceView
from hawatch.tally import NO_DETECTIONS, NO_NOTIFICATIONS
from hawatch.verdict import VerdictKind
from tests import snapshots
from tests.snapshots import EPOCH

OPENMETRICS = "application/openmetrics-text;version=1.0.0"
BASE_UNITS = ("_seconds", "_ratio")
WRONG_UNITS = ("_milliseconds", "_ms", "_percent", "_minutes", "_kilobytes")
VI_1 = {"pair": "web", "vrrp_instance": "VI_1", "interface": "eth0", "vrid": "51", "family": "ipv4"}


def scrape(snapshot: Snapshot) -> dict[str, list[Sample]]:
    body, _ = exposition(new_registry(lambda: snapshot))
    families = parse_text(body.decode())
    found: dict[str, list[Sample]] = {}
    for family in families:
        for sample in family.samples:
            found.setdefault(sample.name, []).append(sample)
    return found


def value(found: dict[str, list[Sample]], name: str, **labels: str) -> float:
    (sample,) = [each for each in found.get(name, []) if labels.items() <= each.labels.items()]
    return sample.value


def series_of(metric: Metric) -> list[str]:
    """The names that a query can type."""
    if metric.kind is Kind.HISTOGRAM:
        return [f"{metric.name}_{part}" for part in ("bucket", "count", "sum")]
    return [metric.name]


def test_exactly_one_verdict_is_1_and_all_the_others_are_0() -> None:
    samples = scrape(snapshots.split_brain())["hawatch_verdict"]
    assert {sample.labels["verdict"] for sample in samples} == {kind.value for kind in VerdictKind}
    assert [sample.labels for sample in samples if sample.value == 1] == [{**VI_1, "verdict": "split_brain"}]
    assert sum(sample.value for sample in samples) == 1


def test_a_finding_is_there_while_it_holds_and_gone_afterwards() -> None:
    found = scrape(snapshots.split_brain())
    (finding,) = found["hawatch_finding"]
    expected = {**VI_1, "cause": "vrrp_blocked_inbound", "node": "lb02", "severity": "critical"}
    assert (finding.labels, finding.value) == (expected, 1)
    assert "hawatch_finding" not in scrape(snapshots.steady())


def test_a_finding_about_a_node_has_empty_router_labels() -> None:
    found = scrape(snapshots.snapshot(node_findings=(snapshots.BLIND,)))
    (finding,) = found["hawatch_finding"]
    assert {finding.labels[label] for label in ROUTER if label != "pair"} == {""}
    assert finding.labels["cause"] == "blind"


def test_what_is_unknown_has_no_series() -> None:
    found = scrape(snapshots.unknown_peer())
    held = [(sample.labels["node"], sample.value) for sample in found["hawatch_vip_held"]]
    assert held == [("lb01", 1)]
    services = [(sample.labels["node"], sample.value) for sample in found["hawatch_service_up"]]
    assert services == [("lb01", 1)]
    unknown = scrape(snapshots.indeterminate())
    for name in (
        "hawatch_vip_held",
        "hawatch_peer_link_up",
        "hawatch_peer_rtt_seconds",
        "hawatch_peer_loss_ratio",
    ):
        assert name not in unknown


def test_a_vip_that_is_not_held_is_0() -> None:
    assert value(scrape(snapshots.steady()), "hawatch_vip_held", node="lb02", vip="192.168.136.100") == 0


def test_times_are_seconds_since_the_epoch() -> None:
    found = scrape(snapshots.moved())
    assert value(found, "hawatch_last_move_timestamp_seconds", kind="failover", **VI_1) == EPOCH - 240
    assert value(found, "hawatch_verdict_since_timestamp_seconds", **VI_1) == EPOCH - 3600
    assert value(found, "hawatch_snapshot_timestamp_seconds") == EPOCH
    assert "hawatch_last_move_timestamp_seconds" not in scrape(snapshots.steady())


def test_counters_carry_the_snapshots_counts() -> None:
    found = scrape(replace(snapshots.steady(), captures_dropped=7))
    assert value(found, "hawatch_adverts_total", direction="out", source="self", valid="true", **VI_1) == 1200
    assert value(found, "hawatch_adverts_total", direction="in", source="foreign", valid="false") == 1
    assert value(found, "hawatch_owner_changes_total", **VI_1) == 2
    assert value(found, "hawatch_verdict_changes_total", **VI_1) == 3
    assert value(found, "hawatch_capture_dropped_total") == 7


def test_links_maintenance_incidents_and_build_are_told() -> None:
    view = replace(snapshots.router(), incident="K7")
    other = replace(view, instance="VI_2")
    seen = snapshots.snapshot(view, other, links=(snapshots.UP, snapshots.DOWN))
    found = scrape(replace(seen, maintenance=snapshots.MAINTENANCE))
    assert value(found, "hawatch_peer_link_up", peer="lb02", link="lan") == 1
    assert value(found, "hawatch_peer_link_up", peer="lb02", link="serial") == 0
    assert value(found, "hawatch_peer_rtt_seconds", peer="lb02", link="lan") == 0.0003
    assert value(found, "hawatch_peer_loss_ratio", peer="lb02", link="serial") == 1
    assert value(found, "hawatch_peer_agent", peer="lb02", state="up") == 1
    assert value(found, "hawatch_maintenance") == 1
    assert value(scrape(seen), "hawatch_maintenance") == 0
    assert value(found, "hawatch_incidents_open") == 1
    assert value(found, "hawatch_build_info", version="0.1.0", node="lb01", pair="web") == 1
    assert value(found, "hawatch_severity", severity="ok") == 1


def test_what_came_of_messages_is_counted_by_channel_and_result() -> None:
    counts = (("modem", "sent", 2), ("modem", "failed", 0), ("letters", "left", 1))
    found = scrape(replace(snapshots.steady(), notifications=counts, outbox_waiting=3))
    assert value(found, "hawatch_notifications_total", channel="modem", result="sent") == 2
    assert value(found, "hawatch_notifications_total", channel="modem", result="failed") == 0
    assert value(found, "hawatch_notifications_total", channel="letters", result="left") == 1
    assert value(found, "hawatch_outbox_waiting") == 3


def test_a_reply_path_is_unknown_before_the_first_probe_is_decided_and_keeps_its_last_success() -> None:
    dead = LoopView(channel="modem", up=False, seconds=12.5, succeeded_at=EPOCH - 9)
    found = scrape(replace(snapshots.steady(), loops=(dead, LoopView(channel="mail"))))
    assert value(found, "hawatch_reply_path_up", channel="modem") == 0
    assert value(found, "hawatch_reply_path_seconds", channel="modem") == 12.5
    assert value(found, "hawatch_reply_path_last_success_timestamp_seconds", channel="modem") == EPOCH - 9
    of_mail = [each for name in found if "reply_path" in name for each in found[name]]
    assert {each.labels["channel"] for each in of_mail} == {"modem"}


def test_passive_results_are_counted_by_target_and_result() -> None:
    counts = (("icinga", "accepted", 4), ("icinga", "failed", 1))
    found = scrape(
        replace(snapshots.steady(), passive_results=counts, passive_accepted=(("icinga", EPOCH - 7),))
    )
    assert value(found, "hawatch_passive_results_total", target="icinga", result="accepted") == 4
    assert value(found, "hawatch_passive_results_total", target="icinga", result="failed") == 1
    assert value(found, "hawatch_passive_last_accepted_timestamp_seconds", target="icinga") == EPOCH - 7


def test_how_long_detection_and_messages_took_is_a_histogram_in_seconds() -> None:
    took = NO_DETECTIONS.with_one(0.05).with_one(0.7).with_one(99.0)
    sent = NO_NOTIFICATIONS.with_one(3.0)
    found = scrape(
        replace(snapshots.steady(), detection_seconds=took, notification_seconds=(("modem", sent),))
    )
    assert value(found, "hawatch_detection_seconds_bucket", le="0.05", pair="web") == 1
    assert value(found, "hawatch_detection_seconds_bucket", le="1.0") == 2
    assert value(found, "hawatch_detection_seconds_bucket", le="16.0") == 2
    assert value(found, "hawatch_detection_seconds_bucket", le="+Inf") == 3
    assert value(found, "hawatch_detection_seconds_count") == 3
    assert value(found, "hawatch_detection_seconds_sum") == pytest.approx(99.75)
    assert value(found, "hawatch_notification_seconds_bucket", channel="modem", le="2.5") == 0
    assert value(found, "hawatch_notification_seconds_bucket", channel="modem", le="5.0") == 1
    assert value(scrape(snapshots.steady()), "hawatch_detection_seconds_count") == 0


def test_both_formats_carry_the_same_hawatch_samples() -> None:
    registry = new_registry(snapshots.split_brain)
    plain, plain_type = exposition(registry)
    openmetrics, openmetrics_type = exposition(registry, OPENMETRICS)
    assert plain_type.startswith("text/plain")
    assert openmetrics_type.startswith("application/openmetrics-text")

    def ours(families: object) -> set[tuple[str, tuple[tuple[str, str], ...], float]]:
        return {
            (sample.name, tuple(sorted(sample.labels.items())), sample.value)
            for family in families  # type: ignore[attr-defined]
            for sample in family.samples
            if sample.name.startswith("hawatch_")
        }

    told = ours(parse_text(plain.decode()))
    assert len(told) > 40
    assert told == ours(parse_openmetrics(openmetrics.decode()))  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("accept", ["application/openmetrics-text;version=x", "a/b;version=", ";;,", "\xff"])
def test_a_strange_accept_header_still_gets_metrics(accept: str) -> None:
    body, _ = exposition(new_registry(snapshots.steady), accept)
    assert b"hawatch_verdict{" in body


def test_every_metric_of_the_table_is_exported_with_its_type_and_labels() -> None:
    seen = snapshots.snapshot(
        replace(
            snapshots.router(findings=(snapshots.STALE_ARP,), last_move=snapshots.FAILED_OVER),
            virtual_services=(VirtualServiceView(name="tcp 10.0.0.1:80", usable=None, configured=2),),
        ),
        links=(snapshots.UP,),
    )
    seen = replace(
        seen,
        notifications=(("modem", "sent", 1),),
        notification_seconds=(("modem", NO_NOTIFICATIONS.with_one(0.3)),),
        put_aside=(("mail", "no_proof", 1),),
        webhooks=(("twilio", "refused", 2),),
        loops=(LoopView(channel="modem", up=False, seconds=4.5, succeeded_at=1.0),),
        passive_results=(("icinga", "accepted", 1),),
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
    body, _ = exposition(new_registry(lambda: seen))
    found = scrape(seen)
    for metric in METRICS:
        kind = "gauge" if metric.kind is Kind.INFO else metric.kind.value
        assert f"# TYPE {metric.name} {kind}\n" in body.decode()
        for name in series_of(metric):
            for sample in found[name]:
                assert set(sample.labels) - {"le"} == set(metric.labels), metric.name
    expected = {name for metric in METRICS for name in series_of(metric)}
    assert expected == {each for each in found if each.startswith("hawatch_")}


def test_the_names_keep_to_prometheus_conventions() -> None:
    for metric in METRICS:
        assert re.fullmatch(r"hawatch(_[a-z]+)+", metric.name)
        assert metric.name.endswith("_total") == (metric.kind is Kind.COUNTER)
        assert metric.name.endswith("_info") == (metric.kind is Kind.INFO)
        assert not metric.name.endswith((*WRONG_UNITS, "_count", "_sum", "_bucket"))
        assert metric.help.endswith(".")
        assert metric.labels[0] == "pair"
        assert "instance" not in metric.labels  # Prometheus's own
        if metric.kind is Kind.COUNTER:
            assert not {"verdict", "state", "cause", "severity"} & set(metric.labels)
        if "seconds" in metric.name or "ratio" in metric.name:
            assert metric.name.endswith(BASE_UNITS)


def test_a_scrape_sees_one_snapshot_only() -> None:
    pictures = iter([snapshots.steady()])
    registry = new_registry(lambda: next(pictures))
    body, _ = exposition(registry)
    assert b"hawatch_verdict{" in body


def test_the_same_series_told_twice_does_not_cost_the_scrape() -> None:
    view = snapshots.router(findings=(snapshots.STALE_ARP, snapshots.STALE_ARP))
    (finding,) = scrape(snapshots.snapshot(view))["hawatch_finding"]
    assert finding.value == 1


def test_the_metrics_document_is_current() -> None:
    document = Path(__file__).parent.parent / "docs" / "metrics.md"
    assert document.read_text() == render(), "run: python -m hawatch.exporter.metrics_doc > docs/metrics.md"
