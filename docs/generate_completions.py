"""Writes deploy/completions/ for bash and zsh from the commands' own arguments: `make docs`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from docs.arguments import Argument, arguments_of, command_parser
from hawatch.cli import COMMANDS

PLACE = Path(__file__).resolve().parent.parent / "deploy" / "completions"
HERE = Path(__file__).resolve().parent / "completions"

FILE, INCIDENT, INSTANCE, INTERFACE, WORD = "file", "incident", "instance", "interface", "word"
_KINDS = {
    "FILE": FILE,
    "PATH": FILE,
    "CAPTURE": FILE,
    "ID": INCIDENT,
    "INSTANCE|CAUSE": INSTANCE,
    "DEV": INTERFACE,
}
_NO_INCIDENT = frozenset({"--config-id"})
_TIMES = {
    "snooze": ("15m", "30m", "1h", "2h"),
    "silence": ("30m", "2h", "1d", "end"),
    "maintenance": ("30m", "1h", "2h", "end"),
}
_ALWAYS = (
    Argument(flags=("-h", "--help"), value="", told="show what it does and takes, with an example"),
    Argument(flags=("--version",), value="", told="show the version"),
)


def kind_of(argument: Argument, command: str) -> str:
    """What a value can be: a kind, or `word` with the words behind it, or `word` alone for what only people know."""
    if argument.choices:
        return " ".join([WORD, *argument.choices])
    if argument.value == "TIME" and not argument.flags:
        return " ".join([WORD, *_TIMES.get(command, ())])
    return WORD if _NO_INCIDENT & set(argument.flags) else _KINDS.get(argument.value, WORD)


def all_arguments(command: str) -> tuple[list[Argument], list[Argument]]:
    """The options of a command, those that all have at the end, and its operands."""
    arguments = list(arguments_of(command_parser(command)))
    return [each for each in arguments if each.flags] + list(_ALWAYS), [
        each for each in arguments if not each.flags
    ]


# --- bash -----------------------------------------------------------------------------------------


def bash() -> str:
    """The file for bash."""
    return _filled(
        "hawatch.bash",
        commands=" ".join([*COMMANDS, "--help", "--version"]),
        cases="".join(_bash_case(name) for name in COMMANDS),
    )


def _bash_case(command: str) -> str:
    options, operands = all_arguments(command)
    flags = " ".join(flag for each in options for flag in each.flags)
    lines = [f"options='{flags}'"]
    lines += [
        f"values[{flag}]='{kind_of(each, command)}'" for each in options if each.value for flag in each.flags
    ]
    lines += [f"operands+=('{kind_of(each, command)}')" for each in operands]
    lines += ["repeated=yes"] if operands and operands[-1].repeated else []
    body = "".join(f"            {line}\n" for line in lines)
    return f"        {command})\n{body}            ;;\n"


# --- zsh ------------------------------------------------------------------------------------------


def zsh() -> str:
    """The file for zsh."""
    return _filled(
        "_hawatch",
        commands="".join(f"        {_quoted(f'{name}:{told}')}\n" for name, (_, told) in COMMANDS.items()),
        cases="".join(_zsh_case(name) for name in COMMANDS),
    )


def _zsh_case(command: str) -> str:
    options, operands = all_arguments(command)
    specs = [*_zsh_options(options, command), *_zsh_operands(operands, command)]
    body = " \\\n".join(f"                {each}" for each in specs)
    return f"        {command})\n            _arguments -s \\\n{body}\n            ;;\n"


def _zsh_options(options: Iterable[Argument], command: str) -> Iterator[str]:
    for each in options:
        value = f":{_plain(each.value)}:{_zsh_action(kind_of(each, command))}" if each.value else ""
        for flag in each.flags:
            yield _quoted(f"*{flag}[{_plain(each.told)}]{value}")


def _zsh_operands(operands: Iterable[Argument], command: str) -> Iterator[str]:
    for n, each in enumerate(operands, start=1):
        place = "*" if each.repeated else f"{n}:" if each.optional else str(n)
        yield _quoted(f"{place}:{_plain(each.value)}:{_zsh_action(kind_of(each, command))}")


def _zsh_action(kind: str) -> str:
    name, _, words = kind.partition(" ")
    if name == WORD:
        return f"({words})" if words else " "
    return {FILE: "_files", INTERFACE: "_net_interfaces"}.get(name, f"_hawatch_{name}s")


def _plain(text: str) -> str:
    """Without what _arguments takes for its own."""
    return (
        text.replace("\\", "\\\\")
        .replace("[", "\\[")
        .replace("]", "\\]")
        .replace(":", "\\:")
        .replace("|", " or ")
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


# --- both -----------------------------------------------------------------------------------------


def files() -> dict[str, str]:
    """Every file by its name."""
    return {"hawatch.bash": bash(), "_hawatch": zsh()}


def _filled(name: str, **places: str) -> str:
    """A frame in which each @place@ has given way to what belongs there."""
    text = (HERE / f"{name}.frame").read_text(encoding="utf-8")
    for place, filling in places.items():
        text = text.replace(f"@{place}@", filling.rstrip("\n"))
    return text


if __name__ == "__main__":
    PLACE.mkdir(exist_ok=True)
    for name, text in files().items():
        (PLACE / name).write_text(text, encoding="utf-8")
    sys.stdout.write(f"{', '.join(files())} written\n")
