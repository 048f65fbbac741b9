"""The guards of this node's services: each look stored before anything follows from it, each action run once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from hawatch.actions.runner import PATIENCE, Outcome, OutcomeState
from hawatch.agent.equipment import Clock
from hawatch.agent.guard_board import GuardBoard
from hawatch.agent.guard_post import BEGINS_WITHIN, GuardPost
from hawatch.agent.oncall import OnCall
from hawatch.config import Service
from hawatch.desk.around import Around
from hawatch.evidence import Sink, VipGivenUp
from hawatch.guard.record import AT_WORK, Guard
from hawatch.heartbeat import beat
from hawatch.keepalived.model import KeepalivedConfig
from hawatch.snapshot import Snapshot
from hawatch.together import together

log = logging.getLogger("hawatch.guard")

LOOK_EVERY = 0.5
BUSY_PAUSE = 1.0
HELPER_PATIENCE = 30.0
"""Seconds for which a helper that does not answer is taken for one that is being started again."""


class RunsActions(Protocol):
    """What is needed of hawatch/actions/runner.py."""

    async def run(
        self,
        ability: str,
        vip: str | None,
        id: str,  # noqa: A002 - the protocol's word
        until: float | None = None,
    ) -> Outcome:
        """Run it, unless this id was begun before; then what came of it that time."""


class Guarding:
    """One post for each guarded service, and the notice board, on which all services stand."""

    def __init__(
        self,
        oncall: OnCall,
        *,
        services: Sequence[Service],
        actions: RunsActions,
        config: Callable[[], KeepalivedConfig | None],
        clock: Clock,
        put: Sink,
        board: Path | None = None,
    ) -> None:
        """`config` gives keepalived's configuration as it is known now; `board` is where the notice board is kept."""
        self._oncall = oncall
        self._actions = actions
        self._config = config
        self._clock = clock
        self._put = put
        self._posts = [GuardPost(service=each, options=each.guard) for each in services if each.guard]
        self._board = None if board is None else GuardBoard(board)
        self._services = tuple(each.name for each in services)
        self._told: dict[str, bool] = {}
        self._snapshot: Snapshot | None = None

    def show(self, snapshot: Snapshot) -> None:
        """The picture is new."""
        self._snapshot = snapshot

    async def run(self) -> None:
        """Go on until cancelled; what an agent before this one had begun is taken up first."""
        await self._introduce()
        self._tell_of_those_left()
        await together((self._write_board(), *(self._stand(post) for post in self._posts)))

    async def _introduce(self) -> None:
        """A guard that has done nothing yet is seen all the same."""
        ledger = self._oncall.ledger
        new = [each for each in self._posts if ledger.get(Guard, each.service.name) is None]

        def do(around: Around) -> None:
            for post in new:
                ledger.keep(Guard(id=post.service.name, since=around.now))

        if new:
            await self._oncall.change(do)

    async def _write_board(self) -> None:
        if self._board is not None:
            await self._board.keep(self._services, lambda: self._snapshot)

    async def _stand(self, post: GuardPost) -> None:
        while True:
            beat(LOOK_EVERY, of=post.service.name)
            guard = await self._look(post)
            self._tell(guard, post)
            if guard.state in AT_WORK:
                await self._work(post, guard)
            else:
                await asyncio.sleep(LOOK_EVERY)

    async def _look(self, post: GuardPost) -> Guard:
        """One look; whatever changes is decided again under the desk's lock, and is stored when this returns."""
        ledger = self._oncall.ledger
        guard = post.guard(ledger)
        after, lines = post.next_step(ledger, self._oncall.surroundings.now(), self._config())
        if after is guard and not lines:
            return guard

        def do(around: Around) -> Guard:
            return post.write(post.next_step(ledger, around, self._config()), ledger, around)

        after = await self._oncall.change(do)
        if after.state is not guard.state:
            log.info("service=%s guard=%s action=%s", after.id, after.state.value, after.action or "-")
        return after

    async def _work(self, post: GuardPost, guard: Guard) -> None:
        outcome = await self._run(guard)
        ledger = self._oncall.ledger

        def do(around: Around) -> Guard:
            return post.write(post.after(ledger, around, outcome), ledger, around)

        after = await self._oncall.change(do)
        log.info(
            "service=%s guard=%s action=%s outcome=%s text=%r",
            after.id,
            after.state.value,
            guard.action,
            outcome.state.value,
            outcome.text,
        )

    async def _run(self, guard: Guard) -> Outcome:
        """Run it, or learn what came of it when it was begun before; while the helper is busy it waits."""
        since = self._clock.monotonic()
        while True:
            beat(PATIENCE, of=guard.id)
            outcome = await self._actions.run(guard.action, None, guard.key, guard.since + BEGINS_WITHIN)
            absent = outcome.state is OutcomeState.ABSENT
            waits = absent and self._clock.monotonic() - since < HELPER_PATIENCE
            if outcome.state is not OutcomeState.BUSY and not waits:
                return outcome
            await asyncio.sleep(BUSY_PAUSE)

    # --- what the judge hears of it ---------------------------------------------------------------

    def _tell(self, guard: Guard, post: GuardPost) -> None:
        if self._told.get(guard.id, False) is not guard.given:
            self._told[guard.id] = guard.given
            self._put(
                VipGivenUp(
                    at=self._clock.monotonic(),
                    service=guard.id,
                    instances=post.options.instances,
                    given=guard.given,
                    hold=post.options.hold,
                )
            )

    def _tell_of_those_left(self) -> None:
        """A guard that the configuration has no more takes nothing back: the finding stands until somebody does."""
        posted = {each.service.name for each in self._posts}
        for guard in self._oncall.ledger.all(Guard):
            if guard.given and guard.id not in posted:
                log.warning("service=%s problem='given up, and guarded no longer'", guard.id)
                at = self._clock.monotonic()
                self._put(VipGivenUp(at=at, service=guard.id, instances=(), given=True))
