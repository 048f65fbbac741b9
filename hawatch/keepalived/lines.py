"""A keepalived.conf as the lines that count: comments, conditions, parameters and includes worked out.

What it means is keepalived's own reading order (lib/parser.c: read_line), as of 2.2.7.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from hawatch.errors import ConfigError
from hawatch.keepalived.definitions import Definition, Definitions, read_definition, read_repeat
from hawatch.keepalived.files import Files
from hawatch.keepalived.includes import IncludeCheck, matching_files, read_include
from hawatch.keepalived.notes import Notes
from hawatch.keepalived.text import BLANKS, split_at_brace, without_comment, words

# Limits against a file that unfolds without end; far above any that keepalived could use.
MOST_LINES = 100_000
DEEPEST_INCLUDE = 50
DEEPEST_NESTING = 100


@dataclass(frozen=True, slots=True)
class Line:
    """A line without braces inside, or a brace alone; `where` is `file:line` of the line as written."""

    text: str
    where: str


@dataclass(slots=True)
class LineReader:
    """Reads one configuration with all that it includes; `files_read` and `notes` grow while it is read.

    `config_id` is what conditional lines (@id) are compared with: keepalived's -i, or the host's short name.
    """

    files: Files
    config_id: str
    notes: Notes
    files_read: list[str] = field(default_factory=list)
    _definitions: Definitions = field(default_factory=Definitions)
    _check: IncludeCheck = field(default_factory=IncludeCheck)
    _open: list[str] = field(default_factory=list)
    _unfinished: tuple[str, list[str]] | None = None
    _lines: int = 0

    def read(self, path: str) -> Iterator[Line]:
        """All lines. ConfigError: a file that cannot be read or understood."""
        self._definitions.predefine("_PWD", lambda _: posixpath.dirname(self._open[-1]) or ".")
        self._definitions.predefine("_INSTANCE", lambda _: self.config_id)
        self._definitions.predefine("_HASH", lambda _: "#")
        self._definitions.predefine("_BANG", lambda _: "!")
        self._definitions.predefine("_RANDOM", self._unknowable)
        yield from self._file(path, path)

    def _unknowable(self, parameters: str) -> str:
        self.notes.add(
            self._open[-1], "${_RANDOM}: only keepalived knows the number; its least value is taken"
        )
        return (parameters.split() or ["0"])[0]

    def _file(self, path: str, where: str) -> Iterator[Line]:
        if posixpath.normpath(path) in map(posixpath.normpath, self._open):
            raise ConfigError(where, f"{path} includes itself")
        if len(self._open) >= DEEPEST_INCLUDE:
            raise ConfigError(where, f"more than {DEEPEST_INCLUDE} files include each other")
        try:
            text = self.files.read(path)
        except OSError as error:
            raise ConfigError(path, error.strerror or str(error)) from None
        self.files_read.append(path)
        self._open.append(path)
        check = self._check
        for number, raw in enumerate(text.split("\n"), 1):
            yield from self._physical(raw.rstrip("\r"), f"{path}:{number}")
        self._check = check
        self._open.pop()
        self._finish()

    def _physical(self, raw: str, where: str) -> Iterator[Line]:
        if not raw:
            self._finish()
        text = without_comment(raw, where)
        if not text:
            return
        if text.startswith("auth_pass") and raw.strip(BLANKS).removeprefix(text)[:1] in {"#", "!"}:
            self.notes.add(where, "the password ends where a comment begins, at # or !", "password_commented")
        if self._unfinished is None:
            yield from self._unfold(text, where)
            return
        more = text.endswith("\\")
        body = text[:-1].rstrip(BLANKS) if more else text
        self._unfinished[1].extend([body] if body else [])
        if not more:
            self._finish()

    def _finish(self) -> None:
        """End a multi-line definition: at its last line, at an empty one, and at the end of the file."""
        if self._unfinished is not None:
            name, lines = self._unfinished
            self._unfinished = None
            self._definitions.set(name, Definition(tuple(lines), multiline=bool(lines)))

    def _unfold(self, text: str, where: str) -> Iterator[Line]:
        """One written line as all the lines that it stands for, innermost repeats and parameters first."""
        todo: list[tuple[Iterator[str], int]] = [(iter((text,)), 0)]
        behind_brace: Iterator[str] | None = None
        nested = 0
        while todo:
            source, levels = todo[-1]
            each = next(source, None)
            if each is None:
                todo.pop()
                nested -= levels
                continue
            self._count(where)
            worked_out = self._work_out(each, where)
            if not isinstance(worked_out, str):
                todo.append((worked_out, 1))
                nested += 1
                if nested > DEEPEST_NESTING:
                    raise ConfigError(where, "parameters and repeats are nested without end")
            elif include := read_include(worked_out):
                yield from self._included(*include, where)
                if source is behind_brace:
                    self.notes.add(where, "an include behind a brace is read twice", "include_twice")
                    yield from self._included(*include, where)
            elif worked_out:
                first, rest = split_at_brace(worked_out)
                yield from self._noticed(first, where)
                if rest:  # read like a line of its own
                    behind_brace = iter((rest,))
                    todo.append((behind_brace, 0))

    def _count(self, where: str) -> None:
        self._lines += 1
        if self._lines > MOST_LINES:
            raise ConfigError(where, f"the file unfolds to more than {MOST_LINES} lines")

    def _work_out(self, text: str, where: str) -> str | Iterator[str]:
        """Conditions, definitions, repeats and parameters, until nothing changes; an empty text if nothing is left."""
        while text:
            if text[0] == "@":
                text = self._conditional(text)
                continue
            if definition := read_definition(text):
                self._define(definition)
                return ""
            if repeat := read_repeat(text, self._definitions, where):
                return self._rounds(repeat.rounds, repeat.text)
            replaced = self._definitions.substitute(text, where)
            if replaced is None:
                return self._without_bare_signs(text, where)
            text = without_comment(replaced[0], where)
            if following := replaced[1]:
                return iter((text, *following))
        return text

    def _without_bare_signs(self, text: str, where: str) -> str:
        r"""A line is searched for comments once more, when `\#` is a plain # already (2.2.7)."""
        shorter = without_comment(text, where)
        if shorter != text:
            self.notes.add(where, r"\# or \! outside quotes begins a comment all the same", "escaped_sign")
        return shorter

    def _conditional(self, text: str) -> str:
        """The rest of an @id line if it is meant for us, else nothing."""
        unless = text.startswith("@^")
        wanted, rest = _first_word(text[2 if unless else 1 :])
        return rest if (wanted == self.config_id) != unless else ""

    def _define(self, definition: tuple[str, str, bool]) -> None:
        name, value, more = definition
        if more:
            self._unfinished = (name, [value] if value else [])
        else:
            self._definitions.set(name, Definition((value,)))

    def _rounds(self, rounds: Iterable[dict[str, str]], text: str) -> Iterator[str]:
        for values in rounds:
            for name, value in values.items():
                self._definitions.set(name, Definition((value,)))
            yield text

    def _noticed(self, text: str, where: str) -> Iterator[Line]:
        found = words(text)
        if found[:1] == ("include_check",):
            self._check = self._check.changed(found[1:], where)
        if found:
            yield Line(text, where)

    def _included(self, pattern: str, variant: str, where: str) -> Iterator[Line]:
        base = posixpath.join(posixpath.dirname(self._open[-1]), pattern)
        for path in matching_files(self.files, base, self._check.with_variant(variant), where, self.notes):
            yield from self._file(path, where)


def _first_word(text: str) -> tuple[str, str]:
    for position, sign in enumerate(text):
        if sign in BLANKS:
            return text[:position], text[position:].lstrip(BLANKS)
    return text, ""
