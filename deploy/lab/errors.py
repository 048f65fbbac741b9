"""What can go wrong in a lab, as opposed to what goes wrong in the pair that it plays."""

from __future__ import annotations


class LabError(Exception):
    """The lab itself failed: a namespace, a command or a program of its own."""


class LabTimeout(LabError):  # noqa: N818  a timeout is named as one, as in the standard library
    """Something that was awaited did not come; the text says what was seen instead."""
