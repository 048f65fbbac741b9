"""The past as text, and back: what an agent knew is known to its next run."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite

from hawatch.errors import DecodeError
from hawatch.history.lane import Lane
from hawatch.history.past import Past
from hawatch.history.subject import Subject
from hawatch.plain import Codec, codec

FORM = 1
"""Another form of the file gets another number; of a form that is not known, nothing is read."""
LONGEST = 16 * 1024 * 1024
"""Bytes; no text of ours is longer."""

KeptMark = tuple[float, str | None, bool | None]
"""Epoch seconds, and the value as a word or a truth; neither is unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptLane:
    """One lane."""

    subject: Subject
    marks: tuple[KeptMark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """All lanes as of `saved_at`, in epoch seconds: monotonic ones mean nothing to another boot."""

    form: int
    node: str
    pair: str
    saved_at: float
    lanes: tuple[KeptLane, ...]


_CODEC: Codec[Kept] = codec(Kept)


def to_text(past: Past) -> str:
    """To be written to a file."""
    offset = past.wall_minus_monotonic
    lanes = tuple(KeptLane(subject=subject, marks=_kept(lane, offset)) for subject, lane in past.lanes)
    kept = Kept(form=FORM, node=past.node, pair=past.pair, saved_at=round(past.at + offset, 3), lanes=lanes)
    return json.dumps(_CODEC.encode(kept), separators=(",", ":"))


def from_text(text: str, wall_minus_monotonic: float) -> Past:
    """What was written, in monotonic seconds of this run. DecodeError: it is not a past, or of another form."""
    try:
        plain = json.loads(text)
    except (ValueError, RecursionError):
        raise DecodeError("not JSON") from None
    if not isinstance(plain, dict) or plain.get("form") != FORM:
        raise DecodeError("of another form")
    kept = _CODEC.decode(plain)
    if not isfinite(kept.saved_at):
        raise DecodeError("of no time")
    return Past(
        node=kept.node,
        pair=kept.pair,
        at=kept.saved_at - wall_minus_monotonic,
        wall_minus_monotonic=wall_minus_monotonic,
        lanes=tuple((each.subject, _lane(each.marks, wall_minus_monotonic)) for each in kept.lanes),
    )


def _kept(lane: Lane, offset: float) -> tuple[KeptMark, ...]:
    return tuple(
        (round(at + offset, 3), value, None)
        if isinstance(value, str)
        else (round(at + offset, 3), None, value)
        for at, value in lane.marks
    )


def _lane(marks: tuple[KeptMark, ...], offset: float) -> Lane:
    """Two marks may have come to lie on one millisecond."""
    if not all(isfinite(at) for at, _, _ in marks) or any(
        before[0] > after[0] for before, after in pairwise(marks)
    ):
        raise DecodeError("marks out of order")
    lane = Lane()
    for at, word, truth in marks:
        lane = lane.turned(at - offset, truth if word is None else word)
    return lane
