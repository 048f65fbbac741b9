"""What can happen while one watches."""

from __future__ import annotations

from dataclasses import dataclass

from hawatch.cli.watching.view import Picture


@dataclass(frozen=True, slots=True)
class Pressed:
    """A key."""

    key: str


@dataclass(frozen=True, slots=True)
class Heard:
    """The agent gave a picture."""

    picture: Picture


@dataclass(frozen=True, slots=True)
class Told:
    """What came of a wish, for the last line."""

    notice: str


@dataclass(frozen=True, slots=True)
class Resized:
    """The terminal has another size."""


@dataclass(frozen=True, slots=True)
class Paused:
    """Somebody wants the shell for a while (Ctrl-Z)."""


Event = Pressed | Heard | Told | Resized | Paused
