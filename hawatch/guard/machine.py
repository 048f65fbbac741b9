"""The state machine of a guard, as a table; what happens to it, and when, is said by hawatch/guard/step.py."""

from __future__ import annotations

from enum import StrEnum

from hawatch.guard.record import GuardState


class Event(StrEnum):
    """What can happen to a guard.

    `fails`, `works`: the check of the service. `healed`: it works again after the VIP was given up. `aside`: it need
    not work on this node now. `due`: its time for a restart has come. `spent`: there are no restarts left. `allowed`:
    the VIP can be given up. `held`: it has worked for long enough. `back_here`: the VIP is here again, or still.
    `ended`, `undone`: what had begun came to its end, or was not done.
    """

    FAILS = "fails"
    WORKS = "works"
    HEALED = "healed"
    ASIDE = "aside"
    DUE = "due"
    SPENT = "spent"
    ALLOWED = "allowed"
    HELD = "held"
    BACK_HERE = "back_here"
    ENDED = "ended"
    UNDONE = "undone"


_S, _E = GuardState, Event
TABLE: dict[tuple[GuardState, Event], GuardState] = {
    (_S.WATCHING, _E.FAILS): _S.FAILING,
    (_S.FAILING, _E.WORKS): _S.WATCHING,
    (_S.FAILING, _E.ASIDE): _S.WATCHING,
    (_S.FAILING, _E.DUE): _S.RESTARTING,
    (_S.FAILING, _E.SPENT): _S.EXHAUSTED,
    (_S.RESTARTING, _E.ENDED): _S.FAILING,
    (_S.RESTARTING, _E.UNDONE): _S.FAILING,
    (_S.EXHAUSTED, _E.WORKS): _S.WATCHING,
    (_S.EXHAUSTED, _E.HEALED): _S.HOLDING,
    (_S.EXHAUSTED, _E.ASIDE): _S.WATCHING,
    (_S.EXHAUSTED, _E.ALLOWED): _S.GIVING_UP,
    (_S.GIVING_UP, _E.ENDED): _S.GIVEN_UP,
    (_S.GIVING_UP, _E.UNDONE): _S.EXHAUSTED,
    (_S.GIVEN_UP, _E.HEALED): _S.HOLDING,
    (_S.GIVEN_UP, _E.BACK_HERE): _S.EXHAUSTED,
    (_S.HOLDING, _E.FAILS): _S.GIVEN_UP,
    (_S.HOLDING, _E.HELD): _S.TAKING_BACK,
    (_S.TAKING_BACK, _E.ENDED): _S.WATCHING,
    (_S.TAKING_BACK, _E.UNDONE): _S.HOLDING,
}
"""What is not in it changes nothing."""
