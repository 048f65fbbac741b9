"""From an incident to the few facts that its message is made of."""

from __future__ import annotations

from collections.abc import Sequence

from hawatch.codes import Choice, Code
from hawatch.config.oncall import Contact
from hawatch.desk.around import Around
from hawatch.incident import Incident, Part
from hawatch.incident.changes import GRAVITY
from hawatch.notification.text.brief import Brief, Option
from hawatch.verdict import Cause, Finding, VerdictKind

BESIDE_THE_POINT = frozenset(
    {
        Cause.BLIND,
        Cause.CLOCK_SKEW,
        Cause.HEARTBEAT_LINK_DOWN,
        Cause.KEEPALIVED_STARVED,
        Cause.NOTIFICATION_PATH_DOWN,
        Cause.PEER_UNVERIFIED,
        Cause.REFERENCE_DOWN,
    }
)
"""Named only when there is nothing else to name."""


def brief(
    incident: Incident,
    person: Contact,
    around: Around,
    *,
    code: Code | None = None,
    minutes: int | None = None,
    who: str | None = None,
) -> Brief:
    """What a message about this incident says to this person, whatever the occasion.

    `who` is named if it is not the one who looks after it.
    """
    parts = [each for each in incident.parts if each.calm_since is None] or list(incident.parts)
    parts.sort(key=lambda each: -GRAVITY.index(each.verdict))
    views = [view for part in parts if (view := around.view(part.instance)) is not None]
    verdict = incident.verdict if incident.resolved else parts[0].verdict
    places = incident.causes if incident.resolved else tuple(dict.fromkeys(_causes(parts)))
    cause, node = main_cause(places)
    return Brief(
        pair=around.pair,
        node=around.node,
        verdict=verdict,
        severity=incident.severity,
        instances=tuple(each.instance for each in parts),
        vips=tuple(vip.address for view in views for vip in view.vips),
        owners=tuple(dict.fromkeys(owner for view in views[:1] for owner in view.owners)),
        cause=cause,
        cause_node=node,
        code=None if code is None else str(code.number),
        options=() if code is None else tuple(map(option, code.menu)),
        since=around.clock(incident.opened_at, person),
        who=who or incident.acknowledged_by,
        minutes=minutes,
    )


def option(choice: Choice) -> Option:
    """A line of the menu, for the text."""
    return Option(
        number=choice.number,
        action=choice.action,
        node=choice.node,
        label=choice.label,
        target=choice.target,
    )


def main_cause(places: Sequence[str]) -> tuple[Cause | None, str | None]:
    """The cause that a message names, with its node: the first that is to the point."""
    known = [(cause, node) for cause, _, node in (each.partition("@") for each in places)]
    named = [(Cause(cause), node) for cause, node in known if cause in set(Cause)]
    named.sort(key=lambda each: each[0] in BESIDE_THE_POINT)
    return named[0] if named else (None, None)


def findings_of(incident: Incident, around: Around) -> tuple[Finding, ...]:
    """What stands now beside the verdicts of an incident's virtual routers."""
    views = [view for each in incident.instances if (view := around.view(each)) is not None]
    found = dict.fromkeys(finding for view in views for finding in view.findings)
    return tuple(each for each in found if each.severity.badness > 1)


def what(incident: Incident) -> tuple[VerdictKind, str]:
    """In two words: the worst of what stands, and the virtual router."""
    parts = [each for each in incident.parts if each.calm_since is None] or list(incident.parts)
    worst = max(parts, key=lambda each: GRAVITY.index(each.verdict))
    return (incident.verdict if incident.resolved else worst.verdict), worst.instance


def _causes(parts: Sequence[Part]) -> list[str]:
    return [cause for part in parts for cause in part.causes]
