"""The languages that come with hawatch, one TOML file each; a site adds its own as files of the same form."""

from __future__ import annotations

from importlib.resources import files

NAMES = ("en", "zh")


def packaged(name: str) -> str:
    """The text of a packaged language's file. KeyError: there is none of that name."""
    if name not in NAMES:
        raise KeyError(name)
    return (files(__name__) / f"{name}.toml").read_text(encoding="utf-8")
