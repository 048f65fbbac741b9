"""What a message about an incident has to say, before it is in words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hawatch.verdict import Cause, Severity, VerdictKind


class Occasion(StrEnum):
    """Why somebody is told now.

    repeat: nobody has acknowledged yet. repage: acknowledged, and not over. escalated: others did not answer.
    released: somebody gave it back, and the next is asked. woken: a snooze has run out.
    """

    FIRST = "first"
    WORSE = "worse"
    REPEAT = "repeat"
    REPAGE = "repage"
    ESCALATED = "escalated"
    RESOLVED = "resolved"
    RELEASED = "released"
    WOKEN = "woken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One line of the menu: the digit, the action's name, the node it runs on.

    `label` is the site's own text in the reader's language; None: the ready text, or else the action's name. `target`
    is the other node whose power it switches.
    """

    number: int
    action: str
    node: str
    label: str | None = None
    target: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """An incident as one person is told of it; `node` is who tells, `owners` are the nodes that hold the VIPs now.

    `since` is local clock time ("03:12"), `minutes` how long it has lasted. `who` has acknowledged it, or has given it
    back (`released`). Without `code` there is nothing to answer, so no menu.
    """

    pair: str
    node: str
    verdict: VerdictKind
    severity: Severity
    instances: tuple[str, ...]
    vips: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    cause: Cause | None = None
    cause_node: str | None = None
    code: str | None = None
    options: tuple[Option, ...] = ()
    since: str
    who: str | None = None
    minutes: int | None = None
