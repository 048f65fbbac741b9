"""Grades what others brought about: which verdicts came, in order, and how long after the first sign of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hawatch.drill.lanes import Lanes, begins
from hawatch.drill.report import Item


def first_sign(lanes: Lanes, instance: str, began: float) -> float | None:
    """When anything about a virtual router first changed: an advertiser, or the verdict."""
    changes = [
        at
        for (_, of, _), spans in lanes.spans.items()
        if of == instance
        for at, _, _ in spans[1:]
        if at >= began
    ]
    return min(changes, default=None)


def expected_items(
    expected: Sequence[str], lanes: Lanes, instance: str, began: float, sign: float | None
) -> Iterator[Item]:
    """One for each verdict that has to come, in this order."""
    after = began
    for word in expected:
        at = begins(lanes.verdicts(instance), word, after)
        yield Item(
            what=f"{instance}: {word}",
            passed=at is not None,
            measured=None if at is None or sign is None else at - sign,
            text="after the first sign of it" if at is not None else "was not said",
        )
        after = at if at is not None else after
