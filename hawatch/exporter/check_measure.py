"""The one number of a check which thresholds are for; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hawatch.exporter.check_question import CheckName, Question
from hawatch.snapshot import Snapshot
from hawatch.verdict import Cause, Finding, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """Its label in performance data, what people call it, its unit (`%`, `s`, or none: a count), its upper end."""

    label: str
    words: str
    unit: str = ""
    most: str = ""


MEASURES: Mapping[CheckName, Measure] = {
    CheckName.PEERS: Measure(label="loss", words="loss on the worst link", unit="%", most="100"),
    CheckName.SERVICES: Measure(label="services_down", words="services down where they ought to be up"),
    CheckName.AGENT: Measure(label="age", words="age of the picture", unit="s"),
    CheckName.ONCALL: Measure(label="messages_waiting", words="messages waiting"),
}


def measured(snapshot: Snapshot, check: CheckName, now: float) -> float | None:
    """The value of the check's measure, None while it is not known; `now` is in monotonic seconds."""
    match check:
        case CheckName.PEERS:
            losses = [link.loss_ratio for peer in snapshot.peers for link in peer.links]
            return max((100 * loss for loss in losses if loss is not None), default=None)
        case CheckName.SERVICES:
            return float(len(service_faults(snapshot)))
        case CheckName.AGENT:
            return max(now - snapshot.at, 0.0)
        case CheckName.ONCALL:
            return float(snapshot.outbox_waiting)
        case CheckName.OVERALL | CheckName.INSTANCE:
            return None


def service_faults(snapshot: Snapshot) -> list[Finding]:
    """The services that are down where they ought to be up, each once."""
    found = [
        *snapshot.node_findings,
        *(finding for router in snapshot.routers for finding in router.findings),
    ]
    return list(dict.fromkeys(f for f in found if f.cause is Cause.SERVICE_DOWN and f.severity.badness))


def crossed(question: Question, value: float) -> tuple[Severity, str] | None:
    """The worst threshold that the value has crossed, as its severity and its text."""
    if question.critical is not None and question.critical.alerts(value):
        return Severity.CRITICAL, question.critical.text
    if question.warning is not None and question.warning.alerts(value):
        return Severity.WARNING, question.warning.text
    return None


def number(value: float) -> str:
    """As performance data and sentences write it: at most six decimals, no exponent."""
    text = f"{value:.6f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
