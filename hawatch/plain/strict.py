"""Plain data read strictly: scalars, and the parts of lists and objects; what does not fit is named by its path."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from types import NoneType
from typing import Any

Decode = Callable[[object], Any]
"""Raises MismatchError for what does not fit."""


class MismatchError(Exception):
    """A value that does not fit; the path to it grows on the way up."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.path = ""

    def within(self, step: str) -> MismatchError:
        """The same, seen from one level further up."""
        self.path = step + self.path
        return self

    def told(self, name: str) -> str:
        """The problem behind its whole path."""
        return f"{name}{self.path}: {self.problem}"


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", NoneType: "null"}
    return names.get(type(value), "a number")


def _exactly(kind: type, wanted: str) -> Decode:
    def decode(plain: object) -> Any:
        if type(plain) is not kind:
            raise MismatchError(f"{wanted} is wanted, not {_kind(plain)}")
        return plain

    return decode


def _decode_float(plain: object) -> Any:
    if type(plain) is float:
        return plain
    if type(plain) is not int:
        raise MismatchError(f"a number is wanted, not {_kind(plain)}")
    try:
        return float(plain)
    except OverflowError:
        raise MismatchError("the number is too large") from None


SCALARS: dict[Any, Decode] = {
    bool: _exactly(bool, "a boolean"),
    int: _exactly(int, "a whole number"),
    str: _exactly(str, "a string"),
    float: _decode_float,
    NoneType: _exactly(NoneType, "null"),
}


def enum_decoder(enum: type[Enum]) -> Decode:
    """The member that has this value."""
    members = {member.value: member for member in enum}
    known = ", ".join(str(value) for value in members)

    def decode(plain: object) -> Any:
        member = members.get(plain) if isinstance(plain, (str, int)) else None
        if member is None:
            raise MismatchError(f"one of {known} is wanted")
        return member

    return decode


def a_list(plain: object) -> list[Any]:
    """The list that this is to be."""
    if not isinstance(plain, list):
        raise MismatchError(f"a list is wanted, not {_kind(plain)}")
    return plain


def an_object(plain: object) -> dict[str, Any]:
    """The object that this is to be."""
    if not isinstance(plain, dict):
        raise MismatchError(f"an object is wanted, not {_kind(plain)}")
    return plain


def at_index(index: int, decode: Decode, plain: object) -> Any:
    """What is decoded of a list's element; the path of what does not fit has its index."""
    try:
        return decode(plain)
    except MismatchError as mismatch:
        raise mismatch.within(f"[{index}]") from None


def in_field(name: str, decode: Decode, plain: object) -> Any:
    """What is decoded of an object's field; the path of what does not fit has its name."""
    try:
        return decode(plain)
    except MismatchError as mismatch:
        raise mismatch.within(f".{name}") from None
