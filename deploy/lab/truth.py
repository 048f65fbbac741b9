"""Ground truth: who holds which address when, seen by an independent watcher in every namespace.

All times are CLOCK_MONOTONIC in seconds (time.monotonic()), which every namespace shares. They are taken when
the watcher reads the kernel's message: never early, and late by its scheduling delay (it runs at nice -10).
"""

from __future__ import annotations

import ipaddress
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.lab.errors import LabError, LabTimeout
from deploy.lab.node import Node

WATCHER = Path(__file__).with_name("programs") / "watcher.py"
START_TIMEOUT = 20.0  # seconds; hang guards
SYNC_TIMEOUT = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A node began to hold an address, or ceased to."""

    time: float
    node: str
    address: str
    held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A time during which the same nodes held an address; `end` is None while it lasts."""

    start: float
    end: float | None
    nodes: frozenset[str]

    @property
    def seconds(self) -> float:
        """How long it lasted, or has lasted until now."""
        return (time.monotonic() if self.end is None else self.end) - self.start


class Truth:
    """The record of one lab. Every question waits first until the kernels have told all that happened before it."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self._changes: list[Change] = []
        self._lost: set[str] = set()
        self._synced = 0
        self._asked = 0
        self._ready = False
        self._ended = False
        self._news = threading.Condition()
        arguments = [f"{node.name}={node.pid}" for node in nodes]
        self._popen = subprocess.Popen(
            [sys.executable, "-IS", str(WATCHER), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            start_new_session=True,
        )
        self._thread = threading.Thread(target=self._listen, name="lab-truth", daemon=True)
        self._thread.start()

    def await_ready(self) -> None:
        self._await(lambda: self._ready, START_TIMEOUT, "the watcher of addresses to start")

    # --- questions --------------------------------------------------------------------------------

    def changes(self, vip: str) -> list[Change]:
        """All that happened to an address, in order; what was there at the start comes first."""
        wanted = canonical(vip)
        self._sync()
        with self._news:
            return [change for change in self._changes if change.address == wanted]

    def history(self, vip: str, *, since: float | None = None, until: float | None = None) -> list[Span]:
        """Who held the address, span after span, from its first appearance on (or cut to since..until)."""
        return spans(self.changes(vip), since=since, until=until)

    def holders(self, vip: str) -> frozenset[str]:
        """Who holds the address now."""
        history = self.history(vip)
        return history[-1].nodes if history else frozenset()

    def held_at(self, vip: str, moment: float) -> frozenset[str]:
        """Who held the address at that time."""
        for span in self.history(vip):
            if span.start <= moment and (span.end is None or moment < span.end):
                return span.nodes
        return frozenset()

    def overlaps(self, vip: str, *, since: float | None = None, until: float | None = None) -> list[Span]:
        """When two nodes or more held the address at once."""
        return merge(span for span in self.history(vip, since=since, until=until) if len(span.nodes) > 1)

    def gaps(self, vip: str, *, since: float | None = None, until: float | None = None) -> list[Span]:
        """When nobody held the address, after it had first been held."""
        return [span for span in self.history(vip, since=since, until=until) if not span.nodes]

    # --- waits ------------------------------------------------------------------------------------

    def wait_owner(self, vip: str, node: str, *, timeout: float = 30.0) -> float:
        """Wait until this node alone holds the address; the time since when it does."""
        return self.wait_holders(vip, {node}, timeout=timeout)

    def wait_nobody(self, vip: str, *, timeout: float = 30.0) -> float:
        """Wait until nobody holds the address; the time since when."""
        return self.wait_holders(vip, (), timeout=timeout)

    def wait_holders(self, vip: str, nodes: Iterable[str], *, timeout: float = 30.0) -> float:
        """Wait until exactly these nodes hold the address; the time since when they do."""
        wanted, address = frozenset(nodes), canonical(vip)

        def holders() -> frozenset[str]:
            return holders_now(change for change in self._changes if change.address == address)

        self._sync()
        try:
            self._await(lambda: holders() == wanted, timeout, f"{vip} on {sorted(wanted) or 'nobody'}")
        except LabTimeout as error:
            raise LabTimeout(f"{error}; it was on {sorted(self.holders(vip)) or 'nobody'}") from None
        with self._news:
            changes = [change for change in self._changes if change.address == address]
        return spans(changes)[-1].start if changes else time.monotonic()

    def report(self) -> str:
        """The whole record, one line each change."""
        with self._news:
            changes = list(self._changes)
        lines = [f"{c.time:.6f} {c.node} {c.address} {'held' if c.held else 'gone'}" for c in changes]
        return "\n".join(lines)

    def close(self) -> None:
        assert self._popen.stdin is not None
        assert self._popen.stdout is not None
        self._popen.stdin.close()
        self._thread.join(5)
        self._popen.kill()
        self._popen.wait()
        self._popen.stdout.close()

    # --- the watcher's side -----------------------------------------------------------------------

    def _listen(self) -> None:
        assert self._popen.stdout is not None
        for line in self._popen.stdout:
            with self._news:
                self._take(line.split())
                self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()

    def _take(self, words: list[str]) -> None:
        match words:
            case ["address", moment, node, address, state]:
                change = Change(time=int(moment) / 1e9, node=node, address=address, held=state == "held")
                self._changes.append(change)
            case ["sync", number]:
                self._synced = int(number)
            case ["ready"]:
                self._ready = True
            case ["lost", node]:
                self._lost.add(node)
            case _:
                raise LabError(f"the watcher said {words}")

    def _sync(self) -> None:
        """Wait until the watcher has told everything that had happened when we asked."""
        assert self._popen.stdin is not None
        with self._news:
            self._asked += 1
            number = self._asked
            try:
                self._popen.stdin.write(f"{number}\n")
                self._popen.stdin.flush()
            except (BrokenPipeError, ValueError):
                raise LabError("the watcher of addresses has ended") from None
        self._await(lambda: self._synced >= number, SYNC_TIMEOUT, "the watcher of addresses")
        if self._lost:
            raise LabError(f"the kernel dropped address messages of {sorted(self._lost)}: no ground truth")

    def _await(self, condition: Callable[[], bool], timeout: float, what: str) -> None:
        with self._news:
            self._news.wait_for(lambda: condition() or self._ended, timeout)
            if condition():
                return
            if self._ended:
                raise LabError(f"waiting for {what}: the watcher of addresses has ended")
        raise LabTimeout(f"waited {timeout:g} s for {what}")


def canonical(address: str) -> str:
    """An address as the kernel writes it, without a prefix length or a device."""
    return str(ipaddress.ip_address(address.split(maxsplit=1)[0].partition("/")[0]))


def holders_now(changes: Iterable[Change]) -> frozenset[str]:
    """Who holds an address after all these changes."""
    state: Mapping[str, bool] = {change.node: change.held for change in changes}
    return frozenset(node for node, held in state.items() if held)


def spans(changes: Iterable[Change], *, since: float | None = None, until: float | None = None) -> list[Span]:
    """The changes of one address as spans without a hole between them, cut to since..until."""
    found: list[Span] = []
    held: set[str] = set()
    start: float | None = None
    for change in changes:
        if start is not None and change.time > start:
            found.append(Span(start=start, end=change.time, nodes=frozenset(held)))
        (held.add if change.held else held.discard)(change.node)
        start = change.time
    if start is not None:
        found.append(Span(start=start, end=None, nodes=frozenset(held)))
    return [cut for span in found if (cut := cut_span(span, since, until)) is not None]


def cut_span(span: Span, since: float | None, until: float | None) -> Span | None:
    """The part of a span that lies in since..until; None when there is none."""
    start = span.start if since is None else max(span.start, since)
    end = span.end if until is None else until if span.end is None else min(span.end, until)
    if end is not None and end <= start:
        return None
    return Span(start=start, end=end, nodes=span.nodes)


def merge(parts: Iterable[Span]) -> list[Span]:
    """Join spans that touch: with three nodes an overlap may change its members and go on."""
    joined: list[Span] = []
    for span in parts:
        if joined and joined[-1].end == span.start:
            last = joined.pop()
            joined.append(Span(start=last.start, end=span.end, nodes=last.nodes | span.nodes))
        else:
            joined.append(span)
    return joined
