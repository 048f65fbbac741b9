"""A dangerous action waits for digits that only the person's own telephone was told."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import Enum, StrEnum, auto

from hawatch.ability import Danger
from hawatch.codes import Choice

TRIES = 3

_DIGITS = {Danger.DEMOTE: 4, Danger.FENCE: 6}


class ConfirmationState(StrEnum):
    """Where it stands; nothing follows but `pending`."""

    PENDING = "pending"
    USED = "used"
    DROPPED = "dropped"
    VOID = "void"


_FINAL = {ConfirmationState.VOID: 1, ConfirmationState.DROPPED: 2, ConfirmationState.USED: 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """The question whether to run `choice`; `person` was told the nonce and may answer until `until` (epoch seconds).

    `revision` is the incident's when it was asked. Where `second` is set, somebody other than `asked_by` must answer.
    `follows` is the asker's own question that was answered before, where both are asked.
    """

    id: str
    person: str
    nonce: str
    incident: str
    code: int
    choice: Choice
    revision: int
    asked_at: float
    until: float
    asked_by: str
    second: bool = False
    follows: str | None = None
    tries_left: int = TRIES
    state: ConfirmationState = ConfirmationState.PENDING

    @property
    def incidents(self) -> tuple[str, ...]:
        """What it is about."""
        return (self.incident,)

    @property
    def progress(self) -> int:
        """Of two versions the one that is decided counts, used before all, else the one with fewer tries left."""
        return 1000 * _FINAL.get(self.state, 0) + max(TRIES - self.tries_left, 0)

    def waits_for(self, person: str, now: float) -> bool:
        """Whether this person's digits would still count."""
        barred = self.second and person == self.asked_by
        return self.person == person and not barred and self.waits(now)

    def waits(self, now: float) -> bool:
        """Whether it is neither decided nor too old."""
        return self.state is ConfirmationState.PENDING and now < self.until


class NonceVerdict(Enum):
    """What digits from a person are worth: right, wrong, or about nothing that waits (expired, used, never asked)."""

    RIGHT = auto()
    WRONG = auto()
    VOID = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class NonceJudgement:
    """The verdict, which confirmation the digits belong to (as it is after it), and all that changed, to be stored."""

    verdict: NonceVerdict
    confirmation: Confirmation | None = None
    changed: tuple[Confirmation, ...] = ()


def nonce_digits(danger: Danger) -> int:
    """How many digits confirm an action: 4 to demote, 6 to fence, none for what is run at once."""
    return _DIGITS.get(danger, 0)


def judge_nonce(confirmations: Sequence[Confirmation], person: str, nonce: str, now: float) -> NonceJudgement:
    """What these digits from this person confirm. The caller stores `changed` before anything else is done.

    Right digits use up their confirmation, and with it all others for the same action in the same incident. Wrong ones
    cost each of the person's pending confirmations a try; the last try voids it. Digits of one that is over cost
    nothing: a text may be delivered twice.
    """
    mine = [each for each in confirmations if each.person == person]
    # Every nonce is compared, and in constant time, so that the answer's delay tells nothing.
    meant = [each for each in mine if _same(each.nonce, nonce)]
    waiting = [each for each in mine if each.waits_for(person, now)]
    right = [each for each in meant if each.waits_for(person, now)]
    if right:
        return _used(max(right, key=lambda each: each.asked_at), confirmations)
    if meant or not waiting:
        return NonceJudgement(
            verdict=NonceVerdict.VOID,
            confirmation=max(meant, key=lambda each: each.asked_at, default=None),
        )
    return NonceJudgement(verdict=NonceVerdict.WRONG, changed=tuple(map(_with_a_try_less, waiting)))


def drop(confirmations: Sequence[Confirmation], person: str, now: float) -> tuple[Confirmation, ...]:
    """What a person's `no` drops, changed: all that waits and was put to them or asked by them."""
    return tuple(
        replace(each, state=ConfirmationState.DROPPED)
        for each in confirmations
        if person in {each.person, each.asked_by} and each.waits(now)
    )


def new_nonce(draw: int, digits: int, pending: Collection[Confirmation]) -> str:
    """A nonce of so many digits from a random number, unlike those of the confirmations handed in."""
    avoid = {each.nonce for each in pending}
    while (nonce := f"{draw % 10**digits:0{digits}d}") in avoid:
        draw += 1
    return nonce


def _used(confirmation: Confirmation, confirmations: Sequence[Confirmation]) -> NonceJudgement:
    used = replace(confirmation, state=ConfirmationState.USED)
    others = (
        replace(each, state=ConfirmationState.VOID)
        for each in confirmations
        if each.id != used.id
        and each.state is ConfirmationState.PENDING
        and (each.incident, each.choice.action, each.choice.node, each.choice.vip)
        == (used.incident, used.choice.action, used.choice.node, used.choice.vip)
    )
    return NonceJudgement(verdict=NonceVerdict.RIGHT, confirmation=used, changed=(used, *others))


def _with_a_try_less(confirmation: Confirmation) -> Confirmation:
    left = confirmation.tries_left - 1
    state = confirmation.state if left > 0 else ConfirmationState.VOID
    return replace(confirmation, tries_left=max(left, 0), state=state)


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))
