"""The fence devices that root has configured: whether each says now that its node has power. Nothing is switched."""

from __future__ import annotations

from collections.abc import Iterator

from hawatch.doctor.case import ACTIONS, Case, FenceSeen
from hawatch.doctor.line import Line, failure, fine, unknown, warning

NAME = "fence_device"


def examine(case: Case) -> Iterator[Line]:
    """One line for each, none where there are none."""
    if case.fences_problem:
        yield unknown(NAME, f"cannot be asked: {case.fences_problem}")
    for seen in case.fences:
        yield _line(seen)


def _line(seen: FenceSeen) -> Line:
    name = f"{NAME} {seen.target}"
    if seen.power == "on":
        return fine(name, f"says within {seen.seconds:.1f} s that {seen.target} has power")
    if seen.power == "off":
        sentence = f"says that {seen.target} has no power; while it says so, {seen.target} is not fenced"
        return warning(name, sentence)
    remedy = f"grep -A 8 -F 'fence.{seen.target}' {ACTIONS}"
    return failure(name, f"does not say whether {seen.target} has power: {seen.problem or '?'}", remedy)
