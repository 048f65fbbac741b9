"""What a command offers, and the parser of its words, which says what is wrong in one line."""

from __future__ import annotations

import argparse
from typing import NoReturn, Protocol


class Command(Protocol):
    """What each module in hawatch/cli/ offers that is a command."""

    SUMMARY: str

    def configure(self, parser: argparse.ArgumentParser) -> None:
        """Add the command's arguments to its parser."""

    def run(self, args: argparse.Namespace) -> int:
        """Do the work; the return value is the exit code."""


class Parser(argparse.ArgumentParser):
    """An argument parser that says what is wrong in one line, without the whole usage."""

    def __init__(self, name: str, summary: str, *, version: str, usage_exit_code: int) -> None:
        super().__init__(
            prog=f"hawatch {name}",
            description=summary,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        self.usage_exit_code = usage_exit_code
        self.add_argument("--version", action="version", version=version)

    def error(self, message: str) -> NoReturn:
        """One line on standard error, and the command's exit code for it."""
        self.exit(self.usage_exit_code, f"{self.prog}: {message} (see {self.prog} --help)\n")
