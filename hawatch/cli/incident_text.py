"""Incidents as text for a terminal; times are local."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from hawatch.cli.columns import pad, printable, width, wrap

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
    return _columns([head, *(_row(each) for each in incidents)])


def story(incident: Json) -> str:
    """One incident with all that belongs to it, lines ended."""
    lines = [*_heading(incident), "", *(line for each in incident["timeline"] for line in _entry(each))]
    text = "".join(f"{printable(line.rstrip())}\n" for line in lines)
    if incident["messages"]:
        text += f"\nmessages\n{_indented(_messages(incident['messages']))}"
    if incident["menu"]:
        text += f"\n{menu(incident)}"
    return text


def menu(incident: Json) -> str:
    """What can be done about an incident now, lines ended."""
    if not incident["menu"]:
        return f"{printable(incident['id'])}: there is nothing that can be done from here now\n"
    rows = [
        (
            str(each["number"]),
            str(each["text"]),
            " ".join(filter(None, (str(each["action"]), each["vip"]))),
            str(each["node"]),
            _DANGER.get(each["danger"], str(each["danger"])),
        )
        for each in incident["menu"]
    ]
    head = f"hawatch act {printable(incident['id'])} NUMBER\n"
    return head + _indented(_columns([tuple(map(printable, row)) for row in rows]))


_DANGER = {"restart": "", "demote": "asks for --yes", "fence": "takes two people"}


def _heading(incident: Json) -> Iterator[str]:
    yield f"incident {incident['id']}  {_state(incident)}"
    yield f"  {incident['verdict']}, {incident['severity']}, revision {incident['revision']}"
    if incident["also"]:
        yield from _wrapped("also called", ", ".join(incident["also"]))
    yield f"  {'opened':{LABEL}}{local_time(incident['opened'])}"
    for label in ("resolved", "snoozed_until"):
        if incident[label] is not None:
            yield f"  {label.replace('_', ' '):{LABEL}}{local_time(incident[label])}"
    for router in incident["virtual_routers"]:
        unsure = "" if router["sure"] else " (the evidence has gone silent)"
        yield from _wrapped(router["instance"], f"{router['verdict']}{unsure}: {router['summary']}")
    if incident["causes"]:
        yield from _wrapped("causes", ", ".join(incident["causes"]))
    if incident["codes"]:
        yield from _wrapped(
            "codes", ", ".join(f"{each['person']} {each['code']}" for each in incident["codes"])
        )


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
    return tuple(map(printable, cells))


def _state(incident: Json) -> str:
    who = incident["acknowledged_by"]
    by = f" by {who}" if who is not None and incident["state"] in {"acknowledged", "snoozed"} else ""
    return f"{incident['state']}{by}"


def _entry(entry: Json) -> Iterator[str]:
    yield f"  {local_time(entry['time'])}  {entry['kind']:{LABEL}}{entry['who']}"
    indent = " " * 23
    yield from (f"{indent}{line}" for line in wrap(entry["text"], WIDTH - len(indent)))


def _messages(messages: Sequence[Json]) -> str:
    """How far each has come; what it says stands in the timeline."""
    rows = []
    for each in messages:
        tries = f"{each['state']} ({each['attempts']} attempts)" if each["attempts"] > 1 else each["state"]
        problem = f": {each['problem']}" if each["problem"] else ""
        time = local_time(each["time"])[11:]
        rows.append((time, each["person"], each["channel"], each["occasion"], f"{tries}{problem}"))
    return _columns([tuple(printable(str(cell)) for cell in row) for row in rows])


def _columns(rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(width(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "".join(
        "  ".join(pad(cell, columns) for cell, columns in zip(row, widths, strict=True)).rstrip() + "\n"
        for row in rows
    )


def _indented(text: str) -> str:
    return "".join(f"  {line}\n" for line in text.splitlines())


def _wrapped(label: str, text: str) -> list[str]:
    head = f"  {pad(label, LABEL)}"
    head += "" if head.endswith(" ") else " "
    indent = " " * (LABEL + 2)
    first, *rest = wrap(text, WIDTH - width(head)) or [""]
    return [f"{head}{first}", *(f"{indent}{line}" for line in wrap(" ".join(rest), WIDTH - len(indent)))]
