"""hawatch lint: what keepalived accepts and later hurts, in one keepalived.conf or between the halves of a pair."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import secrets
import stat
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from hawatch.errors import ConfigError
from hawatch.keepalived.lint.judge import lint
from hawatch.keepalived.lint.problem import Problem, Severity
from hawatch.keepalived.lint.scripts import script_lines
from hawatch.keepalived.lint.subject import ScriptFacts, Written
from hawatch.keepalived.reader import Source, read_source

SUMMARY = "Say what keepalived accepts and later hurts, in one keepalived.conf or between those of a pair."


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "files", nargs="+", metavar="FILE", help="keepalived.conf of one node, of two, or of more"
    )
    parser.add_argument(
        "--config-id",
        action="append",
        default=[],
        metavar="ID",
        help="whose lines count (@ID); once for each file, in their order; default: this host's name",
    )
    parser.add_argument("--json", action="store_true", help="a list of objects")
    parser.epilog = (
        "Exit code 0: nothing but information, 1: warnings, 2: errors, or a file that cannot be read.\n"
        "The rules are in docs/lint.md.\n\n"
        "examples:\n"
        "  hawatch lint /etc/keepalived/keepalived.conf\n"
        "  hawatch lint lb01.conf lb02.conf --json\n"
        "  hawatch lint keepalived.conf keepalived.conf --config-id lb01 --config-id lb02"
    )


def run(args: argparse.Namespace) -> int:
    """Lint the files. ConfigError: a file that cannot be read as a whole."""
    if len(args.config_id) not in {0, len(args.files)}:
        count = f"{len(args.config_id)} for {len(args.files)} files"
        raise ConfigError("--config-id", f"wanted once for each file, and given {count}")
    fingerprint = _keyed(secrets.token_bytes(32))
    ids = args.config_id or [os.uname().nodename.partition(".")[0]] * len(args.files)
    written = [
        _written(path, config_id, fingerprint) for path, config_id in zip(args.files, ids, strict=True)
    ]
    problems = lint([_with_scripts(each, alone=len(written) == 1) for each in written])
    print(_as_json(problems) if args.json else _as_text(problems, args.files))
    return max((problem.severity.exit_code for problem in problems), default=0)


def _keyed(key: bytes) -> Callable[[bytes], str]:
    """Fingerprints that can be compared with each other, and with nothing else."""
    return lambda password: hashlib.blake2b(password, key=key, digest_size=16).hexdigest()


def _written(path: str, config_id: str, fingerprint: Callable[[bytes], str]) -> Written:
    try:
        source = read_source(path, fingerprint=fingerprint, config_id=config_id)
    except ConfigError as error:
        if not re.search(r":[0-9]+$", error.where):  # no line: the file itself cannot be read
            raise
        source = Source(statements=(), notes=(), config=None, refusal=error)
    return Written(name=path, source=source)


def _with_scripts(written: Written, *, alone: bool) -> Written:
    """The same with what the file system says; of several files some are another host's, whose scripts are not here."""
    found = {}
    for path in dict.fromkeys(line.path for line in script_lines(written)):
        facts = _script(path)
        if facts is not None and (facts.exists or alone):
            found[path] = facts
    return replace(written, scripts=found)


def _script(path: str) -> ScriptFacts | None:
    """None: it cannot be told, since a directory above cannot be looked into or the path is not absolute."""
    if not path.startswith("/"):
        return None
    try:
        place = Path(path).resolve(strict=True)
        parts = [(each, each.stat()) for each in (place, *place.parents)]
    except (FileNotFoundError, NotADirectoryError):
        return ScriptFacts(exists=False)
    except (OSError, RuntimeError, ValueError):
        return None
    return ScriptFacts(
        exists=True,
        executable=bool(parts[0][1].st_mode & 0o111) and stat.S_ISREG(parts[0][1].st_mode),
        writable=_writable(parts),
    )


def _writable(parts: Iterable[tuple[Path, os.stat_result]]) -> str | None:
    """The first part of a path that somebody but root may change; in a sticky directory nobody replaces root's file."""
    for path, status in parts:
        mode = status.st_mode
        if status.st_uid != 0:
            return f"{path} (owner {status.st_uid})"
        by_group = mode & stat.S_IWGRP and status.st_gid != 0
        if (by_group or mode & stat.S_IWOTH) and not mode & stat.S_ISVTX:
            return f"{path} (mode {stat.S_IMODE(mode):04o})"
    return None


def _as_json(problems: Iterable[Problem]) -> str:
    return json.dumps(
        [
            {
                "file": each.file,
                "line": each.line,
                "severity": each.severity.value,
                "rule": each.rule,
                "sentence": each.sentence,
                "remedy": each.remedy,
            }
            for each in problems
        ],
        indent=2,
    )


def _as_text(problems: Sequence[Problem], files: Sequence[str]) -> str:
    lines = []
    for each in problems:
        place = each.file if each.line is None else f"{each.file}:{each.line}"
        lines += [f"{place}: {each.severity.value}: {each.sentence} [{each.rule}]", f"    {each.remedy}"]
    counts = [(sum(each.severity is kind for each in problems), kind.value) for kind in Severity]
    named = [
        f"{count} {word}{'s' if count > 1 and word != 'info' else ''}" for count, word in counts if count
    ]
    return "\n".join([*lines, f"{', '.join(files)}: {', '.join(named) or 'nothing found'}"])
