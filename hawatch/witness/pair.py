"""One pair as the witness sees it, with its secrets: nothing in here is shared with another pair."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from hawatch.config.witness import WatchedPair
from hawatch.evidence import AdvertisementHeard, ProbeRound
from hawatch.observers.peer_link.admission import Admission
from hawatch.observers.peer_link.run import Run
from hawatch.observers.peer_link.stamps import Stamps
from hawatch.targets import ProbeTarget
from hawatch.wire.family import Family
from hawatch.witness.member import Sight
from hawatch.witness.outage import Measure

ROUNDS = 4
QUICK_FOR = 10.0
"""Seconds after a change in which everything is asked again and again."""
PEACE, CALM = 10.0, 1.0
"""Seconds between two questions for a VIP while all is well, and while something is open for long."""
MARGIN = 0.02
"""Seconds beyond the release allowance between two questions, so that the two can be a proof."""
ADVERTS_KEPT = 10.0
MOST_VIPS, MOST_ADVERTS, MOST_REFUSALS = 255, 64, 16


@dataclass(slots=True)
class Refusals:
    """Datagrams that were not taken: how often, by sender and reason, and when last."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    last: tuple[str, str, float] | None = None

    def note(self, src: str, reason: str, now: float) -> None:
        """One more."""
        if (src, reason) not in self.counts and len(self.counts) >= MOST_REFUSALS:
            reason = "several"
        self.counts[src, reason] += 1
        self.last = (src, reason, now)


@dataclass(slots=True, eq=False)
class Pair:
    """A pair: its configuration, key and run, its members, and what was asked and heard."""

    config: WatchedPair
    key: bytes
    run: Run
    stamps: Stamps = field(default_factory=Stamps)
    admission: Admission = field(default_factory=Admission)
    members: dict[str, Sight] = field(default_factory=dict)
    rounds: dict[str, deque[ProbeRound]] = field(default_factory=dict)
    targets: dict[str, ProbeTarget | None] = field(default_factory=dict)
    adverts: dict[tuple[Family, int, str], AdvertisementHeard] = field(default_factory=dict)
    clients: dict[str, Measure] = field(default_factory=dict)
    refusals: Refusals = field(default_factory=Refusals)
    changed_at: float = float("-inf")
    probed_at: float = float("-inf")
    client_at: float = float("-inf")
    controls: int = 0
    _signature: tuple[object, ...] = ()

    def __post_init__(self) -> None:
        self.members = {each.name: Sight(each.name, each.addresses) for each in self.config.members}

    # --- what is watched --------------------------------------------------------------------------

    @property
    def vips(self) -> tuple[str, ...]:
        """Those of the configuration, else those that the members' reports name."""
        if self.config.vips:
            return self.config.vips
        told = dict.fromkeys(vip for member in self.members.values() for vip in member.held)
        return tuple(told)[:MOST_VIPS]

    def release(self) -> float:
        """How long an orderly handover may overlap, by the longest advertisement interval that was told or heard."""
        told = [
            router.advert_interval
            for member in self.members.values()
            if member.report is not None
            for router in member.report.routers
        ]
        heard = [each.interval_seconds for each in self.adverts.values()]
        return max(0.150, max([*told, *heard], default=1.0) / 4)

    def control(self, family: Family) -> str | None:
        """An own address of a member, to be asked after beside a VIP: those that live first, in turn."""
        living = [m for m in self.members.values() if m.echo.reachable is not False] or [
            *self.members.values()
        ]
        wanted = family is Family.IPV6
        self.controls += 1
        for number in range(len(living)):
            member = living[(self.controls + number) % len(living)]
            known = (*member.addresses, *sorted(member.own_addresses))
            for address in known:
                if (
                    (":" in address) == wanted
                    and not address.startswith("fe80:")
                    and address not in self.vips
                ):
                    return address
        return None

    # --- what happened ----------------------------------------------------------------------------

    def take_round(self, probe: ProbeRound) -> None:
        """A question has had its time."""
        if probe.sent:
            self.rounds.setdefault(probe.vip, deque(maxlen=ROUNDS)).append(probe)

    def take_advert(self, advert: AdvertisementHeard) -> None:
        """A member, or somebody who names a VIP of this pair, advertised."""
        key = (advert.family, advert.vrid, advert.src)
        if key in self.adverts or len(self.adverts) < MOST_ADVERTS:
            self.adverts[key] = advert

    def look(self, now: float) -> bool:
        """Whether something has changed since the last look, so that everything is asked quickly for a while."""
        signature = (
            tuple(
                (each.echo.reachable, each.reports(now), tuple(sorted(each.held.items())))
                for each in self.members.values()
            ),
            tuple(each.up for each in self.clients.values()),
            tuple(len({a.mac for a in r[-1].answers}) for r in self.rounds.values() if r),
            tuple(sorted(src for (_, _, src), a in self.adverts.items() if now - a.at <= self._late(a))),
        )
        changed = bool(self._signature) and signature != self._signature
        self._signature = signature
        if changed:
            self.changed_at = now
        return changed

    @staticmethod
    def _late(advert: AdvertisementHeard) -> float:
        return 1.5 * max(advert.interval_seconds, 0.05) + 0.05

    def is_quick(self, now: float) -> bool:
        """Whether something has changed lately."""
        return now - self.changed_at <= QUICK_FOR

    def is_calm(self, now: float) -> bool:
        """Whether all is as it should be: every agent speaks, one holds each VIP, clients are served."""
        if not all(each.reports(now) for each in self.members.values()):
            return False
        owners = [sum(each.held.get(vip) is True for each in self.members.values()) for vip in self.vips]
        return all(count == 1 for count in owners) and all(each.up for each in self.clients.values())

    def probe_due(self, now: float) -> bool:
        """Whether the VIPs are to be asked after now."""
        if self.is_quick(now):
            return now - self.probed_at >= self.release() + MARGIN
        every = PEACE if self.is_calm(now) else CALM
        return now - self.probed_at >= every

    def forget(self, now: float) -> None:
        """Let go of advertisements that were heard long ago, and of VIPs that are no more."""
        if any(now - each.at > ADVERTS_KEPT for each in self.adverts.values()):
            self.adverts = {k: a for k, a in self.adverts.items() if now - a.at <= ADVERTS_KEPT}
        gone = self.rounds.keys() - set(self.vips)
        for vip in gone:
            del self.rounds[vip]

    def holders(self, vip: str, now: float) -> Iterable[str]:
        """Who says of itself that it holds a VIP."""
        return [m.name for m in self.members.values() if m.reports(now) and m.held.get(vip)]
