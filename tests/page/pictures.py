"""What an agent would answer, made by hand from the Snapshots of tests/snapshots.py, as of now."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import Any

from hawatch.exporter.status import JsonDict, iso_utc, status
from hawatch.snapshot import Snapshot
from hawatch.verdict import Finding, VerdictKind
from tests.snapshots import AT, BLOCKED_INBOUND, VIP, router, snapshot, split_brain, steady, verdict

HOUR = 3600.0
INCIDENT = "2026-11-22-lb01-1"
HOSTILE = "<script>document.title='owned'</script><img src=x onerror=alert(1)>\u202e\"'&"


@dataclass
class Picture:
    """All answers of one moment; a test may change any of them."""

    status: JsonDict
    history: JsonDict
    incidents: list[JsonDict] = field(default_factory=list)
    targets: list[JsonDict] = field(default_factory=list)


def picture(seen: Snapshot, *, incidents: list[JsonDict] | None = None) -> Picture:
    """What the agent with this Snapshot answers, its verdicts as old as they were."""
    seen = replace(seen, wall_minus_monotonic=time.time() - AT)
    told: dict[str, Any] = status(seen)
    for each in told["virtual_routers"]:
        each["incident"] = INCIDENT if incidents else None
    return Picture(told, history(told), incidents or [], targets())


def steady_picture() -> Picture:
    return picture(ruled(steady(), "ST1-standby-ready"))


def split_picture(state: str = "open") -> Picture:
    return picture(ruled(split_brain(), "SB1-overlap"), incidents=[incident(state)])


def incident(
    state: str = "open", *, name: str = INCIDENT, instances: tuple[str, ...] = ("VI_1",)
) -> JsonDict:
    """An incident about a split brain, in one of its states."""
    now = time.time()
    taken = state in ("acknowledged", "snoozed")
    return {
        "id": name,
        "also": ["2026-11-22-lb02-1"],
        "node": "lb01",
        "state": state,
        "verdict": "split_brain",
        "severity": "critical",
        "revision": 2,
        "opened": iso_utc(now - 192),
        "resolved": iso_utc(now - 5) if state == "resolved" else None,
        "acknowledged_by": "anna" if taken else None,
        "acknowledged": iso_utc(now - 60) if taken else None,
        "snoozed_until": iso_utc(now + 1740) if state == "snoozed" else None,
        "causes": ["vrrp_blocked_inbound@lb02"],
        "virtual_routers": [
            {
                "instance": each,
                "verdict": "split_brain",
                "severity": "critical",
                "summary": f"lb01 and lb02 both hold {VIP}",
                "causes": ["vrrp_blocked_inbound@lb02"],
                "sure": True,
                "since": iso_utc(now - 192),
            }
            for each in instances
        ],
        "timeline": [
            entry(now - 192, "opened", "lb01", "VI_1 split_brain: lb01 and lb02 both hold it"),
            entry(now - 191, "found", "lb01", "vrrp_blocked_inbound on lb02"),
            entry(now - 190, "told", "lb01", "anna, sms: opened"),
        ],
    }


def entry(at: float, kind: str, who: str, text: str) -> JsonDict:
    return {"time": iso_utc(at), "kind": kind, "who": who, "text": text}


def targets() -> list[JsonDict]:
    return [
        {
            "targets": [f"10.0.0.{number}:10112"],
            "labels": {"__meta_hawatch_pair": "web", "__meta_hawatch_node": node},
        }
        for number, node in ((11, "lb01"), (12, "lb02"))
    ]


# --- history ------------------------------------------------------------------------------------------


def history(told: dict[str, Any]) -> JsonDict:
    """An hour in which every virtual router was steady until its verdict of now began."""
    now = time.time()
    begin = now - HOUR
    lanes: list[JsonDict] = []
    nodes = [told["node"], *(peer["name"] for peer in told["peers"])]
    for each in told["virtual_routers"]:
        who = {"instance": each["instance"], "vrid": each["vrid"], "family": each["family"]}
        turned = max(_epoch(each["since"]), begin)
        spans: list[list[object]] = [[begin, turned, "steady"], [turned, now, each["verdict"]]]
        lanes.append({"kind": "verdict", **who, "spans": spans if turned > begin else spans[1:]})
        for node in nodes:
            owns = node in each["owners"]
            before = node == each["preferred_owner"]
            talked = {"kind": "advertiser", **who, "node": node}
            lanes.append(
                {
                    **talked,
                    "spans": [[begin, begin + 600, None], [begin + 600, turned, before], [turned, now, owns]],
                }
            )
        for vip in each["vips"]:
            for node, held in vip["held_by"].items():
                before = node == each["preferred_owner"]
                where = {"kind": "vip", "instance": each["instance"], "vip": vip["address"], "node": node}
                lanes.append({**where, "spans": [[begin, turned, before], [turned, now, held]]})
    for peer in told["peers"]:
        for link in peer["links"]:
            state = None if link["state"] == "unknown" else link["state"]
            lane = {"kind": "link", "peer": peer["name"], "link": link["name"]}
            lanes.append(
                {
                    **lane,
                    "spans": [
                        [begin, now - 1500, "up"],
                        [now - 1500, now - 1380, "down"],
                        [now - 1380, now, state],
                    ],
                }
            )
        lanes.append(
            {
                "kind": "agent",
                "peer": peer["name"],
                "spans": [[begin, now - 60, "up"], [now - 60, now, peer["agent"]]],
            }
        )
    return {"node": told["node"], "pair": told["pair"], "from": begin, "to": now, "lanes": lanes}


def _epoch(time_text: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(time_text).timestamp()


# --- many ---------------------------------------------------------------------------------------------


def many(count: int = 255, *, split: int = 0, degraded: int = 0) -> Snapshot:
    """A pair with so many virtual routers, some of them in trouble."""
    routers = []
    for number in range(1, count + 1):
        address = f"10.{number // 250}.{number % 250}.100"
        instance = f"VI_{number}"
        held: tuple[tuple[str, bool | None], ...] = (("lb01", True), ("lb02", False))
        judged = None
        found: tuple[Finding, ...] = ()
        if count - number < split:
            judged = verdict(
                VerdictKind.SPLIT_BRAIN, f"lb01 and lb02 both hold {address}", rule="SB1-overlap", age=40
            )
            held, found = (("lb01", True), ("lb02", True)), (BLOCKED_INBOUND,)
        elif count - number < split + degraded:
            judged = verdict(
                VerdictKind.DEGRADED, f"lb01 holds {address}, alone", rule="DG3-no-standby", age=90
            )
        routers.append(
            replace(router(judged, instance=instance, vip=address, held_by=held, findings=found), vrid=number)
        )
    return snapshot(*routers)


def hostile() -> Picture:
    """Whatever can have a name has one that means harm."""
    bad = replace(
        router(
            verdict(VerdictKind.SPLIT_BRAIN, HOSTILE, rule=HOSTILE),
            instance=HOSTILE,
            held_by=((HOSTILE, True), ("lb01", True)),
            findings=(
                replace(
                    BLOCKED_INBOUND,
                    node=HOSTILE,
                    summary=HOSTILE,
                    remedy=HOSTILE,
                    tell_apart=HOSTILE,
                    evidence=((HOSTILE, HOSTILE),),
                ),
            ),
        ),
        interface=HOSTILE,
    )
    seen = snapshot(bad)
    seen = replace(seen, pair=HOSTILE, peers=(replace(seen.peers[0], name=HOSTILE),))
    shown = picture(
        seen, incidents=[{**incident(name=HOSTILE), "timeline": [entry(0, HOSTILE, HOSTILE, HOSTILE)]}]
    )
    told: Any = shown.status["virtual_routers"]
    told[0]["incident"] = HOSTILE
    told[0]["findings"].append({**told[0]["findings"][0], "cause": "constructor", "severity": "toString"})
    return shown


def with_findings(*found: Finding) -> Picture:
    return picture(snapshot(router(findings=found)))


def ruled(seen: Snapshot, rule: str) -> Snapshot:
    """The same, judged by a rule that there is, with facts of their real names."""
    evidence = (
        ("owner", "both"),
        ("proof", "S1"),
        ("carrier", True),
        ("cut_off", False),
        ("standby_ready", None),
    )
    routers = tuple(
        replace(each, verdict=replace(each.verdict, rule=rule), evidence=evidence) for each in seen.routers
    )
    return replace(seen, routers=routers)
