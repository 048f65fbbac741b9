"""Identical sightings folded into one with a count, so that a flood becomes a trickle."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from hawatch.evidence import AddressAnnounced, AdvertisementHeard, CarpHeard, Evidence, ProtocolUnreachable

Stream = tuple[object, ...]
Countable = AdvertisementHeard | CarpHeard | AddressAnnounced | ProtocolUnreachable


def stream_of(record: Evidence) -> Stream:
    """What must stay in order: two records of one stream are never swapped, and folded only while none is between."""
    match record:
        case AdvertisementHeard():
            return (
                AdvertisementHeard,
                record.family,
                record.vrid,
                record.src,
                record.src_mac,
                record.outgoing,
            )
        case CarpHeard():
            return (CarpHeard, record.vhid, record.src, record.src_mac, record.outgoing)
        case AddressAnnounced():
            return (AddressAnnounced, record.address, record.outgoing)
        case ProtocolUnreachable():
            return (ProtocolUnreachable, record.src)
    return (record,)


def fold(earlier: Evidence, later: Evidence) -> Evidence | None:
    """Both as one, at the time of the later; None when they differ in more than time and IPv4 identification."""
    if not isinstance(earlier, Countable) or not isinstance(later, Countable):
        return None
    count = earlier.count + later.count
    if isinstance(earlier, AdvertisementHeard) and isinstance(later, AdvertisementHeard):
        both = replace(earlier, at=later.at, count=count, ip_id=later.ip_id)
        return both if replace(later, first_at=earlier.first_at, count=count) == both else None
    both_other = replace(earlier, at=later.at, count=count)
    return both_other if replace(later, count=count) == both_other else None


def concerns(record: Evidence, vips: frozenset[str]) -> bool:
    """Whether it speaks of one of these addresses."""
    match record:
        case AdvertisementHeard():
            return not vips.isdisjoint(record.addresses)
        case AddressAnnounced():
            return record.address in vips
    return False


@dataclass(slots=True)
class Folder:
    """Collects sightings until they are taken; beyond `limit` different ones, it only counts in `surplus`.

    Sightings of `vips` have a limit of their own, of the same size: strangers do not crowd them out.
    """

    limit: int
    vips: frozenset[str] = frozenset()
    surplus: int = 0
    _ours: int = 0
    _records: list[Evidence] = field(default_factory=list)
    _latest: dict[Stream, int] = field(default_factory=dict)

    def add(self, record: Evidence) -> None:
        """Another sighting, not earlier than those before it."""
        stream = stream_of(record)
        place = self._latest.get(stream)
        if place is not None and (both := fold(self._records[place], record)) is not None:
            self._records[place] = both
        else:
            self._keep(stream, record)

    def _keep(self, stream: Stream, record: Evidence) -> None:
        ours = concerns(record, self.vips)
        if (self._ours if ours else len(self._records) - self._ours) >= self.limit:
            self.surplus += 1
            return
        self._ours += ours
        self._latest[stream] = len(self._records)
        self._records.append(record)

    def take(self) -> list[Evidence]:
        """All of them, by the time of the last sighting of each, and begin anew."""
        records, self._records, self._latest, self._ours = self._records, [], {}, 0
        return sorted(records, key=lambda record: record.at)
