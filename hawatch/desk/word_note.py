"""One line of keepalived's own, for the timelines of the incidents that it falls into."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class WordNote:
    """What the keepalived of `node` said at `at` (epoch seconds), give or take `within`."""

    id: str
    node: str
    instance: str
    at: float
    within: float
    text: str
    incidents: tuple[str, ...]

    @property
    def progress(self) -> int:
        """That it belongs to one more incident is all that can be added."""
        return len(self.incidents)
