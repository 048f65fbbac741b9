"""Whether a drill may be begun now, and how it would go; what speaks against it is one line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hawatch.ability import START_KEEPALIVED, STOP_KEEPALIVED
from hawatch.desk.around import Around
from hawatch.desk.deed import Deed
from hawatch.desk.drilling import under_way
from hawatch.desk.ledger import Ledger
from hawatch.desk.records import NodeAbilities
from hawatch.drill.limits import ROUND, back_within
from hawatch.drill.plan import Leg, Moving, Plan, Window
from hawatch.incident import NotPossibleError
from hawatch.notification.mute import NEVER_MUTED, Mute, Scope
from hawatch.permit.drilling import bad_findings
from hawatch.permit.fencing import service_down
from hawatch.snapshot import PeerView, RouterView
from hawatch.verdict import VerdictKind
from hawatch.wire.report import DaemonState

MOVES = 2
"""There and back."""
MARGIN = 60.0
"""Seconds by which a window of the drill's own outlasts it: in a quarrel over the time, less is told."""
_UP = "up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """What is known of one virtual router: see Moving. `rest`: seconds until a drill's moves are no flapping."""

    interval: float
    comes_back: bool | None
    delay: float = 0.0
    sync_group: str | None = None
    rest: float = 0.0


class DrillRefusedError(NotPossibleError):
    """A drill that is not begun, and why."""


def plan_drill(
    instance: str | None,
    away: float,
    *,
    around: Around,
    ledger: Ledger,
    incidents: Sequence[str],
    timings: Mapping[str, Timing],
    urls: Sequence[str] = (),
) -> Plan:
    """How a drill of the node that owns `instance` would go; DrillRefusedError with the first thing against it.

    `incidents` are open, `timings` by instance, `urls` those of the service checks that follow the owner.
    """
    owner, peer = _node_and_peer(instance, around)
    for problem in (
        *_busy(ledger, around, incidents),
        *_not_well(around, peer),
        *_silenced(around),
    ):
        raise DrillRefusedError(problem)
    to = peer.name if owner == around.node else around.node
    moving = tuple(
        _moving(each, owner, to, timings) for each in around.snapshot.routers if owner in each.owners
    )
    legs = _legs(owner, to, moving)
    for problem in (*_data(moving, around), *_not_allowed(legs, ledger), *_restless(moving, timings)):
        raise DrillRefusedError(problem)
    longest = _longest(legs, moving, away)
    return Plan(
        pair=around.pair,
        asked_on=around.node,
        moving=moving,
        legs=legs,
        others=tuple(each.instance for each in around.snapshot.routers if owner not in each.owners),
        away=away,
        longest=longest,
        window=_window(around, longest),
        people=tuple(each.name for each in around.roster.contacts if each.drills and each.ways),
        channels=tuple(each.name for each in around.roster.channels if each.probe is not None),
        urls=tuple(urls),
    )


# --- who ------------------------------------------------------------------------------------------


def _node_and_peer(instance: str | None, around: Around) -> tuple[str, PeerView]:
    """The owner that is to step aside, and this node's only peer."""
    routers = around.snapshot.routers
    if not routers:
        raise DrillRefusedError("no virtual router is known here")
    peers = [each for each in around.snapshot.peers if not each.hearsay]
    if len(peers) != 1:
        names = ", ".join([around.node, *(each.name for each in peers)])
        raise DrillRefusedError(f"a drill takes a pair with an agent on both nodes; here is {names}")
    chosen = [each for each in routers if instance in {None, each.instance}]
    if not chosen:
        known = ", ".join(each.instance for each in routers)
        raise DrillRefusedError(f"no virtual router is called {instance!r} (known: {known})")
    owners = {each.owners for each in chosen}
    if len(owners) > 1:
        names = ", ".join(f"{each.instance} ({'+'.join(each.owners) or 'nobody'})" for each in routers)
        raise DrillRefusedError(f"which one? the owners differ: {names}")
    (owned,) = owners
    if len(owned) != 1 or owned[0] not in {around.node, peers[0].name}:
        raise DrillRefusedError(f"{chosen[0].instance}: has no single owner of this pair")
    return owned[0], peers[0]


# --- what speaks against it -----------------------------------------------------------------------


def _busy(ledger: Ledger, around: Around, incidents: Sequence[str]) -> Iterator[str]:
    drill = under_way(ledger, around.now)
    if drill is not None:
        yield f"the drill {drill.id} of {drill.who} is under way (hawatch drill --stop ends it)"
    if incidents:
        yield f"an incident is open: {', '.join(incidents)}"
    deed = next((each for each in ledger.all(Deed) if not each.final and around.now < each.until), None)
    if deed is not None:
        yield f"an action is under way: {deed.action} on {deed.node}"


def _not_well(around: Around, peer: PeerView) -> Iterator[str]:
    """The pair must be steady, both agents up, keepalived running on both, and nothing found that is wrong."""
    snapshot = around.snapshot
    if peer.agent != _UP:
        yield f"{peer.name}: its agent is not heard ({peer.agent})"
    for node, daemon in ((around.node, snapshot.daemon), (peer.name, peer.daemon)):
        if daemon != DaemonState.RUNNING:
            yield f"{node}: keepalived is {daemon or 'of unknown state'}"
    for router in snapshot.routers:
        if router.verdict.kind is not VerdictKind.STEADY:
            yield f"{router.instance}: is {router.verdict.kind.value}, not steady: {router.verdict.summary}"
    for finding in bad_findings(snapshot):
        yield f"{finding.cause.value} on {finding.node}: {finding.summary}"
    for node in (around.node, peer.name):
        if service_down(snapshot, node) and not _belongs_to_owner(around, node):
            yield f"{node}: a service is down there"


def _belongs_to_owner(around: Around, node: str) -> bool:
    """Whether a node without any VIP is excused: its services run where the VIP is."""
    return not any(node in each.owners for each in around.snapshot.routers)


def _silenced(around: Around) -> Iterator[str]:
    """Real trouble in a drill must be told."""
    for mute in around.hour.mutes:
        if mute.scope is Scope.MAINTENANCE and mute.everything:
            yield "the maintenance mutes everything (--all): real trouble would be told to nobody"
        elif mute.scope is Scope.INSTANCE or mute.subject in {each.value for each in NEVER_MUTED}:
            yield f"{mute.subject} is silenced by {mute.who}: end that first (hawatch silence {mute.subject} end)"


def _data(moving: Sequence[Moving], around: Around) -> Iterator[str]:
    for each in moving:
        if each.instance in around.data:
            yield f"{each.instance}: data = true; a drill does not move it"


def _restless(moving: Sequence[Moving], timings: Mapping[str, Timing]) -> Iterator[str]:
    for each in moving:
        timing = timings.get(each.instance)
        if timing is not None and timing.rest > 0:
            yield f"{each.instance}: has moved lately; for {timing.rest:.0f} s two more moves would be called flapping"


def _not_allowed(legs: Sequence[Leg], ledger: Ledger) -> Iterator[str]:
    """Both deeds of a node must be on its helper's list before it is touched."""
    for leg in legs:
        known = ledger.get(NodeAbilities, leg.node)
        names = {each.name for each in known.abilities} if known is not None else set()
        for action in (STOP_KEEPALIVED, START_KEEPALIVED):
            if action not in names:
                yield f"{leg.node}: {action} is not allowed there (actions.toml), or no hawatch-helper answers"


# --- how it would go ------------------------------------------------------------------------------


def _moving(router: RouterView, owner: str, to: str, timings: Mapping[str, Timing]) -> Moving:
    timing = timings.get(router.instance) or Timing(interval=router.down_interval / 3, comes_back=None)
    return Moving(
        instance=router.instance,
        router=f"{router.vrid}/{router.family.value}",
        vips=tuple(each.address for each in router.vips),
        owner=owner,
        to=to,
        interval=timing.interval,
        down_interval=router.down_interval,
        comes_back=timing.comes_back,
        delay=timing.delay,
        sync_group=timing.sync_group,
    )


def _legs(owner: str, to: str, moving: Sequence[Moving]) -> tuple[Leg, ...]:
    """What does not come back by preemption is brought back by the other node's stepping aside."""
    there = Leg(node=owner, to=to)
    return (there,) if all(each.comes_back for each in moving) else (there, Leg(node=to, to=owner))


def _longest(legs: Sequence[Leg], moving: Sequence[Moving], away: float) -> float:
    back = max((back_within(each.interval, each.down_interval, each.delay) for each in moving), default=0.0)
    return len(legs) * (away + back + ROUND)


def _window(around: Around, longest: float) -> Window:
    """The maintenance in force, if it lasts long enough; else one of the drill's own."""
    mute: Mute | None = next((each for each in around.hour.mutes if each.scope is Scope.MAINTENANCE), None)
    if mute is None:
        return Window(until=around.now + longest + MARGIN, own=True)
    left = mute.until - around.now
    if left < longest:
        raise DrillRefusedError(
            f"the maintenance ends in {left:.0f} s, the drill may take {longest:.0f} s: make it longer"
        )
    return Window(until=mute.until, own=False, who=mute.who)
