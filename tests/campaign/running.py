"""Plays one episode, and gives its record."""

from __future__ import annotations

import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import FrameType

from deploy.lab import LabError
from tests.campaign.account import account
from tests.campaign.doing import do
from tests.campaign.episode import Episode
from tests.campaign.expected import RULES_ARE_READ
from tests.campaign.kinds import kind_of
from tests.campaign.record import Blamed, Compared, Done, Holding, Record, Said
from tests.campaign.score import score
from tests.campaign.stage import Stage, staged
from tests.campaign.watching import (
    PERIOD,
    POLL_PERIOD,
    Lives,
    Polled,
    Pulse,
    Repeating,
    compare,
    read_journal,
    state_of,
)

HANG_GUARD = 150
BEFORE_HEALING = 0.6
"""Seconds before a trouble is undone at which the places where an agent shows things are compared."""
STEADY_FOR = 1.0
STOOD_STILL = 1.5
"""Seconds in which a whole machine gave nobody a turn: what was seen around them says nothing of anybody."""


Act = Callable[[int], None]


class HungError(Exception):
    """An episode that does not end."""


def play(episode: Episode, keep: Path | None = None) -> Record:
    """The record of an episode; `keep` is where the journals of one with errors are put."""
    with hang_guard():
        try:
            with staged(episode) as stage:
                return Play(stage).run(keep)
        except (LabError, OSError, HungError) as error:
            return Record(episode=episode, problem=f"{type(error).__name__}: {str(error)[:400]}")


@contextmanager
def hang_guard() -> Iterator[None]:
    """HungError when it takes too long."""

    def ring(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise HungError(f"not over after {HANG_GUARD} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(HANG_GUARD)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


class Play:
    """One episode on its stage."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.episode = stage.episode
        self.pair = stage.episode.pair
        self.done: dict[int, Done] = {}
        self.compared: list[Compared] = []

    def run(self, keep: Path | None) -> Record:
        """Do the troubles in their time, undo them, wait for peace, and look at it all."""
        lives = Lives(self.stage.lab, self.pair.agents)
        polled = {
            node: Polled(self.stage.lab, node) for node in self.pair.agents if self.stage.small_disk(node)
        }
        with ExitStack() as watches:
            lives.look()
            watches.enter_context(Repeating(lives.look, PERIOD))
            watches.enter_context(Repeating((pulse := Pulse()).beat, PERIOD))
            for each in polled.values():
                watches.enter_context(Repeating(each.look, POLL_PERIOD))
            settled = time.monotonic()
            for at, act, number in self.timetable():
                time.sleep(max(0.0, settled + at - time.monotonic()))
                act(number)
            self.await_peace()
            self.compare_all()
            ended = time.monotonic()
        if pulse.worst > STOOD_STILL:
            return Record(episode=self.episode, problem=f"the machine stood still for {pulse.worst:.1f} s")
        record = self.record(settled, ended, lives, polled)
        if keep is not None:
            self.keep_what_was_wrong(record, keep)
        return record

    def timetable(self) -> list[tuple[float, Act, int]]:
        """What is to be done when, in order; of two at once the undoing first."""
        rows: list[tuple[float, int, Act, int]] = []
        for number, trouble in enumerate(self.episode.troubles):
            rows.append((trouble.begin, 1, self.begin, number))
            rows.append((trouble.end, 0, self.undo, number))
            if trouble.lasts > 2 * BEFORE_HEALING:
                rows.append((trouble.end - BEFORE_HEALING, 3, self.look, number))
        rows.sort(key=lambda row: row[:2])
        return [(at, act, number) for at, _, act, number in rows]

    def begin(self, number: int) -> None:
        begin = time.monotonic()
        self.stage.in_force[number] = do(self.stage, self.episode.troubles[number])
        now = time.monotonic()
        self.done[number] = Done(number=number, begin=begin, begun=now, end=now, undone=now)

    def undo(self, number: int) -> None:
        end = time.monotonic()
        self.stage.in_force.pop(number).heal()
        done = self.done[number]
        self.done[number] = Done(
            number=number, begin=done.begin, begun=done.begun, end=end, undone=time.monotonic()
        )

    def look(self, number: int) -> None:
        del number
        self.compare_all()

    def compare_all(self) -> None:
        """Compare what every agent shows that has a journal and answers."""
        if any(self.episode.troubles[number].kind == "starve" for number in self.stage.in_force):
            return
        for node in self.pair.agents:
            if not self.stage.small_disk(node) and self.answers(node):
                found = compare(self.stage.lab, node, self.stage.journal(node))
                if found is not None:
                    self.compared.append(found)

    def answers(self, node: str) -> bool:
        """Whether the agent runs, and does not stand still."""
        agent = self.stage.lab.agent(node)
        return agent.running and state_of(agent.pid) == "running"

    def await_peace(self) -> None:
        """Until every agent has said `steady` for a moment, or has had more than its time."""
        healed, since = time.monotonic(), None
        while time.monotonic() < healed + self.patience():
            now = time.monotonic()
            if not self.peaceful():
                since = None
            elif since is None:
                since = now
            elif now - since >= max(STEADY_FOR, 2 * self.pair.interval):
                return
            time.sleep(0.1)

    def patience(self) -> float:
        """Seconds after the last undoing until all has to be well: elections, and what is remembered."""
        down = self.pair.down_interval
        outsider = any(kind_of(trouble).outsider for trouble in self.episode.troubles)
        remembered = max(10 * down, 10.0) + 2.0 if outsider else 0.0
        filtered = any(trouble.kind.startswith("drop_") for trouble in self.episode.troubles)
        listed = RULES_ARE_READ if filtered else 0.0
        return 4 * down + (self.pair.preempt_delay or 0.0) + 6.0 + max(remembered, listed)

    def peaceful(self) -> bool:
        """Whether one node holds each VIP, and every agent says `steady` and blames nobody."""
        truth = self.stage.lab.truth
        if any(len(truth.holders(vip)) != 1 for vips in self.stage.vips().values() for vip in vips):
            return False
        for node in self.pair.agents:
            with suppress(OSError, LabError):
                routers = self.stage.lab.agent(node).status()["virtual_routers"]
                well = [r for r in routers if r["verdict"] == "steady" and blameless(r["findings"])]
                if [r["instance"] for r in well] == list(self.pair.names):
                    continue
            return False
        return True

    def record(self, settled: float, ended: float, lives: Lives, polled: dict[str, Polled]) -> Record:
        """Everything that was seen."""
        said: list[Said] = []
        blamed: list[Blamed] = []
        for node in self.pair.agents:
            one, other = read_journal(self.stage.journal(node), node)
            if node in polled:
                one, other = one + polled[node].said, other + polled[node].blamed
            said += sorted(one, key=lambda each: each.time)
            blamed += sorted(other, key=lambda each: each.time)
        vips = self.stage.vips()
        holdings = [
            Holding(
                vip=vip,
                start=span.start,
                end=ended if span.end is None else span.end,
                nodes=tuple(sorted(span.nodes)),
            )
            for each in vips.values()
            for vip in each
            for span in self.stage.lab.truth.history(vip, until=ended)
        ]
        return Record(
            episode=self.episode,
            settled=settled,
            ended=ended,
            owner=self.pair.preferred,
            vips=vips,
            done=tuple(self.done.values()),
            holdings=tuple(holdings),
            lives=lives.until(ended),
            said=tuple(said),
            blamed=tuple(blamed),
            compared=tuple(self.compared),
        )

    def keep_what_was_wrong(self, record: Record, keep: Path) -> None:
        """The journals of an episode with errors, with its record, what was wrong, and the lab's own report."""
        errors = score(record).errors
        if not errors:
            return
        place = keep / self.episode.name.replace("/", "-")
        place.mkdir(parents=True, exist_ok=True)
        for node in self.pair.agents:
            with suppress(OSError):
                shutil.copy(self.stage.journal(node), place / f"{node}.jsonl")
        lines = [*(f"{each.category}: {each.node}: {each.text}" for each in errors), "", *account(record)]
        (place / "account.txt").write_text("\n".join(lines) + "\n")
        (place / "record.json").write_text(record.to_json() + "\n")
        (place / "report.txt").write_text(self.stage.lab.report())


def blameless(findings: list[dict[str, str]]) -> bool:
    return all(finding["severity"] == "info" for finding in findings)
