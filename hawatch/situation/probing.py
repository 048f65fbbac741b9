"""What the probes for one VIP have shown: the series of rounds that S2, its clearing and no_owner rest on."""

from __future__ import annotations

from collections import deque
from collections.abc import Set
from dataclasses import dataclass, field
from enum import StrEnum

from hawatch.evidence import ProbeAnswer, ProbeRound

ENOUGH_ROUNDS = 8


class RoundResult(StrEnum):
    """What one round is worth."""

    VOID = "void"
    EMPTY = "empty"
    MEMBER = "member"
    SEVERAL = "several"
    OUTSIDER = "outsider"


_ONE_ANSWER = frozenset({RoundResult.EMPTY, RoundResult.MEMBER})


@dataclass(frozen=True, slots=True)
class Round:
    """One judged round: when it was asked, what came of it, whether the control was answered, and by which MAC."""

    asked_at: float
    result: RoundResult
    controlled: bool
    mac: str = ""


@dataclass(slots=True)
class Probing:
    """The last rounds for one VIP, newest last."""

    vip: str
    rounds: deque[Round] = field(default_factory=lambda: deque(maxlen=ENOUGH_ROUNDS))

    def take(
        self, probe: ProbeRound, member_macs: set[str], own_macs: set[str], one_owners: set[str]
    ) -> Round:
        """Judge one round and remember it; the prober's own answers never count, those of `one_owners` as one."""
        judged = judge_round(probe, member_macs, own_macs, one_owners)
        self.rounds.append(judged)
        return judged

    @property
    def latest(self) -> Round | None:
        """The newest round."""
        return self.rounds[-1] if self.rounds else None

    def finds_the_same(self) -> bool:
        """Whether the last two rounds found the same one owner, or the same nobody, with their controls answered."""
        if len(self.rounds) < 2:
            return False
        before, latest = self.rounds[-2], self.rounds[-1]
        return (
            latest.result in _ONE_ANSWER
            and latest.controlled
            and (before.result, before.controlled, before.mac) == (latest.result, True, latest.mac)
        )

    def is_void(self) -> bool:
        """Whether no round so far was worth anything, so that nothing can be learned by asking after this VIP."""
        return all(judged.result is RoundResult.VOID for judged in self.rounds)

    def repeated(self, results: frozenset[RoundResult], apart: float, since: float) -> bool:
        """Whether the newest rounds, all asked after `since`, agree on one of `results` over more than `apart`."""
        newest: float | None = None
        for judged in reversed(self.rounds):
            if judged.asked_at < since or judged.result not in results:
                return False
            newest = judged.asked_at if newest is None else newest
            if newest - judged.asked_at >= apart:
                return True
        return False

    def agreed_since(self, results: frozenset[RoundResult], since: float) -> float | None:
        """When the newest rounds, all asked after `since`, began to agree on one of `results`; None: they do not."""
        began: float | None = None
        for judged in reversed(self.rounds):
            if judged.asked_at < since or judged.result not in results:
                break
            began = judged.asked_at
        return began

    def is_news(self, results: frozenset[RoundResult], apart: float) -> bool:
        """Whether the newest rounds gave one of `results`, and are not yet enough to rest on.

        They are once they agree over `apart` seconds or more, and the last one was controlled.
        """
        streak = 0
        for judged in reversed(self.rounds):
            if judged.result not in results:
                break
            streak += 1
        if not 0 < streak < ENOUGH_ROUNDS:
            return False
        newest = self.rounds[-1]
        return not newest.controlled or not self.repeated(frozenset({newest.result}), apart, float("-inf"))

    def controlled_without(self, result: RoundResult) -> int:
        """How many of the newest rounds had their control answered, and gave anything but this result."""
        count = 0
        for judged in reversed(self.rounds):
            if not judged.controlled or judged.result is result:
                break
            count += 1
        return count

    def in_a_row(self, result: RoundResult, since: float) -> int:
        """How many of the newest rounds, asked after `since`, gave this result without a break."""
        count = 0
        for judged in reversed(self.rounds):
            if judged.asked_at < since or judged.result is not result:
                break
            count += 1
        return count


def judge_round(
    probe: ProbeRound, member_macs: set[str], own_macs: set[str], one_owners: Set[str] = frozenset()
) -> Round:
    """What a round is worth: two answers to the control, or no control for a positive, make it void."""
    control = sum(answer.count for answer in probe.control_answers)
    answers = [answer for answer in probe.answers if answer.mac not in own_macs]
    if not probe.sent or control > 1:
        return Round(probe.asked_at, RoundResult.VOID, controlled=False)
    controlled = control == 1
    if not answers:
        return Round(probe.asked_at, RoundResult.EMPTY, controlled)
    strangers = [answer.mac for answer in answers if answer.mac not in member_macs]
    outsiders = [mac for mac in strangers if mac not in {answer.mac for answer in probe.control_answers}]
    if outsiders:
        return Round(probe.asked_at, RoundResult.OUTSIDER, controlled, outsiders[0])
    if strangers:  # it answers for the control too: a fabric that answers for others, or the peer itself
        return Round(probe.asked_at, RoundResult.VOID, controlled)
    several = sum(answer.count for answer in answers) > 1 and not _are_one(answers, one_owners)
    if not controlled and several:
        return Round(probe.asked_at, RoundResult.VOID, controlled)
    return Round(
        probe.asked_at, RoundResult.SEVERAL if several else RoundResult.MEMBER, controlled, answers[0].mac
    )


def _are_one(answers: list[ProbeAnswer], one_owners: Set[str]) -> bool:
    """Whether one node may have given them all: each from another MAC, all of them MACs that can be that node's."""
    return all(answer.count == 1 and answer.mac in one_owners for answer in answers)
