"""What an agent that has fallen behind need not read: earlier words that a later one of the same batch repeats.

Without it an agent that gets less of the processor than it needs would judge ever older words, and never catch up.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from operator import attrgetter

from hawatch.evidence import AdvertisementDelivered, AdvertisementHeard, Evidence, PeerReport

BEHIND_BY = 1.0
"""Seconds that a batch spans when its reader has fallen behind."""
MANY = 1000
"""Inputs that a batch has then at the least: a pair of ordinary size never has so many, however long it slept."""
_Repeated = AdvertisementHeard | AdvertisementDelivered

_heard = attrgetter(
    "interface",
    "outgoing",
    "src",
    "dst",
    "src_mac",
    "ttl",
    "family",
    "version",
    "vrid",
    "priority",
    "interval_seconds",
    "auth_type",
    "auth_fingerprint",
    "addresses",
    "checksum",
    "problems",
    "vlans",
)
_delivered = attrgetter("interface", "family", "src", "vrid")


def freshest(batch: list[Evidence]) -> list[Evidence]:
    """A batch in the order of its times, as it is, or of one that spans long and holds much the newest words alone.

    Equal advertisements become one that counts them, at the time of the last; of reports with the same virtual
    routers by the same agent and link the last is left. Everything else stays where it is.
    """
    if len(batch) < MANY or batch[-1].at - batch[0].at < BEHIND_BY:
        return batch
    newest: dict[Hashable, int] = {}
    kept: list[Evidence] = []
    for evidence in reversed(batch):
        key = _key(evidence)
        later = newest.get(key) if key is not None else None
        if later is None:
            if key is not None:
                newest[key] = len(kept)
            kept.append(evidence)
        elif isinstance(evidence, _Repeated):
            kept[later] = _together(evidence, kept[later])
    return kept[::-1]


def _key(evidence: Evidence) -> Hashable:
    """What a later input must have in common with this one to stand for it, too; None where none can."""
    match evidence:
        case AdvertisementHeard():
            return AdvertisementHeard, _heard(evidence)
        case AdvertisementDelivered():
            return AdvertisementDelivered, _delivered(evidence)
        case PeerReport():
            about = tuple([(router.family, router.vrid) for router in evidence.report.routers])
            said_by = (evidence.report.node, evidence.boot_id, evidence.link, evidence.src, evidence.witness)
            return PeerReport, said_by, evidence.report.leaving, evidence.report.daemon, about
    return None


def _together(earlier: _Repeated, later: Evidence) -> Evidence:
    if isinstance(later, _Repeated):
        first_at = min(earlier.first_at, later.first_at)
        return replace(later, first_at=first_at, count=later.count + earlier.count)
    return later
