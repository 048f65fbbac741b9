"""What a drill will do, in words, before it is begun."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TextIO

from hawatch.drill.limits import back_within, lost_within, verdict_within
from hawatch.drill.plan import Moving, Plan
from hawatch.drill.preconditions import MARGIN
from hawatch.errors import HawatchError


def shown(plan: Plan, targets: Iterable[str], answer_within: float) -> Iterator[str]:
    """Line by line; `targets` are what the clients ask, `answer_within` the seconds that people have."""
    yield f"pair {plan.pair}, asked on {plan.asked_on}"
    for number, leg in enumerate(plan.legs, start=1):
        moved = [each.instance for each in plan.moving if number == 1 or not each.comes_back]
        verb = "moves" if len(moved) == 1 else "move together"
        yield f"{number}. {leg.node} stops keepalived: {', '.join(moved)} {verb} to {leg.to}; then it starts it again"
    for each in plan.moving:
        yield from _moving(each)
    if plan.others:
        yield f"without a standby meanwhile: {', '.join(plan.others)}"
    if plan.window.own:
        seconds = plan.longest + MARGIN
        yield f"maintenance: none; the drill opens one for {seconds:.0f} s, and ends it when it is over"
    else:
        yield f"maintenance: that of {plan.window.who} covers it"
    yield f"away for {plan.away:g} s at most: then its agent starts keepalived, whatever becomes of this command"
    yield f"clients: {', '.join(targets)}, from here ({plan.asked_on})"
    yield from _messages(plan, answer_within)


def place_of(plan: Plan) -> str:
    """From where the clients ask, and what that means."""
    here = plan.asked_on
    if here == plan.legs[0].node:
        return f"on {here}, which steps aside: the way to the VIP is local before and after"
    return f"on {here}, the standby: the way to the VIP is local while {here} has it"


def confirm(plan: Plan, out: TextIO) -> None:
    """Somebody types what is to be interrupted; HawatchError when not."""
    if not sys.stdin.isatty():
        raise HawatchError(
            "drill: it wants a confirmation, and nobody is at a terminal: --yes if it shall be done"
        )
    print(f"Type {plan.name} to begin: ", end="", file=out, flush=True)
    if sys.stdin.readline().strip() != plan.name:
        raise HawatchError("drill: not confirmed; nothing was done")


def _moving(each: Moving) -> Iterator[str]:
    group = f" (sync group {each.sync_group})" if each.sync_group else ""
    delay = f" after {each.delay:g} s" if each.delay else ""
    back = {
        True: f"{each.owner} takes it again by preemption{delay}",
        False: f"{each.owner} does not preempt: {each.to} steps aside for it",
        None: f"whether {each.owner} preempts is not known: if not, {each.to} steps aside for it",
    }[each.comes_back]
    yield f"{each.instance}{group}: {', '.join(each.vips) or 'no VIP'}; {back}"
    yield (
        f"  to pass: verdicts within {verdict_within(each.interval):.1f} s, clients without an answer for"
        f" {lost_within(each.interval):.1f} s at most, steady"
        f" {back_within(each.interval, each.down_interval, each.delay):.1f} s after its return at the latest"
    )


def _messages(plan: Plan, answer_within: float) -> Iterator[str]:
    who = [*plan.people, *(f"{each} to itself" for each in plan.channels)]
    yield f"messages: {', '.join(who) or 'none (no contact has drills = true, no channel a [channel.probe])'}"
    if answer_within and plan.people:
        yield f"  each has {answer_within:g} s to answer"
