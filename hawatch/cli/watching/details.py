"""All that is known of one virtual router: why the verdict, what to do, who holds what, the incident. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from rich.text import Text

from hawatch.cli.watching.look import COLOURS, DIM, HEAD, LABEL, Look, Moment, age, folded, tri
from hawatch.cli.watching.rows import Row
from hawatch.cli.watching.view import Json, View

DAY = 86400


def summary(row: Row, columns: int, now: Moment, look: Look) -> Iterator[Text]:
    """Which router, the verdict with its time, and the sentence why."""
    router, words = row.router, look.words
    where = words.say("vrid", vrid=router["vrid"], family=router["family"], interface=router["interface"])
    since = datetime.fromisoformat(router["since"])
    told = words.say(
        "for",
        age=age(now.wall - since.timestamp()),
        time=clock_time(since, now),
        rule=router["rule"],
    )
    style = COLOURS.get(router["severity"], COLOURS["unknown"])
    verdict = f"{look.sign(router['severity'])} {words.name('verdict', router['verdict'])}"
    preferred = router["preferred_owner"]
    wanted = f" ({words.say('preferred', node=preferred)})" if preferred else ""
    yield look.line(
        columns, (str(router["instance"]), HEAD), f"  {where}  ", (verdict, style), (f"  {told}", DIM)
    )
    for line in folded(f"{router['summary']}{wanted}", columns - 2):
        yield look.line(columns, f"  {line}")


def clock_time(moment: datetime, now: Moment) -> str:
    """In this host's own zone; with the day if that was long ago."""
    form = "%H:%M:%S" if now.wall - moment.timestamp() < DAY / 2 else "%m-%d %H:%M:%S"
    return moment.astimezone().strftime(form)


def findings(found: list[Json], columns: int, look: Look) -> Iterator[Text]:
    """Each with its remedy to copy."""
    for finding in sorted(found, key=lambda each: each["severity"] != "critical"):
        severity = str(finding["severity"])
        style = COLOURS.get(severity, COLOURS["unknown"])
        cause = look.words.name("cause", finding["cause"])
        yield look.line(columns, (f"{look.sign(severity)} {cause}@{finding['node']}", style))
        for line in folded(str(finding["summary"]), columns - 4):
            yield look.line(columns, f"    {line}")
        if finding.get("tell_apart"):
            yield from look.labelled(columns, look.words.say("or_else"), str(finding["tell_apart"]), DIM)
        yield from _remedy(str(finding["remedy"]), columns, look)


def _remedy(remedy: str, columns: int, look: Look) -> Iterator[Text]:
    """A line of it stays in one piece where it can, to be copied."""
    label = look.words.say("remedy")
    for line in remedy.splitlines():
        first, *rest = folded(line, columns - LABEL - 4) or [""]
        # The rest of a comment stays one when it is copied.
        mark = "# " if line.lstrip().startswith("#") else ""
        for piece in (first, *(f"{mark}{each}" for each in rest)):
            yield look.line(columns, (look.cut(f"  {label}", LABEL + 2), DIM), (piece, HEAD))
            label = ""


def vips(row: Row, columns: int, look: Look) -> Iterator[Text]:
    """Who holds which."""
    for vip in row.router["vips"]:
        held = "  ".join(f"{node}: {tri(look.words, holds)}" for node, holds in vip["held_by"].items())
        yield from look.labelled(columns, look.words.say("vip"), f"{vip['address']}  {held}")


def last_move(row: Row, columns: int, now: Moment, look: Look) -> Iterator[Text]:
    """How the VIP came to its owner."""
    move = row.router["last_move"]
    if not move:
        return
    told = look.words.say(
        "moved",
        kind=look.words.name("verdict", move["kind"]),
        origin=move["from"],
        to=move["to"],
        age=age(now.wall - datetime.fromisoformat(move["time"]).timestamp()),
    )
    cause = f" ({look.words.name('cause', move['cause'])})" if move["cause"] else ""
    yield from look.labelled(columns, look.words.say("last_move"), f"{told}{cause}")


def incident(view: View, row: Row, columns: int, look: Look) -> Iterator[Text]:
    """Its name and who looks after it, and the codes by which phones mean it."""
    name = row.router["incident"]
    if name is None:
        return
    known = view.picture.incidents.get(name)
    if known is None:
        yield from look.labelled(columns, look.words.say("incident"), str(name))
        return
    state = str(known["state"])
    who = known["acknowledged_by"] if state in {"acknowledged", "snoozed"} else None
    by = f" {look.words.say('by', who=who)}" if who is not None else ""
    codes = [f"{each['person']} {each['code']}" for each in known.get("codes", ()) if not each["retired"]]
    told = f"{name}  {look.words.name('state', state)}{by}"
    if codes:
        told += f"  {look.words.say('codes')}: {', '.join(codes)}"
    style = COLOURS["warning"] if state == "open" else ""
    yield from look.labelled(columns, look.words.say("incident"), told, style)


def timeline(view: View, row: Row, columns: int, look: Look, *, most: int) -> Iterator[Text]:
    """The latest entries of the incident, in order of time."""
    known = view.picture.incidents.get(row.router["incident"] or "")
    if known is None:
        return
    for entry in known["timeline"][-most:]:
        time = f"{datetime.fromisoformat(entry['time']).astimezone():%H:%M:%S}"
        told = f"{entry['kind']} {entry['who']}: {entry['text']}".rstrip(": ")
        yield look.line(columns, (f"    {time} ", DIM), told)


def evidence(row: Row, columns: int, look: Look) -> Iterator[Text]:
    """The facts that the verdict rests on, by name."""
    facts = row.router["evidence"]
    told = "  ".join(f"{name}={_fact(value, look)}" for name, value in facts.items())
    if told:
        yield from look.labelled(columns, look.words.say("evidence"), told, DIM)


def _fact(value: object, look: Look) -> str:
    if value is None or isinstance(value, bool):
        return tri(look.words, value)
    return f"{value:.3g}" if isinstance(value, float) else str(value)
