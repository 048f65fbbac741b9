"""How often a wrong token may be tried: pure, times are monotonic seconds."""

from __future__ import annotations

from collections import OrderedDict, deque

from hawatch.exporter.places import caller_of

WINDOW = 60.0
MOST_FROM_ONE = 10
MOST_FROM_ALL = 300
"""Within the WINDOW."""
MOST_CALLERS = 256


class Tries:
    """Counts those that failed, by caller and in all; callers of one IPv6 /64 are one."""

    def __init__(self) -> None:
        self._all: deque[float] = deque(maxlen=MOST_FROM_ALL)
        self._by_caller: OrderedDict[str, deque[float]] = OrderedDict()

    def wait(self, caller: str, now: float) -> float:
        """Seconds until this caller may try again; 0 when now."""
        own = self._by_caller.get(caller_of(caller), deque())
        return max(_wait(own, MOST_FROM_ONE, now), _wait(self._all, MOST_FROM_ALL, now))

    def failed(self, caller: str, now: float) -> None:
        """A token was wrong."""
        self._all.append(now)
        place = caller_of(caller)
        self._by_caller.setdefault(place, deque(maxlen=MOST_FROM_ONE)).append(now)
        self._by_caller.move_to_end(place)
        if len(self._by_caller) > MOST_CALLERS:
            self._by_caller.popitem(last=False)


def _wait(failures: deque[float], most: int, now: float) -> float:
    return max(0.0, failures[0] + WINDOW - now) if len(failures) >= most else 0.0
