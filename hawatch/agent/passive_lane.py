"""One target: looks whether a result is due, hands it over beside the loop, and notes what came of it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from typing import Protocol

from hawatch.agent.attempt import Attempt
from hawatch.agent.equipment import Clock
from hawatch.agent.passive_course import Course
from hawatch.agent.passive_statement import Statement, statement
from hawatch.agent.passive_tally import PassiveTally
from hawatch.agent.passive_turn import Turn, pushes_for_node, pushes_for_pair
from hawatch.config import Passive, PassiveOf
from hawatch.errors import HawatchError
from hawatch.passive.result import PassiveResult
from hawatch.snapshot import Snapshot

log = logging.getLogger("hawatch.passive")

STALE = 15.0
"""Seconds after which a picture is told to nobody: its silence must be seen."""


class Way(Protocol):
    """Delivers one result. DeliveryError says whether trying again soon makes sense."""

    async def deliver(self, result: PassiveResult) -> None:
        """Returns when it was accepted."""


def way_to(target: Passive, clock: Clock) -> Way:
    """What delivers to a target."""
    if target.command_file is not None:
        from hawatch.passive.command_file import CommandFile

        return CommandFile(target, clock.wall)
    if target.spool is not None:
        from hawatch.passive.spool import Spool

        return Spool(target, clock)
    from hawatch.passive.icinga2 import Icinga2

    return Icinga2(target)


class Lane:
    """`able` says whether this node gets through to the target with something sure, as far as it has tried."""

    def __init__(
        self,
        target: Passive,
        *,
        node: str,
        clock: Clock,
        tally: PassiveTally,
        way: Way,
        done: Callable[[], None],
    ) -> None:
        """`done` is called when an attempt has ended."""
        self.target = target
        self.course = Course()
        self.able = False
        self._node = node
        self._clock = clock
        self._tally = tally
        self._way = way
        self._done = done
        self._began = clock.monotonic()
        self._undecided_since: float | None = None
        self._attempt = Attempt()

    def look(
        self, snapshot: Snapshot, *, able: Collection[str], heard: Collection[str], known: Collection[str]
    ) -> float | None:
        """Begin a push if one is due; else when one is, in monotonic seconds, as things stand.

        `able`, `heard` and `known` are as in Turn.
        """
        self._attempt.reap()
        now = self._clock.monotonic()
        if now - snapshot.at > STALE:
            self.able = False
            return None
        said = statement(self.target, snapshot, now)
        turn = Turn(
            node=self._node,
            running=now - self._began,
            undecided=self._undecided_for(said, now),
            able=able,
            heard=heard,
            known=known,
            failing=self.course.failures > 0,
        )
        pushes = pushes_for_pair if self.target.of is PassiveOf.PAIR else pushes_for_node
        self.able = self.able and not said.undecided
        if not pushes(turn):
            self.course = self.course.left()
            return None
        due = self.course.due(said.shape, self.target.every)
        if self._attempt.under_way or due > now:
            return due
        self.course = self.course.with_attempt(said.shape, now)
        self._attempt.begin(self._push(said))
        return None

    def _undecided_for(self, said: Statement, now: float) -> float | None:
        if not said.undecided:
            self._undecided_since = None
            return None
        if self._undecided_since is None:
            self._undecided_since = now
        return now - self._undecided_since

    def trouble(self) -> str | None:
        """What is the matter with the target, if something is, for long enough."""
        return self.course.trouble(self.target.every, self._clock.monotonic())

    async def close(self) -> None:
        """Wait for nothing more."""
        await self._attempt.close()

    async def _push(self, said: Statement) -> None:
        try:
            await self._way.deliver(said.result)
        except HawatchError as error:
            self._fail(str(error), lasting=not getattr(error, "temporary", True))
        else:
            self._accept(said)
        finally:
            self._done()

    def _accept(self, said: Statement) -> None:
        if self.course.failures:
            log.info("target=%s accepted after %d failures", self.target.name, self.course.failures)
        log.debug("target=%s code=%d output=%r", self.target.name, said.result.code, said.result.output)
        self.course = self.course.with_acceptance(self._clock.monotonic())
        self.able = not said.undecided
        self._tally.accept(self.target.name, self._clock.wall())

    def _fail(self, problem: str, *, lasting: bool) -> None:
        if problem != self.course.problem:
            log.warning("target=%s problem=%r", self.target.name, problem)
        self.course = self.course.with_failure(problem, lasting=lasting)
        self.able = False
        self._tally.fail(self.target.name)
