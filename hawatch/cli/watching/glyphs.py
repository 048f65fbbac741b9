"""The signs that stand beside words, for terminals that have them and for those that only have ASCII."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from hawatch.cli.speaking import can_say


@dataclass(frozen=True, slots=True, kw_only=True)
class Glyphs:
    """One column each. `full`, `half` and `low` are the fill of lanes, `faint` is what is not known."""

    severities: Mapping[str, str]
    chosen: str
    rule: str
    upright: str
    cut: str
    full: str
    half: str
    low: str
    faint: str
    arrows: str


UNICODE = Glyphs(
    severities={"ok": "✔", "info": "i", "warning": "!", "critical": "✖", "unknown": "?"},
    chosen="▶",
    rule="─",
    upright="│",
    cut="…",
    full="█",
    half="▄",
    low="▁",
    faint="░",
    arrows="↑↓",
)
ASCII = Glyphs(
    severities={"ok": ".", "info": "i", "warning": "!", "critical": "X", "unknown": "?"},
    chosen=">",
    rule="-",
    upright="|",
    cut="~",
    full="#",
    half="=",
    low="_",
    faint="?",
    arrows="jk",
)


def glyphs_for(encoding: str) -> Glyphs:
    """Those that text in this encoding can carry."""
    return UNICODE if can_say(_all_of(UNICODE), encoding) else ASCII


def _all_of(glyphs: Glyphs) -> str:
    values = [getattr(glyphs, field.name) for field in fields(glyphs)]
    return "".join(value if isinstance(value, str) else "".join(value.values()) for value in values)
