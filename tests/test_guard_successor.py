"""Before a VIP is given up: another node must surely be able to take it over; unknown is not yes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hawatch.guard.successor import is_here, nobody_to_take_over
from hawatch.refusal import Refusal
from hawatch.snapshot import PeerView, RouterView, Snapshot
from hawatch.verdict import Cause, Finding, Severity, VerdictKind
from tests import snapshots
from tests.snapshots import router, verdict


def ready(
    kind: VerdictKind = VerdictKind.STEADY,
    *,
    standby: bool | None = True,
    findings: tuple[Finding, ...] = (),
    instance: str = "VI_1",
    owner: str = "lb01",
) -> RouterView:
    held_by = (("lb01", owner == "lb01"), ("lb02", owner == "lb02"))
    drawn = router(verdict(kind, ""), held_by=held_by, findings=findings, instance=instance)
    return replace(drawn, evidence=(("standby_ready", standby),))


def seen(*routers: RouterView, **peer: object) -> Snapshot:
    """lb01 sees lb02 with an agent, a keepalived and a service that works, but for what is said."""
    known: dict[str, object] = {"agent": "up", "daemon": "running", "services": (("nginx", True),), **peer}
    other = PeerView(name="lb02", links=(), **known)  # type: ignore[arg-type]
    return replace(snapshots.snapshot(*(routers or (ready(),))), daemon="running", peers=(other,))


def found(cause: Cause, node: str = "lb02", severity: Severity = Severity.WARNING) -> tuple[Finding, ...]:
    return (Finding(cause=cause, node=node, severity=severity, summary=""),)


def refused(
    snapshot: Snapshot, *, instances: tuple[str, ...] = (), data: tuple[str, ...] = ()
) -> Refusal | None:
    return nobody_to_take_over(snapshot, service="nginx", instances=instances, data=data)


@pytest.mark.parametrize(
    ("snapshot", "refusal"),
    [
        (seen(), None),
        (seen(agent="silent"), Refusal.UNKNOWN_OTHER),
        (seen(agent="left"), Refusal.UNKNOWN_OTHER),
        (seen(agent="none", daemon=None, services=()), Refusal.UNKNOWN_OTHER),
        (seen(daemon=None), Refusal.UNKNOWN_OTHER),
        (seen(daemon="dead"), Refusal.OTHER_KEEPALIVED),
        (seen(daemon="frozen"), Refusal.OTHER_KEEPALIVED),
        (seen(services=(("nginx", False),)), Refusal.OTHER_SERVICE),
        (seen(services=(("nginx", None),)), Refusal.UNKNOWN_SERVICE),
        (seen(services=()), Refusal.UNKNOWN_SERVICE),
        (seen(services=(("haproxy", True),)), Refusal.UNKNOWN_SERVICE),
        (replace(seen(), peers=()), Refusal.UNKNOWN_OTHER),
    ],
)
def test_the_other_node_must_have_an_agent_that_says_that_all_runs_there(
    snapshot: Snapshot, refusal: Refusal | None
) -> None:
    assert refused(snapshot) is refusal


@pytest.mark.parametrize(
    ("view", "refusal"),
    [
        (ready(standby=False), Refusal.NO_STANDBY),
        (ready(standby=None), Refusal.UNKNOWN_OTHER),
        (ready(VerdictKind.DEGRADED), Refusal.NO_STANDBY),
        (ready(VerdictKind.SPLIT_BRAIN), Refusal.UNSETTLED),
        (ready(VerdictKind.SPLIT_BRAIN_SUSPECTED), Refusal.UNSETTLED),
        (ready(VerdictKind.FAILOVER), Refusal.UNSETTLED),
        (ready(VerdictKind.INDETERMINATE), Refusal.UNSETTLED),
        (ready(VerdictKind.FLAPPING), Refusal.UNSETTLED),
        (ready(owner="lb02"), Refusal.NOT_OWNER),
        (ready(findings=found(Cause.SERVICE_DOWN)), Refusal.OTHER_SERVICE),
        (ready(findings=found(Cause.VIP_GIVEN_UP)), Refusal.NO_STANDBY),
        (ready(findings=found(Cause.STANDBY_FAULT)), Refusal.NO_STANDBY),
        (ready(findings=found(Cause.VRRP_BLOCKED_INBOUND)), Refusal.NO_STANDBY),
        (ready(findings=found(Cause.HEARTBEAT_LINK_DOWN)), None),
        (ready(findings=found(Cause.SERVICE_DOWN, "lb01")), None),
        (ready(findings=found(Cause.EQUAL_PRIORITY, severity=Severity.INFO)), None),
    ],
)
def test_the_virtual_router_must_be_steady_with_a_standby_against_which_nothing_is_known(
    view: RouterView, refusal: Refusal | None
) -> None:
    assert refused(seen(view)) is refusal


def test_one_that_holds_data_is_never_given_up_and_takes_all_that_go_with_it_along() -> None:
    both = seen(ready(), ready(instance="VI_DB"))
    assert refused(both, data=("VI_DB",)) is Refusal.DATA
    assert refused(both, instances=("VI_1",), data=("VI_DB",)) is None
    assert refused(both, instances=("VI_DB",), data=("VI_DB",)) is Refusal.DATA


def test_of_several_that_would_go_each_must_find_somebody() -> None:
    assert refused(seen(ready(), ready(standby=False, instance="VI_2"))) is Refusal.NO_STANDBY
    elsewhere = ready(standby=False, instance="VI_2", owner="lb02")
    assert refused(seen(ready(), elsewhere)) is None


def test_of_several_other_nodes_one_that_can_will_do_and_else_the_nearest_is_named() -> None:
    three = seen()
    dead = replace(three.peers[0], name="lb03", daemon="dead")
    assert refused(replace(three, peers=(dead, *three.peers))) is None
    silent = replace(three.peers[0], agent="silent")
    assert refused(replace(three, peers=(silent, dead))) is Refusal.OTHER_KEEPALIVED


def test_whose_the_vip_is_may_be_unknown() -> None:
    assert is_here(seen(), ()) is True
    assert is_here(seen(ready(owner="lb02")), ()) is False
    assert is_here(seen(ready(owner="lb02")), ("VI_1",)) is False
    undecided = ready(VerdictKind.INDETERMINATE, owner="nobody")
    assert is_here(seen(undecided), ()) is None
    assert is_here(replace(seen(), routers=()), ()) is None
