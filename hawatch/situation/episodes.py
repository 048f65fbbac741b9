"""What happened to this node and is over, but explains what is seen for a while after; all times monotonic seconds."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from hawatch.evidence import PressureSeen

REMEMBERED = 900.0
"""Seconds for which an episode is told: as long as the plugin shows a move, so that whoever asks why finds it there."""


@dataclass(slots=True)
class Lapse:
    """Our advertisements stayed away from `since` to `until` while keepalived ran and kept the VIPs.

    `slept`: for how long of that this agent was not scheduled either; `slipped`: whether it woke late at all. `look`:
    where the processor's time went, None while that is not known.
    """

    since: float
    until: float
    interval: float
    slept: float
    slipped: bool
    look: PressureSeen | None = None

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return self.until - self.since


@dataclass(slots=True)
class Haste:
    """We became MASTER at `at` although `rival` of a higher rank had been heard `rival_age` seconds before."""

    at: float
    rival: str
    rival_age: float
    slept: float
    look: PressureSeen | None = None


@dataclass(slots=True)
class Takeover:
    """We took over `at` so soon after `origin` (what began then is `kind`) that nobody had been heard since."""

    at: float
    origin: float
    kind: str


@dataclass(slots=True)
class Race:
    """Such a takeover beside `rival`, which was MASTER too for `overlap` seconds at the least."""

    takeover: Takeover
    rival: str
    overlap: float
    at: float


@dataclass(slots=True)
class Removal:
    """VIPs left the kernel while we were MASTER and nobody told us to yield.

    `confirmed` is None while it is too early to tell; `pid` is the process that had put them there.
    """

    at: float
    addresses: set[str]
    pid: int | None
    confirmed: bool | None = None


@dataclass(slots=True)
class Announced:
    """When this node last announced a VIP, and when another member last did, under which MAC."""

    own_at: float = 0.0
    other_at: float = 0.0
    other_mac: str = ""


BURST_LASTS = 0.02
"""Seconds in which announcements of many VIPs are one event."""


@dataclass(slots=True)
class Episodes:
    """All of them, of one virtual router."""

    lapses: deque[Lapse] = field(default_factory=lambda: deque(maxlen=4))
    haste: Haste | None = None
    takeover: Takeover | None = None
    race: Race | None = None
    removal: Removal | None = None
    announced: dict[str, Announced] = field(default_factory=dict)
    released_at: float = 0.0
    _bursts: dict[bool, float] = field(default_factory=dict)

    def begins_burst(self, at: float, *, ours: bool) -> bool:
        """Whether an announcement, ours or another's, comes first for a while, and so speaks for those that follow."""
        if at - self._bursts.get(ours, float("-inf")) < BURST_LASTS:
            return False
        self._bursts[ours] = at
        return True
