"""Fencing: every precondition refuses with its own reason, and only evidence says that a node is gone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hawatch.ability import Ability, Danger, Power
from hawatch.notification.text import read_language, say
from hawatch.permit import Gone, Trace, gone, permit
from hawatch.picture import draw
from hawatch.refusal import Refusal
from hawatch.snapshot import ReferenceView, RouterView, ServiceView, Snapshot, VipView
from hawatch.verdict import Cause, Finding, Severity, VerdictKind
from hawatch.wire.report import DaemonState
from tests import snapshots
from tests.snapshots import AT, EPOCH, VIP, router, verdict
from tests.story import master

K = VerdictKind
FENCE = Ability(
    name="fence-lb02",
    danger=Danger.FENCE,
    undo="power-on-lb02",
    offer=("split_brain",),
    target="lb02",
)
POWER_ON = Ability(name="power-on-lb02", danger=Danger.DEMOTE, target="lb02")
ANOTHER_VIP = "192.168.136.200"
Held = bool | None


def owned(
    lb01: Held = True,
    lb02: Held = True,
    *,
    kind: VerdictKind = K.SPLIT_BRAIN,
    instance: str = "VI_1",
    vip: str = VIP,
    **changes: Any,
) -> RouterView:
    """A virtual router as lb01 sees it, whose own advertisements leave."""
    drawn = router(verdict(kind, ""), instance=instance, vip=vip, held_by=(("lb01", lb01), ("lb02", lb02)))
    return replace(drawn, **{"advertising": True, "down_interval": 1.0, **changes})


def seen(*routers: RouterView, **changes: Any) -> Snapshot:
    """lb01's picture, in which nothing stands against a fence but what the test changes."""
    drawn = snapshots.snapshot(*(routers or (owned(),)), node="lb01")
    return replace(drawn, **{"daemon": "running", **changes})


def asked(
    snapshot: Snapshot,
    *,
    ability: Ability = FENCE,
    power: Power = Power.ON,
    instances: tuple[str, ...] = ("VI_1",),
) -> Refusal | None:
    return permit(snapshot, node="lb01", ability=ability, instances=instances, vip=None, power=power)


def service_down(node: str) -> tuple[Finding, ...]:
    return (Finding(cause=Cause.SERVICE_DOWN, node=node, severity=Severity.CRITICAL, summary=""),)


# --- before -----------------------------------------------------------------------------------------


def test_the_other_owner_of_a_proved_split_may_be_fenced_by_a_healthy_owner_with_power_on() -> None:
    assert asked(seen()) is None


@pytest.mark.parametrize(
    ("kind", "refusal"),
    [
        (K.SPLIT_BRAIN_SUSPECTED, Refusal.UNPROVED),
        (K.INDETERMINATE, Refusal.UNPROVED),
        (K.ISOLATED, Refusal.CUT_OFF),
        (K.STEADY, Refusal.HEALED),
        (K.DEGRADED, Refusal.HEALED),
    ],
)
def test_a_split_that_is_not_proved_now_is_no_reason(kind: VerdictKind, refusal: Refusal) -> None:
    assert asked(seen(owned(kind=kind))) is refusal


@pytest.mark.parametrize("kind", [K.SPLIT_BRAIN_SUSPECTED, K.INDETERMINATE])
def test_what_is_open_beside_the_proved_split_is_a_reason_against_it(kind: VerdictKind) -> None:
    beside = owned(instance="VI_2", vip=ANOTHER_VIP, kind=kind)
    assert asked(seen(owned(), beside), instances=("VI_1", "VI_2")) is Refusal.UNPROVED


def test_a_node_that_is_no_owner_is_not_fenced() -> None:
    assert asked(seen(owned(lb02=False))) is Refusal.TARGET_NOT_OWNER


def test_a_proof_alone_is_not_enough_when_the_other_is_not_seen_to_hold_now() -> None:
    old = replace(owned(lb02=None), owners=("lb01", "lb02"))
    assert asked(seen(old)) is Refusal.UNKNOWN_OTHER


@pytest.mark.parametrize(("held", "refusal"), [(False, Refusal.OWN_VIP), (None, Refusal.UNKNOWN_OWN)])
def test_who_fences_holds_every_vip_of_the_incident(held: Held, refusal: Refusal) -> None:
    lacking = VipView(address=ANOTHER_VIP, held_by=(("lb01", held), ("lb02", True)))
    both = replace(owned(), vips=(*owned().vips, lacking))
    assert asked(seen(both)) is refusal


@pytest.mark.parametrize(
    ("daemon", "refusal"),
    [("dead", Refusal.OWN_KEEPALIVED), ("frozen", Refusal.OWN_KEEPALIVED), (None, Refusal.UNKNOWN_OWN)],
)
def test_keepalived_runs_where_the_vip_shall_stay(daemon: str | None, refusal: Refusal) -> None:
    assert asked(seen(daemon=daemon)) is refusal


@pytest.mark.parametrize("advertising", [False, None])
def test_who_fences_is_seen_to_advertise(advertising: Held) -> None:
    assert asked(seen(owned(advertising=advertising))) is Refusal.UNKNOWN_OWN


def test_a_service_that_is_down_here_would_leave_no_healthy_owner() -> None:
    assert asked(seen(owned(findings=service_down("lb01")))) is Refusal.OWN_SERVICE
    assert asked(seen(services=(ServiceView(name="web", node="lb01", state="down"),))) is Refusal.OWN_SERVICE
    assert asked(seen(owned(findings=service_down("lb02")))) is None


def test_a_service_of_which_nothing_is_known_is_not_well() -> None:
    unknown = (ServiceView(name="web", node="lb01", state="unknown"),)
    assert asked(seen(services=unknown)) is Refusal.UNKNOWN_OWN


@pytest.mark.parametrize(
    ("lb01", "lb02", "refusal"),
    [
        (False, True, Refusal.ONLY_OWNER),
        (None, True, Refusal.ONLY_OWNER),
        (False, None, Refusal.ONLY_OWNER),
        (True, None, None),
        (False, False, None),
    ],
)
def test_nothing_is_lost_with_it_that_is_not_here_as_well(
    lb01: Held, lb02: Held, refusal: Refusal | None
) -> None:
    beside = owned(lb01, lb02, instance="VI_2", vip=ANOTHER_VIP, kind=K.STEADY)
    assert asked(seen(owned(), beside)) is refusal


def test_a_virtual_router_without_vips_is_not_lost_either() -> None:
    bare = replace(owned(instance="VI_2", kind=K.STEADY), vips=(), owners=("lb02",))
    assert asked(seen(owned(), bare)) is Refusal.ONLY_OWNER
    assert asked(seen(owned(), replace(bare, owners=("lb01",)))) is None


def test_a_node_does_not_fence_itself() -> None:
    assert asked(seen(), ability=replace(FENCE, target="lb01")) is Refusal.ITSELF


@pytest.mark.parametrize("state", ["down", "unknown"])
def test_who_is_cut_off_fences_nobody(state: str) -> None:
    lost = (ReferenceView(name="gateway", state=state),)
    assert asked(seen(references=lost)) is Refusal.CUT_OFF
    assert asked(seen(references=(*lost, ReferenceView(name="dns", state="up")))) is None
    assert asked(seen(references=())) is None


@pytest.mark.parametrize(
    ("power", "refusal"), [(Power.OFF, Refusal.POWER_OFF), (Power.UNKNOWN, Refusal.NO_POWER)]
)
def test_the_fence_device_says_right_before_that_the_power_is_on(power: Power, refusal: Refusal) -> None:
    assert asked(seen(), power=power) is refusal


def test_an_incident_of_a_virtual_router_that_is_not_there_any_more_has_changed() -> None:
    assert asked(seen(), instances=("VI_1", "VI_9")) is Refusal.CHANGED
    assert asked(seen(), instances=()) is Refusal.UNPROVED


def test_only_what_is_off_and_silent_is_switched_on() -> None:
    alone = owned(lb02=False, kind=K.DEGRADED)
    silent = tuple(replace(each, agent="silent") for each in seen().peers)
    off = seen(alone, peers=silent)
    assert asked(off, ability=POWER_ON, power=Power.OFF) is None
    assert asked(off, ability=POWER_ON, power=Power.ON) is Refusal.ALREADY
    assert asked(off, ability=POWER_ON, power=Power.UNKNOWN) is Refusal.NO_POWER
    assert asked(seen(alone), ability=POWER_ON, power=Power.OFF) is Refusal.ALIVE


def test_every_reason_reads_otherwise_in_both_languages() -> None:
    for name in ("en", "zh"):
        language = read_language(name)
        assert len({say(language, each) for each in Refusal}) == len(Refusal)


# --- afterwards -------------------------------------------------------------------------------------

RAN = EPOCH - 5.0
"""When the fence was begun, five seconds before the picture."""


def left(**changes: Any) -> RouterView:
    """lb01 alone, with a probe round asked since the fence, and 1.2 s after lb02's last advertisement."""
    alone = owned(lb02=None, kind=K.DEGRADED, silent=(("lb02", 1.2),))
    vips = (replace(alone.vips[0], probed_at=AT - 1.0, answered_by_another=False),)
    return replace(alone, **{"vips": vips, **changes})


def looked(*routers: RouterView, **changes: Any) -> Gone | Trace:
    drawn = seen(*(routers or (left(),)))
    silent = tuple(replace(each, agent="silent") for each in drawn.peers)
    return gone(replace(drawn, **{"peers": silent, **changes}), target="lb02", instances=("VI_1",), since=RAN)


def test_a_node_is_gone_when_nothing_is_heard_of_it_and_only_this_one_answers() -> None:
    assert looked() == Gone(target="lb02", node="lb01", vips=(VIP,), silent=1.2)


def test_who_was_never_heard_is_silent_since_the_fence() -> None:
    told = looked(left(silent=(("lb02", None),)))
    assert isinstance(told, Gone)
    assert told.silent == pytest.approx(5.0)


def test_an_advertisement_within_a_master_down_interval_is_a_trace() -> None:
    assert looked(left(silent=(("lb02", 0.9),))) is Trace.HEARD


def test_another_answer_for_the_vip_is_a_trace() -> None:
    view = replace(left().vips[0], answered_by_another=True)
    assert looked(left(vips=(view,))) is Trace.ANSWERS


def test_its_agent_s_word_is_a_trace() -> None:
    assert looked(peers=seen().peers) is Trace.SPEAKS
    assert isinstance(looked(peers=tuple(replace(each, agent="left") for each in seen().peers)), Gone)


@pytest.mark.parametrize(
    "changes",
    [
        {"verdict": verdict(K.SPLIT_BRAIN, "")},
        {"verdict": verdict(K.SPLIT_BRAIN_SUSPECTED, "")},
        {"verdict": verdict(K.INDETERMINATE, "")},
        {"verdict": verdict(K.ISOLATED, "")},
        {"owners": ("lb01", "lb02")},
        {"owners": ("lb02",)},
        {"advertising": None},
        {"vips": (replace(left().vips[0], held_by=(("lb01", True), ("lb02", True))),)},
        {"vips": (replace(left().vips[0], held_by=(("lb01", None), ("lb02", None))),)},
        {"vips": (replace(left().vips[0], probed_at=AT - 6.0),)},
        {"vips": (replace(left().vips[0], probed_at=None),)},
        {"vips": (replace(left().vips[0], answered_by_another=None),)},
    ],
)
def test_silence_without_evidence_proves_nothing(changes: dict[str, Any]) -> None:
    assert looked(left(**changes)) is Trace.UNCLEAR


def test_a_silence_of_everything_is_our_own() -> None:
    assert looked(references=(ReferenceView(name="gateway", state="down"),)) is Trace.UNCLEAR
    assert gone(seen(left()), target="lb02", instances=("VI_9",), since=RAN) is Trace.SPEAKS
    assert looked(replace(left(), instance="VI_2")) is Trace.UNCLEAR


# --- the picture of a real story --------------------------------------------------------------------


def test_from_a_proved_split_to_a_node_that_is_gone_as_the_judge_sees_it() -> None:
    story = master()
    story.keepalived(DaemonState.RUNNING)
    for _ in range(3):
        story.now += 1.0
        story.gateway(replied=True)
        story.echo("lb02", replied=True)
        story.advert("lb01")
        story.advert("lb02", 90)
        story.report("lb02", held=True)
    split = draw(story.judge, story.now)
    assert split.routers[0].verdict.kind is K.SPLIT_BRAIN
    assert permit(split, node="lb01", ability=FENCE, instances=("VI_1",), vip=None, power=Power.ON) is None
    assert dict(split.routers[0].silent)["lb02"] == pytest.approx(0.0)
    since = story.now + split.wall_minus_monotonic
    assert gone(split, target="lb02", instances=("VI_1",), since=since) is Trace.HEARD
    for _ in range(8):
        story.now += 1.0
        story.gateway(replied=True)
        story.echo("lb02", replied=False)
        story.advert("lb01")
        story.probed()
    after = draw(story.judge, story.now)
    told = gone(after, target="lb02", instances=("VI_1",), since=since)
    assert isinstance(told, Gone), (told, after.routers[0], after.peers)
    assert told.silent == pytest.approx(8.0)
    assert (
        permit(after, node="lb01", ability=FENCE, instances=("VI_1",), vip=None, power=Power.ON) is not None
    )
