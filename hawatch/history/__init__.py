"""What was so during the last hour, folded from one picture after the other; pure, and bounded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hawatch.history.lane import FEWEST, SEVERAL, Lane, Span, Value
from hawatch.history.looking import (
    Key,
    Sight,
    peer_key,
    peer_sights,
    peer_state,
    peers_of,
    router_key,
    router_sights,
    router_state,
)
from hawatch.history.past import Past
from hawatch.history.subject import LaneKind, Subject
from hawatch.snapshot import Snapshot

__all__ = ["HORIZON", "SEVERAL", "History", "Lane", "LaneKind", "Past", "Span", "Subject", "Value"]

HORIZON = 3600.0
"""Seconds that are remembered."""
MOST_LANES = 4096
MOST_SPANS = MOST_LANES * FEWEST
"""In all lanes together."""
MOST_IN_LANE = 200


class History:
    """The lanes of everything that pictures have told of within the HORIZON; times are monotonic seconds."""

    def __init__(self) -> None:
        self._lanes: dict[Subject, Lane] = {}
        self._states: dict[Key, object] = {}
        self._subjects: dict[Key, frozenset[Subject]] = {}
        self._names: frozenset[str] = frozenset()
        self._last: Snapshot | None = None
        self._full_at: float | None = None
        self.changes = 0
        """How often any lane has changed."""

    def see(self, snapshot: Snapshot) -> None:
        """Take in the next picture: what it says otherwise than the one before begins a span."""
        self._last = snapshot
        peers = peers_of(snapshot)
        names = frozenset({snapshot.node, *(peer.name for peer in peers)})
        if names != self._names:
            self._names = names
            self._states.clear()
        seen: set[Key] = set()
        for router in snapshot.routers:
            seen.add(key := router_key(router))
            if self._differs(key, router_state(router)):
                self._take(key, router_sights(router, names), snapshot.at)
        for peer in peers:
            seen.add(key := peer_key(peer))
            if self._differs(key, peer_state(peer)):
                self._take(key, peer_sights(peer), snapshot.at)
        if len(self._subjects) > len(seen):
            for key in self._subjects.keys() - seen:
                self._states.pop(key, None)
                self._take(key, (), snapshot.at)
                del self._subjects[key]

    def recall(self, past: Past, at: float) -> None:
        """Begin with what an earlier run knew: from its end until now, `at`, nothing is known."""
        for subject, lane in past.lanes:
            known = Lane(tuple(mark for mark in lane.marks if mark[0] < min(past.at, at)))
            self._lanes[subject] = known.turned(min(past.at, at), None)
        for subject in tuple(self._lanes)[MOST_LANES:]:
            del self._lanes[subject]

    def past(self) -> Past | None:
        """What is remembered now, of which nothing changes any more; None before the first picture."""
        if self._last is None:
            return None
        self._keep_bounds(self._last.at)
        return Past(
            node=self._last.node,
            pair=self._last.pair,
            at=self._last.at,
            wall_minus_monotonic=self._last.wall_minus_monotonic,
            lanes=tuple(self._lanes.items()),
        )

    def _differs(self, key: Key, state: object) -> bool:
        if self._states.get(key) == state:
            return False
        self._states[key] = state
        return True

    def _take(self, key: Key, sights: Iterable[Sight], at: float) -> None:
        """Of what is not told of any longer, nothing is known."""
        told = set()
        for sight in self._within_bounds(sights, at):
            told.add(sight.subject)
            self._turn(sight, at)
        for subject in self._subjects.get(key, frozenset()) - told:
            self._turn(Sight(subject, None), at)
        self._subjects[key] = frozenset(told)

    def _turn(self, sight: Sight, at: float) -> None:
        before = self._lanes.get(sight.subject, _EMPTY)
        after = before.turned(at, sight.value, sight.since)
        if after is not before or sight.subject not in self._lanes:
            self.changes += 1
            after = after.since(at - HORIZON).folded(HORIZON, self._room())
            self._lanes[sight.subject] = after

    def _within_bounds(self, sights: Iterable[Sight], at: float) -> Iterator[Sight]:
        for sight in sights:
            if sight.subject not in self._lanes and len(self._lanes) >= MOST_LANES:
                if self._full_at != at:
                    self._forget(at)
                if len(self._lanes) >= MOST_LANES:
                    self._full_at = at  # of one picture there is nothing more to forget
                    continue
            yield sight

    def _room(self) -> int:
        """Spans that each lane may have, so that all have enough together."""
        return max(FEWEST, min(MOST_IN_LANE, MOST_SPANS // max(len(self._lanes), 1)))

    def _keep_bounds(self, at: float) -> None:
        self._forget(at)
        room = self._room()
        for subject, lane in self._lanes.items():
            self._lanes[subject] = lane.since(at - HORIZON).folded(HORIZON, room)

    def _forget(self, at: float) -> None:
        """Lanes that no picture tells of, and of which nothing has been known for the whole HORIZON."""
        told = frozenset[Subject]().union(*self._subjects.values())
        for subject in self._lanes.keys() - told:
            if self._lanes[subject].since(at - HORIZON).is_unknown(at - HORIZON):
                del self._lanes[subject]


_EMPTY = Lane()
