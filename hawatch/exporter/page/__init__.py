"""The page for people at `/`: readable sources, joined into one answer that needs nothing else."""

from __future__ import annotations

import base64
import hashlib
import json
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from hawatch.notification.languages import packaged

LANGUAGES = ("en", "zh")
SCRIPTS = (
    "words", "moments", "elements", "glyphs", "picture", "finding", "pair", "spans", "lanes", "answering",
    "incidents", "hero", "routers", "surroundings", "tab", "live", "connection", "page",
)  # fmt: skip
STYLES = ("colours", "page", "parts", "lanes", "print")
_TAKEN_OVER = ("cause",)
"""Sections that are said as messages say them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The answer: `body` in UTF-8, its entity tag, and the Content-Security-Policy under which it works."""

    body: bytes
    etag: str
    policy: str


@cache
def page() -> Page:
    """The page, made once; the policy allows its own style and script by their hashes, and nothing from elsewhere."""
    style = "\n".join(_read(f"style/{name}.css") for name in STYLES)
    parts = "\n".join(_read(f"script/{name}.js") for name in SCRIPTS)
    script = f'(() => {{\n"use strict";\n{parts}}})();\n'
    body = _read("page.html")
    for mark, text in (("style", style), ("words", _words_json()), ("script", script)):
        body = body.replace(f"<!-- {mark} -->", text, 1)
    raw = body.encode()
    return Page(body=raw, etag=f'"{hashlib.sha256(raw).hexdigest()[:32]}"', policy=_policy(style, script))


def words(language: str) -> dict[str, dict[str, str]]:
    """All that the page says in a language, by section and key. KeyError: it does not speak it."""
    if language not in LANGUAGES:
        raise KeyError(language)
    taken = tomllib.loads(packaged(language))
    return {**tomllib.loads(_read(f"words/{language}.toml")), **{name: taken[name] for name in _TAKEN_OVER}}


def _words_json() -> str:
    """Inside a script element, which a `</` would end."""
    said = {language: words(language) for language in LANGUAGES}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _policy(style: str, script: str) -> str:
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src '{_hash(script)}'",
            f"style-src '{_hash(style)}'",
            "img-src data:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


def _hash(text: str) -> str:
    """As Content Security Policy wants it: over all that stands between the tags."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _read(name: str) -> str:
    return (files(__name__) / name).read_text(encoding="utf-8")
