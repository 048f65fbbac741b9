"""How every dashboard says things: the colours, and the words behind numbers.

Words come first: each number has its name beside its colour. The colours are Grafana's named ones, which it adapts to
its dark and its light theme.
"""

from __future__ import annotations

from collections.abc import Mapping

from grafana_foundation_sdk.models.dashboard import (
    DashboardRangeMapOptions,
    DashboardSpecialValueMapOptions,
    RangeMap,
    SpecialValueMap,
    SpecialValueMatch,
    ValueMap,
    ValueMapping,
    ValueMappingResult,
)

from hawatch.verdict import Severity, VerdictKind

OK, BAD, WARN, UNKNOWN, NEUTRAL, QUIET = "green", "red", "orange", "purple", "text", "blue"

VERDICTS: Mapping[VerdictKind, str] = {
    VerdictKind.INDETERMINATE: UNKNOWN,
    VerdictKind.STEADY: OK,
    VerdictKind.FAILBACK: "light-green",
    VerdictKind.SWITCHOVER: "light-orange",
    VerdictKind.FAILOVER: WARN,
    VerdictKind.DEGRADED: "semi-dark-orange",
    VerdictKind.FLAPPING: "dark-orange",
    VerdictKind.ISOLATED: "light-red",
    VerdictKind.CONFLICT: BAD,
    VerdictKind.NO_OWNER: BAD,
    VerdictKind.SPLIT_BRAIN_SUSPECTED: "semi-dark-red",
    VerdictKind.SPLIT_BRAIN: "dark-red",
}
"""Every verdict's colour. The order is the number that stands for it: of two agents the worse one shows.

What cannot be decided comes first: an agent that has just started says nothing against one that knows.
"""

SEVERITIES: Mapping[Severity, str] = {
    Severity.OK: OK,
    Severity.UNKNOWN: UNKNOWN,
    Severity.WARNING: WARN,
    Severity.CRITICAL: BAD,
}
"""The overall severities, from the least to the worst."""

FINDINGS: Mapping[Severity, str] = {Severity.INFO: QUIET, Severity.WARNING: WARN, Severity.CRITICAL: BAD}
"""The severities of findings, from the least to the worst."""

AGENT_STATES: Mapping[str, tuple[str, str]] = {
    "up": ("up", OK),
    "none": ("never had one", NEUTRAL),
    "left": ("said goodbye", WARN),
    "silent": ("silent", BAD),
}
"""The states of a peer's agent as words and colours, from the least to the worst."""


def words(*meanings: tuple[float, str, str]) -> ValueMapping:
    """What numbers mean: value, text and colour of each."""
    return ValueMap(
        options={
            f"{value:g}": ValueMappingResult(text=text, color=color, index=index)
            for index, (value, text, color) in enumerate(meanings)
        }
    )


def at_least(value: float, text: str, color: str) -> ValueMapping:
    """What every number from this one up means."""
    result = ValueMappingResult(text=text, color=color, index=9)
    return RangeMap(options=DashboardRangeMapOptions(from_val=value, result=result))


def not_a_number(text: str) -> ValueMapping:
    """What to say where nothing has been counted yet."""
    return SpecialValueMap(
        options=DashboardSpecialValueMapOptions(
            match=SpecialValueMatch.NULL_AND_NAN, result=ValueMappingResult(text=text, color=NEUTRAL, index=0)
        )
    )


VERDICT_WORDS = words(*((number, kind.value, color) for number, (kind, color) in enumerate(VERDICTS.items())))
SEVERITY_WORDS = words(
    *((number, kind.value, color) for number, (kind, color) in enumerate(SEVERITIES.items()))
)
FINDING_WORDS = words(
    (0, "none", OK), *((n, kind.value, color) for n, (kind, color) in enumerate(FINDINGS.items(), 1))
)
AGENT_WORDS = words(*((number, text, color) for number, (text, color) in enumerate(AGENT_STATES.values())))
UP_WORDS = words((0, "down", BAD), (1, "up", OK))
ANSWERS_WORDS = words((0, "silent", BAD), (1, "answers", OK))
BACK_WORDS = words((0, "did not come back", BAD), (1, "came back", OK))
PASSED_WORDS = words((0, "failed", BAD), (1, "passed", OK))
GUARD_WORDS = words((0, "no", OK), (1, "yes", WARN))
SEES_WORDS = words((0, "blind", UNKNOWN), (1, "sees", OK))
HELD_WORDS = words((0, "does not hold it", "super-light-blue"), (1, "holds it", QUIET))
OWNER_WORDS = (words((0, "no owner", BAD), (1, "one owner", OK)), at_least(2, "several owners", BAD))
MAINTENANCE_WORDS = words((0, "no", OK), (1, "maintenance", QUIET))
NONE_WORDS = words((0, "none", OK))
NONE_QUIET = words((0, "none", NEUTRAL))
NONE_YET = not_a_number("none")
AGREE_WORDS = (words((0, "yes", OK)), at_least(1, "no", WARN))
