"""A language: a table of phrases, read from TOML."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from hawatch.config.table import Table
from hawatch.errors import ConfigError
from hawatch.notification.languages import NAMES, packaged
from hawatch.notification.text.carrier import carrier_word
from hawatch.notification.text.keys import SECTIONS, vital
from hawatch.notification.text.length import Alphabet, alphabet_of, fits
from hawatch.notification.text.letters import legible

FALLBACK = "en"
_FIELD = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """`phrases` by `section.key`, all that there are; `alphabet` is the one that its texts are kept in.

    A language that can do with GSM 7-bit stays in it whatever the names of a site look like.
    """

    code: str
    phrases: Mapping[str, str]
    alphabet: Alphabet

    def fill(self, key: str, values: Mapping[str, object]) -> str:
        """The phrase with its fields filled in; the values go in as they are, and are never read for fields."""
        return _FIELD.sub(lambda field: str(values[field[1]]), self.phrases[key])

    def legible(self, text: object) -> str:
        """A name or other people's words, in this language's letters."""
        return legible(str(text), self.alphabet)


def read_language(name: str, site: str | None = None, file: str = "") -> Language:
    """The language `name`: what the site's text says, else what is packaged under that name, else English.

    ConfigError names file and key; a language that nobody has written is one as well.
    """
    if site is None and name not in NAMES:
        raise ConfigError(file or f"language {name}", f"there is no such language; known: {', '.join(NAMES)}")
    english = parse_language(FALLBACK, packaged(FALLBACK), f"{FALLBACK}.toml")
    known = english
    if name in NAMES and name != FALLBACK:
        known = parse_language(name, packaged(name), f"{name}.toml", english)
    return known if site is None else parse_language(name, site, file or f"{name}.toml", known)


def parse_language(code: str, text: str, file: str, fallback: Language | None = None) -> Language:
    """The language in a TOML text; what it leaves out is the fallback's, without one nothing may be left out.

    ConfigError (`file: section.key`): an unknown or missing key, an unknown or missing field in braces, a phrase
    longer than one message, or one with a word that carriers take as a command.
    """
    table = Table(_parse(text, file), file)
    phrases = dict(fallback.phrases) if fallback else {}
    for section, keys in SECTIONS.items():
        below = table.table(section)
        phrases.update(_section(below, section, keys, needed=fallback is None))
    table.end()
    alphabet = alphabet_of("".join(phrases.values()))
    return Language(code=code, phrases=phrases, alphabet=alphabet)


def _section(table: Table, section: str, keys: Iterable[str], *, needed: bool) -> dict[str, str]:
    read = {}
    for key in keys:
        if needed or table.has(key):
            read[f"{section}.{key}"] = table.checked(key, partial(_fault, section, key))
    table.end()
    return read


def _fault(section: str, key: str, phrase: str) -> str | None:
    """What is wrong with a phrase, as the end of a sentence that begins with it."""
    allowed, fields = SECTIONS[section][key], _FIELD.findall(phrase)
    rest = _FIELD.sub("", phrase)
    unknown = [field for field in fields if field not in allowed]
    missing = sorted(vital(section, key).difference(fields))
    known = ", ".join(f"{{{name}}}" for name in sorted(allowed)) or "none"
    if "{" in rest or "}" in rest:
        return f"has a brace that belongs to no placeholder; known here: {known}"
    if unknown:
        return f"has the unknown placeholder {{{unknown[0]}}}; known here: {known}"
    if missing:
        return f"lacks the placeholder {{{missing[0]}}}"
    if carrier_word(rest):
        return f"has the word {carrier_word(rest)}, which carriers take as a command"
    return None if fits(rest, 1) else "is longer than one message"


def _parse(text: str, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ConfigError(file, "is nested too deeply") from None
    except ValueError as error:  # TOMLDecodeError, and a number that is too long
        raise ConfigError(file, f"not TOML: {error}") from None
