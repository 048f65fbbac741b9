"""What is muted, as text for a terminal; times are local."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hawatch.cli.columns import printable
from hawatch.cli.incident_text import local_time

Json = Mapping[str, Any]


def until(mute: Json) -> str:
    """Until when, by whom, and why."""
    reason = f": {mute['reason']}" if mute["reason"] else ""
    return printable(f"until {local_time(mute['until'])}, by {mute['who']}{reason}")


def maintenance(mute: Json) -> str:
    """Maintenance, and what people are still told of."""
    still = (
        "nothing at all is told"
        if mute["all"]
        else "split_brain, conflict and no_owner are told all the same"
    )
    return f"maintenance {until(mute)}\n  {still}"


def what_is_muted(status: Json) -> str:
    """All that is in force, lines ended."""
    lines = [maintenance(status["maintenance"])] if status["maintenance"] else ["no maintenance"]
    lines += [f"silence of {printable(each['subject'])} {until(each)}" for each in status["silences"]]
    return "".join(f"{line}\n" for line in lines)
