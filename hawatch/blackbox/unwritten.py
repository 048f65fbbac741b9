"""What a disk would not take, kept for when it does."""

from __future__ import annotations

from hawatch.blackbox.shelf import Contents

MOST_CASES = 3
"""Each may be as large as the rings; the oldest make room."""


class Unwritten:
    """The last contents of cases that could not be written, by name, the oldest first."""

    def __init__(self) -> None:
        self._cases: dict[str, Contents] = {}

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._cases)

    def owe(self, name: str, contents: Contents) -> None:
        """This case is still to be written; what was to be written of it before is out of date."""
        self._cases.pop(name, None)
        self._cases[name] = contents
        while len(self._cases) > MOST_CASES:
            del self._cases[next(iter(self._cases))]

    def settle(self, name: str) -> None:
        """This case is on disk."""
        self._cases.pop(name, None)

    def everything(self) -> tuple[tuple[str, Contents], ...]:
        """What is still to be written."""
        return tuple(self._cases.items())
