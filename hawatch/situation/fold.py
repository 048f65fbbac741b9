"""Fold one piece of evidence into the situation; one function for each kind, returning the routers it touches."""

from __future__ import annotations

from collections.abc import Iterable

from hawatch.evidence import (
    AddressAnnounced,
    CaptureDropped,
    EchoResult,
    InterfaceState,
    LinkState,
    ObserverState,
    PeerReport,
    PressureSeen,
    ProtocolUnreachable,
    ReportRefused,
    ServiceResult,
    Settings,
    Started,
    Tick,
    VipGivenUp,
    VipHeld,
)
from hawatch.situation.holds import note_announcement, note_race, note_release, note_takeover
from hawatch.situation.lapses import note_pressure
from hawatch.situation.macs import trusted_macs
from hawatch.situation.member import Member
from hawatch.situation.node import LATE, SLEPT, Holding, Node, Sleep
from hawatch.situation.paths import MISSES_TO_DOWN, Path
from hawatch.situation.proofs import prove_by_report
from hawatch.situation.refused_reports import noted
from hawatch.situation.rest import rests
from hawatch.situation.router import Claims, RouterState
from hawatch.situation.saying import repeats_itself
from hawatch.situation.witness import settle

Touched = Iterable[RouterState]
SHADOW = "shadow"


def woke_late(node: Node, tick: Tick) -> None:
    """This agent was not scheduled in time: what it reads next may be old, and a long pause is a fact of the host."""
    if tick.late > LATE:
        node.woke_at = tick.at
    if tick.late > SLEPT:
        node.sleeps.append(Sleep(tick.at - tick.late, tick.at))


def started(node: Node, evidence: Started) -> None:
    """Learn who we are."""
    node.name, node.pair, node.version = evidence.node, evidence.pair, evidence.version
    node.started_at, node.booted_at = evidence.at, evidence.booted_at
    node.wall_minus_monotonic = evidence.wall_minus_monotonic


def settings(node: Node, evidence: Settings) -> None:
    """Learn which peers and references the operator named."""
    node.suspect_unreachable = frozenset(evidence.suspect_unreachable)
    node.accepted = evidence.accepted
    node.services_of_owner = frozenset(evidence.services_of_owner)
    node.guessed_references = frozenset(evidence.guessed_references)
    node.members.keep_only(peer.name for peer in evidence.peers)
    for peer in evidence.peers:
        node.members.admit(peer.name, peer.addresses).listed = True
    node.references = {name: node.references.get(name) or Path(name) for name in evidence.references}
    node.witnesses = settle(node.witnesses, evidence.witnesses, evidence.at)


def vip_held(node: Node, routers: Touched, evidence: VipHeld) -> Touched:
    """A VIP came or went: the hold begins afresh, and the peer is to be told and asked."""
    holding = node.held.setdefault(evidence.address, Holding())
    if holding.held is evidence.held:
        return ()
    first_word = holding.held is None and holding.since == 0.0
    was_held = holding.held
    holding.watched = holding.held is False
    holding.held, holding.since = evidence.held, evidence.at
    touched = [router for router in routers if evidence.address in router.holdings]
    for router in touched:
        if evidence.held and was_held is False:
            note_takeover(router, node, evidence)
        elif was_held and evidence.held is False:
            note_release(router, node, evidence)
        router.superior_at = None
        router.claims = Claims()
        inquiry = router.inquiry
        inquiry.push_now = True
        inquiry.probe_now = inquiry.probe_now or bool(evidence.held)
        if not first_word:
            inquiry.ask_twice(evidence.at, router.release())
    return touched


def interface_state(node: Node, routers: Touched, evidence: InterfaceState) -> Touched:
    """A device changed: its carrier, MAC or addresses."""
    before = node.interfaces.get(evidence.interface)
    node.see_interface(evidence)
    readdressed = before is not None and before.addresses != evidence.addresses
    if before is not None and evidence.carrier is not None and readdressed:
        _follow_addresses(node, before, evidence)
    if before is not None and before.carrier is False and evidence.carrier:
        node.links_up_at[evidence.interface] = evidence.at
    if before is not None and before.carrier == evidence.carrier:
        return routers if readdressed else ()
    touched = list(routers)
    for router in touched:
        router.inquiry.push_now = True
    return touched


def _follow_addresses(node: Node, before: InterfaceState, after: InterfaceState) -> None:
    """Remember which addresses this node has lost, and when; an address that came back is not lost."""
    kept = node.own_addresses()
    lost = {address: after.at for address in before.addresses if address not in kept}
    known = {address: at for address, at in node.lost_addresses.items() if address not in kept}
    node.lost_addresses = lost | known


def announced(node: Node, candidates: Touched, evidence: AddressAnnounced) -> Touched:
    """Somebody else announced a VIP: while we hold it, or when no member did, that is to be looked into at once.

    Many VIPs are announced together, again and again: of such a burst one word is judged for all.
    """
    if evidence.outgoing or evidence.mac in node.own_macs():
        touched = list(candidates) if evidence.outgoing else []
        for router in touched:
            note_announcement(router, evidence, ours=True, by_member=False)
        return [router for router in touched if router.episodes.begins_burst(evidence.at, ours=True)]
    touched = []
    for router in candidates:
        is_members = node.members.find(mac=evidence.mac) is not None
        note_announcement(router, evidence, ours=False, by_member=is_members)
        if router.we_hold(evidence.at):
            claims = router.claims
            is_first = claims.first_at is None
            if is_first:
                claims.first_at = evidence.at
            claims.at = evidence.at
            if not (router.episodes.begins_burst(evidence.at, ours=False) or is_first):
                continue
            router.inquiry.ask_twice(evidence.at, router.release())
        elif evidence.mac in trusted_macs(router, node):
            continue
        router.inquiry.probe_now = True
        touched.append(router)
    return touched


def unreachable(node: Node, routers: Touched, evidence: ProtocolUnreachable) -> Touched:
    """A member's host says that nothing there listens for VRRP."""
    member = node.members.find(address=evidence.src)
    if member is None:
        return ()
    member.unreachable_icmp_at = evidence.at
    return routers


def echo(node: Node, routers: Touched, evidence: EchoResult) -> Touched:
    """An echo came back, or did not; routers are touched when that changes what lives.

    A link that died or is back, or that loses echoes while reports come in by it, is a reason to ask after the member
    on the LAN, where VRRP runs, too; so is a member that is back.
    """
    before = (node.peers_alive(evidence.at), node.references_alive(evidence.at))
    if evidence.link is None:
        node.references.setdefault(evidence.target, Path(evidence.target)).echo(evidence)
    elif evidence.replied or node.members.find(name=evidence.target, address=evidence.address):
        member = node.members.admit(evidence.target, (evidence.address,) if evidence.address else ())
        if evidence.replied:
            member.note_return(evidence.at)
        path = member.links.setdefault(evidence.link, Path(evidence.link))
        path.echo(evidence)
        turned = path.misses == MISSES_TO_DOWN or path.back_at == evidence.at
        news = turned or path.loses_echoes() or member.returned_at == evidence.at
        if news and evidence.replied is not None:
            routers = list(routers)
            for router in routers:
                router.inquiry.probe_now = True
            return routers
    return routers if before != (node.peers_alive(evidence.at), node.references_alive(evidence.at)) else ()


def peer_report(node: Node, everyone: Touched, candidates: Touched, evidence: PeerReport) -> Touched:
    """A peer's agent spoke, of the candidates."""
    report = evidence.report
    src = () if not evidence.src or evidence.src in node.held else (evidence.src,)
    member = node.members.admit(report.node, (*src, *report.addresses))
    if member.is_overtaken(evidence):
        member.hear_link(evidence)
        return ()
    before, clock_was_apart = member.report, member.clock_is_apart
    agent_was = member.agent(evidence.at)
    member.hear_report(evidence)
    for router in (touched := list(candidates)):
        prove_by_report(router, node, member, evidence)
        note_race(router, member, evidence)
    if agent_was is not member.agent(evidence.at) or before is None or before.daemon is not report.daemon:
        return everyone
    path_was_known = not evidence.witness and member.returned_at != evidence.at
    if path_was_known and clock_was_apart is member.clock_is_apart and repeats_itself(before, report):
        return [router for router in touched if not _is_known(router, member, evidence.at)]
    return touched


def _is_known(router: RouterState, member: Member, at: float) -> bool:
    """Whether a member's word of this moment on a virtual router that rests is what it said before."""
    if not rests(router, at):
        return False
    word = router.word_of(member, at)
    return word is not None and word.at == at and word.repeats


def refused(node: Node, evidence: ReportRefused) -> None:
    """A datagram on the peer link was not taken."""
    node.refused = noted(node.refused, evidence)


def link_state(node: Node, evidence: LinkState) -> None:
    """A peer link's own socket works, or does not."""
    key = (evidence.peer, evidence.link)
    if evidence.device:
        node.cables[key] = evidence.device
    if evidence.up:
        node.link_problems.pop(key, None)
    else:
        node.link_problems[key] = evidence.problem or "down"


def observer_state(node: Node, routers: Touched, evidence: ObserverState) -> Touched:
    """An observer began or stopped seeing; what a blind one said is unknown from now on.

    What was to be probed before the prober was there is asked now.
    """
    node.observers[evidence.observer] = evidence
    if evidence.observer.startswith(SHADOW):
        for router in (routers := list(routers)):
            router.undelivered.clear()
    if evidence.observer == "vip" and not evidence.up:
        for holding in node.held.values():
            holding.held = None
    if evidence.observer == "ipvs" and not evidence.up:
        node.host.virtual_services.forget(evidence.at, evidence.problem)
    if evidence.observer == "arp_probe" and evidence.up:
        routers = list(routers)
        for router in routers:
            router.inquiry.probe_now = True
    return routers


def pressure(node: Node, routers: Touched, evidence: PressureSeen) -> Touched:
    """How scarce the processor was; it explains what came late."""
    node.host.fold(evidence)
    touched = list(routers)
    for router in touched:
        note_pressure(router, evidence)
    return touched


def service(node: Node, evidence: ServiceResult | VipGivenUp) -> None:
    """A service check ended, or a guard gave the VIP up or took it back."""
    if isinstance(evidence, ServiceResult):
        node.services[evidence.name, evidence.node] = evidence
    elif evidence.given:
        node.given_up[evidence.service] = evidence
    else:
        node.given_up.pop(evidence.service, None)


def dropped(node: Node, evidence: CaptureDropped) -> None:
    """The kernel threw frames away before we read them."""
    node.captures_dropped += evidence.count
    node.dropped_at = evidence.at
