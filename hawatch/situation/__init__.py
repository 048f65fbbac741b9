"""The situation: evidence folded into what is known of this node, its peers and each virtual router.

Changed only by `fold`; it reads no clock, so the same evidence always gives the same situation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from hawatch import evidence as ev
from hawatch.keepalived.log.sayings import instance_of
from hawatch.situation import answers, configuring, fold, hearing, testimony
from hawatch.situation.node import Node
from hawatch.situation.router import RouterState
from hawatch.wire.family import Family

__all__ = ["MAY_RECONFIGURE", "Node", "RouterState", "Situation"]

MAY_RECONFIGURE = (ev.ConfigRead, ev.DaemonSeen)
"""The kinds of evidence by which virtual routers may come, go, or become others."""

MOST_SAID = 4096
"""Different advertisements of which is remembered whom they are about."""


@dataclass(slots=True)
class Situation:
    """All that is known, and which virtual routers a piece of evidence touches."""

    node: Node = field(default_factory=Node)
    routers: dict[str, RouterState] = field(default_factory=dict)
    _by_vrid: dict[tuple[str, int], list[RouterState]] = field(default_factory=dict)
    _by_number: dict[tuple[Family, int], list[RouterState]] = field(default_factory=dict)
    _by_vip: dict[str, list[RouterState]] = field(default_factory=dict)
    _by_advert: dict[tuple[str, int, tuple[str, ...]], list[RouterState]] = field(default_factory=dict)

    def fold(self, evidence: ev.Evidence) -> list[RouterState]:
        """Take in one piece of evidence; the routers whose facts may have changed by it are returned."""
        node, everyone = self.node, self.routers.values()
        touched: Iterable[RouterState] = ()
        match evidence:
            case ev.Tick():
                fold.woke_late(node, evidence)
            case ev.AdvertisementHeard():
                touched = hearing.advertisement(node, self._talked_about(evidence), evidence)
            case ev.VipHeld():
                touched = fold.vip_held(node, self._with_vip(evidence.address), evidence)
            case ev.ProbeRound():
                touched = self._answered(evidence)
            case ev.AddressAnnounced():
                touched = fold.announced(node, self._with_vip(evidence.address), evidence)
            case ev.PeerReport():
                touched = fold.peer_report(node, everyone, self._reported_on(evidence), evidence)
            case ev.EchoResult():
                touched = fold.echo(node, everyone, evidence)
            case ev.CarpHeard():
                touched = hearing.carp(self._by_vrid.get((evidence.interface, evidence.vhid), ()), evidence)
            case ev.InterfaceState():
                touched = fold.interface_state(node, everyone, evidence)
            case ev.AdvertisementDelivered():
                touched = hearing.delivered(
                    node, self._by_vrid.get((evidence.interface, evidence.vrid), ()), evidence
                )
            case ev.ConfigRead() | ev.DaemonSeen():
                touched = self._reconfigure(evidence)
            case _:
                touched = self._fold_rest(evidence)
        result = list(touched)
        node.outlook = None
        return result

    def _fold_rest(self, evidence: ev.Evidence) -> Iterable[RouterState]:
        node, everyone = self.node, self.routers.values()
        match evidence:
            case ev.Started():
                fold.started(node, evidence)
            case ev.Settings():
                fold.settings(node, evidence)
            case ev.ReportRefused():
                fold.refused(node, evidence)
            case ev.ProtocolUnreachable():
                return fold.unreachable(node, everyone, evidence)
            case ev.WitnessSaid():
                return testimony.hear(node, everyone, evidence)
            case ev.LinkState():
                fold.link_state(node, evidence)
            case ev.ObserverState():
                return fold.observer_state(node, everyone, evidence)
            case ev.ServiceResult() | ev.VipGivenUp():
                fold.service(node, evidence)
            case ev.CaptureDropped():
                fold.dropped(node, evidence)
            case (
                ev.GroupMembership()
                | ev.ReversePathSeen()
                | ev.HostTools()
                | ev.FirewallJudged()
                | ev.CountersRead()
                | ev.VirtualServicesSeen()
            ):
                node.host.fold(evidence)
            case ev.PressureSeen():
                return fold.pressure(node, everyone, evidence)
            case ev.KeepalivedSaid() | ev.Stopping():
                return self._unjudged(evidence)
        return everyone

    def _reconfigure(self, evidence: ev.ConfigRead | ev.DaemonSeen) -> Iterable[RouterState]:
        if isinstance(evidence, ev.ConfigRead):
            configuring.read_file(self.node, self.routers, evidence)
        else:
            configuring.see_daemon(self.node, self.routers, evidence)
        self._by_vrid, self._by_number, self._by_vip, self._by_advert = {}, {}, {}, {}
        self.node.hurried.clear()
        for router in self.routers.values():
            config = router.config
            self._by_vrid.setdefault((config.interface, config.vrid), []).append(router)
            self._by_number.setdefault((config.family, config.vrid), []).append(router)
            for address in router.vips:
                self._by_vip.setdefault(address, []).append(router)
            router.inquiry.push_now = True
        return self.routers.values()

    def _unjudged(self, evidence: ev.KeepalivedSaid | ev.Stopping) -> Iterable[RouterState]:
        """Words prove nothing: nothing is judged by them, nor judged sooner for them. And at the end the loop is over:
        nobody judged what time had changed by then, nor may a replay.

        Of virtual routers that we do not know no words are kept, however many somebody may invent.
        """
        if isinstance(evidence, ev.KeepalivedSaid):
            instance = instance_of(evidence.saying)
            if not instance:
                self.node.words.hear(evidence)
            elif instance in self.routers:
                self.routers[instance].words.hear(evidence)
        return ()

    def _answered(self, evidence: ev.ProbeRound) -> Iterable[RouterState]:
        routers = self._with_vip(evidence.vip)
        if routers:
            return answers.probe_round(self.node, routers, evidence)
        return answers.introduced(self.node, self.routers.values(), evidence)

    def _with_vip(self, address: str) -> list[RouterState]:
        return self._by_vip.get(address, [])

    def _reported_on(self, evidence: ev.PeerReport) -> list[RouterState]:
        """Our virtual routers that a report is about: by VRID, or by any VIP."""
        found: dict[int, RouterState] = {}
        for reported in evidence.report.routers:
            for router in self._by_number.get((reported.family, reported.vrid), ()):
                found[id(router)] = router
            for vip in reported.vips:
                for router in self._by_vip.get(vip.address, ()):
                    found[id(router)] = router
        return list(found.values())

    def _talked_about(self, advert: ev.AdvertisementHeard) -> list[RouterState]:
        """By VRID, or by any VIP: of what was said before the answer is known."""
        said = (advert.interface, advert.vrid, advert.addresses)
        known = self._by_advert.get(said)
        if known is None:
            if len(self._by_advert) >= MOST_SAID:
                self._by_advert.clear()
            known = self._by_advert[said] = self._look_up(advert)
        return known

    def _look_up(self, advert: ev.AdvertisementHeard) -> list[RouterState]:
        found = {id(router): router for router in self._by_vrid.get((advert.interface, advert.vrid), ())}
        for address in advert.addresses:
            for router in self._by_vip.get(address, ()):
                found[id(router)] = router
        return list(found.values())
