"""Whether a condition of nft holds for an advertisement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hawatch.netfilter.fields import Known, compare
from hawatch.netfilter.meeting import Meeting
from hawatch.netfilter.names import CT_STATES, number
from hawatch.netfilter.nft_fields import read
from hawatch.netfilter.ruleset import VerdictMap
from hawatch.netfilter.truth import Truth

MOST_OUTCOMES = 4096
"""Chances with more outcomes than this are not counted out."""

_EQUALITIES = frozenset({"==", "!=", "in", "implicit"})


def holds(statement: Mapping[str, object], meeting: Meeting) -> Truth:
    """Whether the packet gets past this statement. What is not a comparison (limits, quotas, counts) is UNKNOWN."""
    match = statement.get("match")
    if not isinstance(match, Mapping):
        return Truth.UNKNOWN
    left, operator, right = match.get("left"), match.get("op", "=="), match.get("right")
    if not isinstance(operator, str):
        return Truth.UNKNOWN
    if _is_chance(left):
        return _chance(left, operator, right, meeting)
    return _compared(left, operator, right, meeting)


def chosen(verdicts: VerdictMap, meeting: Meeting) -> list[tuple[object, Truth]]:
    """The verdicts that a map may give, each as its JSON and whether it does."""
    pairs = [
        each for each in _elements(verdicts.data, meeting) or [] if isinstance(each, list) and len(each) == 2
    ]
    if _elements(verdicts.data, meeting) is None:
        return [(None, Truth.UNKNOWN)]
    sometimes = Truth.SOMETIMES if _is_chance(verdicts.key) else Truth.YES
    if sometimes is Truth.SOMETIMES:
        return [(verdict, sometimes) for _, verdict in pairs]
    return [(verdict, _compared(verdicts.key, "==", _bare(key), meeting)) for key, verdict in pairs]


def _compared(left: object, operator: str, right: object, meeting: Meeting) -> Truth:
    if _is_state(left):
        wanted = _states(right, meeting)
        if wanted is None or operator not in _EQUALITIES:
            return Truth.UNKNOWN
        inside = meeting.in_states(wanted)
        return ~inside if operator == "!=" else inside
    parts = _parts(left)
    knowns = [read(part, meeting) for part in parts]
    if any(known is None for known in knowns):
        return Truth.NO
    present = [known for known in knowns if known is not None]
    elements = _elements(right, meeting)
    if elements is None and isinstance(right, str) and right.startswith("@"):
        return Truth.UNKNOWN
    if elements is None:
        return _alike(present, operator, right)
    inside = Truth.NO
    for element in elements:
        inside |= _alike(present, "==", _bare(element))
    return ~inside if operator == "!=" else inside if operator in _EQUALITIES else Truth.UNKNOWN


def _parts(left: object) -> list[object]:
    concat = left.get("concat") if isinstance(left, Mapping) else None
    return concat if isinstance(concat, list) else [left]


def _alike(knowns: list[Known], operator: str, wanted: object) -> Truth:
    if len(knowns) == 1:
        return compare(knowns[0], operator, wanted)
    parts = wanted.get("concat") if isinstance(wanted, Mapping) else None
    if not isinstance(parts, list) or len(parts) != len(knowns) or operator not in _EQUALITIES:
        return Truth.UNKNOWN
    same = Truth.YES
    for known, part in zip(knowns, parts, strict=True):
        same &= compare(known, "==", part)
    return ~same if operator == "!=" else same


def _elements(right: object, meeting: Meeting) -> list[object] | None:
    """The elements of a set written out or named; None when it is no set, or one that is not listed."""
    if isinstance(right, str) and right.startswith("@"):
        right = meeting.sets.get((meeting.chain.family, meeting.chain.table, right[1:]))
    if isinstance(right, Mapping) and "set" in right:
        right = right["set"]
        return right if isinstance(right, list) else [right]
    return right if isinstance(right, list) else None


def _bare(element: object) -> object:
    """An element without its counter, comment or time-out."""
    inner = element.get("elem") if isinstance(element, Mapping) else None
    return inner.get("val") if isinstance(inner, Mapping) else element


# --- connection tracking --------------------------------------------------------------------------


def _is_state(left: object) -> bool:
    return isinstance(left, Mapping) and left.get("ct") == {"key": "state"}


def _states(right: object, meeting: Meeting) -> frozenset[int] | None:
    """The bits asked for; None when one of them is not understood."""
    elements = _elements(right, meeting)
    return _bits(map(_bare, elements) if elements is not None else [right])


def _bits(values: Iterable[object]) -> frozenset[int] | None:
    found: set[int] = set()
    for value in values:
        several = value if isinstance(value, list) else [value]
        for each in several:
            bits = number(each, CT_STATES)
            if bits is None:
                return None
            found.update(bit for bit in CT_STATES.values() if bits & bit)
    return frozenset(found)


# --- chance ---------------------------------------------------------------------------------------


def _is_chance(left: object) -> bool:
    return isinstance(left, Mapping) and ("numgen" in left or left.get("meta") == {"key": "random"})


def _chance(left: object, operator: str, right: object, meeting: Meeting) -> Truth:
    """A random or rotating number compared: all of its values, none, or some."""
    numgen = left.get("numgen") if isinstance(left, Mapping) else None
    modulus = numgen.get("mod") if isinstance(numgen, Mapping) else None
    if not isinstance(modulus, int) or not 0 < modulus <= MOST_OUTCOMES:
        return Truth.SOMETIMES
    offset = numgen.get("offset", 0) if isinstance(numgen, Mapping) else 0
    start = offset if isinstance(offset, int) else 0
    elements = _elements(right, meeting)
    truths = set()
    for value in range(start, start + modulus):
        known = Known(value=value)
        if elements is None:
            truths.add(compare(known, operator, right))
        else:
            inside = any(compare(known, "==", _bare(each)) is Truth.YES for each in elements)
            truths.add(Truth.of(inside != (operator == "!=")))
    if Truth.UNKNOWN in truths:
        return Truth.UNKNOWN
    return truths.pop() if len(truths) == 1 else Truth.SOMETIMES
