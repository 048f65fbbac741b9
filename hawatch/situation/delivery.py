"""From the wire to keepalived's socket: advertisements seen by the capture that no socket of this host was given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hawatch.evidence import AdvertisementDelivered, AdvertisementHeard

SAME_PACKET = 0.005
"""Seconds within which two stamps of one packet lie, which both come from the kernel."""
LOOKED_AT_HOST = 1.15
"""Seconds in which the host is looked at once: its sysctls and counters, the groups it has joined, how busy it is."""
ENOUGH = 2
"""Advertisements that must have been on the wire, and not delivered."""
SETTLED = 0.02
"""Seconds after which the two sockets have been read, whichever comes first."""
LOST_IN_A_ROW = 3
"""As many advertisements must be missing before their path is blamed; a standby waits for longer than that."""


@dataclass(slots=True)
class Undelivered:
    """A run of advertisements of one source, seen on the wire and nowhere else; `enough_at` is when enough were."""

    first_at: float
    at: float
    count: int
    enough_at: float | None = None

    def add(self, advert: AdvertisementHeard) -> None:
        """One more, or several."""
        self.at, self.count = advert.at, self.count + advert.count
        if self.enough_at is None and self.count >= ENOUGH:
            self.enough_at = advert.at

    def begin_with_last_of(self, advert: AdvertisementHeard) -> None:
        """Only the last one told is known not to have been delivered."""
        self.first_at, self.at, self.count, self.enough_at = advert.at, advert.at, 1, None


Runs = dict[str, Undelivered]


def note_on_wire(runs: Runs, advert: AdvertisementHeard, delivered_at: float | None) -> None:
    """An advertisement of ours to hear was on the wire; its delivery may be told before or after."""
    if delivered_at is not None and delivered_at >= advert.at - SAME_PACKET:
        runs.pop(advert.src, None)
        return
    run = runs.get(advert.src)
    if run is None:
        run = runs[advert.src] = Undelivered(advert.first_at, advert.at, 0)
    if delivered_at is not None and delivered_at >= run.first_at - SAME_PACKET:
        run.begin_with_last_of(advert)  # of several that are told in one, some were delivered
    else:
        run.add(advert)


def note_delivered(runs: Runs, delivered: AdvertisementDelivered) -> None:
    """An advertisement reached a socket: what came before it is of no matter."""
    run = runs.get(delivered.src)
    if run is None:
        return
    if delivered.at >= run.at - SAME_PACKET:
        del runs[delivered.src]
    elif delivered.at >= run.first_at - SAME_PACKET:
        run.first_at, run.count, run.enough_at = run.at, 1, None


def is_missed(runs: Runs, delivered: AdvertisementDelivered) -> bool:
    """Whether so many of its source are missing that it matters when one reaches a socket."""
    run = runs.get(delivered.src)
    return run is not None and run.enough_at is not None


def moments(runs: Runs) -> Iterator[float]:
    """When time alone may make a run of undelivered advertisements a finding."""
    for run in runs.values():
        if run.enough_at is not None:
            yield run.enough_at + SETTLED
        yield run.first_at + LOOKED_AT_HOST
