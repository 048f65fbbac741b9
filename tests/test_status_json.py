from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

from hawatch.exporter.status import iso_utc, status, status_body
from hawatch.exporter.text import WIDTH, render
from hawatch.snapshot import CountersView
from tests import snapshots
from tests.snapshots import EPOCH


def test_the_promised_keys_of_the_status_are_there_with_their_values() -> None:
    seen = status(snapshots.split_brain())
    assert seen["node"] == "lb01"
    assert seen["pair"] == "web"
    assert seen["version"] == "0.1.0"
    assert seen["time"] == "2026-06-01T00:00:00.000Z"
    assert seen["severity"] == "critical"
    assert (seen["maintenance"], seen["silences"]) == (None, [])
    assert seen["virtual_routers"] == [
        {
            "instance": "VI_1",
            "interface": "eth0",
            "family": "ipv4",
            "vrid": 51,
            "verdict": "split_brain",
            "severity": "critical",
            "since": "2026-05-31T23:56:48.000Z",
            "rule": "SB1",
            "summary": "lb01 and lb02 both hold 192.168.136.100",
            "owners": ["lb01", "lb02"],
            "preferred_owner": "lb01",
            "vips": [{"address": "192.168.136.100", "held_by": {"lb01": True, "lb02": True}}],
            "last_move": None,
            "findings": [
                {
                    "cause": "vrrp_blocked_inbound",
                    "node": "lb02",
                    "severity": "critical",
                    "summary": "VRRP is dropped inbound on lb02",
                    "remedy": "nft insert rule inet filter input ip protocol vrrp accept",
                    "evidence": {},
                    "tell_apart": "",
                }
            ],
            "evidence": {"own_vip": True, "peer_advert_age": None, "heard_priority": 100},
            "incident": None,
        }
    ]
    link = {"name": "lan", "state": "up", "rtt_seconds": 0.0003, "loss_ratio": 0.0}
    peer = {"name": "lb02", "agent": "up", "daemon": None, "links": [link], "clock_offset_seconds": None}
    assert seen["peers"] == [peer]
    assert seen["daemon"] is None
    assert seen["references"] == [{"name": "gateway", "state": "up"}]
    assert seen["services"] == [
        {"name": "nginx", "node": "lb01", "state": "up"},
        {"name": "nginx", "node": "lb02", "state": "unknown"},
    ]


def test_the_body_that_is_sent_is_the_status_whatever_the_names_are() -> None:
    split = snapshots.split_brain()
    hostile = replace(split, node='"virtual_routers":[]', pair="鍵", routers=split.routers * 3)
    for seen in (split, hostile, replace(split, routers=())):
        assert json.loads(status_body(seen)) == json.loads(json.dumps(status(seen)))


def test_keepalived_s_counters_are_shown_while_there_are_some() -> None:
    picture = snapshots.split_brain()
    assert "keepalived_counters" not in status(picture)["virtual_routers"][0]  # type: ignore[index]
    counters = CountersView(at=picture.at - 1, values=(("advert_rcvd", 12), ("auth_failure", 3)))
    router = replace(picture.routers[0], keepalived_counters=counters)
    shown = status(replace(picture, routers=(router,)))["virtual_routers"]
    assert isinstance(shown, list)
    assert shown[0]["keepalived_counters"] == {
        "time": "2026-05-31T23:59:59.000Z",
        "counters": {"advert_rcvd": 12, "auth_failure": 3},
    }


def test_a_move_is_told_with_its_cause_and_in_wall_time() -> None:
    (router,) = json.loads(json.dumps(status(snapshots.moved())))["virtual_routers"]
    assert router["last_move"] == {
        "time": "2026-05-31T23:56:00.000Z",
        "from": "lb01",
        "to": "lb02",
        "kind": "failover",
        "cause": "keepalived_dead",
    }


def test_unknown_is_null_and_neither_true_nor_false() -> None:
    (router,) = json.loads(json.dumps(status(snapshots.indeterminate())))["virtual_routers"]
    assert router["vips"][0]["held_by"] == {"lb01": None, "lb02": None}
    assert router["owners"] == []


def test_times_are_rounded_to_milliseconds_and_end_in_z() -> None:
    assert iso_utc(EPOCH + 0.3) == "2026-06-01T00:00:00.300Z"
    assert iso_utc(EPOCH - 0.0004) == "2026-06-01T00:00:00.000Z"
    assert iso_utc(0) == "1970-01-01T00:00:00.000Z"


NOW = datetime.fromtimestamp(EPOCH + 1, UTC)


def test_the_text_form_of_a_split_brain_reads_well() -> None:
    assert render(status(snapshots.split_brain()), NOW).splitlines() == [
        "web, seen from lb01                            2026-06-01 00:00:00 UTC  CRITICAL",
        "",
        "VI_1  vrid 51, eth0, ipv4",
        "  split_brain  critical, for 3 min, rule SB1",
        "  lb01 and lb02 both hold 192.168.136.100",
        "  owners      lb01, lb02 (preferred: lb01)",
        "  vip         192.168.136.100  lb01: yes  lb02: yes",
        "  critical    vrrp_blocked_inbound on lb02: VRRP is dropped inbound on lb02",
        "  remedy      nft insert rule inet filter input ip protocol vrrp accept",
        "",
        "  peer        lb02: agent up, lan up 0.3 ms",
        "  reference   gateway up",
        "  service     nginx on lb01: up",
        "  service     nginx on lb02: unknown",
    ]


def test_the_text_form_fits_80_columns_but_never_breaks_a_remedy() -> None:
    remedy = "nft insert rule inet filter input ip protocol vrrp counter accept comment " + "x" * 60
    finding = replace(snapshots.BLIND, summary="word " * 40, remedy=remedy)
    seen = snapshots.snapshot(snapshots.router(findings=(finding,)), node_findings=(finding,))
    maintained = replace(snapshots.MAINTENANCE, reason="kernel update " * 9)
    lines = render(status(replace(seen, maintenance=maintained)), NOW).splitlines()
    assert [line for line in lines if len(line) > WIDTH] == [f"  remedy      {remedy}"] * 2


def test_what_is_muted_is_told_with_its_end_and_its_reason() -> None:
    seen = replace(snapshots.steady(), maintenance=snapshots.MAINTENANCE, silences=(snapshots.SILENCE,))
    told = status(seen)
    assert told["maintenance"] == {
        "until": "2026-06-01T03:40:00.000Z",
        "who": "anna",
        "reason": "kernel update",
        "all": False,
    }
    assert told["silences"] == [
        {
            "scope": "instance",
            "subject": "VI_2",
            "until": "2026-06-01T00:30:00.000Z",
            "who": "bob",
            "reason": "",
            "all": False,
        }
    ]
    text = render(told, datetime.fromtimestamp(EPOCH, UTC))
    assert (
        "  maintenance until 2026-06-01 03:40 UTC (3 h 40 min left), by anna: kernel\n              update\n"
        in text
    )
    assert "  silence     VI_2, until 2026-06-01 00:30 UTC (30 min left), by bob\n" in text


def test_the_text_form_says_unknown_and_how_old_it_is() -> None:
    later = datetime.fromtimestamp(EPOCH + 60, UTC)
    text = render(status(snapshots.indeterminate()), later)
    assert "This picture is 60 s old.\n" in text
    assert "192.168.136.100  lb01: unknown  lb02: unknown\n" in text


def test_the_text_form_of_no_virtual_router_says_so() -> None:
    assert "no virtual router is watched" in render(status(snapshots.snapshot()), NOW)
