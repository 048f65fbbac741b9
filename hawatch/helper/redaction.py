"""What of a dump is nobody's business: fields and lines whose name speaks of a secret."""

from __future__ import annotations

import re
from typing import Any

_WORDS = "auth_data|auth_pass|password|passwd|passphrase|secret|key"
_SECRET = re.compile(_WORDS, re.IGNORECASE)
# `   Password = 1234` in keepalived.data; also as keepalived.conf has it, for the lines that a dump quotes.
_SECRET_LINE = re.compile(
    rf"^([^=:\n]*(?:{_WORDS})[^=:\n]*?)(\s*[=:]\s*|\s+).*$", re.IGNORECASE | re.MULTILINE
)
LEFT_OUT = "(left out)"


def without_secrets(data: Any) -> Any:
    """The same without every field whose name speaks of a secret."""
    if isinstance(data, dict):
        return {name: without_secrets(each) for name, each in data.items() if not _SECRET.search(name)}
    if isinstance(data, list):
        return [without_secrets(each) for each in data]
    return data


def without_secret_lines(text: str) -> str:
    """The same with nothing behind a name that speaks of a secret."""
    return _SECRET_LINE.sub(rf"\1 = {LEFT_OUT}", text)
