"""What a reply asks for, one record for each kind of command; a code is a number from 10 to 999."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledge:
    """I look after it; without a code, the one incident that is open."""

    code: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choose:
    """Run this number (1 to 8) of the code's menu; 1 acknowledges."""

    code: int
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """Tell more about it."""

    code: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """I do not look after it; tell the next one."""

    code: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Snooze:
    """Keep quiet about it for so many seconds: whole minutes, from one minute to seven days."""

    code: int
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm:
    """Do what was asked before; `nonce` is four or six digits, which may begin with a zero."""

    nonce: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """Do not do what was asked before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class List:
    """What is open?"""


class Misfit(StrEnum):
    """Why a text is no command."""

    EMPTY = "empty"
    TOO_LONG = "too long"
    NO_SUCH_FORM = "no such form"
    SNOOZE_SPAN = "a snooze lasts from 1 minute to 7 days"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotUnderstood:
    """No command; nothing is guessed from it."""

    reason: Misfit = Misfit.NO_SUCH_FORM


Understood = Acknowledge | Choose | Details | Release | Snooze | Confirm | Drop | List
Command = Understood | NotUnderstood
