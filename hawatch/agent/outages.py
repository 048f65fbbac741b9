"""What clients went through, as a witness measured it: lines for the timeline of an incident."""

from __future__ import annotations

from hawatch.incident import Remark
from hawatch.situation import Node, RouterState
from hawatch.situation.witness import Outage


def remarks_of(router: RouterState, node: Node) -> tuple[Remark, ...]:
    """One for each outage of a VIP of this virtual router that is over; the time is when it began, in epoch seconds."""
    return tuple(
        Remark(
            at=outage.began_at + node.wall_minus_monotonic,
            text=f"{router.config.instance} {words(outage)}",
            ref=f"outage/{outage.witness}/{outage.told.service}/{outage.began_at:.0f}",
        )
        for witness in node.witnesses.values()
        for outage in witness.outages.values()
        if outage.told.seconds is not None and outage.told.vip in router.vips
    )


def words(outage: Outage) -> str:
    """What happened to clients, in one sentence."""
    told = outage.told
    lost = "1 request" if told.lost == 1 else f"{told.lost} requests"
    return (
        f"clients were without service for {told.seconds or 0.0:.1f} s (give or take {told.within:.1f} s), "
        f"seen from {outage.witness}: {told.service}, {lost} lost"
    )
