"""The lines of a keepalived.conf as statements: words, and a block in braces where there is one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from hawatch.errors import ConfigError
from hawatch.keepalived.lines import Line
from hawatch.keepalived.text import words


@dataclass(slots=True)
class Statement:
    """One keyword with its parameters; `body` is None when no braces follow. `where` is `file:line`."""

    words: tuple[str, ...]
    where: str
    body: list[Statement] | None = None

    @property
    def keyword(self) -> str:
        """The first word."""
        return self.words[0]

    @property
    def block(self) -> list[Statement]:
        """The statements in its braces; ConfigError if there are no braces."""
        if self.body is None:
            raise ConfigError(self.where, f"{self.keyword} wants a block in braces")
        return self.body

    def parameter(self) -> str:
        """The word behind the keyword; ConfigError if there is none (keepalived refuses such a file)."""
        if len(self.words) < 2:
            raise ConfigError(self.where, f"{self.keyword} wants a value")
        return self.words[1]


@dataclass(slots=True)
class _Open:
    """A block whose closing brace has not come yet."""

    header: Statement | None
    statements: list[Statement] = field(default_factory=list)


def statements(lines: Iterable[Line]) -> list[Statement]:
    """All statements of a file. ConfigError: braces that do not match."""
    stack = [_Open(None)]
    for line in lines:
        current = stack[-1].statements
        if line.text == "{":
            if not current or current[-1].body is not None:
                raise ConfigError(line.where, "'{' without a keyword before it")
            current[-1].body = []
            stack.append(_Open(current[-1], current[-1].body))
        elif line.text == "}":
            if len(stack) == 1:
                raise ConfigError(line.where, "'}' without a block that it could close")
            stack.pop()
        else:
            current.append(Statement(words(line.text), line.where))
    if header := stack[-1].header:
        raise ConfigError(header.where, f"the block of {header.keyword} is never closed")
    return stack[0].statements
