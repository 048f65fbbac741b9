"""Performance data of the plugin's line: `label=value[unit];warn;crit;min;max`, labels that need no quotes; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from hawatch.exporter.check_items import Item
from hawatch.exporter.check_measure import MEASURES, measured, number
from hawatch.exporter.check_question import CheckName, Question
from hawatch.snapshot import PeerView, RouterView, Snapshot

# Nagios cuts plugin output at 8 KiB, older NRPE at 4; whole items are left out before that.
LIMIT = 3000
UNFIT = re.compile(r"[^A-Za-z0-9_.:-]+")


def perfdata(snapshot: Snapshot, question: Question, items: Iterable[Item], now: float) -> str:
    """The check's numbers, the most important first."""
    chosen: list[str] = []
    length = 0
    for part in _parts(snapshot, question, items, now):
        length += len(part) + 1
        if length > LIMIT:
            break
        chosen.append(part)
    return " ".join(chosen)


def _parts(snapshot: Snapshot, question: Question, items: Iterable[Item], now: float) -> Iterator[str]:
    routers = [router for router in snapshot.routers if question.instance in (None, router.instance)]
    match question.check:
        case CheckName.OVERALL | CheckName.INSTANCE:
            yield from _severities(routers, items)
            if question.check is CheckName.OVERALL:
                yield from _links(snapshot.peers)
            yield from _counters(routers)
        case CheckName.PEERS:
            yield from _measure(snapshot, question, now)
            yield from _links(snapshot.peers)
        case CheckName.SERVICES:
            yield from _measure(snapshot, question, now)
            up = sum(service.state == "up" for service in snapshot.services)
            yield f"services_up={up};;;0;{len(snapshot.services)}"
        case CheckName.AGENT:
            seeing = sum(observer.up for observer in snapshot.observers)
            yield f"observers_up={seeing};;;0;{len(snapshot.observers)}"
            yield f"frames_dropped={snapshot.captures_dropped}c;;;0"
        case CheckName.ONCALL:
            yield from _measure(snapshot, question, now)
    yield from _age(snapshot, question, now)


def _measure(snapshot: Snapshot, question: Question, now: float) -> Iterator[str]:
    """The number that thresholds are for, with the thresholds."""
    value, measure = measured(snapshot, question.check, now), MEASURES[question.check]
    if value is not None:
        warning = question.warning.text if question.warning else ""
        critical = question.critical.text if question.critical else ""
        most = f";{measure.most}" if measure.most else ""
        yield f"{measure.label}={number(value)}{measure.unit};{warning};{critical};0{most}"


def _age(snapshot: Snapshot, question: Question, now: float) -> Iterator[str]:
    if question.check is CheckName.AGENT:
        yield from _measure(snapshot, question, now)
    else:
        yield f"age={number(max(now - snapshot.at, 0.0))}s;;;0"


def _severities(routers: Iterable[RouterView], items: Iterable[Item]) -> Iterator[str]:
    by_instance = {item.instance: item.severity for item in items}
    for router in routers:
        if router.instance in by_instance:
            yield f"{_label(router.instance)}_severity={by_instance[router.instance].exit_code};;;0;3"


def _links(peers: Iterable[PeerView]) -> Iterator[str]:
    for peer in peers:
        for link in peer.links:
            label = _label(f"{peer.name}_{link.name}")
            if link.rtt_seconds is not None:
                yield f"{label}_rtt={number(link.rtt_seconds)}s;;;0"
            if link.loss_ratio is not None:
                yield f"{label}_loss={number(link.loss_ratio * 100)}%;;;0;100"


def _counters(routers: Iterable[RouterView]) -> Iterator[str]:
    for router in routers:
        label = _label(router.instance)
        counts = {"in": 0, "out": 0, "invalid": 0}
        for adverts in router.adverts:
            counts[adverts.direction if adverts.valid else "invalid"] += adverts.count  # in or out
        for name, count in counts.items():
            yield f"{label}_adverts_{name}={count}c;;;0"
        yield f"{label}_owner_changes={router.owner_changes}c;;;0"


def _label(text: str) -> str:
    return UNFIT.sub("_", text)
