"""What an examination says: one line, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """From good to bad; UNKNOWN is neither, and says in its sentence what would make it known."""

    OK = "ok"
    UNKNOWN = "unknown"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One examination's result; `remedy` are lines for a root shell that last over a reboot, empty when none is due."""

    name: str
    outcome: Outcome
    sentence: str
    remedy: str = ""


def worst(outcomes: list[Outcome]) -> Outcome:
    """The worst of several, OK when there are none."""
    order = list(Outcome)
    return max(outcomes, key=order.index, default=Outcome.OK)


def fine(name: str, sentence: str) -> Line:
    """Nothing is wrong with it."""
    return Line(name=name, outcome=Outcome.OK, sentence=sentence)


def unknown(name: str, sentence: str, remedy: str = "") -> Line:
    """It could not be examined, for the reason that the sentence gives."""
    return Line(name=name, outcome=Outcome.UNKNOWN, sentence=sentence, remedy=remedy)


def warning(name: str, sentence: str, remedy: str = "") -> Line:
    """It will do harm one day."""
    return Line(name=name, outcome=Outcome.WARN, sentence=sentence, remedy=remedy)


def failure(name: str, sentence: str, remedy: str = "") -> Line:
    """It does harm, or will at the next failover."""
    return Line(name=name, outcome=Outcome.FAIL, sentence=sentence, remedy=remedy)


def sysctl_remedy(subject: str, values: Mapping[str, int]) -> str:
    """Set sysctls now and at every boot: a file of their own, behind all others in the order of sysctl.d(5)."""
    path = f"/etc/sysctl.d/99-zz-hawatch-{subject}.conf"
    settings = " ".join(f"'{name} = {value}'" for name, value in values.items())
    return f"mkdir -p /etc/sysctl.d\nprintf '%s\\n' {settings} >{path}\nsysctl -p {path}"
