"""Whether what another agent says repeats what it said before, but for the time that has passed meanwhile."""

from __future__ import annotations

from hawatch.wire.report import NodeReport, ReportedRouter

LATELY, LONG_AGO = 2, 10
"""Advertisement intervals up to which an age is that of peace, and beyond which it matters no more how long it is."""


def repeats(before: ReportedRouter, after: ReportedRouter) -> bool:
    """Whether its word on one virtual router is as it was: what it holds it has held without a break."""
    return (
        _holds_on(before, after)
        and before.advertising is after.advertising
        and before.ready is after.ready
        and before.advertised_priority == after.advertised_priority
        and before.heard_priority == after.heard_priority
        and before.configured_priority == after.configured_priority
        and before.advert_interval == after.advert_interval
        and before.findings == after.findings
        and before.settings == after.settings
        and before.virtual_services == after.virtual_services
        and before.all_virtual_services is after.all_virtual_services
        and _is_the_same_age(before.heard_age, after.heard_age, after.advert_interval)
        and _is_the_same_age(before.delivered_age, after.delivered_age, after.advert_interval)
    )


def repeats_itself(before: NodeReport | None, after: NodeReport) -> bool:
    """Whether its word on the node is as it was."""
    return (
        before is not None
        and before.daemon is after.daemon
        and before.leaving is after.leaving
        and before.going_down is after.going_down
        and before.node == after.node
        and before.version == after.version
        and before.addresses == after.addresses
        and before.macs == after.macs
        and before.services == after.services
        and before.expected_return == after.expected_return
    )


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
