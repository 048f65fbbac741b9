"""What can be wrong with what hawatch said."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Category(StrEnum):
    """The kinds of error; UNFIT is the lab's, not hawatch's."""

    FALSE_SPLIT = "false split"
    FALSE_SUSPICION = "false suspicion"
    MISSED_SPLIT = "missed split"
    WRONG_VERDICT = "wrong verdict"
    MISSING_CAUSE = "missing cause"
    WRONG_CAUSE = "wrong cause"
    LATE = "late verdict"
    NOT_STEADY = "not back to steady"
    SURFACES = "metrics, status, plugin differ"
    AGENTS_DIFFER = "agents differ"
    UNFIT = "episode not played"


@dataclass(frozen=True, slots=True, kw_only=True)
class Error:
    """One error: of which agent (none: of the episode), and what was so and what was said."""

    category: Category
    node: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """All errors of one episode, and how much was looked at.

    `splits` are pairs of a real split and an agent that could know of it, `undecidable` those that could not;
    `causes` are pairs of a trouble and an agent that ought to name it, `named` those that were named right.
    """

    errors: tuple[Error, ...] = ()
    splits: int = 0
    undecidable: int = 0
    moments: int = 0
    causes: int = 0
    named: int = 0
    compared: int = 0

    @property
    def categories(self) -> frozenset[Category]:
        return frozenset(error.category for error in self.errors)
