"""Whom the clients of a drill ask: what was named, or the service behind the VIP, or the VIP itself by echoes."""

from __future__ import annotations

import argparse
from typing import TextIO

from hawatch import clock
from hawatch.cli.columns import printable
from hawatch.drill.client import ICMP, Ask, Asking, ask_by
from hawatch.drill.plan import Plan
from hawatch.errors import HawatchError

Targets = dict[str, tuple[str, Ask]]
"""Who asks, by name: the virtual router, and how."""
EVERY = 0.05
PATIENCE = 1.0
"""Seconds between two requests, and after which one is lost."""
CHECKED_FOR = 3.0


def targets_of(args: argparse.Namespace, plan: Plan, out: TextIO) -> Targets:
    """Who is to ask; HawatchError when one gets no answer even now."""
    vips = {each.vips[0]: each.instance for each in plan.moving if each.vips}
    echoes = {f"icmp://{_in_url(vip)}": instance for vip, instance in vips.items()}
    if args.client:
        found: dict[str, str] = {}
        for target in args.client:
            found |= echoes if target == ICMP else {target: _instance_of(target, plan)}
        wanted = {target: (instance, ask_by(target)) for target, instance in found.items()}
        for target, (_, ask) in wanted.items():
            if not answers(target, ask):
                raise HawatchError(f"drill: {target}: gets no answer now, before anything is done")
        return wanted
    for url in plan.urls[:1]:
        if answers(url, ask_by(url)):
            return {url: (plan.moving[0].instance, ask_by(url))}
        print(printable(f"{url} gets no answer; the clients send echoes instead"), file=out)
    wanted = {target: (instance, ask_by(target)) for target, instance in echoes.items()}
    silent = [target for target, (_, ask) in wanted.items() if not answers(target, ask)]
    if silent or not wanted:
        raise HawatchError(
            f"drill: {' and '.join(silent) or 'no VIP'}: gets no answer; name another with --client"
        )
    return wanted


def answers(target: str, ask: Ask) -> bool:
    """Whether a target answers several times in a row before anything is done."""
    asking = Asking({target: ask}, clock=clock, every=0.1, patience=PATIENCE)
    asking.start()
    give_up_at = clock.monotonic() + CHECKED_FOR
    while clock.monotonic() < give_up_at and len(asking.samples[target]) < 5:
        asking.wait(0.05)
    asking.end()
    return bool(asking.samples[target]) and all(each.answered for each in asking.samples[target])


def _instance_of(target: str, plan: Plan) -> str:
    return next(
        (each.instance for each in plan.moving for vip in each.vips if vip in target), plan.moving[0].instance
    )


def _in_url(address: str) -> str:
    return f"[{address}]" if ":" in address else address
