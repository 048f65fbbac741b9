"""Whether what another agent says repeats what it said before, but for the time that has passed meanwhile."""

from __future__ import annotations

from operator import attrgetter

from hawatch.wire.report import NodeReport, ReportedRouter

LATELY, LONG_AGO = 2, 10
"""Advertisement intervals up to which an age is that of peace, and beyond which it matters no more how long it is."""


_of_a_router = attrgetter(
    "advertising",
    "ready",
    "advertised_priority",
    "heard_priority",
    "configured_priority",
    "advert_interval",
    "findings",
    "settings",
    "virtual_services",
    "all_virtual_services",
)
_of_the_node = attrgetter(
    "node",
    "daemon",
    "leaving",
    "going_down",
    "version",
    "addresses",
    "macs",
    "services",
    "expected_return",
)


def repeats(before: ReportedRouter, after: ReportedRouter) -> bool:
    """Whether its word on one virtual router is as it was: what it holds it has held without a break."""
    return (
        _holds_on(before, after)
        and bool(_of_a_router(before) == _of_a_router(after))
        and _is_the_same_age(before.heard_age, after.heard_age, after.advert_interval)
        and _is_the_same_age(before.delivered_age, after.delivered_age, after.advert_interval)
    )


def repeats_itself(before: NodeReport | None, after: NodeReport) -> bool:
    """Whether its word on the node is as it was."""
    return before is not None and bool(_of_the_node(before) == _of_the_node(after))


def _holds_on(before: ReportedRouter, after: ReportedRouter) -> bool:
    if len(before.vips) != len(after.vips):
        return False
    for then, now in zip(before.vips, after.vips, strict=True):
        if then is not now and (
            then.held is not now.held or then.address != now.address or now.for_seconds < then.for_seconds
        ):
            return False
    return True


def _is_the_same_age(before: float | None, after: float | None, interval: float) -> bool:
    """Both never, both lately, or both long ago; what lies between may be on the way from one to the other."""
    if before is None or after is None:
        return before is after
    if max(before, after) <= LATELY * interval:
        return True
    return min(before, after) > LONG_AGO * interval
