"""At one guard's post: what it sees, what follows, and the action that is at work, which never runs twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hawatch.ability import Ability, Danger
from hawatch.actions.runner import Outcome, OutcomeState
from hawatch.config import Service, ServicePlace
from hawatch.config.guard import ServiceGuard
from hawatch.desk.around import Around
from hawatch.desk.ledger import Ledger
from hawatch.desk.records import NodeAbilities
from hawatch.guard.record import AT_WORK, Guard, GuardNote
from hawatch.guard.step import Line, Seen, Step, ended, step
from hawatch.guard.successor import is_here, nobody_to_take_over
from hawatch.keepalived.model import KeepalivedConfig
from hawatch.notification.mute import Scope
from hawatch.refusal import Refusal

BEGINS_WITHIN = 60.0
"""Seconds after which the helper is not to begin any more what was decided then."""
OBSERVER = "service"
_DONE = {
    OutcomeState.DONE: True,
    OutcomeState.UNKNOWN: None,
    OutcomeState.FAILED: False,
    OutcomeState.REFUSED: False,
    OutcomeState.ABSENT: False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardPost:
    """One service's guard on this node. Everything is read from the ledger and written there, under the desk's lock."""

    service: Service
    options: ServiceGuard

    def guard(self, ledger: Ledger) -> Guard:
        """How far it has come; a new one watches."""
        return ledger.get(Guard, self.service.name) or Guard(id=self.service.name)

    def next_step(self, ledger: Ledger, around: Around, config: KeepalivedConfig | None) -> Step:
        """What this moment makes of it."""
        guard = self.guard(ledger)
        if guard.state in AT_WORK:
            return guard, ()
        return step(guard, self._seen(ledger, around, config), self.options)

    def after(self, ledger: Ledger, around: Around, outcome: Outcome) -> Step:
        """What the end of its action makes of it."""
        guard = self.guard(ledger)
        done = _DONE[outcome.state]
        return ended(guard, done=done, text=outcome.text, now=around.now, options=self.options)

    def write(self, made: Step, ledger: Ledger, around: Around) -> Guard:
        """Keep a step, and note its lines for the timeline."""
        guard, lines = made
        if guard != ledger.get(Guard, guard.id):
            ledger.keep(guard)
        for number, line in enumerate(lines):
            ledger.put(self._note(guard, line, number, around))
        return guard

    def _note(self, guard: Guard, line: Line, number: int, around: Around) -> GuardNote:
        return GuardNote(
            id=f"{around.node}/{guard.id}/{guard.version}-{int(around.now * 1000):x}-{number}",
            node=around.node,
            service=guard.id,
            instances=self.options.instances,
            at=around.now,
            text=line.text,
            telling=line.telling,
            refusal=line.refusal,
        )

    def _seen(self, ledger: Ledger, around: Around, config: KeepalivedConfig | None) -> Seen:
        snapshot = around.snapshot
        here = is_here(snapshot, self.options.instances)
        undo, refusal = self._way_back(ledger, around)
        refusal = refusal or nobody_to_take_over(
            snapshot,
            service=self.service.name,
            instances=_with_mates(self.options.instances, config),
            data=around.data,
        )
        return Seen(
            now=around.now,
            up=self._works(around),
            ours=here if self.service.on is ServicePlace.OWNER else True,
            here=here,
            paused=any(each.scope is Scope.MAINTENANCE for each in around.hour.mutes),
            refusal=refusal,
            undo=undo,
        )

    def _works(self, around: Around) -> bool | None:
        """By our own check, as long as that is made."""
        snapshot = around.snapshot
        if any(each.name == OBSERVER and not each.up for each in snapshot.observers):
            return None
        states = [
            each.state
            for each in snapshot.services
            if (each.name, each.node) == (self.service.name, snapshot.node)
        ]
        return {"up": True, "down": False}.get(states[0]) if states else None

    def _way_back(self, ledger: Ledger, around: Around) -> tuple[str | None, Refusal | None]:
        """The action that would take the VIP back, or why it cannot be given up as root allows it."""
        known = ledger.get(NodeAbilities, around.node)
        abilities = {each.name: each for each in (known.abilities if known else ())}
        give = abilities.get(self.options.give_up or "")
        if give is None or not _is_of_the_node(give):
            return None, Refusal.NOT_ALLOWED
        back = abilities.get(give.undo or "")
        if back is None or not _is_of_the_node(back):
            return None, Refusal.NO_WAY_BACK
        return back.name, None


def _is_of_the_node(ability: Ability) -> bool:
    """Whether it is about the whole of this node, and not what takes two people."""
    return ability.danger is not Danger.FENCE and ability.target is None and not ability.vips


def _with_mates(instances: Sequence[str], config: KeepalivedConfig | None) -> tuple[str, ...]:
    """These virtual routers, and those of their sync groups, which go with them."""
    routers = config.virtual_routers if config is not None else ()
    groups = {each.sync_group for each in routers if each.instance in instances and each.sync_group}
    mates = [each.instance for each in routers if each.sync_group in groups] if instances else []
    return tuple(dict.fromkeys((*instances, *mates)))
