"""Example snapshots of the pair lb01/lb02, for tests of whatever reads one; taken at 2026-06-01 00:00:00 UTC."""

from __future__ import annotations

from dataclasses import replace

from hawatch.notification.mute import Mute, Scope
from hawatch.snapshot import (
    AdvertCount,
    LinkView,
    ObserverView,
    PeerView,
    ReferenceView,
    RouterView,
    ServiceView,
    Snapshot,
    VipView,
    overall_severity,
)
from hawatch.verdict import Cause, Finding, Move, MoveKind, Severity, Verdict, VerdictKind
from hawatch.wire.family import Family

AT = 50_000.0
EPOCH = 1_780_272_000.0
VIP = "192.168.136.100"

BLOCKED_INBOUND = Finding(
    cause=Cause.VRRP_BLOCKED_INBOUND,
    node="lb02",
    severity=Severity.CRITICAL,
    summary="VRRP is dropped inbound on lb02",
    remedy="nft insert rule inet filter input ip protocol vrrp accept",
)
STALE_ARP = Finding(
    cause=Cause.STALE_ARP,
    node="lb02",
    severity=Severity.CRITICAL,
    summary="clients still send 192.168.136.100 to lb02",
    remedy="arping -c 3 -A -I eth0 192.168.136.100",
)
UNVERIFIED = Finding(
    cause=Cause.PEER_UNVERIFIED,
    node="lb02",
    severity=Severity.INFO,
    summary="no agent on lb02: its state is judged from outside",
)
BLIND = Finding(
    cause=Cause.BLIND,
    node="lb01",
    severity=Severity.WARNING,
    summary="the capture on eth0 lost its socket",
    remedy="journalctl -u hawatch -n 50",
)
FAILED_OVER = Move(at=AT - 240, origin="lb01", to="lb02", kind=MoveKind.FAILOVER, cause=Cause.KEEPALIVED_DEAD)
MAINTENANCE = Mute(
    id="maintenance",
    scope=Scope.MAINTENANCE,
    since=EPOCH - 600,
    until=EPOCH + 3 * 3600 + 40 * 60,
    who="anna",
    reason="kernel update",
    changed_at=EPOCH - 600,
)
SILENCE = Mute(
    id="instance:VI_2",
    scope=Scope.INSTANCE,
    subject="VI_2",
    since=EPOCH - 600,
    until=EPOCH + 1800,
    who="bob",
    changed_at=EPOCH - 600,
)

UP = LinkView(name="lan", state="up", rtt_seconds=0.0003, loss_ratio=0.0)
DOWN = LinkView(name="serial", state="down", rtt_seconds=None, loss_ratio=1.0)
UNKNOWN = LinkView(name="lan", state="unknown", rtt_seconds=None, loss_ratio=None)


def verdict(kind: VerdictKind, summary: str, *, rule: str = "R1", age: float = 3600.0) -> Verdict:
    """A verdict that has held for `age` seconds."""
    return Verdict(kind=kind, rule=rule, summary=summary, since=AT - age)


def router(
    judged: Verdict | None = None,
    *,
    instance: str = "VI_1",
    vip: str = VIP,
    held_by: tuple[tuple[str, bool | None], ...] = (("lb01", True), ("lb02", False)),
    findings: tuple[Finding, ...] = (),
    last_move: Move | None = None,
) -> RouterView:
    """A virtual router with one VIP; without a verdict it is steady on its owner."""
    owners = tuple(node for node, held in held_by if held)
    if judged is None:
        judged = verdict(VerdictKind.STEADY, f"{' and '.join(owners) or 'nobody'} holds {vip}")
    return RouterView(
        instance=instance,
        interface="eth0",
        family=Family.IPV4,
        vrid=51,
        verdict=judged,
        findings=findings,
        owners=owners,
        preferred_owner="lb01",
        vips=(VipView(address=vip, held_by=held_by),),
        last_move=last_move,
        last_departure=None if last_move is None or last_move.kind is MoveKind.FAILBACK else last_move,
        evidence=(("own_vip", True), ("peer_advert_age", None), ("heard_priority", 100)),
        adverts=(
            AdvertCount(direction="out", source="self", valid=True, count=1200),
            AdvertCount(direction="in", source="peer", valid=True, count=4),
            AdvertCount(direction="in", source="foreign", valid=False, count=1),
        ),
        verdict_changes=3,
        owner_changes=2,
    )


def snapshot(
    *routers: RouterView,
    node: str = "lb01",
    node_findings: tuple[Finding, ...] = (),
    links: tuple[LinkView, ...] = (UP,),
) -> Snapshot:
    """What `node` sees, with an agent on both nodes."""
    peer = "lb02" if node == "lb01" else "lb01"
    return Snapshot(
        at=AT,
        wall_minus_monotonic=EPOCH - AT,
        node=node,
        pair="web",
        version="0.1.0",
        severity=overall_severity(routers, node_findings),
        routers=routers,
        peers=(PeerView(name=peer, agent="up", links=links),),
        references=(ReferenceView(name="gateway", state="up"),),
        services=(
            ServiceView(name="nginx", node="lb01", state="up"),
            ServiceView(name="nginx", node="lb02", state="unknown"),
        ),
        observers=(ObserverView(name="vip", up=True), ObserverView(name="sniffer", up=True)),
        node_findings=node_findings,
    )


def steady(node: str = "lb01") -> Snapshot:
    """lb01 holds the VIP, and lb02 stands by."""
    return snapshot(router(), node=node)


def failover(node: str = "lb02") -> Snapshot:
    """lb01's keepalived died some seconds ago, and lb02 took the VIP."""
    judged = verdict(VerdictKind.FAILOVER, "lb02 took 192.168.136.100 over from lb01", rule="F2", age=2.0)
    move = replace(FAILED_OVER, at=AT - 2)
    return snapshot(router(judged, held_by=(("lb01", False), ("lb02", True)), last_move=move), node=node)


def moved(node: str = "lb02") -> Snapshot:
    """Steady again, four minutes after a failover."""
    held_by: tuple[tuple[str, bool | None], ...] = (("lb01", False), ("lb02", True))
    return snapshot(router(held_by=held_by, last_move=FAILED_OVER), node=node)


def split_brain(node: str = "lb01") -> Snapshot:
    """Both nodes hold the VIP, proved, with its cause."""
    judged = verdict(VerdictKind.SPLIT_BRAIN, f"lb01 and lb02 both hold {VIP}", rule="SB1", age=192.0)
    held_by: tuple[tuple[str, bool | None], ...] = (("lb01", True), ("lb02", True))
    return snapshot(router(judged, held_by=held_by, findings=(BLOCKED_INBOUND,)), node=node)


def isolated(node: str = "lb01") -> Snapshot:
    """This node reaches nobody; it holds the VIP and says nothing about the other one."""
    judged = verdict(
        VerdictKind.ISOLATED, f"{node} is cut off: neither the peer nor gateway answers", age=20.0
    )
    peer = "lb02" if node == "lb01" else "lb01"
    view = router(judged, held_by=((node, True), (peer, None)))
    seen = snapshot(view, node=node, links=(replace(UP, state="down", rtt_seconds=None, loss_ratio=1.0),))
    return replace(
        seen,
        peers=(replace(seen.peers[0], agent="silent"),),
        references=(ReferenceView(name="gateway", state="down"),),
    )


def indeterminate(node: str = "lb01") -> Snapshot:
    """Just started: nothing is known of who holds the VIP."""
    judged = verdict(VerdictKind.INDETERMINATE, "just started; nothing heard yet", rule="Z9", age=1.0)
    return snapshot(router(judged, held_by=(("lb01", None), ("lb02", None))), node=node, links=(UNKNOWN,))


def unknown_peer() -> Snapshot:
    """An agent on lb01 only; the peer's state is judged from outside."""
    view = router(held_by=(("lb01", True), ("lb02", None)), findings=(UNVERIFIED,))
    seen = snapshot(view, links=())
    return replace(seen, peers=(replace(seen.peers[0], agent="none"),))
