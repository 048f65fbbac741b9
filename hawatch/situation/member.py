"""A member: another node of the pair, by whatever is known of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from hawatch.evidence import PeerReport
from hawatch.keepalived.model import VirtualRouter
from hawatch.situation.paths import MISSES_TO_DOWN, Path, any_alive
from hawatch.situation.saying import repeats
from hawatch.situation.witness import Glimpse, is_reached
from hawatch.wire.family import Family
from hawatch.wire.report import NodeReport, ReportedRouter

REPORT_FRESH = 3.0
"""Seconds for which a report speaks; three datagrams in a row must be lost to miss it."""
REPORTS_MISSING = 2.0
"""Seconds after the last report in which two more should have come."""
RETURN_GRACE = 15.0
SIGN_SPEAKS = 1.0
NEIGHBOUR_SPEAKS = 35.0
WHEREABOUTS_KNOWN_IN = 2.5
"""Seconds in which an echo comes back or two are lost, and one more probe round ends."""
CLOCKS_APART, CLOCKS_TOGETHER = 1.0, 0.8
"""Seconds beyond which two wall clocks are said to differ, and within which no more."""
CLOCK_READINGS = 5


class AgentState(StrEnum):
    """What is known of the agent on another node."""

    NONE = "none"
    UP = "up"
    LEFT = "left"
    SILENT = "silent"


@dataclass(slots=True)
class HeardRouter:
    """The latest word on one virtual router in a member's report, with the time it came and its round trip.

    `settled_at` is when its settings, as far as members must agree on them, were first told to be what they are, and
    `advertising_since` when it first said, without taking it back, that its advertisements leave. `services_since` and
    `servers_since`: since when its virtual services, and who gets their connections, have been told to be as they are.
    `certain_at` is when it last said of each VIP whether it holds it; 0 when never.
    """

    router: ReportedRouter
    at: float
    round_trip: float | None
    settled_at: float = 0.0
    advertising_since: float | None = None
    services_since: float = 0.0
    servers_since: float = 0.0
    certain_at: float = 0.0
    repeats: bool = False
    """Whether it says what the word before it said, which still was fresh (hawatch/situation/saying.py)."""
    addresses: tuple[str, ...] = ()
    agrees_with: VirtualRouter | None = None
    """The configuration that its settings were last seen to agree with (hawatch/situation/agreement.py)."""

    def __post_init__(self) -> None:
        """The VIPs' addresses, which are looked for again and again."""
        self.addresses = tuple([vip.address for vip in self.router.vips])

    @property
    def key(self) -> tuple[Family, int]:
        """By what it is known among the words of one member."""
        return self.router.family, self.router.vrid


@dataclass(slots=True)
class Member:
    """Another node: names, addresses, MACs, links, and what its agent says."""

    name: str
    addresses: set[str] = field(default_factory=set)
    macs: set[str] = field(default_factory=set)
    agent_addresses: set[str] = field(default_factory=set)
    agent_macs: set[str] = field(default_factory=set)
    links: dict[str, Path] = field(default_factory=dict)
    neighbour: Path = field(default_factory=lambda: Path("neighbour"))
    relayed_at: float | None = None
    glimpses: dict[str, Glimpse] = field(default_factory=dict)
    seen_alive_at: float | None = None
    lives_elsewhere: bool = False
    returned_at: float | None = None
    listed: bool = False
    report: NodeReport | None = None
    report_at: float | None = None
    deaf_seconds: float = 0.0
    boot_id: str | None = None
    sequence: int = 0
    routers: dict[tuple[Family, int], HeardRouter] = field(default_factory=dict)
    unreachable_icmp_at: float | None = None
    wire_heard_at: float | None = None
    met_at: float | None = None
    """When it last answered on this LAN for an address that was asked for alone, beside no VIP."""
    clock_offsets: deque[float] = field(default_factory=lambda: deque(maxlen=CLOCK_READINGS))
    clock_is_apart: bool = False
    balances: bool = False
    """Whether it has ever said anything of virtual services: nobody need look for that in all its words."""
    _by_vip: dict[str, HeardRouter] = field(default_factory=dict)

    def is_overtaken(self, evidence: PeerReport) -> bool:
        """Whether a later word of the same run has come before this one."""
        return evidence.boot_id == self.boot_id and evidence.sequence < self.sequence

    def hear_report(self, evidence: PeerReport) -> None:
        """Take in one datagram; a slice replaces only the routers it carries, a whole report all of them."""
        report = evidence.report
        self.name = report.node
        self.addresses.update(report.addresses)
        if evidence.src in self.addresses:
            self.agent_addresses.add(evidence.src)
        self.macs.update(report.macs)
        self.agent_macs.update(report.macs)
        if evidence.boot_id != self.boot_id:
            self.routers.clear()
            self._by_vip.clear()
            self.boot_id = evidence.boot_id
        self.sequence = evidence.sequence
        self.report = report
        self.report_at = evidence.at
        self.deaf_seconds = 0.0
        known = self.routers
        if report.slices == 1:
            self.routers = {}
            self._by_vip.clear()
        for router in report.routers:
            before = known.get((router.family, router.vrid))
            sending_since = _sending_since(before, router, evidence.at)
            heard = HeardRouter(router, evidence.at, evidence.round_trip, evidence.at, sending_since)
            if before is not None and _settings(before) == _settings(heard):
                heard.settled_at, heard.agrees_with = before.settled_at, before.agrees_with
            _date_services(heard, before)
            doubted = any(vip.held is None for vip in router.vips)
            heard.repeats = (
                before is not None
                and evidence.at - before.at <= REPORT_FRESH
                and repeats(before.router, router)
            )
            heard.certain_at = (before.certain_at if before is not None else 0.0) if doubted else evidence.at
            self.balances = self.balances or router.virtual_services is not None
            self.routers[heard.key] = heard
            self._index(heard, before)
        if evidence.clock_offset is not None:
            self._compare_clocks(evidence.clock_offset)
        self.hear_link(evidence)

    def _index(self, heard: HeardRouter, before: HeardRouter | None) -> None:
        """Have a word found by its VIPs, and no longer by those that it had before.

        Where none is the same, what came before is the word on another network's virtual router with this VRID.
        """
        known = frozenset() if before is None else frozenset(before.addresses)
        if not known.isdisjoint(heard.addresses):
            for address in known.difference(heard.addresses):
                self._by_vip.pop(address, None)
        for address in heard.addresses:
            self._by_vip[address] = heard

    def hear_link(self, evidence: PeerReport) -> None:
        """The link that a datagram came by works, even if its word came too late to count."""
        if evidence.witness:
            self.relayed_at = evidence.at
        else:
            self.note_return(evidence.at)
            path = self.links.setdefault(evidence.link, Path(evidence.link))
            path.answered(evidence.at, evidence.round_trip)

    def _compare_clocks(self, offset: float) -> None:
        """Of the last readings the middle one counts, so that one datagram that was held up says nothing."""
        self.clock_offsets.append(offset)
        if len(self.clock_offsets) > CLOCK_READINGS // 2:
            limit = CLOCKS_TOGETHER if self.clock_is_apart else CLOCKS_APART
            self.clock_is_apart = abs(self.clock_offset()) > limit

    def clock_offset(self) -> float:
        """By how many seconds its wall clock was ahead of ours lately."""
        return sorted(self.clock_offsets)[len(self.clock_offsets) // 2] if self.clock_offsets else 0.0

    def agent(self, now: float) -> AgentState:
        """Whether its agent speaks, said goodbye, or fell silent."""
        if self.report is None or self.report_at is None:
            return AgentState.NONE
        if self.report.leaving:
            stays_away = (self.report.expected_return or 0.0) + RETURN_GRACE
            return AgentState.LEFT if now - self.report_at <= stays_away else AgentState.SILENT
        silent = now - self.report_at - self.deaf_seconds
        return AgentState.UP if silent <= REPORT_FRESH else AgentState.SILENT

    def outlives_its_agent(self, now: float) -> bool:
        """Whether its agent fell silent and the node did not: something else came after reports were missing.

        While the node itself was out of reach none could come, nor is one owed the moment it is back.
        """
        missing_at = (self.report_at or 0.0) + REPORTS_MISSING
        if self.returned_at is not None:
            missing_at = max(missing_at, self.returned_at + REPORT_FRESH)
        return self.agent(now) is AgentState.SILENT and self.sign_of_life_at() > missing_at

    def excuse(self, since: float, until: float) -> None:
        """Do not count as silence the time in which this node could hear nobody."""
        if self.report_at is not None:
            self.deaf_seconds = max(self.deaf_seconds, until - max(since, self.report_at))

    def said(self, vips: frozenset[str], family: Family, vrid: int, now: float) -> HeardRouter | None:
        """Its fresh word on the virtual router that shares these VIPs, or failing that the VRID."""
        same = self.routers.get((family, vrid))
        if same is not None and now - same.at > REPORT_FRESH:
            same = None
        if same is not None and not vips.isdisjoint(same.addresses):
            return same
        sharing = self.sharing(vips)
        return sharing if sharing is not None and now - sharing.at <= REPORT_FRESH else same

    def sharing(self, vips: Iterable[str]) -> HeardRouter | None:
        """Its latest word on any virtual router with one of these VIPs, under whatever VRID it runs there."""
        words = [self._by_vip[vip] for vip in vips if vip in self._by_vip]
        return max(words, key=lambda heard: heard.at, default=None)

    def sign_of_life_at(self) -> float:
        """When anything was last heard of the node, on any path; 0 when never."""
        answered = [path.answered_at for path in (*self.links.values(), self.neighbour)]
        answered += [glimpse.seen_at for glimpse in self.glimpses.values()]
        return max(
            at or 0.0 for at in (self.wire_heard_at, self.unreachable_icmp_at, self.report_at, *answered)
        )

    def note_return(self, at: float) -> None:
        """A sign of life comes now: of a node that was gone, what was found out about where it lives is void."""
        if self.alive(at) is False:
            self.returned_at = at
            self.seen_alive_at, self.lives_elsewhere = None, False

    def ask_neighbour(self, asked_at: float, at: float, *, answered: bool) -> None:
        """Its own address on this LAN was asked after: one that misses again after a sign of life lives elsewhere."""
        neighbour = self.neighbour
        if answered:
            self.note_return(at)
            neighbour.answered(at, None)
            self.seen_alive_at, self.lives_elsewhere = None, False
            return
        missing_since = neighbour.missing_since
        neighbour.missed(at)
        if neighbour.answered_at is None or missing_since is None:
            return
        if self.seen_alive_at is None and self.sign_of_life_at() > missing_since:
            self.seen_alive_at = self.sign_of_life_at()
        if self.seen_alive_at is not None and asked_at > self.seen_alive_at:
            self.lives_elsewhere = True

    def is_missed(self) -> bool:
        """Whether it answers on this LAN no more, or over one of its links."""
        gone = self.neighbour.misses > 0 and self.neighbour.answered_at is not None
        return gone or any(path.misses >= MISSES_TO_DOWN for path in self.links.values())

    def lives_for_others(self, now: float) -> bool:
        """Whether a witness reaches it, or its report came by way of another node."""
        if self.relayed_at is not None and now - self.relayed_at <= REPORT_FRESH:
            return True
        return bool(self.glimpses) and is_reached(self, now) is True

    def is_mere_name(self) -> bool:
        """Whether nothing of it was ever seen: only a configuration knows of it."""
        return self.report is None and self.sign_of_life_at() == 0.0

    def is_mere_source(self) -> bool:
        """Whether nothing but frames is known of it: no configuration names it, and no agent speaks for it."""
        return not self.listed and self.report is None and self.name in self.addresses

    def whereabouts_open_until(self, now: float) -> float | None:
        """Until when it is open whether it died or lives elsewhere: it counts as alive and misses on this LAN."""
        neighbour = self.neighbour
        if neighbour.answered_at is None or neighbour.missing_since is None or self.lives_elsewhere:
            return None
        since = max(neighbour.missing_since, self.returned_at or 0.0)
        return since + WHEREABOUTS_KNOWN_IN if self.alive(now) else None

    def return_open_until(self, now: float) -> float | None:
        """The same of a node that was gone and has not been asked after on this LAN since it is back."""
        missing_since = self.neighbour.missing_since
        if self.returned_at is None or missing_since is None or self.returned_at < missing_since:
            return None
        return self.whereabouts_open_until(now)

    def is_placed_since(self, at: float) -> bool:
        """Whether its agent has spoken from then on, or a question on this LAN, beside the VIPs, has placed it."""
        return self.lives_elsewhere or max(self.report_at or 0.0, self.neighbour.answered_at or 0.0) >= at

    def alive(self, now: float) -> bool | None:
        """Whether the node lives, on any path, its own frames on the wire and what others say of it included.

        What a witness does not reach may live all the same.
        """
        if self.wire_heard_at is not None and now - self.wire_heard_at <= SIGN_SPEAKS:
            return True
        if self.unreachable_icmp_at is not None and now - self.unreachable_icmp_at <= SIGN_SPEAKS:
            return True
        if self.lives_for_others(now):
            return True
        if self.links and any(path.answered_at is not None for path in self.links.values()):
            return any_alive(self.links.values(), now)
        return self.neighbour.alive(now, fresh=NEIGHBOUR_SPEAKS)


def _sending_since(before: HeardRouter | None, router: ReportedRouter, at: float) -> float | None:
    if not router.advertising:
        return None
    return before.advertising_since if before and before.advertising_since is not None else at


def _date_services(heard: HeardRouter, before: HeardRouter | None) -> None:
    """What was told in the same way before has its date from then."""
    now, then = heard.router.virtual_services, before.router.virtual_services if before is not None else None
    heard.services_since = heard.servers_since = heard.at
    if before is None or now is None or then is None:
        return
    if {(each.name, each.make) for each in now} == {(each.name, each.make) for each in then}:
        heard.services_since = before.services_since
        if {(each.name, each.servers) for each in now} == {(each.name, each.servers) for each in then}:
            heard.servers_since = before.servers_since


def _settings(heard: HeardRouter) -> tuple[object, ...]:
    router = heard.router
    return (router.settings, router.configured_priority, router.advert_interval, heard.addresses)


@dataclass(slots=True)
class Membership:
    """All members, found again by name, address or MAC."""

    members: list[Member] = field(default_factory=list)

    def find(
        self, *, name: str | None = None, address: str | None = None, mac: str | None = None
    ) -> Member | None:
        """The member known by any of these."""
        for member in self.members:
            if name is not None and member.name == name:
                return member
            if address is not None and without_zone(address) in member.addresses:
                return member
            if mac is not None and mac in member.macs:
                return member
        return None

    def admit(self, name: str, addresses: tuple[str, ...]) -> Member:
        """The one member with this name or any of these addresses, made or merged as need be."""
        known = {without_zone(address) for address in addresses}
        found = [m for m in self.members if m.name == name or m.addresses & known]
        if not found:
            found = [Member(name)]
            self.members.append(found[0])
        kept, *others = sorted(found, key=lambda member: member.report is None)
        for other in others:
            self._absorb(kept, other)
        kept.addresses.update(known)
        return kept

    def unite(self, member: Member) -> None:
        """Take in those who have this member's MAC and are known by nothing but a source of advertisements."""
        for other in list(self.members):
            if other is not member and other.is_mere_source() and other.macs & member.macs:
                self._absorb(member, other)

    def keep_only(self, names: Iterable[str]) -> None:
        """Forget those of which nothing but a name was ever known, and that no configuration names any more."""
        named = set(names)
        self.members = [each for each in self.members if each.name in named or not each.is_mere_name()]

    def forget(self, address: str) -> None:
        """Let go of an address of a mere source of advertisements, and of the member with its last one."""
        member = self.find(address=address)
        if member is not None and member.is_mere_source():
            member.addresses.discard(address)
            if not member.addresses:
                self.members.remove(member)
            elif member.name == address:
                member.name = min(member.addresses)

    def _absorb(self, kept: Member, other: Member) -> None:
        kept.addresses |= other.addresses
        kept.macs |= other.macs
        kept.agent_addresses |= other.agent_addresses
        kept.agent_macs |= other.agent_macs
        kept.links |= other.links
        kept.glimpses |= other.glimpses
        kept.listed = kept.listed or other.listed
        self.members.remove(other)


def without_zone(address: str) -> str:
    """An address as frames carry it: a link-local one without the device behind its % (RFC 4007 §11)."""
    return address.partition("%")[0]
