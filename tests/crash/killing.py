"""Kills agents with SIGKILL at chosen steps of a dialogue, and starts them again as systemd would."""

from __future__ import annotations

import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from deploy.lab import Lab
from deploy.lab.agents import Service
from tests.crash.watching import STEPS, Seen, Watcher

LOOK_EVERY, LOOKS_AT_SPOOLS_ALONE = 0.001, 7
"""Seconds between two looks at the spools, and how many of them pass between two looks at all the rest."""
SHORT_DELAY, LONGEST_DELAY, LONGEST_PAUSE = 0.02, 0.3, 1.0
"""Seconds: what an agent does about a file is over in the first few hundredths; the rest takes longer."""
NODES = ("lb01", "lb02")


@dataclass(frozen=True, slots=True, kw_only=True)
class KillPoint:
    """When a step has come for the nth time in a dialogue, on whichever node: whom to kill, when, and for how long.

    `victims` are `same` and `other`, seen from the node of the step, or `helper` on it. `delay` and `pause` are in
    seconds.
    """

    step: str
    nth: int
    victims: tuple[str, ...]
    delay: float
    pause: float

    def __str__(self) -> str:
        """One line of an account."""
        return (
            f"{self.step} #{self.nth} +{self.delay * 1000:.0f} ms: {'+'.join(self.victims)},"
            f" down for {self.pause:.2f} s"
        )


def draw_points(rng: random.Random, kills: int) -> list[KillPoint]:
    """Points at which so many agents are killed, at steps drawn alike."""
    points: list[KillPoint] = []
    left = kills
    while left > 0:
        step = rng.choice(sorted(STEPS))
        victims = rng.choices(
            (("same",), ("other",), ("same", "other"), ("same", "helper")), weights=(60, 18, 14, 8)
        )[0]
        if victims == ("same", "other") and left == 1:
            victims = ("same",)
        points.append(
            KillPoint(
                step=step,
                nth=rng.randint(1, STEPS[step]),
                victims=victims,
                delay=rng.uniform(0.0, rng.choice((0.0, SHORT_DELAY, SHORT_DELAY, LONGEST_DELAY))),
                pause=rng.uniform(0.0, LONGEST_PAUSE),
            )
        )
        left -= len(set(victims) - {"helper"})
    return points


@dataclass
class Killer:
    """Watches both nodes, and kills as it was told. Its account tells every kill and its moment."""

    lab: Lab
    kills: int = 0
    helper_kills: int = 0
    account: list[str] = field(default_factory=list)
    at_steps: Counter[str] = field(default_factory=Counter)
    """How many agents were killed at which step."""

    def __post_init__(self) -> None:
        self.watchers = {node: Watcher(self.lab, node) for node in NODES}
        self._points: list[KillPoint] = []
        self._counts: Counter[str] = Counter()
        self._due: list[tuple[float, str, Callable[[], None]]] = []
        self._lock = threading.Lock()
        self._end = threading.Event()
        self._trouble: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="killer", daemon=True)

    def __enter__(self) -> Killer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()
        for watcher in self.watchers.values():
            watcher.close()

    def aim(self, points: list[KillPoint]) -> None:
        """From now on kill at these points; steps are counted from here."""
        with self._lock:
            self._points = list(points)
            self._counts.clear()
            self.account.extend(f"plan: {point}" for point in points)

    def rest(self) -> None:
        """Kill no more, and return when everybody has been started again."""
        with self._lock:
            self._points.clear()
        while not self._end.is_set():
            with self._lock:
                if not self._due:
                    break
            time.sleep(LOOK_EVERY)
        if self._trouble is not None:
            raise self._trouble

    @property
    def verdicts(self) -> dict[str, str]:
        """The verdict that stands on each node."""
        return {node: watcher.verdict for node, watcher in self.watchers.items()}

    # --- in the thread ----------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            looks = 0
            while not self._end.is_set():
                looks += 1
                whole = looks % (LOOKS_AT_SPOOLS_ALONE + 1) == 0
                watchers = self.watchers.values()
                seen = [each for one in watchers for each in (one.look() if whole else one.look_at_spools())]
                with self._lock:
                    for each in seen:
                        self._count(each)
                    due = [task for task in self._due if task[0] <= time.monotonic()]
                for task in sorted(due, key=lambda one: one[0]):
                    task[2]()
                    with self._lock:
                        self._due.remove(task)
                time.sleep(LOOK_EVERY)
        except BaseException as error:
            self._trouble = error
            self._end.set()
            raise

    def _count(self, seen: Seen) -> None:
        self._counts[seen.step] += 1
        for point in list(self._points):
            if point.step != seen.step or self._counts[seen.step] < point.nth:
                continue
            victims = self._victims(point, seen.node)
            if all(each.running for each in victims) and not self._doomed(victims):
                self._points.remove(point)
                why = f"{seen.step} #{self._counts[seen.step]} on {seen.node} ({seen.about})"
                for victim in victims:
                    self._schedule(victim, point, seen, why)

    def _victims(self, point: KillPoint, node: str) -> list[Service]:
        other = next(each for each in NODES if each != node)
        place: dict[str, Service] = {
            "same": self.lab.agent(node),
            "other": self.lab.agent(other),
            "helper": self.lab.helper(node),
        }
        return [place[each] for each in point.victims]

    def _doomed(self, victims: list[Service]) -> bool:
        names = {_name(each) for each in victims}
        return any(name in names for _, name, _ in self._due)

    def _schedule(self, victim: Service, point: KillPoint, seen: Seen, why: str) -> None:
        def kill() -> None:
            victim.process.signal(signal.SIGKILL)
            after = time.monotonic() - seen.at
            victim.kill()
            if victim.name == "agent":
                self.kills += 1
                self.at_steps[seen.step] += 1
            else:
                self.helper_kills += 1
            self.account.append(f"{seen.at + after:.4f} killed {_name(victim)} {after:.4f} s after {why}")
            with self._lock:
                self._due.append((time.monotonic() + point.pause, _name(victim), start))

        def start() -> None:
            victim.start()
            assert victim.pid  # known from now on, so that the next kill needs not look for it
            self.account.append(f"{time.monotonic():.3f} started {_name(victim)}")

        self._due.append((seen.at + point.delay, _name(victim), kill))


def _name(service: Service) -> str:
    return f"{service.name} of {service.node.name}"
