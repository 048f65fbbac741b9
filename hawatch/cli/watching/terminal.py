"""What this terminal can show: its letters, its colours, whether its cursor can be moved, and in which language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TextIO

from rich.console import Console

from hawatch.cli.speaking import can_say
from hawatch.cli.watching.glyphs import ASCII, glyphs_for
from hawatch.cli.watching.look import Look
from hawatch.cli.watching.screen import PaintedScreen, PrintedScreen, Screen
from hawatch.cli.watching.words import words_of

PLAIN_TERMINALS = frozenset({"", "dumb", "unknown"})
_CHINESE = "裂"


def is_plain(environment: Mapping[str, str]) -> bool:
    """Whether the terminal can do nothing but print line after line."""
    return environment.get("TERM", "") in PLAIN_TERMINALS


def look_of(language: str | None, encoding: str, environment: Mapping[str, str], *, ascii_only: bool) -> Look:
    """Signs and words; a language that the terminal has no letters for gives way to English."""
    code = language or language_of(environment)
    if not can_say(_CHINESE, encoding):
        code = "en"
    plain = ascii_only or is_plain(environment)
    return Look(glyphs=ASCII if plain else glyphs_for(encoding), words=words_of(code))


def language_of(environment: Mapping[str, str]) -> str:
    """Chinese where the locale of messages is, else English; see locale(7) for the order."""
    names = (environment.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return "zh" if next(filter(None, names), "").startswith("zh") else "en"


def screen_of(stream: TextIO, environment: Mapping[str, str]) -> Screen:
    """How to show pictures on it."""
    if is_plain(environment):
        return PrintedScreen(lambda text: print(text, file=stream, flush=True))
    console = Console(file=stream, legacy_windows=False, emoji=False, markup=False, highlight=False)
    return PaintedScreen(stream, console)
