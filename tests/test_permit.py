"""The look at the live situation before a deed: what it lets pass, and what it refuses, and why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hawatch.ability import Ability, Danger
from hawatch.permit import offered, permit
from hawatch.picture import draw
from hawatch.refusal import Refusal
from hawatch.snapshot import RouterView, ServiceView, Snapshot
from hawatch.verdict import Cause, Finding, Severity, VerdictKind
from tests import snapshots
from tests.snapshots import STALE_ARP, VIP, router, verdict
from tests.story import master, standby

ANOTHER_VIP = "192.168.136.101"
STOP = Ability(name="stop-keepalived", danger=Danger.DEMOTE, undo="start-keepalived", offer=("split_brain",))
START = Ability(name="start-keepalived", danger=Danger.RESTART, offer=("keepalived_dead",))
REMOVE = Ability(
    name="remove-vip",
    danger=Danger.DEMOTE,
    offer=("stale_vip", "vip_without_master"),
    vips=(VIP, ANOTHER_VIP),
)
ANNOUNCE = Ability(name="announce-vip", danger=Danger.RESTART, offer=("stale_arp",), vips=(VIP,))
RESTART = Ability(name="restart-nginx", danger=Danger.RESTART, offer=("service_down",), service="nginx")
Held = bool | None


def finding(cause: Cause, node: str, **evidence: str) -> Finding:
    return Finding(
        cause=cause, node=node, severity=Severity.WARNING, summary="", evidence=tuple(evidence.items())
    )


def service_down(node: str, name: str = "nginx") -> Finding:
    return finding(Cause.SERVICE_DOWN, node, check=name)


def seen(
    *routers: RouterView, own: str | None = "running", other: str | None = "running", node: str = "lb02"
) -> Snapshot:
    """What `node` sees, with what it knows of the two keepalived."""
    drawn = snapshots.snapshot(*routers, node=node)
    return replace(drawn, daemon=own, peers=(replace(drawn.peers[0], daemon=other),))


def split(
    lb01: Held = True,
    lb02: Held = True,
    *,
    instance: str = "VI_1",
    vip: str = VIP,
    kind: VerdictKind = VerdictKind.SPLIT_BRAIN,
    findings: tuple[Finding, ...] = (),
    advertising: Held = None,
) -> RouterView:
    held_by = (("lb01", lb01), ("lb02", lb02))
    drawn = router(verdict(kind, ""), instance=instance, vip=vip, held_by=held_by, findings=findings)
    return replace(drawn, advertising=advertising)


def asked(
    snapshot: Snapshot, ability: Ability, vip: str | None = None, instances: tuple[str, ...] = ("VI_1",)
) -> Refusal | None:
    return permit(snapshot, node=snapshot.node, ability=ability, instances=instances, vip=vip)


# --- stop keepalived ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("snapshot", "refusal"),
    [
        (seen(split()), None),
        (seen(split(lb01=False)), Refusal.OTHER_NOT_OWNER),
        (seen(split(lb01=None)), Refusal.UNKNOWN_OTHER),
        (seen(split(), other="dead"), Refusal.OTHER_KEEPALIVED),
        (seen(split(), other="frozen"), Refusal.OTHER_KEEPALIVED),
        (seen(split(), other=None), Refusal.UNKNOWN_OTHER),
        (seen(split(findings=(service_down("lb01"),))), Refusal.OTHER_SERVICE),
        (seen(split(findings=(service_down("lb02"),))), None),
        (seen(split(), own="dead"), Refusal.ALREADY),
        (replace(seen(split()), peers=()), Refusal.UNKNOWN_OTHER),
        (
            replace(seen(split()), services=(ServiceView(name="nginx", node="lb01", state="down"),)),
            Refusal.OTHER_SERVICE,
        ),
    ],
)
def test_keepalived_is_only_stopped_where_another_surely_has_all(
    snapshot: Snapshot, refusal: Refusal | None
) -> None:
    assert asked(snapshot, STOP) is refusal


@pytest.mark.parametrize(
    ("mate", "refusal"),
    [
        ({"lb01": False, "lb02": True}, Refusal.OTHER_NOT_OWNER),
        ({"lb01": None, "lb02": None}, Refusal.UNKNOWN_OTHER),
        ({"lb01": True, "lb02": False}, None),
        ({"lb01": None, "lb02": False, "advertising": False}, None),
        # It is MASTER there, although somebody took the VIP away.
        ({"lb01": False, "lb02": False, "advertising": True}, Refusal.OTHER_NOT_OWNER),
        # Whether it is MASTER there cannot be seen.
        ({"lb01": False, "lb02": False, "advertising": None}, Refusal.OTHER_NOT_OWNER),
    ],
)
def test_what_this_node_has_beside_the_incident_goes_too_and_must_be_elsewhere(
    mate: dict[str, Held], refusal: Refusal | None
) -> None:
    beside = split(instance="VI_2", vip="192.168.136.200", kind=VerdictKind.STEADY, **mate)  # type: ignore[arg-type]
    assert asked(seen(split(), beside), STOP) is refusal


def test_of_two_others_one_that_has_all_will_do() -> None:
    snapshot = seen(split(lb01=False))
    view = replace(snapshot.routers[0].vips[0], held_by=(("lb01", False), ("lb02", True), ("lb03", True)))
    three = replace(
        snapshot,
        routers=(replace(snapshot.routers[0], vips=(view,)),),
        peers=(*snapshot.peers, replace(snapshot.peers[0], name="lb03")),
    )
    assert asked(three, STOP) is None


def test_a_virtual_router_without_vips_is_elsewhere_if_its_owner_is() -> None:
    bare = replace(split(), vips=())
    assert asked(seen(replace(bare, owners=("lb01", "lb02"))), STOP) is None
    assert asked(seen(replace(bare, owners=("lb02",))), STOP) is Refusal.OTHER_NOT_OWNER


@pytest.mark.parametrize(
    ("kind", "refusal"),
    [
        (VerdictKind.STEADY, Refusal.HEALED),
        (VerdictKind.FAILBACK, Refusal.HEALED),
        (VerdictKind.INDETERMINATE, Refusal.UNKNOWN_OTHER),
        (VerdictKind.SPLIT_BRAIN_SUSPECTED, Refusal.CHANGED),
        (VerdictKind.NO_OWNER, Refusal.CHANGED),
    ],
)
def test_the_remedy_of_a_trouble_that_is_over_or_another_is_not_run(
    kind: VerdictKind, refusal: Refusal
) -> None:
    assert asked(seen(split(kind=kind)), STOP) is refusal


def test_a_split_of_another_virtual_router_is_no_reason() -> None:
    snapshot = seen(split(kind=VerdictKind.STEADY), split(instance="VI_2", vip="192.168.136.200"))
    assert asked(snapshot, STOP) is Refusal.HEALED
    assert asked(snapshot, STOP, instances=("VI_1", "VI_2")) is None
    assert asked(snapshot, STOP, instances=("VI_1", "VI_9")) is Refusal.CHANGED
    assert asked(snapshot, STOP, instances=()) is Refusal.HEALED


def test_what_root_calls_a_demotion_is_looked_at_like_one() -> None:
    purge = Ability(name="purge-cache", danger=Danger.DEMOTE)
    assert asked(seen(split(lb01=False)), purge) is Refusal.OTHER_NOT_OWNER
    assert asked(seen(split(kind=VerdictKind.STEADY)), purge) is None


# --- one VIP --------------------------------------------------------------------------------------

LEFT = (finding(Cause.STALE_VIP, "lb02"),)


@pytest.mark.parametrize(
    ("snapshot", "refusal"),
    [
        (seen(split(findings=LEFT)), None),
        (seen(split(lb01=False, findings=LEFT)), Refusal.OTHER_NOT_OWNER),
        (seen(split(lb01=None, findings=LEFT)), Refusal.UNKNOWN_OTHER),
        (seen(split(lb02=False, findings=LEFT)), Refusal.ALREADY),
        (seen(split(findings=LEFT), other=None), Refusal.UNKNOWN_OTHER),
        (seen(split(findings=LEFT), other="dead"), Refusal.OTHER_KEEPALIVED),
        # Nothing here looks after the VIP, and another has it.
        (seen(split(findings=LEFT), own="dead", other=None), None),
        (seen(split(findings=LEFT), own="dead", other="dead"), Refusal.OTHER_KEEPALIVED),
        (seen(split(lb01=False, findings=LEFT), own="dead"), Refusal.OTHER_NOT_OWNER),
        (seen(split(findings=(*LEFT, service_down("lb01"))), own="dead"), Refusal.OTHER_SERVICE),
        # The same trouble on the other node is none for this one.
        (seen(split(kind=VerdictKind.STEADY, findings=(finding(Cause.STALE_VIP, "lb01"),))), Refusal.HEALED),
    ],
)
def test_a_vip_is_only_removed_where_another_node_has_it(snapshot: Snapshot, refusal: Refusal | None) -> None:
    assert asked(snapshot, REMOVE, VIP) is refusal


def test_an_action_is_only_for_a_vip_that_it_is_allowed_for_and_of_the_incident() -> None:
    snapshot = seen(split(findings=LEFT), split(instance="VI_2", vip=ANOTHER_VIP))
    for vip in (None, "", "10.9.9.9", f"{VIP}; reboot"):
        assert asked(snapshot, REMOVE, vip) is Refusal.NOT_ALLOWED
    assert asked(snapshot, REMOVE, ANOTHER_VIP) is Refusal.NOT_ALLOWED
    assert asked(snapshot, REMOVE, ANOTHER_VIP, ("VI_1", "VI_2")) is None
    assert asked(snapshot, STOP, VIP) is Refusal.NOT_ALLOWED
    elsewhere = permit(snapshot, node="lb01", ability=REMOVE, instances=("VI_1",), vip=VIP)
    assert elsewhere is Refusal.NOT_ALLOWED


@pytest.mark.parametrize(
    ("lb01", "lb02", "refusal"),
    [
        (False, True, None),
        (None, True, None),
        (True, True, Refusal.CHANGED),
        (True, False, Refusal.CHANGED),
        (False, None, Refusal.CHANGED),
    ],
)
def test_a_vip_is_only_announced_by_its_one_owner(lb01: Held, lb02: Held, refusal: Refusal | None) -> None:
    snapshot = seen(split(lb01, lb02, kind=VerdictKind.STEADY, findings=(STALE_ARP,)))
    assert asked(snapshot, ANNOUNCE, VIP) is refusal


# --- start, restart, fence ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "refusal"),
    [("dead", None), ("running", Refusal.ALREADY), ("frozen", Refusal.ALREADY), (None, Refusal.CHANGED)],
)
def test_keepalived_is_started_where_it_does_not_run(own: str | None, refusal: Refusal | None) -> None:
    dead = (finding(Cause.KEEPALIVED_DEAD, "lb02"),)
    snapshot = seen(split(lb02=False, kind=VerdictKind.DEGRADED, findings=dead), own=own)
    assert asked(snapshot, START) is refusal


@pytest.mark.parametrize(
    ("findings", "refusal"),
    [
        ((service_down("lb02"),), None),
        ((service_down("lb02", "haproxy"),), Refusal.HEALED),
        ((service_down("lb01"),), Refusal.HEALED),
        ((), Refusal.HEALED),
    ],
)
def test_a_service_is_restarted_where_it_is_down(
    findings: tuple[Finding, ...], refusal: Refusal | None
) -> None:
    steady = split(lb01=False, kind=VerdictKind.STEADY, findings=findings)
    assert asked(seen(steady), RESTART) is refusal
    assert offered(seen(steady), node="lb02", ability=RESTART, instances=("VI_1",)) is (refusal is None)


def test_a_restart_of_any_service_is_offered_for_each() -> None:
    anything = replace(RESTART, service=None)
    assert (
        asked(seen(split(kind=VerdictKind.STEADY, findings=(service_down("lb02", "x"),))), anything) is None
    )


@pytest.mark.parametrize(
    ("lb02", "own", "refusal"),
    [
        (True, "running", None),
        (None, "running", Refusal.CHANGED),
        (False, "running", Refusal.CHANGED),
        (True, None, Refusal.CHANGED),
    ],
)
def test_only_the_owner_takes_the_other_node_away(
    lb02: Held, own: str | None, refusal: Refusal | None
) -> None:
    fence = Ability(name="power-off-lb01", danger=Danger.FENCE, offer=("split_brain",))
    assert asked(seen(split(lb02=lb02), own=own), fence) is refusal


# --- the pictures of real stories -----------------------------------------------------------------


def test_a_stop_is_permitted_in_a_split_that_two_agents_see_and_not_once_one_is_gone() -> None:
    story = standby()
    story.adverts("lb01", 3)
    story.holds(True)
    for _ in range(3):
        story.now += 1.0
        story.advert("lb02")
        story.report("lb01", held=True)
    drawn = draw(story.judge, story.now)
    assert drawn.routers[0].verdict.kind is VerdictKind.SPLIT_BRAIN
    assert (drawn.daemon, drawn.peers[0].daemon, drawn.routers[0].advertising) == ("running", "running", True)
    assert asked(drawn, STOP) is None
    story.wait(5.0)
    gone = draw(story.judge, story.now)
    assert gone.peers[0].daemon is None
    assert asked(gone, STOP) is not None


def test_a_vip_that_the_other_s_agent_does_not_name_is_not_there() -> None:
    story = master(vips=("10.0.0.100", "10.0.0.101"))
    story.report("lb02", held=True, vips=("10.0.0.100",))
    shown = {
        view.address: dict(view.held_by)["lb02"] for view in draw(story.judge, story.now).routers[0].vips
    }
    assert shown == {"10.0.0.100": True, "10.0.0.101": False}
