"""A target: one decoder or parser by itself, with the errors that it may raise for what it is given."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hawatch.errors import DecodeError

CORPUS = Path(__file__).parent / "corpus"
FILE = "hostile"
"""What errors call the input."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One decoder; whatever it raises beside `allowed` is a defect."""

    run: Callable[[bytes], object]
    allowed: tuple[type[Exception], ...] = (DecodeError,)

    def feed(self, data: bytes) -> None:
        """Give it these bytes. Raises what must not be raised."""
        try:
            self.run(data)
        except self.allowed:
            return


def text_in(data: bytes) -> str:
    """The bytes as text, whatever they are."""
    return data.decode(errors="replace")


def json_in(data: bytes) -> Any:
    """The JSON in them, None where there is none."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None
