"""How long everything may take in a drill, in seconds: in terms of A (the advertisement interval) and T
(Master_Down_Interval)."""

from __future__ import annotations

SPARE = 1.0
"""For the first advertisement, ARP, a probe round, and a busy host."""
START = 10.0
"""For the program to start."""
WITHIN_WHICH_SENT = 60.0
ROUND = 15.0
"""For deeds to reach the other node, and keepalived to end, on each leg."""


def verdict_within(interval: float) -> float:
    """From the former owner's last word to the verdict: A + 1 s.

    After a resignation a standby waits for the Skew_Time, which is A at the most; who is preempted has advertised
    within A.
    """
    return interval + SPARE


def lost_within(interval: float) -> float:
    """For how long a client may be without answers in one move: A + 1 s."""
    return interval + SPARE


def back_within(interval: float, down_interval: float, delay: float) -> float:
    """From the order to come back until the pair is steady: 10 s + preempt_delay + 2 T + 3 A.

    keepalived starts, listens for T, and the move stands until the third advertisement.
    """
    return START + delay + 2 * down_interval + 3 * interval
