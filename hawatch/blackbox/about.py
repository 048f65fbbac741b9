"""What about.json says in words of its own: versions, changes of verdict, moments."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hawatch import __version__
from hawatch.blackbox import host
from hawatch.judge import Change


def versions() -> dict[str, Any]:
    """Ours, and those of what we run on."""
    return {"hawatch": __version__, **host.versions()}


def described(change: Change, offset: float) -> dict[str, Any]:
    """A change of verdict; `offset` is wall minus monotonic seconds."""
    return {
        "time": iso(change.at + offset),
        "instance": change.instance,
        "vrid": change.vrid,
        "family": change.family,
        "verdict": change.verdict.kind.value,
        "rule": change.verdict.rule,
        "summary": change.verdict.summary,
        "causes": sorted({finding.cause.value for finding in change.findings}),
    }


def iso(epoch: float) -> str:
    """A wall clock's moment, to the millisecond."""
    moment = datetime.fromtimestamp(round(epoch, 3), UTC)
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
