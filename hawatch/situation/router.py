"""One virtual router as this node knows it: what we hold, who talks, what was probed, who owned it last."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from hawatch.evidence import AdvertisementHeard
from hawatch.keepalived.model import VirtualRouter
from hawatch.keepalived.virtual_server import VirtualServer
from hawatch.situation.delivery import Undelivered
from hawatch.situation.episodes import Episodes
from hawatch.situation.node import Holding
from hawatch.situation.probing import Probing, RoundResult
from hawatch.situation.talker import Doubted, Talker
from hawatch.situation.timing import jitter_allowance, master_down_interval, release_allowance
from hawatch.situation.witness import WitnessedQuestion
from hawatch.situation.words import Words
from hawatch.verdict import Move
from hawatch.wire.report import ReportedFinding

if TYPE_CHECKING:
    from hawatch.situation.member import HeardRouter, Member


class Owner(StrEnum):
    """Who owns a virtual router, as far as can be told; PEER is exactly one member."""

    US = "us"
    PEER = "peer"
    BOTH = "both"
    NOBODY = "nobody"
    UNKNOWN = "unknown"


class ProofKind(StrEnum):
    """Which of the proofs of two owners stands."""

    NONE = "none"
    S1 = "S1"
    S2 = "S2"
    S3 = "S3"
    S4 = "S4"
    S2W = "S2 of a witness"


@dataclass(frozen=True, slots=True)
class Proof:
    """Two owners, proved at `at`, who have been so `since` then at the latest; the other one is `member`, if named."""

    kind: ProofKind
    at: float
    since: float
    member: str
    ours: bool


@dataclass(frozen=True, slots=True)
class Ownership:
    """Who owns it, by member name; `since` is when that began to be so."""

    owner: Owner
    names: tuple[str, ...]
    since: float


class OutsiderKind(StrEnum):
    """What disturbs a virtual router from outside the pair."""

    NONE = "none"
    ROUTER = "router"
    CARP = "carp"
    ADDRESS = "address"


@dataclass(slots=True)
class Outsider:
    """Somebody outside the pair: by source or MAC, how often and when last.

    in_the_name_of: the member as which it speaks. usurps: it was obeyed, and every node of the pair let go.
    """

    kind: OutsiderKind
    who: str
    count: int
    first_at: float
    at: float
    interval: float = 1.0
    elsewhere: bool = False
    in_the_name_of: str = ""
    usurps: bool = False
    mac: str = ""


@dataclass(slots=True)
class PendingMove:
    """A move that is being announced: confirmed once the former owner is known not to hold."""

    move: Move
    confirmed: bool = False
    probed: bool = False
    adverts_at_start: int = 0


@dataclass(slots=True)
class Claims:
    """Gratuitous announcements of our VIPs by others while we hold them: signs of a second owner, not proof."""

    first_at: float | None = None
    at: float = 0.0


@dataclass(slots=True)
class Witnessed:
    """What one witness found of one VIP: its last rounds, judged, and its last question."""

    probing: Probing
    question: WitnessedQuestion | None = None


SHORTEST_INTERVAL = 0.01
"""Seconds: keepalived has no shorter one."""
ASK_MARGIN = 0.005
"""Seconds beyond the release allowance after which the peers are asked again."""


@dataclass(slots=True)
class Inquiry:
    """What is still to be asked: when the last probe round was asked for, and what is due at once."""

    probed_at: float | None = None
    due_at: float | None = None
    probe_now: bool = True
    push_now: bool = False
    ask_at: list[float] = field(default_factory=list)

    def ask_twice(self, now: float, release: float) -> None:
        """Ask the peers now, or when it is due already, and again when an overlap that begins now would be a proof."""
        self.ask_at = [*(self.ask_at[:1] or [now]), now + release + ASK_MARGIN]


@dataclass(slots=True)
class Delivered:
    """What of one source reached this host's own sockets for VRRP: when first and last, and how much."""

    first_at: float
    at: float
    count: int


@dataclass(slots=True)
class RouterState:
    """All that is known of one virtual router; changed only by the folding of evidence and by `refresh`."""

    config: VirtualRouter
    known_since: float
    vips: frozenset[str] = frozenset()
    """Every VIP address, the excluded ones too."""
    devices: tuple[str, ...] = ()
    """Its own device, then those that it tracks."""
    holdings: dict[str, Holding] = field(default_factory=dict)
    own: Talker = field(default_factory=lambda: Talker("self"))
    talkers: dict[str, Talker] = field(default_factory=dict)
    probings: dict[str, Probing] = field(default_factory=dict)
    found: frozenset[RoundResult] = frozenset()
    """What the newest rounds of its VIPs were worth, so that nobody need look through all for what none of them was."""
    witnessed: dict[tuple[str, str], Witnessed] = field(default_factory=dict)
    """What each witness found of each VIP."""
    heard_by_witness: dict[str, float] = field(default_factory=dict)
    """When a witness heard the last advertisement of a source that we do not hear, and that has not given up."""
    outsiders: dict[str, Outsider] = field(default_factory=dict)
    ownership: Ownership = field(default_factory=lambda: Ownership(Owner.UNKNOWN, (), 0.0))
    last_held_at: float = 0.0
    both_since: float | None = None
    cut_off_at: float | None = None
    returning: bool = False
    back_at: float = 0.0
    superior_at: float | None = None
    superior_src: str = ""
    proof: Proof | None = None
    cleared_at: float = 0.0
    changed_at: float | None = None
    """When it became another virtual router under the same name (another VRID, say), and nobody had been heard yet."""
    settled_owner: str | None = None
    settled_at: float = 0.0
    pending_move: PendingMove | None = None
    last_move: Move | None = None
    last_departure: Move | None = None
    moves: deque[float] = field(default_factory=lambda: deque(maxlen=16))
    owner_changes: int = 0
    claims: Claims = field(default_factory=Claims)
    inquiry: Inquiry = field(default_factory=Inquiry)
    resolved: bool = False
    counts: dict[tuple[str, str, bool], int] = field(default_factory=dict)
    delivered: dict[str, Delivered] = field(default_factory=dict)
    undelivered: dict[str, Undelivered] = field(default_factory=dict)
    full_until: float = 0.0
    """Until when no talker can give way to a new one, so that nobody looks for that at each frame of a flood."""
    doubted: dict[str, Doubted] = field(default_factory=dict)
    """What is heard in the names of members that deny it, by name (hawatch/situation/impostor.py)."""
    reported_findings: tuple[ReportedFinding, ...] = ()
    episodes: Episodes = field(default_factory=Episodes)
    words: Words = field(default_factory=Words)
    virtual_servers: dict[str, VirtualServer] = field(default_factory=dict)
    """By the names of the services that they become (hawatch/situation/virtual_services.py)."""
    longest_down: float = 0.0
    """The longest Master_Down_Interval among the nodes, as of the last refresh."""
    rests_until: float = 0.0
    """Until when what says nothing new need not be judged (hawatch/situation/rest.py)."""
    open_until: float | None = None
    """Until when it is too early to tell, as of the last refresh; None when it is not a matter of time."""
    drawn: tuple[Any, Any] | None = None
    """What the last picture told of its VIPs, and how (hawatch/picture.py); nothing is judged by it."""
    _pace: tuple[float, float, float] = (1.0, release_allowance(1.0), jitter_allowance(1.0))
    _overdue_at: float | None = None

    def __post_init__(self) -> None:
        """The VIPs are those of the configuration, and so is the interval until anybody is heard."""
        self.configure(self.config)

    def configure(self, config: VirtualRouter) -> None:
        """Take another configuration of the same virtual router."""
        self.config = config
        self.vips = frozenset(vip.address for vip in config.all_vips)
        tracked = {each.name for each in config.tracked_interfaces}
        self.devices = tuple(dict.fromkeys((config.interface, *sorted(tracked))))
        self._find_pace()

    def word_of(self, member: Member, now: float) -> HeardRouter | None:
        """What a member's agent says of this virtual router, while that is fresh."""
        return member.said(self.vips, self.config.family, self.config.vrid, now)

    def note_probes(self) -> None:
        """A round was judged, or VIPs came or went."""
        latest = [each.rounds[-1].result for each in self.probings.values() if each.rounds]
        self.found = frozenset(latest)

    def hear(self, talker: Talker, advert: AdvertisementHeard) -> None:
        """Let one of its talkers, or our own, take in an advertisement."""
        talker.hear(advert)
        self._find_pace()

    def _find_pace(self) -> None:
        """The interval heard last, the two allowances that follow from it, and when the newest advertisement of the
        others is overdue: asked for at every turn, and changed by what is heard alone.
        """
        heard_at, interval = self.own.heard_at, self.own.interval
        newest: float | None = None
        for talker in self.talkers.values():
            if talker.heard_at is not None and (heard_at is None or talker.heard_at > heard_at):
                heard_at, interval = talker.heard_at, talker.interval
            if talker.heard_at and not talker.given_up:
                due_at = talker.heard_at + talker.interval
                newest = due_at if newest is None or due_at > newest else newest
        interval = self.config.advert_interval if heard_at is None else max(interval, SHORTEST_INTERVAL)
        if interval != self._pace[0]:
            self._pace = (interval, release_allowance(interval), jitter_allowance(interval))
        self._overdue_at = None if newest is None else newest + self._pace[2]

    def interval(self) -> float:
        """The advertisement interval to reckon with: heard lately beats configured."""
        return self._pace[0]

    def release(self) -> float:
        """How long an orderly handover may overlap."""
        return self._pace[1]

    def jitter(self) -> float:
        """How late an advertisement may be."""
        return self._pace[2]

    def down_interval(self, lowest_priority: int = 1) -> float:
        """The longest Master_Down_Interval that a member of at least this priority can have here."""
        return master_down_interval(
            self.config.version, lowest_priority, self.interval(), self.config.down_timer_adverts
        )

    def own_down_interval(self) -> float:
        """This node's own Master_Down_Interval."""
        priority = min(self.config.priority, 255)
        return master_down_interval(
            self.config.version, priority, self.interval(), self.config.down_timer_adverts
        )

    def we_hold(self, now: float) -> bool | None:
        """Whether this node owns: any VIP held; without VIPs, whether our advertisements go out."""
        if not self.holdings:
            return self.advertising(now)
        answer: bool | None = False
        for holding in self.holdings.values():
            if holding.held:
                return True
            if holding.held is None:
                answer = None
        return answer

    def advertising(self, now: float) -> bool:
        """Whether our advertisements go out."""
        return not self.own.given_up and self.own.silent_for(now) <= self.own.interval + self.jitter()

    def may_have_yielded(self) -> bool:
        """Without VIPs: whether a superior advertisement came, and we have not advertised on longer than δ since."""
        if self.holdings or self.superior_at is None:
            return False
        return self.own.heard_at is None or self.own.heard_at <= self.superior_at + self.release()

    def held_since(self, now: float) -> float:
        """Since when this node has owned without a break; `now` when it does not."""
        if not self.holdings:
            return self.own.run_started_at if self.own.run_started_at is not None else now
        held = [holding.since for holding in self.holdings.values() if holding.held]
        return min(held, default=now)

    def overdue_at(self) -> float | None:
        """When the newest advertisement of the others will have stayed away; None when nobody owes one."""
        return self._overdue_at

    def took_over_at(self) -> float:
        """When this node was seen to take over, after which older words about others are void; 0 when it was not."""
        if not self.holdings:
            return self.own.run_started_at or 0.0
        taken = [holding.since for holding in self.holdings.values() if holding.held and holding.watched]
        return min(taken, default=0.0)

    def own_priority(self) -> int | None:
        """What this node's advertisements carry, or would carry; unknown of a bare VIP (VRID 0) before the first."""
        if self.own.heard_at is not None:
            return self.own.priority
        return self.config.priority if self.config.vrid else None
