"""A target: one decoder or parser by itself, with the errors that it may raise for what it is given."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
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


@cache
def _own_directory() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="hawatch-fuzz-")


def own_directory() -> Path:
    """A directory of this process, which goes with it."""
    return Path(_own_directory().name)


def written(name: str, data: bytes) -> Path:
    """A file in it that nobody else may read."""
    path = own_directory() / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    path.chmod(0o600)
    return path


def finite(*numbers: float | None) -> None:
    """Numbers that a decoder gives are numbers."""
    assert all(each is None or math.isfinite(each) for each in numbers), numbers
