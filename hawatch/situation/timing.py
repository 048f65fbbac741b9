"""The timers of VRRP, and the two allowances that hawatch derives from them; all in seconds.

Skew_Time and Master_Down_Interval: RFC 9568 §6.1 (version 3), RFC 3768 §6.1 (version 2).
"""

from __future__ import annotations

RELEASE_FLOOR = 0.150
JITTER_FLOOR = 0.050


def skew_time(version: int, priority: int, interval: float) -> float:
    """How much longer than the plain multiple a backup of this priority waits."""
    unit = interval if version >= 3 else 1.0
    return (256 - priority) / 256 * unit


def master_down_interval(version: int, priority: int, interval: float, adverts: int = 3) -> float:
    """How long a backup of this priority waits in silence before it takes over."""
    return adverts * interval + skew_time(version, priority, interval)


def release_allowance(interval: float) -> float:
    """How long two owners may overlap in an orderly handover, with room to spare."""
    return max(RELEASE_FLOOR, interval / 4)


def jitter_allowance(interval: float) -> float:
    """How much later than its interval an advertisement may come and still be in time."""
    return max(JITTER_FLOOR, interval / 4)
