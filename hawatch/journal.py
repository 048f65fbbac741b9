"""The journal: every input of the agent as JSON Lines, and the changes of verdict and of findings it led to.

The changes are there to be read and compared; a replay takes only the inputs.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, cast

from hawatch.errors import DecodeError, HawatchError
from hawatch.evidence import Evidence, Started
from hawatch.judge import Change, FindingsChange
from hawatch.plain import codec

CHANGE = "Change"
FINDINGS = "Findings"
GAP = "Gap"
"""Follows upon what could not be written; a replay goes on, and may differ from what was said live."""
KEEP_FILES = 4
MAX_BYTES = 32 * 1024 * 1024

_evidence = codec(Evidence)
_line = json.JSONEncoder(separators=(",", ":")).encode
"""Of ASCII alone, so that characters are bytes."""


class Journal:
    """Appends to `path`, keeps a few older files beside it, and never stops the agent when it cannot write."""

    def __init__(self, path: Path, *, max_bytes: int = MAX_BYTES) -> None:
        self.path = path
        self.problem: str | None = None
        self._max_bytes = max_bytes
        self._file: IO[str] | None = None
        self._size = 0

    def input(self, evidence: Evidence) -> None:
        """Write one input down."""
        self._write(_evidence.encode(evidence))

    def change(self, change: Change) -> None:
        """Write one change of verdict down."""
        self._write({"type": CHANGE, **change_record(change)})

    def findings(self, change: FindingsChange) -> None:
        """Write down that causes came, went, or lie elsewhere."""
        self._write({"type": FINDINGS, **findings_record(change)})

    def flush(self) -> None:
        """Hand what is buffered to the kernel; only then is it known whether it could be written."""
        if self._file is not None and self._goes_well(self._file.flush):
            self.problem = None

    def close(self) -> None:
        """Flush and close."""
        if self._file is not None and self._goes_well(self._file.close):
            self._file = self.problem = None

    def _write(self, plain: dict[str, Any]) -> None:
        self._goes_well(lambda: self._append(_line(plain)))

    def _append(self, line: str) -> None:
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("a", encoding="utf-8", buffering=1 << 16)
            self._size = self._file.tell()
            if _is_torn(self.path):
                self._put(self._file, "")
            if self.problem is not None:
                self._put(self._file, json.dumps({"type": GAP, "problem": self.problem}))
        self._put(self._file, line)
        if self._size > self._max_bytes:
            self._rotate()

    def _put(self, file: IO[str], line: str) -> None:
        """Counted here: a file that is asked where it stands writes all that it holds first."""
        file.write(line + "\n")
        self._size += len(line) + 1

    def _rotate(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
        for number in range(KEEP_FILES - 1, 0, -1):
            older = self.path.with_suffix(f".{number}.jsonl")
            if older.exists():
                older.replace(self.path.with_suffix(f".{number + 1}.jsonl"))
        self.path.replace(self.path.with_suffix(".1.jsonl"))

    def _let_go(self) -> None:
        """Close the file without what is still buffered: half a line may be on disk, and the rest would come late."""
        file, self._file = self._file, None
        if isinstance(file, io.TextIOWrapper):
            with suppress(OSError):
                cast("io.BufferedWriter", file.buffer).raw.close()

    def _goes_well(self, write: Callable[[], None]) -> bool:
        try:
            write()
        except OSError as error:
            self.problem = f"{self.path}: {error.strerror or error}"
            self._let_go()
            return False
        return True


def change_record(change: Change) -> dict[str, Any]:
    """What `hawatch replay --json` prints of a change, `time` being the node's monotonic seconds."""
    return change.in_short(round(change.at, 6))


def findings_record(change: FindingsChange) -> dict[str, Any]:
    """A change of findings in short: each as its cause, node and severity."""
    return {
        "time": round(change.at, 6),
        "instance": change.instance,
        "vrid": change.vrid,
        "family": change.family,
        "findings": sorted([each.cause.value, each.node, each.severity.value] for each in change.findings),
    }


def _is_torn(path: Path) -> bool:
    """Whether the last line has no end: the agent was killed while it wrote."""
    with path.open("rb") as stream:
        size = stream.seek(0, 2)
        stream.seek(max(0, size - 1))
        return stream.read(1) not in (b"", b"\n")


def read_lines(
    lines: IO[str], name: str, *, gap: Callable[[int, str], None] | None = None
) -> Iterator[Evidence | dict[str, Any]]:
    """The inputs of a journal, and what it records of changes as it stands; HawatchError names the line at fault.

    Lines that were cut off are passed over where an agent was killed while it wrote, at the end and before a start,
    and where the disk took no more, before a gap. `gap` is told the line of each gap and why it is there.
    """
    torn = 0
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            plain = json.loads(line)
        except (ValueError, RecursionError):
            torn = torn or number
            continue
        kind = plain.get("type") if isinstance(plain, dict) else None
        if torn and kind not in (Started.__name__, GAP):
            break
        torn = 0
        if kind == GAP:
            if gap is not None:
                gap(number, str(plain.get("problem")))
            continue
        if kind in (CHANGE, FINDINGS):
            yield plain
            continue
        try:
            yield _evidence.decode(plain)
        except DecodeError as error:
            raise HawatchError(f"{name}:{number}: {error.reason}") from None
    else:
        if not torn or not line.endswith("\n"):
            return
    raise HawatchError(f"{name}:{torn}: not a JSON line")
