"""Keeps the reports on drills in the state directory: each as JSON, to be read again, and as Markdown, for people."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

from hawatch.drill.markdown import markdown
from hawatch.drill.report import REPORT, Report
from hawatch.errors import DecodeError, HawatchError

DIRECTORY = "drills"
MOST = 100
"""Reports that are kept; the oldest go."""


class DrillShelf:
    """Without a state directory nothing is kept."""

    def __init__(self, state_directory: Path | None) -> None:
        self._directory = None if state_directory is None else state_directory / DIRECTORY

    async def keep(self, report: Report) -> str | None:
        """Write both files; the path of the one for people. HawatchError when they cannot be written."""
        if self._directory is None:
            return None
        return await asyncio.to_thread(_write, self._directory, report)

    async def last(self) -> Report | None:
        """The latest that can be read."""
        return None if self._directory is None else await asyncio.to_thread(_latest, self._directory)


def _write(directory: Path, report: Report) -> str:
    path = directory / f"{report.id}.md"
    try:
        directory.mkdir(mode=0o750, exist_ok=True)
        text = json.dumps(REPORT.encode(report), ensure_ascii=False, indent=1)
        for target, content in ((path.with_suffix(".json"), text), (path, markdown(report))):
            fresh = target.with_name(f".{target.name}.new")
            fresh.write_text(content, encoding="utf-8")
            os.replace(fresh, target)  # noqa: PTH105 - the same, and said once
        for old in _by_age(directory)[:-MOST]:
            old.unlink(missing_ok=True)
            old.with_suffix(".md").unlink(missing_ok=True)
    except OSError as error:
        raise HawatchError(f"{directory}: {error.strerror or error}") from None
    return str(path)


def _latest(directory: Path) -> Report | None:
    for path in reversed(_by_age(directory)):
        try:
            report: Report = REPORT.decode(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, RecursionError, DecodeError):
            continue
        return report
    return None


def _by_age(directory: Path) -> list[Path]:
    """The newest last; a name begins with its day, and grows with the number."""
    try:
        return sorted(directory.glob("*.json"), key=lambda each: (each.stat().st_mtime, each.name))
    except OSError:
        return []
