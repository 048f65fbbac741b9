"""The open incidents of one step, and which of them a virtual router belongs to, without looking through all."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from hawatch.incident.record import Incident, Part
from hawatch.incident.word import Word


class Standing:
    """Incidents in a given order, by number; all of them at one moment, `now` (epoch seconds)."""

    def __init__(self, incidents: Sequence[Incident], now: float) -> None:
        self.incidents = list(incidents)
        self._now = now
        self._places: defaultdict[str, dict[int, int]] = defaultdict(dict)
        self._groups: defaultdict[str, Counter[int]] = defaultdict(Counter)
        self._fell: dict[int, float] = {}
        for number, incident in enumerate(incidents):
            if not incident.resolved:
                self._enter(number, enumerate(incident.parts))

    def places(self, instance: str) -> list[tuple[int, int]]:
        """The open incidents that a virtual router is part of, and which part it is, both by number."""
        return list(self._places[instance].items())

    def put(self, number: int, place: int, after: Incident) -> None:
        """An incident with one part that may have changed, or is its latest; a new one comes after all others."""
        if number == len(self.incidents):
            self.incidents.append(after)
        else:
            before = self.incidents[number]
            if after is before:
                return
            self.incidents[number] = after
            if place < len(before.parts) and (group := before.parts[place].sync_group):
                self._groups[group][number] -= 1
        self._enter(number, [(place, after.parts[place])])

    def to_join(self, word: Word) -> int | None:
        """Which open incident this trouble belongs to: its sync group's, or one that has just begun or grown."""
        if word.sync_group and (here := +self._groups[word.sync_group]):
            return max(here)
        return next((number for number, ago in self._fell.items() if ago <= word.down_interval), None)

    def _enter(self, number: int, parts: Iterable[tuple[int, Part]]) -> None:
        for place, part in parts:
            self._places[part.instance].setdefault(number, place)
            if part.sync_group:
                self._groups[part.sync_group][number] += 1
            ago = abs(self._now - part.fell_at)
            self._fell[number] = min(ago, self._fell.get(number, ago))
