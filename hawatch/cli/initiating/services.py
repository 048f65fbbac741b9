"""From what keepalived tracks to service checks that look at the same: guesses, never more."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from hawatch.config import checks
from hawatch.keepalived.blocks import Statement

_SCRIPTS = frozenset({"vrrp_script"})
_PROCESSES = frozenset({"vrrp_track_process", "track_process"})
_LISTS_PROCESSES = frozenset({"killall", "pidof", "pgrep"})
_PROCESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,30}")
_URL = re.compile(r"https?://[^\s'\"@?#]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceGuess:
    """A [[service]] that may be meant: `way` is http, tcp or process."""

    name: str
    way: str
    value: str


def guess_services(statements: Iterable[Statement]) -> tuple[ServiceGuess, ...]:
    """One for each script or process that can be understood, in the file's order.

    No argument of a script is taken over that is not a name, an address or a URL: there may be passwords among them.
    """
    found = [guess for statement in statements for guess in _guesses(statement)]
    return tuple({(each.way, each.value): each for each in found}.values())


def _guesses(statement: Statement) -> Iterator[ServiceGuess]:
    named = len(statement.words) > 1 and statement.body is not None
    if named and statement.keyword in _SCRIPTS:
        yield from _of_script(statement.words[1], _words(statement, "script"))
    elif named and statement.keyword in _PROCESSES:
        yield from _of_process(_words(statement, "process"))


def _words(statement: Statement, keyword: str) -> list[str]:
    """All words behind a keyword of a block, those in quotes apart."""
    for each in statement.body or ():
        if each.keyword == keyword:
            return " ".join(each.words[1:]).replace('"', " ").replace("'", " ").split()
    return []


def _of_script(name: str, words: Sequence[str]) -> Iterator[ServiceGuess]:
    if not words:
        return
    program = words[0].rpartition("/")[2]
    urls = [found[0] for word in words if (found := _URL.match(word)) and found[0] == word]
    if program in _LISTS_PROCESSES or words[:2] == ["systemctl", "is-active"]:
        yield from _of_process(
            [word.removesuffix(".service") for word in words if not word.startswith("-")][-1:]
        )
    elif urls and not checks.url(urls[0]):
        yield ServiceGuess(name=_plain(name), way="http", value=urls[0])
    elif program in {"nc", "ncat"} and len(words) > 2 and not checks.endpoint(":".join(words[-2:])):
        yield ServiceGuess(name=_plain(name), way="tcp", value=":".join(words[-2:]))


def _of_process(words: Sequence[str]) -> Iterator[ServiceGuess]:
    if not words:
        return
    process = words[0].rpartition("/")[2]
    if _PROCESS.fullmatch(process) and process not in _LISTS_PROCESSES:
        yield ServiceGuess(name=process, way="process", value=process)


def _plain(name: str) -> str:
    """A script's own name, without what is usually put before it."""
    return re.sub(r"^(chk|check)[_-]", "", name) or name
