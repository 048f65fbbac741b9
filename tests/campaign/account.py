"""An episode told in the order of time: what was done, what was so, and what the agents said."""

from __future__ import annotations

from collections.abc import Iterator

from tests.campaign.record import Record


def account(record: Record) -> list[str]:
    """One line for each event, with the seconds since the pair had settled."""
    told = sorted(events(record))
    return [record.episode.line(), *(f"{at - record.settled:8.2f}  {words}" for at, words in told)]


def events(record: Record) -> Iterator[tuple[float, str]]:
    """Everything, in no order; VIPs that move together are told once."""
    for done in record.done:
        trouble = record.episode.troubles[done.number]
        yield done.begin, f"{trouble.kind} on {trouble.node}, which takes {done.begun - done.begin:.2f} s"
        yield done.end, f"{trouble.kind} is undone, which takes {done.undone - done.end:.2f} s"
    told: set[tuple[float, tuple[str, ...]]] = set()
    for held in sorted(record.holdings, key=lambda each: (each.start, each.vip)):
        if (round(held.start, 1), held.nodes) not in told:
            told.add((round(held.start, 1), held.nodes))
            yield held.start, f"{held.vip} is on {' and '.join(held.nodes) or 'nobody'}"
    for lived in record.lives:
        yield lived.start, f"{lived.what} of {lived.node} is {lived.state}"
    for said in record.said:
        yield said.time, f"    {said.node} {said.instance}: {said.verdict} by {said.rule}"
    for blamed in record.blamed:
        mild = [f"({cause})" for cause in sorted(blamed.mild)]
        words = " ".join([*sorted(blamed.causes), *mild]) or "nobody"
        yield blamed.time, f"    {blamed.node} {blamed.instance}: blames {words}"
