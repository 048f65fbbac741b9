"""Questions to a person at a terminal, one line each, until the answer can be used."""

from __future__ import annotations

from collections.abc import Callable
from typing import TextIO

from hawatch.errors import HawatchError

Check = Callable[[str], str | None]
_YES = frozenset({"y", "yes"})
_NO = frozenset({"n", "no"})


class Terminal:
    """Asks on one stream and reads from another."""

    def __init__(self, answers: TextIO, questions: TextIO) -> None:
        self._answers = answers
        self._questions = questions

    def say(self, line: str = "") -> None:
        """Tell something."""
        self._questions.write(f"{line}\n")
        self._questions.flush()

    def ask(self, question: str, default: str = "", check: Check = lambda _: None) -> str:
        """An answer that `check` has nothing against; Enter alone is the default, and may be empty.

        HawatchError when the answers end.
        """
        while True:
            answer = self._read(f"{question} [{default}]: " if default else f"{question}: ") or default
            problem = check(answer) if answer else None
            if problem is None:
                return answer
            self.say(f"  {answer!r} {problem}")

    def confirm(self, question: str) -> bool:
        """Yes or no; Enter alone is yes."""
        while True:
            answer = self._read(f"{question} [Y/n]: ").lower()
            if answer in _NO:
                return False
            if not answer or answer in _YES:
                return True
            self.say("  y or n?")

    def _read(self, prompt: str) -> str:
        self._questions.write(prompt)
        self._questions.flush()
        line = self._answers.readline()
        if not line:
            self.say()
            raise HawatchError("the questions were not all answered: nothing was written (--yes asks none)")
        return line.strip()
