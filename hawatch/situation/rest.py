"""Rest: while a virtual router is steady, what only repeats what was known is not judged again at once.

An advertisement, the other agent's report and the answers for twenty VIPs come within milliseconds of each other,
second after second. Of such inputs the first is judged, and what says nothing new within half an interval is only
remembered. What time alone may change has its own moment (hawatch/situation/wake.py).
"""

from __future__ import annotations

from hawatch.situation.router import RouterState

LONGEST_REST = 0.5


def begin_rest(router: RouterState, now: float) -> None:
    """It was judged now, and found steady with information at the most: it rests if nothing is open."""
    inquiry = router.inquiry
    is_open = (
        router.proof is not None
        or router.pending_move is not None
        or (router.open_until is not None and router.open_until > now)
        or router.returning
        or inquiry.push_now
        or inquiry.probe_now
        or bool(inquiry.ask_at or router.outsiders)
    )
    router.rests_until = 0.0 if is_open else now + min(LONGEST_REST, router.interval() / 2)


def rests(router: RouterState, at: float) -> bool:
    """Whether what comes at this moment need not be judged, unless it is news."""
    return at < router.rests_until and router.proof is None and not router.inquiry.probe_now
