"""Single lines of a keepalived.conf: comments, quotes, words and braces (lib/parser.c: decomment, alloc_strvec)."""

from __future__ import annotations

import re

from hawatch.errors import ConfigError

BLANKS = " \t"
_WORD = re.compile(r'"([^"]*)"|([^\s"]+)', re.ASCII)
_BRACE_OR_QUOTE = re.compile(r'[{}"]')


def without_comment(text: str, where: str) -> str:
    r"""The line without comment and outer blanks; `\#` and `\!` stand for the signs themselves.

    A backslash that ends the line stays at the end, directly behind the text. ConfigError: an open quote.
    """
    kept: list[str] = []
    quoted = commented = False
    position, length = 0, len(text)
    while position < length:
        sign = text[position]
        if sign == "\\":
            if position + 1 == length:
                break
            escaped = text[position + 1]
            pair = escaped if escaped in "#!" and not quoted else sign + escaped
            kept.append("" if commented else pair)
            position += 2
            continue
        if sign == '"' and not commented:
            quoted = not quoted
        commented = commented or (sign in "#!" and not quoted)
        if not commented:
            kept.append(sign)
        position += 1
    if quoted:
        raise ConfigError(where, "a quote is never closed")
    continued = "\\" if position < length else ""
    return "".join(kept).strip(BLANKS) + continued


def words(text: str) -> tuple[str, ...]:
    """The words of a line; double quotes keep blanks together, and have no escapes inside."""
    return tuple(found[2] if found[1] is None else found[1] for found in _WORD.finditer(text))


def split_at_brace(text: str) -> tuple[str, str]:
    """The line up to its first brace outside quotes, and the rest; a brace at the start stands alone."""
    if text[0] in "{}":
        return text[0], text[1:].strip(BLANKS)
    position = 0
    while found := _BRACE_OR_QUOTE.search(text, position):
        if found[0] != '"':
            return text[: found.start()].rstrip(BLANKS), text[found.start() :].rstrip(BLANKS)
        closing = text.find('"', found.end())
        if closing < 0:
            break
        position = closing + 1
    return text.rstrip(BLANKS), ""
