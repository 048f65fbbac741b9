"""Datagrams of the peer link that were not taken: whose, why, and when the last one came."""

from __future__ import annotations

from dataclasses import dataclass

from hawatch.evidence.reaching import SEVERAL_SENDERS, ReportRefused

SPEAKS = 10.0
"""Seconds for which a refusal is told of."""
MOST_SENDERS = 16
"""Anybody may send from any address; beyond so many it no longer matters from which."""


@dataclass(frozen=True, slots=True)
class RefusedReport:
    """The last datagram of one sender that was not taken: `at` (monotonic seconds), and the reason."""

    at: float
    reason: str

    def speaks(self, now: float) -> bool:
        """Whether it is told of still."""
        return now - self.at < SPEAKS


def noted(known: dict[str, RefusedReport], evidence: ReportRefused) -> dict[str, RefusedReport]:
    """The refusals by sender with one more; for a new sender without room those are forgotten that speak no more."""
    src = evidence.src
    if src not in known and len(known) >= MOST_SENDERS:
        known = {each: refusal for each, refusal in known.items() if refusal.speaks(evidence.at)}
        src = src if len(known) < MOST_SENDERS else SEVERAL_SENDERS
    return {**known, src: RefusedReport(evidence.at, evidence.reason)}
