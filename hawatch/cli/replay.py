"""`hawatch replay`: the verdicts that the agent gave, or would have given, from a journal or a capture."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from hawatch.cli.captured_night import read_night
from hawatch.evidence import Evidence, Started, Tick
from hawatch.journal import change_record, read_lines
from hawatch.judge import Change, Judge
from hawatch.keepalived.model import KeepalivedConfig
from hawatch.keepalived.reader import read

SUMMARY = "Give the verdicts of a recorded night: the agent's journal, or a capture file."


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", metavar="FILE", help="a journal.jsonl of the agent, or a pcap or pcapng file")
    parser.add_argument(
        "--keepalived-conf",
        metavar="FILE",
        help="for a capture: the node's keepalived.conf (default: guessed)",
    )
    parser.add_argument(
        "--self",
        dest="own_address",
        metavar="ADDR",
        help="for a capture: the node's address (default: a bystander)",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object for each change of verdict")
    parser.epilog = (
        "example:\n"
        "  hawatch replay /var/lib/hawatch/journal.jsonl\n"
        "  hawatch replay night.pcap --self 192.168.136.161 --json"
    )


def run(args: argparse.Namespace) -> int:
    """Print every change of verdict; HawatchError names the line or frame at fault."""
    path = Path(args.file)
    with path.open("rb") as stream:
        is_journal = stream.read(1) == b"{"
    changes = _journal(path) if is_journal else _capture(path, args.own_address, args.keepalived_conf)
    for offset, change in changes:
        record = change_record(change)
        record["time"] = round(change.at + offset, 6)
        print(json.dumps(record) if args.json else _line(record))
    return 0


def _line(record: dict[str, object]) -> str:
    moment = datetime.fromtimestamp(float(str(record["time"])), UTC).isoformat(timespec="milliseconds")
    return f"{moment}  {record['instance']}  {record['verdict']}  [{record['rule']}]  {record['summary']}"


def _journal(path: Path) -> Iterator[tuple[float, Change]]:
    judge, offset = Judge(), 0.0
    with path.open(encoding="utf-8") as lines:
        for record in read_lines(lines, str(path), gap=partial(_say_gap, path)):
            if isinstance(record, dict):
                continue
            if isinstance(record, Started):
                judge, offset = Judge(), record.wall_minus_monotonic
            yield from ((offset, change) for change in judge.step(record).changes)


def _say_gap(path: Path, number: int, problem: str) -> None:
    print(
        f"hawatch: {path}:{number}: inputs before this line could not be written ({problem}); "
        "verdicts after it may differ from those given then",
        file=sys.stderr,
    )


def _capture(path: Path, own_address: str | None, conf: str | None) -> Iterator[tuple[float, Change]]:
    config = _read_conf(conf) if conf else None
    judge = Judge()
    with path.open("rb") as stream:
        last: Evidence | None = None
        for last in read_night(stream, str(path), own_address=own_address, config=config):
            yield from ((0.0, change) for change in _until(judge, last.at))
            yield from ((0.0, change) for change in judge.step(last).changes)
    if last is None:
        print(f"hawatch: {path}: no VRRP in it", file=sys.stderr)


def _until(judge: Judge, at: float) -> Iterator[Change]:
    """The ticks that the judge asks for before `at`."""
    while (wake := judge.next_wake_at) is not None and wake < at:
        yield from judge.step(Tick(at=wake)).changes


def _read_conf(name: str) -> KeepalivedConfig:
    return read(name, fingerprint=_no_secrets)


def _no_secrets(secret: bytes) -> str:
    """A capture is judged without comparing passwords."""
    del secret
    return ""
