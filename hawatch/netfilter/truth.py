"""Three-valued answers to conditions, and a fourth for those that hold for a share of the packets."""

from __future__ import annotations

from enum import Enum


class Truth(Enum):
    """Whether a condition holds for the packet: SOMETIMES is left to chance on purpose, UNKNOWN cannot be told here."""

    NO = 0
    UNKNOWN = 1
    SOMETIMES = 2
    YES = 3

    def __and__(self, other: Truth) -> Truth:
        return min(self, other, key=_RANK.__getitem__)

    def __or__(self, other: Truth) -> Truth:
        return max(self, other, key=_RANK.__getitem__)

    def __invert__(self) -> Truth:
        return {Truth.YES: Truth.NO, Truth.NO: Truth.YES}.get(self, self)

    @property
    def possible(self) -> bool:
        """Whether it is not ruled out."""
        return self is not Truth.NO

    @property
    def decided(self) -> bool:
        """Whether it is a plain yes or no."""
        return self in {Truth.YES, Truth.NO}

    @classmethod
    def of(cls, answer: bool | None) -> Truth:  # noqa: FBT001  a value, not a flag
        """Of a comparison; None could not be made."""
        return cls.UNKNOWN if answer is None else cls.YES if answer else cls.NO


_RANK = {truth: truth.value for truth in Truth}
