"""What about.json says in words of its own: versions and moments."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hawatch import __version__
from hawatch.blackbox import host


def versions() -> dict[str, Any]:
    """Ours, and those of what we run on."""
    return {"hawatch": __version__, **host.versions()}


def iso(epoch: float) -> str:
    """A wall clock's moment, to the millisecond."""
    moment = datetime.fromtimestamp(round(epoch, 3), UTC)
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
