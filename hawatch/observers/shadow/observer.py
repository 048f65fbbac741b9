"""All shadow sockets of this node, side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from functools import partial

from hawatch.evidence import ObserverState, Sink
from hawatch.observers import MonotonicClock
from hawatch.observers.shadow.ear import Ear
from hawatch.observers.shadow.shadow_socket import ask_for_permission
from hawatch.targets import ShadowTarget
from hawatch.together import together


class Shadow:
    """Hears in every target's group what keepalived's own socket hears there.

    It tells ObserverState for itself, and for each device as "shadow:eth0": up when all groups are heard there. In
    `joined` it counts its own memberships by device and group, for those who count the others'.
    """

    name = "shadow"

    def __init__(
        self,
        *,
        targets: Collection[ShadowTarget],
        put: Sink,
        clock: MonotonicClock,
        joined: Counter[tuple[str, str]] | None = None,
    ) -> None:
        self._put = put
        self._clock = clock
        self._problems: dict[str, dict[ShadowTarget, str | None]] = {each.device: {} for each in targets}
        self._expected = Counter(each.device for each in targets)
        self._told: dict[str, str | None] = {}
        self._ears = [
            Ear(
                target=target,
                put=put,
                clock=clock,
                joined=Counter() if joined is None else joined,
                say=partial(self._note, target),
            )
            for target in targets
        ]

    async def run(self) -> None:
        """Hear until cancelled. ObserverError when raw sockets are not permitted."""
        ask_for_permission()
        self._put(ObserverState(at=self._clock.monotonic(), observer=self.name, up=True))
        await together(ear.run() for ear in self._ears)

    def _note(self, target: ShadowTarget, problem: str | None) -> None:
        """One target works, or does not; a device is told when all of its targets have said so."""
        device = target.device
        problems = self._problems[device]
        problems[target] = problem
        if len(problems) < self._expected[device]:
            return
        worst = next((each for each in problems.values() if each is not None), None)
        if device not in self._told or self._told[device] != worst:
            self._told[device] = worst
            line = f"{device}: {worst}" if worst else None
            at = self._clock.monotonic()
            self._put(ObserverState(at=at, observer=f"{self.name}:{device}", up=worst is None, problem=line))
