"""The plugin's answer, finished by the agent: a header line for check_hawatch, then the Nagios output; pure.

The header is `key=value` words: `state` (exit code), `age` of the picture in seconds, `node`, `pair`, and for one
service check on several agents: `basis` (how well founded, see check_items.Basis), `rank` (lower tells more),
`founded` (exit code without what is not definite), `verdict`, and `holds`, the VIPs this node itself holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from hawatch.exporter.check_items import Basis, Detail, Item, items_of, surroundings
from hawatch.exporter.check_question import CheckName, Question
from hawatch.exporter.perfdata import perfdata
from hawatch.notification.mute import Mute
from hawatch.snapshot import Snapshot
from hawatch.verdict import Severity

HEADER_VERSION = 1
ALSO_IN_LINE = 4
STEADY_IN_LINE = 6
# With the performance data (at most 3000) the line stays below 4 KiB, which is all that an older NRPE carries.
TEXT_BYTES = 800
STATES = {
    Severity.OK: "OK",
    Severity.WARNING: "WARNING",
    Severity.CRITICAL: "CRITICAL",
    Severity.UNKNOWN: "UNKNOWN",
}
ABOUT_ROUTERS = (CheckName.OVERALL, CheckName.INSTANCE)
NOTHING_TO_CHECK = {
    CheckName.OVERALL: "no virtual router is watched (does keepalived.conf have a vrrp_instance?)",
    CheckName.INSTANCE: "no virtual router is watched (does keepalived.conf have a vrrp_instance?)",
    CheckName.PEERS: "no peer is known yet (name it with [[peer]] or --peer)",
    CheckName.SERVICES: "no service is configured ([[service]] in hawatch.toml)",
    CheckName.AGENT: "the agent has nothing to tell of itself",
    CheckName.ONCALL: "no way to reach people is configured",
}


def check_text(snapshot: Snapshot, question: Question, now: float) -> str:
    """Header and output, each line ended; `now` is in monotonic seconds."""
    items = items_of(snapshot, question, now)
    nothing = _nothing(snapshot, question, items)
    if nothing is not None:
        items = [nothing, *items]
    lines = [_header(snapshot, question, items, now), _first_line(snapshot, question, items, now)]
    details = [detail for item in items for detail in item.details]
    if question.check is CheckName.OVERALL:
        details += surroundings(snapshot)
    lines += _further_lines(details, question.verbosity)
    return "".join(f"{line}\n" for line in lines)


def _nothing(snapshot: Snapshot, question: Question, items: Sequence[Item]) -> Item | None:
    """An UNKNOWN when what was asked after does not exist: a check of nothing must not be green."""
    if question.check not in ABOUT_ROUTERS:
        text = "" if items else NOTHING_TO_CHECK[question.check]
    elif question.instance is None:
        text = "" if snapshot.routers else NOTHING_TO_CHECK[question.check]
    else:
        text = _not_there(question.instance, [router.instance for router in snapshot.routers])
    if not text:
        return None
    return Item(severity=Severity.UNKNOWN, text=text, brief=text)


def _not_there(instance: str, names: Sequence[str]) -> str:
    if instance in names:
        return ""
    known = f"there are {_some(names, STEADY_IN_LINE)}" if names else "there is none at all"
    return f"no virtual router is called {instance} ({known})"


def _header(snapshot: Snapshot, question: Question, items: Sequence[Item], now: float) -> str:
    worst = _worst(items)
    definite = [item for item in items if item.basis is Basis.DEFINITE]
    held = [
        vip.address
        for router in snapshot.routers
        if question.check in ABOUT_ROUTERS and question.instance in (None, router.instance)
        for vip in router.vips
        if dict(vip.held_by).get(snapshot.node) is True
    ]
    words = {
        "hawatch": str(HEADER_VERSION),
        "state": str(worst.severity.exit_code),
        "age": f"{max(now - snapshot.at, 0.0):.3f}",
        "node": snapshot.node,
        "pair": snapshot.pair,
        "basis": worst.basis.name.lower(),
        "rank": str(worst.rank),
        "founded": str(_worst(definite).severity.exit_code if definite else 0),
        "verdict": "" if worst.verdict is None else worst.verdict.value,
        "holds": ",".join(held),
    }
    return " ".join(f"{key}={_word(value)}" for key, value in words.items())


def _first_line(snapshot: Snapshot, question: Question, items: Sequence[Item], now: float) -> str:
    worst = _worst(items)
    text = _all_well(question, items) if worst.severity is Severity.OK else _worst_first(worst, items)
    if snapshot.maintenance is not None:
        text += f" ({_maintenance(snapshot.maintenance)})"
    numbers = perfdata(snapshot, question, items, now)
    return f"HAWATCH {STATES[worst.severity]} - {_cut(_plain(text))} | {numbers}"


def _maintenance(mute: Mute) -> str:
    """It mutes messages, and hides nothing from a monitoring system, which has its own ways."""
    until = f"maintenance until {datetime.fromtimestamp(mute.until, UTC):%H:%M} UTC"
    return f"{until}: {mute.reason}" if mute.reason else until


def _worst_first(worst: Item, items: Sequence[Item]) -> str:
    text = worst.text
    also = [item.brief for item in items if item is not worst and item.severity.badness]
    if also:
        text += f"; also {_some(also, ALSO_IN_LINE)}"
    well = [item.brief for item in items if item.instance is not None and not item.severity.badness]
    if worst.instance is None and well:  # the fault is the node's own; who holds the VIPs still matters
        text += f"; {_some(well, ALSO_IN_LINE)}"
    return text


def _all_well(question: Question, items: Sequence[Item]) -> str:
    if question.check in ABOUT_ROUTERS:
        items = [item for item in items if item.instance is not None]
        if len(items) > 1:
            return f"{len(items)} virtual routers: {_some([item.brief for item in items], STEADY_IN_LINE)}"
    return items[0].text if len(items) == 1 else _some([item.brief for item in items], STEADY_IN_LINE)


def _some(texts: Sequence[str], limit: int) -> str:
    left = len(texts) - limit
    return ", ".join(texts[:limit]) + (f" and {left} more" if left > 0 else "")


def _further_lines(details: Iterable[Detail], verbosity: int) -> list[str]:
    return [
        "  " * (each.verbosity - 1) + _plain(each.text) for each in details if each.verbosity <= verbosity
    ]


def _worst(items: Sequence[Item]) -> Item:
    return max(items, key=lambda item: item.severity.badness)  # of equal ones the first: the most telling


def _plain(text: str) -> str:
    """One printable line without the bar, which would begin performance data."""
    printable = "".join(each if each.isprintable() else " " for each in text)
    return " ".join(printable.replace("|", "¦").split())


def _cut(text: str) -> str:
    whole = text.encode()
    return text if len(whole) <= TEXT_BYTES else whole[:TEXT_BYTES].decode("utf-8", "ignore") + "…"


def _word(text: str) -> str:
    return re.sub(r"[^\w.:,@-]+", "_", text)
