"""Runs what people asked this node to do: looked at once more, noted as begun, then run, once."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

from hawatch.ability import Ability, Danger, Power
from hawatch.actions.runner import PATIENCE, HelperActions, Outcome, OutcomeState, one_line
from hawatch.agent.equipment import Clock
from hawatch.agent.oncall import OnCall
from hawatch.desk.around import Around
from hawatch.desk.deed import Deed, DeedState
from hawatch.desk.deeds import instances_here, may_wait, refusal, to_do
from hawatch.desk.drilling import MAY_COME_LATE, is_due, is_return, return_of, return_waits
from hawatch.desk.records import NodeAbilities
from hawatch.errors import HawatchError, HelperError
from hawatch.heartbeat import beat
from hawatch.moments import set_within, until_moment
from hawatch.permit import Gone, Trace, gone
from hawatch.refusal import Refusal

log = logging.getLogger("hawatch.deeds")

LOOK_EVERY = 1.0
LOOK_SELDOM = 2.0
"""Seconds between two looks for deeds, and while none was ever asked for; a change is seen at once."""
ABILITIES_EVERY = 15.0
HELPER_PATIENCE = 30.0
"""Seconds for which a helper that does not answer is taken for one that is being started again."""
SOON = 5.0
"""Seconds for which a deed that is new waits for a helper; one that may have been run waits longer, to learn that."""
BUSY_PAUSE = 1.0
SEEN_WITHIN = 30.0
"""Seconds after a fence device's word within which the node must be seen to be gone."""
EVIDENCE_EVERY = 0.2
AFTER_AGENT = 5.0
"""Seconds after which the helper does what the agent ought to have done: bring a node back."""
HOLD = 1.0
"""Seconds for which a demotion is held: two nodes that are both asked must have heard of each other's first."""
_STATES = {
    OutcomeState.DONE: DeedState.DONE,
    OutcomeState.FAILED: DeedState.FAILED,
    OutcomeState.UNKNOWN: DeedState.UNKNOWN,
    OutcomeState.REFUSED: DeedState.REFUSED,
    OutcomeState.ABSENT: DeedState.REFUSED,
}


class Performer:
    """One deed at a time, through hawatch-helper, which runs none of them twice."""

    def __init__(self, oncall: OnCall, *, actions: HelperActions, node: str, clock: Clock) -> None:
        self._oncall = oncall
        self._actions = actions
        self._node = node
        self._clock = clock
        self._changed = asyncio.Event()
        self._learned_at = float("-inf")
        self._answered_at = clock.monotonic()
        self._held: dict[str, float] = {}
        oncall.tell_changes_to(self._changed.set)

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            self._changed.clear()
            await self._learn()
            for deed in to_do(self._oncall.ledger, self._node):
                if not self._is_held(deed) and self._is_due(deed):
                    await self._perform(deed)
            pause = until_moment(LOOK_EVERY if self._oncall.ledger.all(Deed) else LOOK_SELDOM)
            beat(pause)
            await set_within(self._changed, pause)

    def _is_held(self, deed: Deed) -> bool:
        """Whether it is a demotion that has only just become known here."""
        ability = self._ability(deed)
        if deed.state is not DeedState.ASKED or ability is None or ability.danger is Danger.RESTART:
            return False
        now = self._clock.monotonic()
        return now - self._held.setdefault(deed.id, now) < HOLD

    def _is_due(self, deed: Deed) -> bool:
        """Whether its time has come; only a drill's return waits for one."""
        if deed.drill is None:
            return True
        return is_due(deed, self._oncall.ledger, self._oncall.surroundings.now())

    async def _learn(self) -> None:
        """What root allows here; without a helper nothing."""
        now = self._clock.monotonic()
        if now - self._learned_at < ABILITIES_EVERY:
            return
        self._learned_at = now
        known = self._oncall.ledger.get(NodeAbilities, self._node)
        try:
            abilities = await self._actions.abilities()
            self._answered_at = now
        except HawatchError as error:
            log.debug("abilities problem=%r", str(error))
            self._learned_at = float("-inf")
            if known is not None and now - self._answered_at < HELPER_PATIENCE:
                return
            abilities = ()
        if known is None or known.abilities != abilities:
            fresh = NodeAbilities(id=self._node, abilities=abilities, at=self._clock.wall())
            await self._oncall.change(lambda _: self._oncall.ledger.put(fresh))

    async def _perform(self, deed: Deed) -> None:
        beat(PATIENCE)
        begun, patience = deed, HELPER_PATIENCE
        if deed.state is DeedState.ASKED:
            power, problem = await self._power(deed)
            begun = await self._oncall.change(lambda around: self._begin(deed, around, power, problem))
            patience = MAY_COME_LATE if is_return(deed) else SOON
        if begun.state is DeedState.BEGUN:
            outcome = await self._arm(begun) or await self._run(begun, patience)
            # Of what an agent before this one began, only a helper knows whether it was run.
            lost = outcome.state is OutcomeState.ABSENT and deed.state is DeedState.BEGUN
            state = DeedState.UNKNOWN if lost else _STATES[outcome.state]
            ability, text = self._ability(begun), outcome.text
            if state is DeedState.DONE and ability is not None and ability.cuts_power:
                begun, state = await self._witnessed(begun, ability.target or "")
                text = _seen(begun)
            begun = await self._oncall.change(lambda around: self._end(begun, state, text, around))
        if begun.final:
            log.info(
                "deed=%s action=%s state=%s text=%r", begun.id, begun.action, begun.state.value, begun.text
            )

    async def _arm(self, deed: Deed) -> Outcome | None:
        """Who steps aside for a drill is brought back by the helper, too; an outcome when it will not do that."""
        start = return_of(deed, self._oncall.ledger)
        if start is None:
            return None
        after = max(start.not_before - self._clock.wall(), 0.0) + AFTER_AGENT
        try:
            await self._actions.arm(start.action, start.id, after)
        except HelperError as error:
            return Outcome(state=OutcomeState.REFUSED, text=one_line(str(error)))
        return None

    async def _run(self, deed: Deed, patience: float) -> Outcome:
        """Run it, or learn what came of it when it was begun before; while the helper is busy it waits."""
        since = self._clock.monotonic()
        while True:
            beat(PATIENCE)
            outcome = await self._actions.run(deed.action, deed.vip, deed.id, deed.until)
            waits = outcome.state is OutcomeState.BUSY or (
                outcome.state is OutcomeState.ABSENT and self._clock.monotonic() - since < patience
            )
            if not waits:
                return outcome
            await asyncio.sleep(BUSY_PAUSE)

    async def _power(self, deed: Deed) -> tuple[Power, str]:
        """What the fence device says right before, for what needs one."""
        ability = self._ability(deed)
        if ability is None or ability.target is None:
            return Power.UNKNOWN, ""
        return await self._actions.power(deed.action)

    async def _witnessed(self, deed: Deed, target: str) -> tuple[Deed, DeedState]:
        """Wait until the node is seen to be gone, whatever its fence device says; after a while, what still is seen."""
        give_up_at = self._clock.monotonic() + SEEN_WITHIN
        while True:
            beat(EVIDENCE_EVERY)
            seen = self._look_for(deed, target)
            if isinstance(seen, Gone):
                return replace(deed, gone=seen), DeedState.DONE
            if self._clock.monotonic() >= give_up_at:
                return replace(deed, trace=seen), DeedState.FAILED
            await asyncio.sleep(EVIDENCE_EVERY)

    def _look_for(self, deed: Deed, target: str) -> Gone | Trace:
        """By this node's own names for the virtual routers, as before the deed."""
        about = [each for each in self._oncall.all() if not set(each.names).isdisjoint(deed.incidents)]
        instances = instances_here(deed, about, self._node)
        snapshot = self._oncall.surroundings.now().snapshot
        return gone(snapshot, target=target, instances=instances, since=deed.changed_at)

    def _begin(self, deed: Deed, around: Around, power: Power, problem: str) -> Deed:
        """Look once more; from here on it counts as begun, whatever happens."""
        known = self._oncall.ledger.get(Deed, deed.id) or deed
        if known.state is not DeedState.ASKED:
            return known
        why_not = refusal(
            deed, self._ability(deed), self._oncall.all(), self._oncall.ledger, around, power=power
        )
        if why_not is Refusal.ALREADY and may_wait(deed, self._oncall.ledger, around.now):
            return deed
        if why_not is not None and return_waits(deed, why_not, self._oncall.ledger, around.now):
            return deed
        after = (
            deed.moved_to(DeedState.BEGUN, around.now)
            if why_not is None
            else deed.moved_to(DeedState.REFUSED, around.now, refusal=why_not, text=problem)
        )
        self._oncall.ledger.put(after)
        return after

    def _end(self, deed: Deed, state: DeedState, text: str, around: Around) -> Deed:
        why_not = None
        if state is DeedState.REFUSED:
            why_not = Refusal.EXPIRED if around.now > deed.until else Refusal.NO_HELPER
        after = deed.moved_to(state, around.now, text=text, refusal=why_not)
        self._oncall.ledger.put(after)
        return after

    def _ability(self, deed: Deed) -> Ability | None:
        known = self._oncall.ledger.get(NodeAbilities, self._node)
        abilities = () if known is None else known.abilities
        return next((each for each in abilities if each.name == deed.action), None)


def _seen(deed: Deed) -> str:
    """What a fence has come to, for the timeline and the log."""
    if deed.gone is None:
        return f"the fence device says that it is done, but evidence against it: {deed.trace}"
    silent, node = deed.gone.silent, deed.gone.node
    return f"seen to be gone: no advertisement for {silent:.1f} s, and only {node} answers"
