"""How the tests of every codec say that bytes are read or refused, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec

from hawatch.errors import DecodeError

P = ParamSpec("P")


def outcome(read: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> object:
    """Give what was read, or the reason of the refusal; any other exception is a fault and passes through."""
    try:
        return read(*args, **kwargs)
    except DecodeError as error:
        return error.reason
