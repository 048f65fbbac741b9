"""The loop: take inputs, journal them, judge, carry out wishes, swap the picture."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from hawatch.agent.inbox import Inbox
from hawatch.blackbox import BlackBox
from hawatch.clock import monotonic
from hawatch.evidence import Evidence, ObserverState, Tick
from hawatch.journal import Journal
from hawatch.judge import Change, Judge
from hawatch.picture import NO_DESK, draw
from hawatch.situation.inquiry import Wants
from hawatch.situation.node import LATE
from hawatch.snapshot import AgentView, DeskView, HttpView, Snapshot
from hawatch.tally import NO_DETECTIONS

log = logging.getLogger("hawatch.verdict")

PICTURE_EVERY = 0.25
"""Seconds between two pictures for those who look on."""
PICTURE_AT_LEAST_EVERY = 1.9
"""The same while nobody does and nothing changes: every second time that something comes. Who asks has one drawn."""
PICTURE_SHARE = 80
"""Where nothing has changed, a picture is drawn no sooner than after so many times what drawing the last one took."""
CHANGED_PICTURE_SHARE = 5
"""The same where a verdict has changed: while hundreds change, one after the other, most of the time is for judging."""
SOON_DRAWN = 0.005
"""Seconds; a picture that takes no longer is drawn at every change."""
FLUSH_EVERY = 1.9
"""Seconds for which inputs may wait for the journal's file, and then for the next turn; what was found out in a turn, a
verdict or a cause, never waits longer than to its end."""
TURN_EVERY = 1.1
FRESH_FOR = 0.1 + LATE
"""Seconds after a turn for which what was judged in it may be told: the shortest allowance of a proof is longer."""
YIELD_AFTER = 0.05
"""Seconds of judging after which those who read have their turn, however many inputs that is."""


class NobodyOnCall:
    """For a loop whose verdicts make no incidents."""

    def view(self) -> DeskView:
        """There is nothing on it."""
        return NO_DESK

    def notice(self) -> None:
        """Nobody notices."""


def nobody_looks() -> bool:
    """For a loop whose pictures nobody follows."""
    return False


class NoticesChanges(Protocol):
    """What the loop needs of the on-call side."""

    def view(self) -> DeskView:
        """What it adds to the picture."""

    def notice(self) -> None:
        """A verdict or a finding has changed."""


class Loop:
    """Runs the judge on what the inbox gives.

    `wish` carries out what it asks for, `show` gets each new picture, `oncall` makes incidents of what changed.
    `looked_at` says whether somebody follows the pictures as they come.
    """

    def __init__(
        self,
        *,
        inbox: Inbox,
        judge: Judge,
        journal: Journal | None,
        wish: Callable[[str, Wants], None],
        show: Callable[[Snapshot], None],
        black_box: BlackBox | None = None,
        oncall: NoticesChanges | None = None,
        looked_at: Callable[[], bool] = nobody_looks,
    ) -> None:
        self._inbox = inbox
        self._judge = judge
        self._journal = journal
        self._wish = wish
        self._show = show
        self._black_box = black_box
        self._oncall = oncall or NobodyOnCall()
        self._looked_at = looked_at
        self._journal_problem: str | None = None
        self._detections = NO_DETECTIONS
        self.http: HttpView | None = None
        """Where this agent is reached, for the picture."""
        self._drawn_at = 0.0
        self._picture_every = PICTURE_EVERY
        self._changed_every = 0.0
        self._stale = False
        self._flushed_at = 0.0
        self._turned_at = monotonic()
        self._goes_on = self._turns = False
        self._after_turn: list[Callable[[], None]] = []
        self.snapshot = draw(judge, 0.0)

    async def run(self) -> None:
        """Go on until cancelled."""
        self._goes_on = True
        try:
            while True:
                await self._next_turn()
        finally:
            self._goes_on = False
            self._serve_waiting()

    async def _next_turn(self) -> None:
        wake = self._judge.next_wake_at
        batch = await self._inbox.take(self._due_in(wake))
        if not batch and (self._after_turn or (wake is not None and wake <= monotonic())):
            batch = await self._inbox.gather()  # nothing is decided by time alone while there may be news
        self._stale = await self._turn(batch, wake) or self._stale
        now = monotonic()
        if now - self._drawn_at >= self._picture_due():
            self._draw(now)
        if self._journal is not None and now - self._flushed_at >= FLUSH_EVERY:
            self._flushed_at = now
            self._journal.flush()
            self._look_after(self._journal, now)

    def _due_in(self, wake: float | None) -> float:
        """Seconds until the next turn, if nothing comes before."""
        now, every = monotonic(), PICTURE_EVERY if self._looked_at() else TURN_EVERY
        wanted = [now + every]
        if wake is not None:
            wanted.append(wake)
        if self._stale:
            wanted.append(self._drawn_at + self._changed_every)
        return max(0.0, min(wanted) - now)

    async def last_turn(self) -> None:
        """Once `run` has ended: judge what has come since, so that the last report is of now."""
        await self._turn(await self._inbox.gather(), None)

    def stalled(self, now: float) -> bool:
        """Whether the last turn is so long ago that the kernel may hold news which nobody has read."""
        return now - self._turned_at > FRESH_FOR or now - self._inbox.reading_since > LATE

    def once_read(self, do: Callable[[], None]) -> None:
        """Do this once what the kernel held has been read and judged: at once if it has just been, else after a turn.

        An agent that has stood still, and whoever asks it, must not take for present what was so before. The turn
        begins at once; where no turn comes any more it is done all the same, and `stalled` says how it stands.
        """
        if self._goes_on and self.stalled(monotonic()):
            self._after_turn.append(do)
            self._inbox.nudge()
        else:
            do()

    def picture(self) -> Snapshot:
        """The picture for somebody who asks, not older than what those get who look on; that of a loop at work."""
        now = monotonic()
        works = self._goes_on and not self._turns and now - self._turned_at <= TURN_EVERY + FRESH_FOR
        if works and now - self._drawn_at >= (self._changed_every if self._stale else self._picture_every):
            self._draw(now)
        return self.snapshot

    def take_in(self, evidence: Evidence) -> bool:
        """Journal one input, judge it, carry out the wishes; whether a verdict or a finding changed."""
        if self._journal is not None:
            self._journal.input(evidence)
        if self._black_box is not None:
            self._black_box.input(evidence)
        outcome = self._judge.step(evidence)
        for change in outcome.changes:
            self._tell(change)
        for found in outcome.findings:
            if self._journal is not None:
                self._journal.findings(found)
        if outcome.changes or outcome.findings:
            self._oncall.notice()
        for instance, wants in outcome.wants:
            self._wish(instance, wants)
        return bool(outcome.changes or outcome.findings)

    async def _turn(self, batch: list[Evidence], wake: float | None) -> bool:
        self._turns, now = True, monotonic()
        # In a flood frames wait because the capture reads no faster, which says nothing of this agent's own lateness.
        unread = min(self._inbox.due, self._inbox.reading_since)
        late = max(0.0, now - unread, now - wake if wake is not None else 0.0)
        changed = self.take_in(Tick(at=now, late=late)) if late > LATE else False
        since = monotonic()
        for evidence in batch:
            changed = self.take_in(evidence) or changed
            if monotonic() - since > YIELD_AFTER:
                await asyncio.sleep(0)
                since = monotonic()
        now = monotonic()
        wake = self._judge.next_wake_at
        if wake is not None and wake <= now:
            changed = self.take_in(Tick(at=now)) or changed
        if changed and self._journal is not None:
            self._journal.flush()
        self._turns, self._turned_at = False, monotonic()
        self._serve_waiting()
        return changed

    def _serve_waiting(self) -> None:
        waiting, self._after_turn = self._after_turn, []
        for do in waiting:
            do()

    def _picture_due(self) -> float:
        """Seconds after the last picture at which the next is drawn."""
        if self._stale:
            return self._changed_every
        least = PICTURE_EVERY if self._looked_at() else PICTURE_AT_LEAST_EVERY
        return max(least, self._picture_every)

    def _tell(self, change: Change) -> None:
        verdict = change.verdict
        if change.sign is not None:
            self._detections = self._detections.with_one(monotonic() - change.sign)
        log.log(
            logging.WARNING if verdict.severity.badness else logging.INFO,
            "instance=%s verdict=%s rule=%s causes=%s summary=%r",
            change.instance,
            verdict.kind.value,
            verdict.rule,
            ",".join(sorted({finding.cause.value for finding in change.findings})) or "-",
            verdict.summary,
        )
        if self._journal is not None:
            self._journal.change(change)
        if self._black_box is not None:
            self._black_box.change(change)

    def _draw(self, now: float) -> None:
        self._drawn_at = now
        own = AgentView(http=self.http, detection_seconds=self._detections)
        self.snapshot = draw(self._judge, now, self._oncall.view(), own)
        self._show(self.snapshot)
        taken = monotonic() - now
        self._picture_every = max(PICTURE_EVERY, PICTURE_SHARE * taken)
        self._changed_every = CHANGED_PICTURE_SHARE * taken if taken > SOON_DRAWN else 0.0
        self._stale = False

    def _look_after(self, journal: Journal, now: float) -> None:
        """Tell when the journal can be written no longer, and when it can again."""
        if journal.problem != self._journal_problem:
            self._journal_problem = problem = journal.problem
            self._inbox.put(ObserverState(at=now, observer="journal", up=problem is None, problem=problem))
