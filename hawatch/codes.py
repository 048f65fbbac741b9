"""Short codes: the number by which a person's telephone means an incident.

A number means one incident for everybody who has it. Each node draws fresh numbers from a class of its own (even and
odd, on a pair), so two nodes that cannot talk never give the same number to two troubles. What was given is not given
again while its incident is open, nor for 72 hours after: a late answer must not hit something new.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from hawatch.config.oncall import CodeHalf
from hawatch.errors import HawatchError

QUARANTINE = 72 * 3600.0
"""Seconds for which a code rests after its incident has ended."""

_RETIRED = 1 << 40  # beyond any revision

TWO_DIGITS = range(10, 100)
THREE_DIGITS = range(100, 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One line of a menu: the number that a person answers, and which action it runs on which node.

    `vip` and `label` name what it is about, if anything; `target` is the other node whose power it switches.
    """

    number: int
    action: str
    node: str
    vip: str | None = None
    label: str | None = None
    target: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A number that a person was given for an incident; `node` gave it. Times are epoch seconds.

    `revision` is the incident's, and `menu` what its actions were, when the person was told. `retired_at` is when the
    incident ended, None while it is open.
    """

    person: str
    number: int
    incident: str
    node: str
    given_at: float
    revision: int
    menu: tuple[Choice, ...] = ()
    retired_at: float | None = None

    @property
    def id(self) -> str:
        """The same on every node that gives the person this number for this incident."""
        return f"{self.incident}:{self.number}:{self.person}"

    @property
    def incidents(self) -> tuple[str, ...]:
        """What it is about."""
        return (self.incident,)

    @property
    def progress(self) -> int:
        """Of two versions the retired one counts, else that of a later state, or with more to choose."""
        return 16 * self.revision + len(self.menu) + (0 if self.retired_at is None else _RETIRED)

    def stands(self, now: float) -> bool:
        """Whether its incident is open or was until less than 72 hours ago (a clock that went back counts as less)."""
        return self.retired_at is None or now - self.retired_at < QUARANTINE


@dataclass(frozen=True, slots=True, kw_only=True)
class Half:
    """A node's class of numbers: those that leave `place` when divided by `places`."""

    place: int
    places: int

    def __contains__(self, number: int) -> bool:
        """Whether a number is of this class."""
        return number % self.places == self.place


class CodesExhaustedError(HawatchError):
    """Every number of a node's class is taken."""


def half_of(option: CodeHalf, *, node: str, members: Collection[str]) -> Half:
    """The class of a node; `auto` is its place among the names of all members, which every member must know alike."""
    if option is not CodeHalf.AUTO:
        return Half(place=int(option is CodeHalf.ODD), places=2)
    names = sorted({node, *members})
    return Half(place=names.index(node), places=max(len(names), 2))


def allocate(
    taken: Collection[int], *, place: int, places: int, wish: int | None = None, start: int = 10
) -> int:
    """A free number with `number % places == place`: the first from `start` on (10 to 99), round to where it began.

    Three digits, from ten times `start` on, come when the two-digit ones are gone. A `wish` that is free is granted
    whatever its class: it is the number that others have for the same incident. CodesExhaustedError when all are gone.
    """
    if wish is not None and wish not in taken:
        return wish
    half = Half(place=place, places=places)
    for pool, first in ((TWO_DIGITS, start), (THREE_DIGITS, 10 * start)):
        free = [number for number in pool if number in half and number not in taken]
        if free:
            return next((number for number in free if number >= first), free[0])
    raise CodesExhaustedError(f"codes: all numbers of place {place} of {places} are taken")


def taken_by(codes: Iterable[Code], person: str, now: float) -> frozenset[int]:
    """The numbers that this person may not be given: open ones, and those retired within 72 hours."""
    return frozenset(each.number for each in codes if each.person == person and each.stands(now))


def number_for(
    codes: Iterable[Code], *, person: str, incidents: Collection[str], now: float, half: Half, start: int
) -> int:
    """The number to tell a person for an incident, which may have several names; `codes` are all that are known here.

    It is the person's own if there is one, else the one that others have for the incident, else a fresh one that
    nobody has for anything: so the other node, which knows the first code only, may hand it on to others.
    """
    standing = [each for each in codes if each.stands(now)]
    here = [each for each in standing if each.incident in incidents]
    own = [each for each in here if each.person == person]
    if (known := first_given(own)) is not None:
        return known.number
    taken = {each.number for each in standing if each.incident not in incidents}
    of_others = first_given(here)
    wish = None if of_others is None else of_others.number
    return allocate(taken, place=half.place, places=half.places, wish=wish, start=start)


def find(codes: Iterable[Code], person: str, number: int, now: float) -> Code | None:
    """What a person means by a number: the newest code of that number that is open or in quarantine."""
    meant = [each for each in codes if each.person == person and each.number == number and each.stands(now)]
    return max(meant, key=lambda each: each.given_at, default=None)


def first_given(codes: Iterable[Code]) -> Code | None:
    """Of several codes for one thing the one that was given first: all nodes choose alike."""
    return min(codes, key=lambda each: (each.given_at, each.number), default=None)
