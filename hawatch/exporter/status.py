"""The Snapshot as the dict that `/api/v1/status` gives; docs/interface.md has the keys, which are a promise."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from hawatch.notification.mute import Mute
from hawatch.snapshot import CountersView, GuardView, PeerView, RouterView, SaidView, Snapshot, WitnessView
from hawatch.verdict import Finding, Move

JsonDict = dict[str, object]


def iso_utc(epoch: float) -> str:
    """ISO 8601 in UTC with milliseconds, such as `2026-11-22T03:04:05.678Z`; `epoch` is in seconds."""
    moment = datetime.fromtimestamp(round(epoch, 3), UTC)
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def status(snapshot: Snapshot) -> JsonDict:
    """The whole picture as plain JSON values; unknown facts are None, times are wall times for people."""
    offset = snapshot.wall_minus_monotonic
    return {
        "node": snapshot.node,
        "pair": snapshot.pair,
        "version": snapshot.version,
        "time": iso_utc(snapshot.at + offset),
        "severity": snapshot.severity.value,
        "daemon": snapshot.daemon,
        "maintenance": None if snapshot.maintenance is None else mute_json(snapshot.maintenance),
        "silences": [
            {"scope": each.scope.value, "subject": each.subject, **mute_json(each)}
            for each in snapshot.silences
        ],
        _ROUTERS: [_router(router, offset) for router in snapshot.routers],
        "peers": [_peer(peer) for peer in snapshot.peers],
        "references": [
            {"name": reference.name, "state": reference.state} for reference in snapshot.references
        ],
        "services": [
            {"name": service.name, "node": service.node, "state": service.state}
            for service in snapshot.services
        ],
        "guards": [_guard(guard) for guard in snapshot.guards],
        "witnesses": [_witness(witness, offset) for witness in snapshot.witnesses],
        "findings": [_finding(finding) for finding in snapshot.node_findings],
        "observers": [
            {"name": observer.name, "up": observer.up, "problem": observer.problem}
            for observer in snapshot.observers
        ],
        "captures_dropped": snapshot.captures_dropped,
        **_words(snapshot.said, offset),
        "passive": list(_passive(snapshot)),
        "monitors": [
            {
                "name": each.name,
                **dict(each.requests),
                "last_looked_at": None if each.looked_at is None else iso_utc(each.looked_at),
                "problem": each.problem,
            }
            for each in snapshot.monitors
        ],
    }


def status_body(snapshot: Snapshot) -> bytes:
    """The same as JSON in UTF-8, one virtual router after the other, so that a thread that makes it holds nobody up."""
    routers = ",".join([_compact(_router(each, snapshot.wall_minus_monotonic)) for each in snapshot.routers])
    # Within a string its quotes would be escaped: this can be nothing but the key.
    around = _compact(status(replace(snapshot, routers=()))).split(f'"{_ROUTERS}":[]', 1)
    return f'{around[0]}"{_ROUTERS}":[{routers}]{around[1]}'.encode()


_ROUTERS = "virtual_routers"


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _witness(witness: WitnessView, offset: float) -> JsonDict:
    """A witness of this pair, and the last outage that it measured."""
    last = witness.last_outage
    return {
        "name": witness.name,
        "state": witness.state,
        "services": [{"name": name, "state": state} for name, state in witness.services],
        "last_outage": None
        if last is None
        else {
            "service": last.service,
            "began": iso_utc(last.began_at + offset),
            "seconds": last.seconds,
            "lost": last.lost,
            "within": last.within,
        },
    }


def mute_json(mute: Mute) -> JsonDict:
    """Until when less is told, who wanted it, and whether not even the gravest is."""
    return {
        "until": iso_utc(mute.until),
        "who": mute.who,
        "reason": mute.reason,
        "all": mute.everything,
    }


def _guard(guard: GuardView) -> JsonDict:
    return {
        "service": guard.service,
        "state": guard.state,
        "since": iso_utc(guard.since),
        "attempts": guard.attempts,
        "refusal": guard.refusal,
        "restarts": guard.restarts,
        "given_up": guard.gave_up,
    }


def _passive(snapshot: Snapshot) -> Iterator[JsonDict]:
    """What became of results pushed to each target, since the agent's start."""
    counts = {(target, result): count for target, result, count in snapshot.passive_results}
    accepted = dict(snapshot.passive_accepted)
    for name in dict.fromkeys(target for target, _ in counts):
        yield {
            "name": name,
            "accepted": counts.get((name, "accepted"), 0),
            "failed": counts.get((name, "failed"), 0),
            "last_accepted": iso_utc(accepted[name]) if name in accepted else None,
        }


def _router(router: RouterView, offset: float) -> JsonDict:
    return {
        "instance": router.instance,
        "interface": router.interface,
        "family": router.family.value,
        "vrid": router.vrid,
        "verdict": router.verdict.kind.value,
        "severity": router.verdict.severity.value,
        "since": iso_utc(router.verdict.since + offset),
        "rule": router.verdict.rule,
        "summary": router.verdict.summary,
        "owners": list(router.owners),
        "preferred_owner": router.preferred_owner,
        "vips": [{"address": vip.address, "held_by": dict(vip.held_by)} for vip in router.vips],
        "last_move": None if router.last_move is None else _move(router.last_move, offset),
        "findings": [_finding(finding) for finding in router.findings],
        "evidence": {**dict(router.evidence), **_last_said(router)},
        "incident": router.incident,
        **_counters(router.keepalived_counters, offset),
        **_virtual_services(router),
        **_words(router.said, offset),
    }


def _counters(counters: CountersView | None, offset: float) -> JsonDict:
    """keepalived's own counters, a key that is only there while there are some."""
    if counters is None:
        return {}
    shown = {"time": iso_utc(counters.at + offset), "counters": dict(counters.values)}
    return {"keepalived_counters": shown}


def _virtual_services(router: RouterView) -> JsonDict:
    """Those of IPVS, a key that is only there where there are some."""
    if not router.virtual_services:
        return {}
    return {
        "virtual_services": [
            {"service": each.name, "usable": each.usable, "configured": each.configured}
            for each in router.virtual_services
        ]
    }


def _last_said(router: RouterView) -> JsonDict:
    return {"keepalived_said": router.said[-1].text} if router.said else {}


def _words(said: tuple[SaidView, ...], offset: float) -> JsonDict:
    """keepalived's own words, a key that is only there where some were heard."""
    if not said:
        return {}
    return {
        "keepalived_said": [
            {
                "time": iso_utc(each.at + offset),
                "within_seconds": round(each.within, 6),
                "text": each.text,
                "by": each.mouth,
                "count": each.count,
            }
            for each in said
        ]
    }


def _move(move: Move, offset: float) -> JsonDict:
    return {
        "time": iso_utc(move.at + offset),
        "from": move.origin,
        "to": move.to,
        "kind": move.kind.value.value,
        "cause": None if move.cause is None else move.cause.value,
    }


def _finding(finding: Finding) -> JsonDict:
    return {
        "cause": finding.cause.value,
        "node": finding.node,
        "severity": finding.severity.value,
        "summary": finding.summary,
        "remedy": finding.remedy,
        "evidence": dict(finding.evidence),
        "tell_apart": finding.tell_apart,
    }


def _peer(peer: PeerView) -> JsonDict:
    links = [
        {
            "name": link.name,
            "state": link.state,
            "rtt_seconds": link.rtt_seconds,
            "loss_ratio": link.loss_ratio,
        }
        for link in peer.links
    ]
    return {
        "name": peer.name,
        "agent": peer.agent,
        "daemon": peer.daemon,
        "links": links,
        "clock_offset_seconds": peer.clock_offset_seconds,
    }
