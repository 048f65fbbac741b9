"""What one service check found."""

from __future__ import annotations

from dataclasses import dataclass

_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Result:
    """`up` None: the check itself failed, which says nothing of the service. `detail` is one short line."""

    up: bool | None
    detail: str = ""


def works(detail: str) -> Result:
    """The service does what it is there for."""
    return Result(up=True, detail=_one_line(detail))


def fails(detail: str) -> Result:
    """The service does not."""
    return Result(up=False, detail=_one_line(detail))


def unknown(detail: str) -> Result:
    """Nothing is known of the service."""
    return Result(up=None, detail=_one_line(detail))


def _one_line(text: str) -> str:
    line = next((line for line in text.splitlines() if line.strip()), "")
    return "".join(each if each.isprintable() else " " for each in line.strip())[:_LONGEST]
