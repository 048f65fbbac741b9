"""What a tool should show, and the single steps that make it so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hawatch.incident import Incident, State
from hawatch.mirror.mark import sign, signed


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One acknowledgement that should stand: whose, with which comment, and until when (None: for good).

    `signature` is what it is known by, `incidents` all names of those it is about, `instances` their virtual routers.
    """

    signature: str
    incidents: tuple[str, ...]
    instances: tuple[str, ...]
    author: str
    text: str
    until: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledge:
    """The service is acknowledged."""

    wish: Wish


@dataclass(frozen=True, slots=True, kw_only=True)
class Unacknowledge:
    """The service is acknowledged no longer; `key` is that of the mark that stands."""

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Alerts are silenced until then; with `id` a silence that is there is changed, which began at `begins`."""

    wish: Wish
    until: float
    id: str | None = None
    begins: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsilence:
    """A silence ends."""

    id: str
    key: str


Deed = Acknowledge | Unacknowledge | Silence | Unsilence


def is_taken(incident: Incident) -> bool:
    """Whether somebody looks after it, or has seen it and wants quiet."""
    return incident.state in {State.ACKNOWLEDGED, State.SNOOZED}


def service_wish(incidents: Iterable[Incident]) -> Wish | None:
    """What one service for the whole pair should show: acknowledged while all that is open is, by who took the last."""
    still = [each for each in incidents if not each.resolved]
    if not still or not all(map(is_taken, still)):
        return None
    last = max(still, key=lambda each: (each.acknowledged_at or 0.0, each.name))
    ends = [each.snoozed_until for each in still if each.snoozed_until is not None]
    signature = sign(last.acknowledged_by, last.acknowledged_at)
    return Wish(
        signature=signature,
        incidents=tuple(name for each in still for name in each.names),
        instances=tuple(sorted({name for each in still for name in each.instances})),
        author=_author(last),
        text=signed("; ".join(map(_told, still)), signature),
        until=min(ends, default=None),
    )


def silence_wishes(incidents: Iterable[Incident]) -> Iterator[Wish]:
    """One silence for each incident that is taken."""
    for each in incidents:
        if not each.resolved and is_taken(each):
            instances = tuple(sorted(set(each.instances)))
            signature = sign(each.acknowledged_by, each.acknowledged_at, instances)
            yield Wish(
                signature=signature,
                incidents=each.names,
                instances=instances,
                author=_author(each),
                text=signed(_told(each), signature),
                until=each.snoozed_until,
            )


def _author(incident: Incident) -> str:
    return incident.acknowledged_by or "hawatch"


def _told(incident: Incident) -> str:
    """The incident, and what was said with the acknowledgement."""
    said = [each.text for each in incident.timeline if each.at == incident.acknowledged_at and each.text]
    what = f"{incident.name}: {incident.verdict.value} {', '.join(incident.instances)}"
    state = "snoozed" if incident.state is State.SNOOZED else "acknowledged"
    return f"{what}, {state} by {_author(incident)}" + "".join(f": {each}" for each in said[-1:])
