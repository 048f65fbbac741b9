"""A report on a drill as Markdown, for people: what was done, what it cost, and what passed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from hawatch.drill.plan import Moving, Plan
from hawatch.drill.report import Item, Report

_GRADES = {True: "passed", False: "**FAILED**", None: "not graded"}


def markdown(report: Report) -> str:
    """The whole report; times are UTC."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield f"# Drill {report.id}: {'passed' if report.passed else 'FAILED'}"
    yield ""
    if report.broken_off:
        yield f"Broken off: {report.broken_off}."
        yield ""
    leader = f"led by {_cell(report.node)} (hawatch {report.version}) for {_cell(report.who)}"
    yield f"- pair: {_cell(report.pair)}; {leader}"
    yield f"- from {_time(report.began)} to {_time(report.ended)} ({report.ended - report.began:.1f} s)"
    yield f"- clients: {report.place}; a request every {report.every * 1000:.0f} ms,"
    yield f"  lost if there is no answer within {report.patience:g} s"
    if report.plan is not None:
        yield from _plan(report.plan)
    yield ""
    yield "## Grades"
    yield ""
    yield from _table(
        ("what", "", "measured", "limit", ""), [_item(each) for each in report.items], numbers={2, 3}
    )
    if report.lost:
        yield from _lost(report)
    if report.told or report.looped:
        yield from _messages(report)
    yield ""
    yield "## What was seen"
    yield ""
    yield "```"
    for line in report.lines:
        yield f"{_time(line.at)[11:-1]} +{line.at - report.began:8.3f}  {line.text}"
    yield "```"


def _plan(plan: Plan) -> Iterator[str]:
    for each in plan.moving:
        yield f"- {_moving(each)}"
    if plan.others:
        yield f"- without a standby meanwhile: {', '.join(map(_cell, plan.others))}"
    own = "of the drill's own" if plan.window.own else f"of {_cell(plan.window.who)}"
    yield f"- maintenance {own} until {_time(plan.window.until)}; away for {plan.away:g} s at the most"


def _moving(each: Moving) -> str:
    back = {
        True: f"{each.owner} preempts",
        False: f"{each.owner} does not preempt: {each.to} steps aside, too",
        None: f"whether {each.owner} preempts is not known",
    }[each.comes_back]
    vips = ", ".join(each.vips) or "no VIP"
    group = f", group {each.sync_group}" if each.sync_group else ""
    times = f"A = {each.interval:g} s, T = {each.down_interval:.2f} s"
    return f"{each.instance} ({vips}{group}): {each.owner} → {each.to} → {each.owner}; {times}; {back}"


def _item(item: Item) -> tuple[str, ...]:
    return (
        item.what,
        _GRADES[item.passed],
        _seconds(item.measured),
        _seconds(item.limit),
        item.text,
    )


def _lost(report: Report) -> Iterator[str]:
    yield ""
    yield "## What the clients lost"
    yield ""
    rows = [
        (
            each.move,
            each.client,
            f"{each.seconds * 1000:.0f} ms",
            f"{each.longest * 1000:.0f} ms",
            f"{each.failed} of {each.requests}",
        )
        for each in report.lost
    ]
    yield from _table(("move", "client", "in all", "longest", "requests lost"), rows, numbers={2, 3, 4})


def _messages(report: Report) -> Iterator[str]:
    yield ""
    yield "## Messages"
    yield ""
    rows = [
        (
            each.person,
            f"{each.channel} {each.to}",
            f"{each.state}: {each.problem}" if each.problem else each.state,
            _seconds(each.through),
            _seconds(each.answered),
        )
        for each in report.told
    ]
    rows += [
        (
            "(itself)",
            each.channel,
            f"{each.state}: {each.problem}" if each.problem else each.state,
            "",
            _seconds(each.seconds),
        )
        for each in report.looped
    ]
    yield from _table(("person", "by", "state", "out after", "back after"), rows, numbers={3, 4})


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], numbers: set[int]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'|'.join('---:' if n in numbers else '---' for n in range(len(heads)))}|"
    for row in rows:
        yield f"| {' | '.join(map(_cell, row))} |"


def _cell(text: str) -> str:
    """A bar would end the cell, a line break the row."""
    return " ".join(text.replace("|", "\\|").split())


def _seconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.3f} s"


def _time(epoch: float) -> str:
    return datetime.fromtimestamp(round(epoch, 3), UTC).isoformat(sep=" ", timespec="milliseconds")[:23] + "Z"
