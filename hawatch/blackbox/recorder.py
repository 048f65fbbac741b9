"""Keeps the last minute in memory, and writes it down when a verdict says that something is wrong."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from hawatch.blackbox import host
from hawatch.blackbox.about import iso, versions
from hawatch.blackbox.frames import FrameRing, write_capture
from hawatch.blackbox.inputs import InputRing
from hawatch.blackbox.shelf import Contents, Shelf
from hawatch.blackbox.unwritten import Unwritten
from hawatch.errors import HawatchError
from hawatch.evidence import Evidence, ObserverState, Sink
from hawatch.judge import Change
from hawatch.plain import codec
from hawatch.verdict import VerdictKind
from hawatch.wire.link import LinkType

log = logging.getLogger("hawatch.blackbox")

DIRECTORY = "blackbox"
BEFORE = 60.0
AFTER = 10.0
"""Seconds before a verdict and after it that are written down."""
PATIENCE_AT_THE_DOOR = 10.0
RULES_PATIENCE = 2.0
"""Seconds for which the first writing waits for the firewall's rules; the second has them all the same."""
RETRY_AFTER = 5.0
"""Seconds after which a disk that took nothing is tried again."""
MOST_CHANGES = 300
_MARGIN = 5.0
_QUIET = frozenset({VerdictKind.STEADY, VerdictKind.FAILBACK})
_LINES_AT_ONCE = 200
_evidence = codec(Evidence)

Json = dict[str, Any]


class BothClocks(Protocol):
    """What the black box needs of clocks."""

    def monotonic(self) -> float:
        """CLOCK_MONOTONIC in seconds."""

    def wall(self) -> float:
        """CLOCK_REALTIME in epoch seconds."""


@dataclass(slots=True)
class Case:
    """One folder in the making: its name, and the changes of verdict that it is about, the first of them first."""

    name: str
    changes: list[Change]
    writings: int = 0
    rules: asyncio.Task[Json] | None = None

    def firewall(self) -> Json:
        """This host's rules, as far as they are known by now."""
        if self.rules is None or not self.rules.done():
            return {"problem": "hawatch-helper has not answered yet"}
        return self.rules.result()


class BlackBox:
    """Gets every frame, input and change of verdict; a change for the worse is written down now, and again with what
    came after it. Changes to the same verdict within that time are one case.

    A disk that takes nothing is told once, as the observer `blackbox`, and tried again until it does. `status` gives
    the picture as the API does, `firewall` this host's rules; HawatchError when they are not to be had.
    """

    def __init__(
        self,
        *,
        state_directory: Path,
        node: str,
        put: Sink,
        clock: BothClocks,
        status: Callable[[], Json],
        firewall: Callable[[], Awaitable[Json]],
    ) -> None:
        self.shelf = Shelf(state_directory / DIRECTORY)
        self._node = node
        self._put = put
        self._clock = clock
        self._status = status
        self._firewall = firewall
        self._frames = FrameRing(BEFORE + AFTER + _MARGIN)
        self._inputs = InputRing(BEFORE + AFTER + _MARGIN)
        self._known: set[str] = set()
        self._open: dict[VerdictKind, Case] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._unwritten = Unwritten()
        self._retrying = False
        self._one_at_a_time = asyncio.Lock()
        self._ending = asyncio.Event()
        self._problem: str | None = None

    # --- what it is told --------------------------------------------------------------------------

    def keep(self, at: float, link_type: int, data: bytes) -> None:
        """One frame off the wire."""
        self._frames.keep(at, link_type, data)

    def input(self, evidence: Evidence) -> None:
        """One input of the judge."""
        self._inputs.add(evidence)

    def change(self, change: Change) -> None:
        """One change of verdict; begins a case, or belongs to one."""
        kind = change.verdict.kind
        is_first_word = change.instance not in self._known
        self._known.add(change.instance)
        if kind in _QUIET or (is_first_word and kind is VerdictKind.INDETERMINATE):
            return
        case = self._open.get(kind)
        if case is not None:
            if len(case.changes) < MOST_CHANGES:
                case.changes.append(change)
            return
        self._open[kind] = case = Case(self._name(change), [change])
        self._begin(self._record(case, kind))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._is_done)

    def _is_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._tell(f"{type(error).__name__}: {error}")

    async def close(self) -> None:
        """Write down at once what still waits for what comes after it."""
        self._ending.set()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=PATIENCE_AT_THE_DOOR)

    # --- one case ---------------------------------------------------------------------------------

    async def _record(self, case: Case, kind: VerdictKind) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + AFTER
        case.rules = rules = loop.create_task(self._rules())
        try:
            await asyncio.wait({rules}, timeout=RULES_PATIENCE)
            await self._write(case)
            with suppress(TimeoutError):
                async with asyncio.timeout_at(until):
                    await self._ending.wait()
        finally:
            del self._open[kind]
        await self._write(case)
        rules.cancel()

    async def _rules(self) -> Json:
        try:
            return await self._firewall()
        except HawatchError as error:
            return {"problem": str(error)}

    async def _write(self, case: Case) -> None:
        """Write the case as it is known now; the disk is another thread's business."""
        async with self._one_at_a_time:
            case.writings += 1
            if await self._put_on_shelf(case.name, self._contents(case)):
                log.info("case=%s writing=%d", case.name, case.writings)

    async def _put_on_shelf(self, name: str, contents: Contents) -> bool:
        """Whether the disk took it; if not, that is told, and it is tried again."""
        try:
            await asyncio.to_thread(self.shelf.put, name, contents)
        except OSError as error:
            self._tell(f"{self.shelf.path}: {error.strerror or error}")
            self._unwritten.owe(name, contents)
            if not self._retrying:
                self._retrying = True
                self._begin(self._try_again())
            return False
        self._unwritten.settle(name)
        self._tell(None)
        return True

    async def _try_again(self) -> None:
        """Until everything is written, or the agent ends: without a next case nobody else would ever know better."""
        try:
            while self._unwritten and not self._ending.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(RETRY_AFTER):
                        await self._ending.wait()
                        return
                async with self._one_at_a_time:
                    for name, contents in self._unwritten.everything():
                        if not await self._put_on_shelf(name, contents):
                            break
                        log.info("case=%s writing=late", name)
        finally:
            self._retrying = False

    def _contents(self, case: Case) -> Contents:
        """What is to be written, all that changes taken as it is at this moment."""
        first = case.changes[0]
        frames = self._frames.since(first.at - BEFORE)
        inputs = self._inputs.everything()
        counters = self._inputs.counters
        offset = self._clock.wall() - self._clock.monotonic()
        about = self._about(case, offset) | {
            "frames": len(frames),
            "frames_lost": self._frames.lost,
            "inputs": len(inputs),
        }
        capture = partial(write_capture, frames=frames, wall_minus_monotonic=offset)
        contents: Contents = {
            "frames.pcap": partial(capture, link_type=LinkType.ETHERNET),
            "evidence.jsonl": partial(_write_inputs, inputs),
            "firewall.json": partial(_write_json, case.firewall()),
            "counters.json": partial(_write_json, None if counters is None else _evidence.encode(counters)),
            "status.json": partial(_write_json, self._status()),
            "host.json": lambda stream: _write_json(host.look(), stream),
            "about.json": lambda stream: _write_json(about | {"versions": versions()}, stream),
        }
        if LinkType.RAW in self._frames.link_types:
            contents["frames-raw.pcap"] = partial(capture, link_type=LinkType.RAW)
        return contents

    def _about(self, case: Case, offset: float) -> Json:
        first = case.changes[0]
        return {
            "node": self._node,
            "instance": first.instance,
            "verdict": first.verdict.kind.value,
            "time": iso(first.at + offset),
            "monotonic": first.at,
            "wall_minus_monotonic": offset,
            "seconds_before": BEFORE,
            "seconds_after": round(self._clock.monotonic() - first.at, 3),
            "written": iso(self._clock.wall()),
            "writing": case.writings,
            "changes": [change.in_short(iso(change.at + offset)) for change in case.changes],
        }

    def _name(self, change: Change) -> str:
        moment = (
            iso(self._clock.wall() - self._clock.monotonic() + change.at).replace("-", "").replace(":", "")
        )
        instance = re.sub(r"[^A-Za-z0-9_.]+", "_", change.instance)[:64]
        return f"{moment}-{instance}-{change.verdict.kind.value}"

    def _tell(self, problem: str | None) -> None:
        if problem == self._problem:
            return
        self._problem = problem
        self._put(
            ObserverState(at=self._clock.monotonic(), observer=DIRECTORY, up=problem is None, problem=problem)
        )


def _write_inputs(inputs: list[Evidence], stream: BinaryIO) -> None:
    for start in range(0, len(inputs), _LINES_AT_ONCE):
        lines = (
            json.dumps(_evidence.encode(each), separators=(",", ":")) + "\n"
            for each in inputs[start : start + _LINES_AT_ONCE]
        )
        stream.write("".join(lines).encode())


def _write_json(value: Any, stream: BinaryIO) -> None:
    stream.write(json.dumps(value, indent=1, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
