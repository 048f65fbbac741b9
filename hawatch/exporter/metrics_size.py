"""How many time series one agent gives, counted on pictures made for the purpose; for docs/metrics.md."""

from __future__ import annotations

from hawatch.exporter.samples import samples
from hawatch.snapshot import (
    AdvertCount,
    DrillView,
    GuardView,
    LinkView,
    LoopView,
    MonitorView,
    ObserverView,
    PeerView,
    ReferenceView,
    RouterView,
    ServiceView,
    Snapshot,
    VipView,
    VirtualServiceView,
)
from hawatch.tally import NO_NOTIFICATIONS, Tally
from hawatch.verdict import Cause, Finding, Move, MoveKind, Severity, Verdict, VerdictKind
from hawatch.wire.family import Family

NODES = ("lb01", "lb02")
RESULTS = ("sent", "left", "delivered", "late", "retrying", "failed")
MOVES = ("failover", "failback")
OBSERVERS = 16
"""Of an agent on two interfaces with all that it can do."""
SPLIT = (Cause.VRRP_BLOCKED_INBOUND, Cause.STALE_ARP, Cause.RP_FILTER)


def series(snapshot: Snapshot) -> int:
    """The time series that a scrape of this picture gives: of a histogram every bucket, the sum and the count."""
    found = {(each.metric, each.labels): each.value for each in samples(snapshot)}
    return sum(len(each.counts) + 2 if isinstance(each, Tally) else 1 for each in found.values())


def picture(*, routers: int, vips: int, findings: int = 0) -> Snapshot:
    """A pair with so many virtual routers of so many VIPs; on each stand so many findings, up to three.

    It has two links, a reference, a guarded service, a way to people, a mailbox, a webhook, a target of passive results
    and a monitoring tool, and has had a drill.
    """
    links = tuple(
        LinkView(name=name, state="up", rtt_seconds=0.0, loss_ratio=0.0) for name in ("lan", "cable")
    )
    return Snapshot(
        at=0.0,
        wall_minus_monotonic=0.0,
        node=NODES[0],
        pair="web",
        version="1",
        severity=Severity.OK,
        routers=tuple(_router(number, vips, findings) for number in range(routers)),
        peers=(PeerView(name=NODES[1], agent="up", links=links),),
        references=(ReferenceView(name="gateway", state="up"),),
        services=tuple(ServiceView(name="nginx", node=node, state="up") for node in NODES),
        guards=(GuardView(service="nginx", state="watching", since=0.0),),
        observers=tuple(ObserverView(name=str(number), up=True) for number in range(OBSERVERS)),
        notifications=tuple(("modem", result, 0) for result in RESULTS),
        notification_seconds=(("modem", NO_NOTIFICATIONS),),
        loops=(LoopView(channel="modem", up=True, seconds=0.0, succeeded_at=0.0),),
        put_aside=(("mail", "stranger", 0), ("mail", "automatic", 0)),
        webhooks=tuple(("twilio", result, 0) for result in ("taken", "nothing", "refused", "failed")),
        passive_results=(("icinga", "accepted", 0), ("icinga", "failed", 0)),
        passive_accepted=(("icinga", 0.0),),
        drill=DrillView(
            at=0.0,
            passed=True,
            outages=tuple((move, "icmp://10.0.0.100", 0.0) for move in MOVES),
            verdicts=tuple((move, f"VI_{number}", 0.0) for move in MOVES for number in range(routers)),
        ),
        monitors=(MonitorView(name="icinga", requests=(("looked", 0), ("changed", 0), ("failed", 0))),),
    )


def _router(number: int, vips: int, findings: int) -> RouterView:
    """The first one balances, one virtual service."""
    return RouterView(
        instance=f"VI_{number}",
        interface="eth0",
        family=Family.IPV4,
        vrid=number % 255 + 1,
        verdict=Verdict(kind=VerdictKind.STEADY, rule="", summary="", since=0.0),
        findings=tuple(
            Finding(cause=cause, node=NODES[1], severity=Severity.CRITICAL, summary="")
            for cause in SPLIT[:findings]
        ),
        owners=NODES[:1],
        preferred_owner=NODES[0],
        vips=tuple(
            VipView(address=f"10.{number}.0.{each}", held_by=tuple((node, True) for node in NODES))
            for each in range(vips)
        ),
        last_move=Move(at=0.0, origin=NODES[0], to=NODES[1], kind=MoveKind.FAILOVER),
        evidence=(),
        adverts=tuple(
            AdvertCount(direction="out" if source == "self" else "in", source=source, valid=valid, count=0)
            for source in ("self", "peer", "foreign")
            for valid in (True, False)
        ),
        virtual_services=()
        if number
        else (VirtualServiceView(name="tcp 10.0.0.0:80", usable=2, configured=2),),
    )
