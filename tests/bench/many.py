"""A real pair in the lab (root), keepalived at A = 1 s: any number of virtual routers of any number of VIPs each."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from deploy.lab import KeepalivedConf, Lab, LabTimeout, Topology
from deploy.lab.agents import Agent
from tests.many_routers import many_routers

PRIORITIES = (150, 100)
SETTLED_WITHIN = 180.0  # seconds; a hang guard
LOOK_EVERY = 1.0
"""Seconds between two questions to an agent: to answer for thousands of VIPs is work that would itself be measured."""
Size = tuple[int, int]


def read_size(words: str) -> Size:
    """255x20: virtual routers, and VIPs of each."""
    routers, _, vips = words.partition("x")
    return int(routers), int(vips)


def address(number: int, vip: int) -> str:
    """One VIP, counted from 0, of the virtual router with this VRID."""
    return f"10.{1 + number // 250}.{number % 250}.{1 + vip}"


def confs(size: Size) -> dict[str, KeepalivedConf]:
    """Both nodes' keepalived.conf."""
    vips = (tuple(f"{address(number, vip)}/32" for vip in range(size[1])) for number in range(1, size[0] + 1))
    return many_routers(vips, dict(zip(Topology().routers, PRIORITIES, strict=True)))


@contextmanager
def a_pair(size: Size) -> Iterator[Lab]:
    """A lab in which the first node holds every VIP; no agent runs yet."""
    with Lab(Topology()) as lab:
        lab.start_keepalived(confs(size))
        first, routers, vips = lab.topology.routers[0], *size
        for number in range(1, routers + 1):
            lab.truth.wait_owner(address(number, vips - 1), first, timeout=SETTLED_WITHIN)
        yield lab


def await_steady(agents: Sequence[Agent], size: Size) -> None:
    """Until all of them say so of all; what is measured must be what it is said to be.

    LabTimeout has what they say instead.
    """
    deadline = time.monotonic() + SETTLED_WITHIN
    while True:
        said = [said_of_all(agent) for agent in agents]
        if all(each == {"steady": size[0]} for each in said):
            print(f"said of all: {said}", file=sys.stderr)
            return
        if time.monotonic() > deadline:
            raise LabTimeout(f"waited {SETTLED_WITHIN:g} s for steady everywhere; said of all: {said}")
        time.sleep(LOOK_EVERY)


def said_of_all(agent: Agent) -> dict[str, int]:
    """How many virtual routers have which verdict; nothing where the agent does not answer."""
    try:
        return dict(Counter(each["verdict"] for each in agent.status()["virtual_routers"]))
    except OSError:
        return {}
