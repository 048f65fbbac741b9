"""The commands' arguments as records, for the man pages and the completions that are made from them."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import cast

from hawatch.cli import COMMANDS
from hawatch.cli.parser import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """One argument: an option with its `flags`, or without any an operand.

    `value` is what help calls its value, empty for a switch; `choices` are all that it can be, where they are few. An
    operand may be `repeated` or left out (`optional`).
    """

    flags: tuple[str, ...]
    value: str
    told: str
    choices: tuple[str, ...] = ()
    default: str = ""
    optional: bool = False
    repeated: bool = False


def command_parser(name: str) -> argparse.ArgumentParser:
    """The parser of one command, without --help and --version, which all have."""
    module, summary = COMMANDS[name]
    parser = argparse.ArgumentParser(prog=f"hawatch {name}", description=summary, add_help=False)
    cast("Command", import_module(f"hawatch.cli.{module}")).configure(parser)
    return parser


def arguments_of(parser: argparse.ArgumentParser) -> Iterator[Argument]:
    """What a parser takes, in its order. argparse has no public list of it."""
    formatter = argparse.HelpFormatter(parser.prog)
    for action in parser._actions:  # noqa: SLF001
        if action.help == argparse.SUPPRESS:
            continue
        choices = tuple(map(str, action.choices or ()))
        name = str(action.metavar or ("|".join(choices) if choices else action.dest.upper()))
        yield Argument(
            flags=tuple(action.option_strings),
            value="" if action.option_strings and action.nargs == 0 else name,
            told=formatter._expand_help(action) if action.help else "",  # noqa: SLF001
            choices=choices,
            default=str(action.default) if isinstance(action.default, str) and action.nargs != 0 else "",
            optional=action.nargs in ("?", "*"),
            repeated=action.nargs in ("+", "*"),
        )
