"""What a monitoring system asks: the parameters of `/api/v1/check`, read from a query string; pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from hawatch.errors import HawatchError
from hawatch.exporter.check_range import Range, RangeError

MOVED_WITHIN = 900.0
MAX_VERBOSITY = 3


class CheckName(StrEnum):
    """What to look at: everything, one virtual router, the paths to the peers, the services, the agent, or on-call."""

    OVERALL = "overall"
    INSTANCE = "instance"
    PEERS = "peers"
    SERVICES = "services"
    AGENT = "agent"
    ONCALL = "oncall"


WITH_THRESHOLDS = (CheckName.PEERS, CheckName.SERVICES, CheckName.AGENT, CheckName.ONCALL)
PARAMETERS = frozenset({"check", "instance", "moved-within", "verbosity", "warning", "critical"})


class QuestionError(HawatchError):
    """A parameter that cannot be used; the message names it."""

    exit_code = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One check; `moved_within` in seconds (0: moves do not matter), `verbosity` from 0 to 3, thresholds if any."""

    check: CheckName = CheckName.OVERALL
    instance: str | None = None
    moved_within: float = MOVED_WITHIN
    verbosity: int = 0
    warning: Range | None = None
    critical: Range | None = None

    @classmethod
    def from_query(cls, query: Sequence[tuple[str, str]]) -> Self:
        """From the query's names and values; raises QuestionError for what is unknown, doubled or out of range."""
        given = dict(query)
        if len(given) != len(query):
            raise QuestionError("a parameter is given twice")
        unknown = sorted(given.keys() - PARAMETERS)
        if unknown:
            raise QuestionError(f"{unknown[0][:40]}: this agent knows no such parameter")
        instance = given.get("instance") or None
        check = _check(given.get("check", CheckName.OVERALL))
        if check is CheckName.INSTANCE and instance is None:
            raise QuestionError("check=instance needs the parameter instance")
        return cls(
            check=check,
            instance=instance,
            moved_within=_seconds(given.get("moved-within", str(MOVED_WITHIN))),
            verbosity=_verbosity(given.get("verbosity", "0")),
            warning=_threshold("warning", given, check),
            critical=_threshold("critical", given, check),
        )


def _check(text: str) -> CheckName:
    try:
        return CheckName(text)
    except ValueError:
        raise QuestionError(f"check: there is no {text[:40]!r}, but {', '.join(CheckName)}") from None


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not (math.isfinite(seconds) and seconds >= 0):
        raise QuestionError(f"moved-within: {text[:40]!r} is not a number of seconds")
    return seconds


def _verbosity(text: str) -> int:
    if text not in {str(level) for level in range(MAX_VERBOSITY + 1)}:
        raise QuestionError(f"verbosity: {text[:40]!r} is not 0 to {MAX_VERBOSITY}")
    return int(text)


def _threshold(name: str, given: Mapping[str, str], check: CheckName) -> Range | None:
    if name not in given:
        return None
    if check not in WITH_THRESHOLDS:
        raise QuestionError(
            f"{name}: the check {check} has no measure; {', '.join(WITH_THRESHOLDS)} have one"
        )
    try:
        return Range.from_text(given[name])
    except RangeError as error:
        raise QuestionError(f"{name}: {error}") from None
