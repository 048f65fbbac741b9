"""The records of a campaign on disk, one line each: what is there need not be played again, and can be scored again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.campaign.record import Record


@dataclass(frozen=True, slots=True)
class Results:
    """A file of records; the line in which a campaign was killed is none."""

    path: Path

    def add(self, record: Record) -> None:
        """Write one down."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(record.to_json() + "\n")

    def read(self) -> Iterator[Record]:
        """Every record, the last of each episode."""
        found: dict[str, Record] = {}
        if self.path.exists():
            for line in self.path.read_text(encoding="utf-8").splitlines():
                try:
                    record = Record.from_json(line)
                except ValueError:
                    continue
                found[record.episode.name] = record
        yield from found.values()

    def clear(self) -> None:
        self.path.unlink(missing_ok=True)
