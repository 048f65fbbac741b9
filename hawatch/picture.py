"""From the judge to a snapshot: the frozen picture that exporters read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from operator import itemgetter

from hawatch.causes import find_node_causes
from hawatch.judge import Judge, Standing
from hawatch.notification.mute import Scope
from hawatch.situation import Node, RouterState
from hawatch.situation.facts import Facts
from hawatch.situation.member import AgentState, Member
from hawatch.situation.moves import preferred
from hawatch.situation.ownership import member_holds, talkers_of
from hawatch.situation.paths import Path
from hawatch.situation.probing import RoundResult
from hawatch.situation.refresh import longest_down_interval
from hawatch.situation.talker import Talker
from hawatch.situation.virtual_services import VirtualServices, usable
from hawatch.situation.witness import WITNESS_FRESH, Witness
from hawatch.situation.words import Words
from hawatch.snapshot import (
    AdvertCount,
    AdvertiserView,
    AgentView,
    CountersView,
    DeskView,
    LinkView,
    ObserverView,
    OutageView,
    PeerView,
    ReferenceView,
    RouterView,
    SaidView,
    ServiceView,
    Snapshot,
    VipView,
    VirtualServiceView,
    WitnessView,
    overall_severity,
)
from hawatch.wire.report import DaemonState

Held = Callable[[str], bool | None]
"""Whether a node holds the VIP of this address."""
NO_DESK = DeskView()
NO_AGENT = AgentView()


def draw(judge: Judge, now: float, desk: DeskView = NO_DESK, agent: AgentView = NO_AGENT) -> Snapshot:
    """The whole picture as of `now`."""
    node = judge.situation.node
    part_of = {instance: each.name for each in desk.open for instance in each.instances}
    mutes = [each for each in desk.mutes if each.holds(now + node.wall_minus_monotonic)]
    routers = tuple(
        _router(judge, judge.situation.routers[instance], standing, now, part_of.get(instance))
        for instance, standing in judge.standing.items()
        if instance in judge.situation.routers
    )
    alone = () if routers else find_node_causes(node, now)
    return Snapshot(
        at=now,
        wall_minus_monotonic=node.wall_minus_monotonic,
        node=node.name,
        pair=pair_of(judge),
        version=node.version,
        severity=overall_severity(routers, alone),
        routers=routers,
        peers=tuple(_peer(member, now) for member in node.members.members),
        references=tuple(
            ReferenceView(name=r.name, state=_STATES[r.alive(now)]) for r in node.references.values()
        ),
        witnesses=tuple(_witness(each, now) for each in node.witnesses.values()),
        services=tuple(
            ServiceView(name=s.name, node=s.node, state=_STATES[s.up]) for s in node.services.values()
        ),
        observers=tuple(
            ObserverView(name=o.observer, up=o.up, problem=o.problem) for o in node.observers.values()
        ),
        node_findings=alone,
        captures_dropped=node.captures_dropped,
        maintenance=next((each for each in mutes if each.scope is Scope.MAINTENANCE), None),
        silences=tuple(each for each in mutes if each.scope is not Scope.MAINTENANCE),
        incidents_open=tuple(each.name for each in desk.open),
        incident_versions=tuple(each.told for each in desk.open),
        notifications=desk.notifications,
        outbox_waiting=desk.waiting,
        put_aside=desk.put_aside,
        webhooks=desk.webhooks,
        loops=desk.loops,
        notification_seconds=desk.notification_seconds,
        passive_results=desk.passive_results,
        passive_accepted=desk.passive_accepted,
        monitors=desk.monitors,
        drill=desk.drill,
        guards=desk.guards,
        detection_seconds=agent.detection_seconds,
        http=agent.http,
        daemon=_daemon(node.daemon_state()),
        said=_said(node.words),
    )


def _said(words: Words) -> tuple[SaidView, ...]:
    return tuple(
        SaidView(at=each.at, within=each.within, text=each.text, mouth=each.mouth.value, count=each.count)
        for each in words
    )


def _virtual_services(
    router: RouterState, services: VirtualServices
) -> tuple[VirtualServiceView, ...] | None:
    """Those that keepalived.conf has for its VIPs; nothing of what others may have put into the table."""
    if not services.known:
        return None
    return tuple(
        VirtualServiceView(
            name=name,
            usable=None if (found := services.service(name)) is None else len(usable(found, server)),
            configured=len(server.real_servers),
        )
        for name, server in router.virtual_servers.items()
    )


def pair_of(judge: Judge) -> str:
    """The pair's name in the picture: as it is configured, or else made of the members'."""
    node = judge.situation.node
    return node.pair or pair_name(node)


def talking(judge: Judge, now: float) -> frozenset[str]:
    """The other nodes that the picture would have with an agent that is up."""
    members = judge.situation.node.members.members
    return frozenset(each.name for each in members if each.agent(now) is AgentState.UP)


def pair_name(node: Node) -> str:
    """The members' names in order, joined: the same on every node.

    Who is known by advertisements alone is in it if nobody better is known, and then the first alone: every metric
    carries the name, and no stranger shall change it.
    """
    members = node.members.members
    counted = [member for member in members if _is_sure(member)] or members[:1]
    return "-".join(sorted({node.name, *(member.name for member in counted)}))


def _witness(witness: Witness, now: float) -> WitnessView:
    """What it said counts while it is fresh; an outage that was measured stays so."""
    state = True if witness.speaks(now) else None if witness.heard_at is None else False
    services = tuple(
        (name, _STATES[up if now - at <= WITNESS_FRESH else None])
        for name, (up, at) in sorted(witness.services.items())
    )
    last = max(witness.outages.values(), key=lambda outage: outage.began_at, default=None)
    told = None if last is None else last.told
    return WitnessView(
        name=witness.name,
        state=_STATES[state],
        services=services,
        last_outage=None
        if last is None or told is None
        else OutageView(
            service=told.service,
            began_at=last.began_at,
            seconds=told.seconds,
            lost=told.lost,
            within=told.within,
        ),
    )


_STATES: dict[bool | None, str] = {True: "up", False: "down", None: "unknown"}


def _daemon(state: DaemonState | None) -> str | None:
    return None if state is None else state.value


def _peer(member: Member, now: float) -> PeerView:
    report = member.report if member.agent(now) is AgentState.UP else None
    return PeerView(
        name=member.name,
        agent=member.agent(now).value,
        links=tuple(_link(path, now) for path in member.links.values()),
        clock_offset_seconds=member.clock_offset() if member.clock_offsets else None,
        daemon=_daemon(report.daemon if report else None),
        address=_address(member),
        hearsay=not _is_sure(member),
        services=tuple((each.name, each.up) for each in report.services) if report else (),
    )


def _is_sure(member: Member) -> bool:
    """Whether a configuration names it, or its agent has spoken."""
    return member.listed or member.report is not None


def _address(member: Member) -> str | None:
    """The far end of the first link, or else where its agent spoke from; a stranger can be neither."""
    if not _is_sure(member):
        return None
    ends = [path.address for path in member.links.values()] + sorted(member.agent_addresses)
    return next((end for end in ends if end and not end.startswith("fe80:")), None)


def _link(path: Path, now: float) -> LinkView:
    return LinkView(
        name=path.name, state=_STATES[path.alive(now)], rtt_seconds=path.rtt, loss_ratio=path.loss_ratio
    )


def _router(
    judge: Judge, router: RouterState, standing: Standing, now: float, incident: str | None
) -> RouterView:
    node, config = judge.situation.node, router.config
    facts = standing.facts
    heard = [(member.name, talkers_of(router, member)) for member in node.members.members]
    return RouterView(
        instance=config.instance,
        interface=config.interface,
        family=config.family,
        vrid=config.vrid,
        verdict=standing.verdict,
        findings=standing.findings,
        owners=judge.owners(config.instance),
        preferred_owner=preferred(router, node),
        vips=_vips(router, node, now),
        last_move=router.last_move,
        last_departure=router.last_departure,
        evidence=_evidence(facts),
        adverts=tuple(
            AdvertCount(direction=direction, source=source, valid=valid, count=count)
            for (direction, source, valid), count in sorted(router.counts.items())
        ),
        verdict_changes=standing.changes,
        owner_changes=router.owner_changes,
        incident=incident,
        keepalived_counters=_counters(node, config.instance, now),
        advertising=_advertising(router, node, now),
        silent=tuple((name, _silent(talkers, now)) for name, talkers in heard),
        down_interval=longest_down_interval(router, node),
        advertisers=tuple(_advertisers([(node.name, [router.own]), *heard], router, node, now)),
        virtual_services=_virtual_services(router, node.host.virtual_services),
        said=_said(router.words),
    )


def _advertisers(
    heard: Sequence[tuple[str, Sequence[Talker]]], router: RouterState, node: Node, now: float
) -> Iterator[AdvertiserView]:
    """One advertisement that was lost is no silence: three intervals count, as they do for keepalived."""
    silent = False if node.sees_wire(router.config.interface) else None
    late = router.jitter()
    for name, talkers in heard:
        said = [at for each in talkers for at in (each.heard_at, each.zero_at) if at is not None]
        speaks = any(
            not each.given_up and each.silent_for(now) <= SPEAKS_FOR * each.interval + late
            for each in talkers
        )
        yield AdvertiserView(node=name, heard=speaks or silent, last_at=max(said, default=None))


SPEAKS_FOR = 3
"""Advertisement intervals for which a node counts as advertising after each advertisement."""


def _silent(talkers: Sequence[Talker], now: float) -> float | None:
    return min((each.silent_for(now) for each in talkers if each.heard_at is not None), default=None)


def _advertising(router: RouterState, node: Node, now: float) -> bool | None:
    """A capture that fails does not show that nothing leaves."""
    return router.advertising(now) or (False if node.sees_wire(router.config.interface) else None)


def _counters(node: Node, instance: str, now: float) -> CountersView | None:
    read = node.host.counters
    if read is None or read.counters is None or now - read.at > COUNTERS_STAND:
        return None
    values = read.counters.get(instance)
    return CountersView(at=read.at, values=tuple(values.items())) if values else None


COUNTERS_STAND = 90.0
"""Seconds for which keepalived's counters are shown: in trouble they are read every minute."""


@lru_cache(maxsize=1024)
def _evidence(facts: Facts) -> tuple[tuple[str, str | bool | None], ...]:
    """The same few combinations of facts come again and again."""
    return tuple((name, _plain(getattr(facts, name))) for name in facts.__slots__)


def _plain(value: object) -> str | bool | None:
    return value if value is None or isinstance(value, bool) else str(value)


def _vips(router: RouterState, node: Node, now: float) -> tuple[VipView, ...]:
    """Those of the last picture, where all that they tell of is as it was: a node may have thousands of them."""
    addresses = [vip.address for vip in router.config.all_vips]
    others = [(member.name, _held_by(router, node, member, now)) for member in node.members.members]
    told = (
        node.name,
        [(address, router.holdings[address].held) for address in addresses],
        [(name, [holds(address) for address in addresses]) for name, holds in others],
        [None if (each := router.probings.get(address)) is None else each.latest for address in addresses],
    )
    if router.drawn is None or router.drawn[0] != told:
        router.drawn = (told, tuple(_vip(router, node, address, others) for address in addresses))
    return router.drawn[1]


def _vip(router: RouterState, node: Node, address: str, others: Sequence[tuple[str, Held]]) -> VipView:
    held = [(node.name, router.holdings[address].held), *((name, holds(address)) for name, holds in others)]
    held.sort(key=_by_name)
    latest = probing.latest if (probing := router.probings.get(address)) is not None else None
    return VipView(
        address=address,
        held_by=tuple(held),
        probed_at=None if latest is None else latest.asked_at,
        answered_by_another=None if latest is None else _ANSWERED.get(latest.result, True),
    )


_by_name = itemgetter(0)
_ANSWERED = {RoundResult.EMPTY: False, RoundResult.VOID: None}


def _held_by(router: RouterState, node: Node, member: Member, now: float) -> Held:
    """By its agent's word, in which a VIP that is not configured there is missing; else as for any of the VIPs."""
    heard = router.word_of(member, now)
    if heard is None:
        holds = member_holds(router, member, node, now)
        return lambda _: holds
    words = {vip.address: vip.held for vip in heard.router.vips}
    return lambda address: words.get(address, False)
