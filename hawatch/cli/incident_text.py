"""Incidents as text for a terminal; times are local."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

WIDTH = 80
LABEL = 14

Json = Mapping[str, Any]


def local_time(moment: str) -> str:
    """An ISO 8601 time in this host's own zone, to the second."""
    return f"{datetime.fromisoformat(moment).astimezone():%Y-%m-%d %H:%M:%S}"


def table(incidents: Sequence[Json]) -> str:
    """One line for each, lines ended."""
    if not incidents:
        return "no incidents\n"
    head = ("ID", "OPENED", "STATE", "SEVERITY", "VERDICT", "VIRTUAL ROUTERS")
    rows = [head, *(_row(each) for each in incidents)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    return "".join(
        "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() + "\n"
        for row in rows
    )


def story(incident: Json) -> str:
    """One incident with its timeline, lines ended."""
    lines = [
        f"incident {incident['id']}  {_state(incident)}",
        f"  {incident['verdict']}, {incident['severity']}, revision {incident['revision']}",
        f"  {'opened':{LABEL}}{local_time(incident['opened'])}",
    ]
    for label in ("resolved", "snoozed_until"):
        if incident[label] is not None:
            lines.append(f"  {label.replace('_', ' '):{LABEL}}{local_time(incident[label])}")
    for router in incident["virtual_routers"]:
        unsure = "" if router["sure"] else " (the evidence has gone silent)"
        lines += _wrapped(router["instance"], f"{router['verdict']}{unsure}: {router['summary']}")
    if incident["causes"]:
        lines += _wrapped("causes", ", ".join(incident["causes"]))
    lines.append("")
    lines += [line for entry in incident["timeline"] for line in _entry(entry)]
    return "".join(f"{_printable(line.rstrip())}\n" for line in lines)


def _row(incident: Json) -> tuple[str, ...]:
    routers = [str(each["instance"]) for each in incident["virtual_routers"]]
    more = f" and {len(routers) - 3} more" if len(routers) > 3 else ""
    cells = (
        str(incident["id"]),
        local_time(incident["opened"]),
        _state(incident),
        str(incident["severity"]),
        str(incident["verdict"]),
        ", ".join(routers[:3]) + more,
    )
    return tuple(map(_printable, cells))


def _state(incident: Json) -> str:
    who = incident["acknowledged_by"]
    by = f" by {who}" if who is not None and incident["state"] in {"acknowledged", "snoozed"} else ""
    return f"{incident['state']}{by}"


def _entry(entry: Json) -> Iterator[str]:
    head = f"  {local_time(entry['time'])}  {entry['kind']:{LABEL}}{entry['who']}"
    if not entry["text"]:
        yield head
        return
    indent = " " * 23
    yield head
    yield from textwrap.wrap(entry["text"], WIDTH, initial_indent=indent, subsequent_indent=indent)


def _wrapped(label: str, text: str) -> list[str]:
    head = f"  {label:{LABEL}}"
    head += "" if head.endswith(" ") else " "
    return textwrap.wrap(text, WIDTH, initial_indent=head, subsequent_indent=" " * (LABEL + 2)) or [head]


def _printable(text: str) -> str:
    """Without control characters: a name may come from another host, and the text goes to a terminal."""
    return "".join(each if each.isprintable() else "?" for each in text)
