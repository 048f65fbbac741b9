"""Writes deploy/man/ from the commands' own arguments and the list of keys: `make docs`."""

from __future__ import annotations

import argparse
import runpy
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from docs.arguments import Argument, arguments_of, command_parser
from docs.roff import (
    blocks,
    bold,
    escaped,
    italic,
    item,
    literal,
    page,
    paragraph,
    prose,
    section,
    subsection,
)
from hawatch import __version__
from hawatch.cli import COMMANDS
from hawatch.config.reference import ACTIONS_TOML, HAWATCH_TOML, Key, KeyTable
from hawatch.helper.__main__ import _parser as helper_parser

ROOT = Path(__file__).resolve().parent.parent
PLACE = ROOT / "deploy" / "man"
SOURCE = f"hawatch {__version__}"
_FILES = (
    ("/etc/hawatch/hawatch.toml", "the configuration, hawatch.toml(5)"),
    ("/etc/hawatch/peer.key", "the key that the pair shares"),
    ("/etc/hawatch/actions.toml", "root's list of what may be done, actions.toml(5)"),
    ("/run/hawatch/hawatch.sock", "where the agent answers on this host"),
    ("/var/lib/hawatch", "the journal, the black box and the incidents"),
)
_SEE = (
    "hawatch(1)",
    "hawatch.toml(5)",
    "actions.toml(5)",
    "hawatch-helper(8)",
    "check_hawatch(1)",
    "keepalived(8)",
)


def pages() -> dict[str, str]:
    """Every page by its file's name."""
    return {
        "hawatch.1": _hawatch(),
        "hawatch.toml.5": _hawatch_toml(),
        "actions.toml.5": _actions_toml(),
        "hawatch-helper.8": _helper(),
        "check_hawatch.1": _plugin(),
    }


# --- hawatch(1) -----------------------------------------------------------------------------------


def _hawatch() -> str:
    return page(
        "hawatch",
        1,
        SOURCE,
        "User Commands",
        section("NAME", prose("hawatch - who owns each VIP of a Keepalived pair, and why")),
        section(
            "SYNOPSIS",
            f"{bold('hawatch')} {italic('COMMAND')} [{italic('ARGUMENT')} \\&...]\n",
            f".br\n{bold('hawatch')} {italic('COMMAND')} {bold('--help')}\n",
            f".br\n{bold('hawatch --version')}\n",
        ),
        section(
            "DESCRIPTION",
            prose(
                "An agent on each node of a Keepalived pair sees who owns each VIP, judges (failover, split brain, no "
                "owner), names causes with remedies, and tells people and monitoring systems."
            ),
            paragraph("`hawatch init` sets a node up. The agent is started by the service manager."),
        ),
        section("COMMANDS", *(_command(name) for name in COMMANDS)),
        section(
            "EXIT STATUS",
            prose(
                "0 for success, 2 for what cannot be used, 3 when no agent answers, unless a command says otherwise. "
                "`hawatch check` exits as a plugin does: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN. What goes wrong is "
                "one line on standard error that names the thing at fault."
            ),
        ),
        section(
            "ENVIRONMENT",
            item(bold("HAWATCH_DEBUG"), "If it is set, an internal error shows where it comes from."),
            item(bold("NO_COLOR"), "If it is set, `hawatch watch` has no colours."),
            item(bold("LANG"), "The language of `hawatch watch`: English, or Chinese with zh."),
        ),
        _files(),
        _see_also("hawatch(1)"),
    )


def _command(name: str) -> str:
    parser = command_parser(name)
    arguments = list(arguments_of(parser))
    operands = [_operand(each) for each in arguments if not each.flags]
    options = " [options]" if any(each.flags for each in arguments) else ""
    usage = " ".join([bold(f"hawatch {name}") + escaped(options), *operands])
    return subsection(
        f"hawatch {name}",
        f"{usage}\n",
        paragraph(parser.description or ""),
        *(item(_head(each), each.told) for each in arguments),
        blocks(parser.epilog or ""),
    )


def _operand(argument: Argument) -> str:
    name = italic(argument.value) + (" \\&..." if argument.repeated else "")
    return f"[{name}]" if argument.optional else name


def _head(argument: Argument) -> str:
    if not argument.flags:
        return _operand(argument)
    value = f" {italic(argument.value)}" if argument.value else ""
    return ", ".join(map(bold, argument.flags)) + value


# --- files ----------------------------------------------------------------------------------------


def _hawatch_toml() -> str:
    return page(
        "hawatch.toml",
        5,
        SOURCE,
        "File Formats",
        section("NAME", prose("hawatch.toml - configuration of hawatch")),
        section("SYNOPSIS", prose("/etc/hawatch/hawatch.toml")),
        section(
            "DESCRIPTION",
            prose(
                "A TOML file, the same on both nodes but for `[node]` and `[[peer]]`. Every key is optional unless it "
                "is called needed, which it is only where its table is there; an unknown one is an error that names "
                "it. `hawatch init` proposes a file, `hawatch check-config` says what is wrong with one."
            ),
            paragraph(
                'A duration is written "10s", "2m" or "1h", or as whole seconds, 30 days at the most. A path is '
                "absolute. The keys of a table that has several kinds are listed kind by kind."
            ),
        ),
        section("TABLES", *_tables(HAWATCH_TOML)),
        section(
            "EXAMPLE",
            literal(
                [
                    "[node]",
                    'name = "lb01"',
                    'pair = "web"',
                    "",
                    "[[peer]]",
                    'name = "lb02"',
                    "[[peer.link]]",
                    'name = "lan"',
                    'local = "192.168.136.161"',
                    'remote = "192.168.136.162"',
                ]
            ),
        ),
        _files(),
        _see_also("hawatch.toml(5)"),
    )


def _actions_toml() -> str:
    return page(
        "actions.toml",
        5,
        SOURCE,
        "File Formats",
        section("NAME", prose("actions.toml - what hawatch may do on this node")),
        section("SYNOPSIS", prose("/etc/hawatch/actions.toml")),
        section(
            "DESCRIPTION",
            prose(
                "Without this file hawatch only tells, and never does anything. It must belong to root, and nobody "
                "else may write it. hawatch-helper reads it anew for every question; a mistake in it allows nothing "
                "at all."
            ),
            paragraph(
                "What it allows is done when a person asks for it, once, after another look at the live situation; "
                "unknown is not yes."
            ),
        ),
        section("TABLES", *_tables(ACTIONS_TOML)),
        section(
            "EXAMPLE",
            literal(
                [
                    "[action.stop-keepalived]",
                    'command = ["/usr/bin/systemctl", "stop", "keepalived"]',
                    "",
                    "[action.remove-vip]",
                    'command = ["/usr/sbin/ip", "address", "del", "{vip}/{prefix}", "dev", "{device}"]',
                ]
            ),
        ),
        _see_also("actions.toml(5)"),
    )


def _tables(tables: Iterable[KeyTable]) -> Iterator[str]:
    for table in tables:
        free = f" Its entries are your own: {table.free}." if table.free else ""
        title = f"{table.heading} {table.only}" if table.only else table.heading
        keys = (item(f"{bold(key.name)} = {_form(key)}", _told(key)) for key in table.keys)
        yield subsection(title.replace("`", ""), prose(table.about + free), *keys)


def _form(key: Key) -> str:
    return italic(key.form.replace("`", ""))


def _told(key: Key) -> str:
    otherwise = f"Default: `{key.default}`" if key.default else f"Left out: {key.otherwise}"
    return f"{_capital(key.meaning)}. {'Needed' if key.needed else otherwise}."


def _capital(text: str) -> str:
    """With a capital, but for the name that has none."""
    return text if text.startswith("keepalived") else f"{text[0].upper()}{text[1:]}"


# --- the helper and the plugin --------------------------------------------------------------------


def _helper() -> str:
    parser = helper_parser()
    return page(
        "hawatch-helper",
        8,
        SOURCE,
        "System Administration",
        section("NAME", prose("hawatch-helper - what only root can tell the agent of hawatch, or do for it")),
        section("SYNOPSIS", f"{bold('hawatch-helper')} [{italic('options')}]\n"),
        section(
            "DESCRIPTION",
            prose(
                "The agent runs as a user of its own. What needs root it asks of this program, over a Unix socket that "
                "nobody else may use: keepalived.conf without its passwords, the packet filter's rules that VRRP "
                "meets, keepalived's own data, and the actions that root has allowed in actions.toml(5)."
            ),
            paragraph("Without it those facts are unknown, and everything else works."),
        ),
        section("OPTIONS", *_helper_options(parser)),
        section("EXIT STATUS", prose("0 when it was told to end, 2 when it cannot run.")),
        section("EXAMPLE", literal([(parser.epilog or "").removeprefix("example: ")])),
        _see_also("hawatch-helper(8)"),
    )


def _helper_options(parser: argparse.ArgumentParser) -> Iterator[str]:
    for each in arguments_of(parser):
        told = each.told or "keepalived's configuration"
        yield item(_head(each), f"{told}; default: `{each.default}`" if each.default else told)


def _plugin() -> str:
    usage = str(runpy.run_path(str(ROOT / "nagios" / "check_hawatch"))["USAGE"])
    synopsis, _, rest = usage.removeprefix("Usage: ").partition("\n\n")
    about, _, rest = rest.partition("\n\n")
    options, _, rest = rest.partition("\n\n")
    text, _, example = rest.partition("\n\nExample: ")
    told, _, codes = text.partition("\nExit code: ")
    return page(
        "check_hawatch",
        1,
        SOURCE,
        "User Commands",
        section("NAME", prose("check_hawatch - Nagios plugin of hawatch")),
        section("SYNOPSIS", prose(synopsis)),
        section("DESCRIPTION", prose(about), paragraph(told)),
        section("OPTIONS", *_plugin_options(options)),
        section("EXIT STATUS", prose(codes)),
        section("EXAMPLE", literal([example.strip()])),
        _see_also("check_hawatch(1)"),
    )


def _plugin_options(text: str) -> Iterator[str]:
    """The options as the plugin's own help lists them: what it is, two blanks or more, what it means."""
    entries: list[tuple[list[str], list[str]]] = []
    for line in text.splitlines():
        if line.startswith(" " * 7) and not line.strip().startswith("--"):
            entries[-1][1].append(line.strip())
            continue
        head, _, meaning = (part.strip() for part in line.strip().partition("  "))
        if entries and entries[-1][1] and entries[-1][1][-1].endswith(","):  # two options share their words
            entries[-1][0].append(head)
            entries[-1][1].append(meaning)
        else:
            entries.append(([head], [meaning] if meaning else []))
    for heads, meanings in entries:
        yield item("; ".join(map(bold, heads)), " ".join(meanings))


# --- shared ---------------------------------------------------------------------------------------


def _files() -> str:
    return section("FILES", *(item(italic(path), f"{told[0].upper()}{told[1:]}.") for path, told in _FILES))


def _see_also(own: str) -> str:
    others = (each for each in _SEE if each != own)
    return section("SEE ALSO", ",\n".join(f"{bold(name[:-3])}{name[-3:]}" for name in others) + "\n")


if __name__ == "__main__":
    PLACE.mkdir(exist_ok=True)
    for name, text in pages().items():
        (PLACE / name).write_text(text, encoding="ascii")
    sys.stdout.write(f"{', '.join(pages())} written\n")
