"""Runs one permitted action through hawatch-helper, and says what came of it; decides nothing."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from hawatch.ability import Ability, Power, abilities_of
from hawatch.errors import HelperError, HelperFault

PATIENCE = 630.0
"""Seconds for an action: the helper ends it after 600 at the latest."""
LONGEST_TEXT = 200
_CUT = "…"
_TRACEBACK = "Traceback "


class OutcomeState(StrEnum):
    """What came of an action.

    `done` and `failed`: it was run, and ended so. `unknown`: it may have been run, and was interrupted or its end is
    not known. `refused`: it was not run. `busy`: not now; to be tried again with the same id. `absent`: nobody was
    there to run it now, whatever may have come of the same id before.
    """

    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    BUSY = "busy"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The end of one action: `text` is one printable line of at most 200 characters, of its output or the reason."""

    state: OutcomeState
    exit_code: int | None = None
    text: str = ""


class AsksHelper(Protocol):
    """How hawatch-helper is asked; HelperError where there is no answer."""

    def __call__(
        self, verb: str, /, *, patience: float | None = None, **fields: object
    ) -> Awaitable[dict[str, Any]]:
        """The answer to a verb with these fields; `patience` in seconds."""


class HelperActions:
    """What root allows on this node, and running one of it."""

    def __init__(self, ask: AsksHelper) -> None:
        self._ask = ask

    async def abilities(self) -> tuple[Ability, ...]:
        """What is allowed now. HelperError without a helper, DecodeError for an answer that does not fit."""
        return abilities_of(await self._ask("actions"))

    async def power(self, ability: str) -> tuple[Power, str]:
        """What the fence device behind an ability says of its node, and if nothing, why; it switches nothing."""
        try:
            answer = await self._ask("power", name=ability)
        except HelperError as error:
            return Power.UNKNOWN, one_line(str(error))
        said = answer.get("power")
        power = Power(said) if said in set(Power) else Power.UNKNOWN
        return power, one_line(str(answer.get("problem") or ""))

    async def run(
        self,
        ability: str,
        vip: str | None,
        id: str,  # noqa: A002 - the protocol's word
        until: float | None = None,
    ) -> Outcome:
        """Run it, unless this id was begun before; then what came of it that time.

        After `until` (epoch seconds) it is not begun any more.
        """
        given = {"vip": vip, "until": until}
        about = {name: value for name, value in given.items() if value is not None}
        try:
            answer = await self._ask("act", patience=PATIENCE, name=ability, id=id, **about)
        except HelperError as error:
            return Outcome(state=_STATES[error.fault], text=one_line(str(error)))
        return _outcome(answer)

    async def arm(self, ability: str, id: str, after: float) -> None:  # noqa: A002 - the protocol's word
        """Have the helper run it under this id in `after` seconds, unless it was begun by then. HelperError."""
        await self._ask("arm", name=ability, id=id, after=after)


_STATES = {
    HelperFault.ABSENT: OutcomeState.ABSENT,
    HelperFault.REFUSED: OutcomeState.REFUSED,
    HelperFault.BUSY: OutcomeState.BUSY,
    HelperFault.LOST: OutcomeState.UNKNOWN,
}


def _outcome(answer: dict[str, Any]) -> Outcome:
    code, problem, killed = answer.get("exit_code"), answer.get("problem"), answer.get("signal")
    said = one_line(str(answer.get("output") or ""))
    if answer.get("interrupted") is True:
        return Outcome(state=OutcomeState.UNKNOWN, text=said or "it was interrupted")
    if isinstance(code, int):
        state = OutcomeState.DONE if code == 0 else OutcomeState.FAILED
        return Outcome(state=state, exit_code=code, text=said)
    if problem or killed:
        return Outcome(state=OutcomeState.FAILED, text=one_line(str(problem or f"ended by {killed}")))
    return Outcome(state=OutcomeState.UNKNOWN, text=said)


def one_line(text: str) -> str:
    """The first line that says something, printable and not too long; of a Python traceback it is the last."""
    lines = [line for each in text.splitlines() if (line := _printable(each))]
    if not lines:
        return ""
    line = lines[-1] if lines[0].startswith(_TRACEBACK) else lines[0]
    return line if len(line) <= LONGEST_TEXT else line[: LONGEST_TEXT - 1] + _CUT


def _printable(line: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in line).split())
