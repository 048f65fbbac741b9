"""What root calls an action, in English and in other languages."""

from __future__ import annotations

import re
from typing import Any

from hawatch.errors import ConfigError

LONGEST_LABEL = 40
LABEL = re.compile(r"label(?:_([a-z]{2,3}))?")
"""The keys of labels: `label` is English, `label_zh` is Chinese."""
_LANGUAGE_OF_LABEL = "en"


def read_labels(where: str, table: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """The labels of a table, as language and text. ConfigError names the key."""
    labels: dict[str, str] = {}
    for key, text in table.items():
        known = LABEL.fullmatch(key)
        if known is None:
            continue
        language = known[1] or _LANGUAGE_OF_LABEL
        if (
            not isinstance(text, str)
            or not text.strip()
            or not text.isprintable()
            or len(text) > LONGEST_LABEL
        ):
            raise ConfigError(f"{where}.{key}", f"a text of up to {LONGEST_LABEL} characters is wanted")
        if language in labels:
            raise ConfigError(f"{where}.{key}", "is given twice")
        labels[language] = text.strip()
    return tuple(sorted(labels.items()))
