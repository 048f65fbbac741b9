"""Datagrams that were not taken, folded so that a flood of them stays a trickle."""

from __future__ import annotations

from collections import Counter

from hawatch.evidence.reaching import SEVERAL_SENDERS, ReportRefused

_MOST_KINDS = 32


class Refusals:
    """Counts by link, sender and reason."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str, str]] = Counter()

    def note(self, link: str, src: str, reason: str) -> None:
        """One more datagram was refused; beyond some senders it no longer matters which."""
        kind = (link, src, reason)
        if kind not in self._counts and len(self._counts) >= _MOST_KINDS:
            kind = (link, SEVERAL_SENDERS, reason)
        self._counts[kind] += 1

    def flush(self, at: float) -> list[ReportRefused]:
        """Everything since the last time."""
        folded = [
            ReportRefused(at=at, link=link, src=src, reason=reason, count=count)
            for (link, src, reason), count in self._counts.items()
        ]
        self._counts.clear()
        return folded
