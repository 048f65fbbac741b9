"""The agent's inputs of the last minute, and before them the last word on everything that was said once and holds on.

Replayed, they lead a judge who knows nothing to the verdict that the agent had.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Hashable

from hawatch import evidence as ev

MOST_INPUTS = 30_000
"""So many inputs are kept at the most, a peer's report counting for as many as the virtual routers that it is about,
and for one more with every few VIPs: of thousands half a minute of reports takes forty megabytes."""
VIPS_FOR_ONE = 4
MOST_TALKERS = 2_000
"""Of what others say, and could say under any number of names, so many last words are kept."""
# What is in force may be what was read before the last word: a configuration waits for keepalived to load it.
_WORDS_KEPT = {ev.ConfigRead: 4, ev.DaemonSeen: 4, ev.CountersRead: 2}
_OWN = (
    ev.Started,
    ev.Settings,
    ev.ConfigRead,
    ev.DaemonSeen,
    ev.VipHeld,
    ev.InterfaceState,
    ev.ObserverState,
    ev.LinkState,
    ev.ServiceResult,
    ev.GroupMembership,
    ev.ReversePathSeen,
    ev.HostTools,
    ev.FirewallJudged,
    ev.CountersRead,
    ev.PressureSeen,
)

Words = deque[tuple[int, ev.Evidence]]


class InputRing:
    """Keeps inputs for so many seconds, and of those that have to go the last words.

    `counters` is how keepalived's counters were read last.
    """

    def __init__(self, seconds: float, *, most: int = MOST_INPUTS) -> None:
        self.counters: ev.CountersRead | None = None
        self._seconds = seconds
        self._most = most
        self._number = 0
        self._weight = 0
        self._recent: Words = deque()
        self._own: dict[Hashable, Words] = {}
        self._others: OrderedDict[Hashable, Words] = OrderedDict()

    def add(self, evidence: ev.Evidence) -> None:
        """Take one input in, in the order in which the judge is told."""
        self._number += 1
        self._recent.append((self._number, evidence))
        self._weight += _weight(evidence)
        if isinstance(evidence, ev.CountersRead):
            self.counters = evidence
        while self._recent[0][1].at < evidence.at - self._seconds or self._weight > self._most:
            self._retire(*self._recent.popleft())

    def everything(self) -> list[ev.Evidence]:
        """The last words of before, then all of the window, in the order in which they were told."""
        words = [each for kept in (*self._own.values(), *self._others.values()) for each in kept]
        return [evidence for _, evidence in (*sorted(words, key=lambda word: word[0]), *self._recent)]

    def _retire(self, number: int, evidence: ev.Evidence) -> None:
        self._weight -= _weight(evidence)
        subject = subject_of(evidence)
        if subject is None:
            return
        key = (type(evidence), subject)
        shelf = self._own if isinstance(evidence, _OWN) else self._others
        words = shelf.setdefault(key, deque(maxlen=_WORDS_KEPT.get(type(evidence), 1)))
        words.append((number, evidence))
        if shelf is self._others:
            self._others.move_to_end(key)
            if len(self._others) > MOST_TALKERS:
                self._others.popitem(last=False)


def _weight(evidence: ev.Evidence) -> int:
    if not isinstance(evidence, ev.PeerReport):
        return 1
    return 1 + sum(1 + len(router.vips) // VIPS_FOR_ONE for router in evidence.report.routers)


def subject_of(evidence: ev.Evidence) -> Hashable:
    """What a record speaks about: a later one of the same kind and subject takes its place. None: nothing lasting."""
    if isinstance(evidence, _PASSING):
        return None
    if isinstance(evidence, ev.PeerReport):  # a large one comes in slices
        told = frozenset((router.family, router.vrid) for router in evidence.report.routers)
        return evidence.link, evidence.report.node, told
    if isinstance(evidence, ev.WitnessSaid):
        return evidence.witness, frozenset(vip.address for vip in evidence.word.vips)
    names = _SUBJECTS.get(type(evidence), ())
    return tuple(getattr(evidence, name) for name in names)


_PASSING = (ev.Tick, ev.Stopping, ev.CaptureDropped, ev.ReportRefused)
# A kind that is not named here speaks about this node.
_SUBJECTS: dict[type, tuple[str, ...]] = {
    ev.VipHeld: ("address",),
    ev.InterfaceState: ("interface",),
    ev.ReversePathSeen: ("interface",),
    ev.GroupMembership: ("interface", "group"),
    ev.ObserverState: ("observer",),
    ev.LinkState: ("peer", "link"),
    ev.ServiceResult: ("name", "node"),
    ev.AdvertisementHeard: ("interface", "outgoing", "src", "family", "vrid"),
    ev.AdvertisementDelivered: ("interface", "src", "family", "vrid"),
    ev.CarpHeard: ("interface", "outgoing", "src", "vhid"),
    ev.AddressAnnounced: ("interface", "outgoing", "address", "mac"),
    ev.ProtocolUnreachable: ("src",),
    ev.ProbeRound: ("vip",),
    ev.EchoResult: ("target", "link"),
}
