"""What stood at each moment at which something changed; incidents are stepped by one after the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace

from hawatch.agent.equipment import Clock
from hawatch.agent.surroundings import Surroundings
from hawatch.agent.words import Words, words_of
from hawatch.desk.drilling import as_drilled
from hawatch.desk.ledger import Ledger
from hawatch.incident import Incident, Word
from hawatch.judge import Judge
from hawatch.situation.member import AgentState

MOST_MOMENTS = 256
"""Changes that may wait for a slow disk; of more, the latest count."""
PEERS_RETURN_WITHIN = 120.0
"""Seconds after our start in which no incident found again ends before every agent that we knew has been heard."""

Moment = tuple[float, tuple[Word, ...], frozenset[str] | None]
"""Epoch seconds, what stood then, and the virtual routers that were configured."""


def watched_by(judge: Judge) -> frozenset[str] | None:
    """The virtual routers that are configured; None while no configuration could be read."""
    return None if judge.situation.node.config is None else frozenset(judge.situation.routers)


class Noticed:
    """The moments that no incident has been stepped by yet; `incidents` are those that are open."""

    def __init__(self, *, judge: Judge, ledger: Ledger, surroundings: Surroundings, clock: Clock) -> None:
        self._judge = judge
        self._ledger = ledger
        self._surroundings = surroundings
        self._clock = clock
        self._words = Words(judge)
        self._moments: deque[Moment] = deque(maxlen=MOST_MOMENTS)
        self._began_at = clock.wall()

    def note(self, incidents: Sequence[Incident]) -> None:
        """Something has changed: keep what stands now."""
        self._moments.append(self._now(incidents))

    def take(self, incidents: Sequence[Incident]) -> list[Moment]:
        """All that was kept, the oldest first, and last the present moment; each is given once."""
        moments = [*self._moments, self._now(incidents)]
        self._moments.clear()
        return moments

    def _now(self, incidents: Sequence[Incident]) -> Moment:
        now = self._clock.wall()
        words = as_drilled(self._doubted(words_of(self._words), incidents), self._ledger, now)
        return now, words, watched_by(self._judge)

    def _doubted(self, words: tuple[Word, ...], incidents: Sequence[Incident]) -> tuple[Word, ...]:
        """An agent that has just begun takes a peer that it has not heard yet for one that never had an agent."""
        found_again = any(each.opened_at < self._began_at for each in incidents)
        if not found_again or self._clock.wall() - self._began_at >= PEERS_RETURN_WITHIN:
            return words
        peers = self._surroundings.now().snapshot.peers
        if self._ledger.peers <= {each.name for each in peers if each.agent != AgentState.NONE.value}:
            return words
        return tuple(
            each if each.verdict.severity.badness else replace(each, doubtful=True) for each in words
        )
