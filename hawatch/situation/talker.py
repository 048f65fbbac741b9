"""A talker: one source of advertisements for a virtual router, ourselves included."""

from __future__ import annotations

from dataclasses import dataclass, field

from hawatch.evidence import AdvertisementHeard
from hawatch.keepalived.model import VirtualRouter

FAULT_BURST = 0.020
"""Two priority-0 advertisements closer than this come from a FAULT (keepalived sends both within a millisecond)."""


def form_of(advert: AdvertisementHeard) -> tuple[object, ...]:
    """All of an advertisement that a receiver may refuse it for; the same as long as its sender's settings are."""
    return (
        advert.vrid,
        advert.version,
        advert.interval_seconds,
        advert.auth_type,
        advert.auth_fingerprint,
        advert.addresses,
        advert.dst,
        advert.ttl,
        advert.checksum,
    )


@dataclass(slots=True)
class Talker:
    """What one source has said so far; times are monotonic seconds, None means never.

    `alike` counts the last advertisements that have the form of the very last one.
    """

    src: str
    mac: str = ""
    heard_at: float | None = None
    priority: int = 0
    highest: int = 0
    interval: float = 1.0
    version: int = 2
    adverts: int = 0
    run_started_at: float | None = None
    run_highest: int = 0
    zero_at: float | None = None
    zero_is_fault: bool = False
    last: AdvertisementHeard | None = None
    since_hold: float | None = None
    adverts_in_run: int = field(default=0)
    alike: int = 0
    form: tuple[object, ...] = ()
    """The form of the very last one: the same object for as long as it stays the same."""
    given_up: bool = False
    """Whether its last word was priority 0."""
    agrees_with: VirtualRouter | None = None
    """The configuration that its form was last seen to agree with (hawatch/situation/agreement.py)."""

    def hear(self, advert: AdvertisementHeard) -> None:
        """Take in one advertisement, or several identical ones."""
        self.mac = advert.src_mac
        form = form_of(advert)
        if form == self.form:
            self.alike += advert.count
        else:
            self.form, self.alike, self.agrees_with = form, advert.count, None
        self.last = advert
        self.version = advert.version
        if advert.priority == 0:
            self._hear_zero(advert)
        else:
            self._hear_nonzero(advert)
        self.given_up = self.zero_at is not None and (self.heard_at is None or self.zero_at >= self.heard_at)

    def _hear_zero(self, advert: AdvertisementHeard) -> None:
        repeated = self.zero_at is not None and advert.at - self.zero_at < FAULT_BURST
        self.zero_is_fault = advert.count > 1 or (repeated and self.given_up)
        self.zero_at = advert.at
        self.since_hold = None

    def _hear_nonzero(self, advert: AdvertisementHeard) -> None:
        interval = advert.interval_seconds or self.interval
        broken = self.heard_at is None or self.given_up or advert.first_at - self.heard_at > 3 * interval
        if broken:
            self.run_started_at = advert.first_at
            self.adverts_in_run = 0
            self.run_highest = 0
            self.since_hold = None
        self.heard_at = advert.at
        self.priority = advert.priority
        self.highest = max(self.highest, advert.priority)
        self.run_highest = max(self.run_highest, advert.priority)
        self.interval = interval
        self.adverts += advert.count
        self.adverts_in_run += advert.count
        self.zero_is_fault = False

    @property
    def fell(self) -> bool:
        """Whether its advertised priority is lower than it was earlier in the same run."""
        return self.priority < self.run_highest

    def silent_for(self, now: float) -> float:
        """Seconds since its last advertisement with a priority; infinite when there was none."""
        return float("inf") if self.heard_at is None else now - self.heard_at


@dataclass(slots=True)
class Doubted:
    """Advertisements in a member's name that are held back: since when, the last one, and how many until now."""

    since: float
    at: float
    interval: float
    highest: int = 0
    count: int = 0

    def hear(self, advert: AdvertisementHeard) -> None:
        """Take in one more of them, or several identical ones."""
        self.at, self.interval = advert.at, advert.interval_seconds or self.interval
        self.highest = max(self.highest, advert.priority)
        self.count += advert.count
