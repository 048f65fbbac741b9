"""Sees each step of a dialogue from outside as it happens: files of the spools, the agents' records and verdicts."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deploy.lab import Lab
from deploy.lab.smsd import REPLIES, SPOOL
from hawatch.store import NAME
from tests.crash.acting import LOG

STEPS = {
    "split": 1,
    "incident": 2,
    "code": 1,
    "message": 5,
    "outgoing": 5,
    "sent": 5,
    "receipt": 5,
    "reply": 5,
    "heard": 5,
    "answered": 1,
    "confirmation": 1,
    "used": 1,
    "asked": 2,
    "begun": 2,
    "action": 2,
    "over": 2,
    "letters": 8,
    "resolved": 2,
}
"""Every step at which an agent may be killed, and how often it surely comes in one dialogue, over both nodes."""
_FILES = {"RECEIVED": "reply", "SENT": "receipt"}


@dataclass(frozen=True, slots=True)
class Seen:
    """A step, on which node, and what it was about; `at` is CLOCK_MONOTONIC."""

    step: str
    node: str
    about: str
    at: float


@dataclass
class Watcher:
    """Watches one node; every look gives what is new since the last."""

    lab: Lab
    node: str
    _files: set[str] = field(default_factory=set)
    _told: set[tuple[str, str]] = field(default_factory=set)
    _connection: sqlite3.Connection | None = None
    _version: int = -1
    _stored_at: float = 0.0
    _owed: int = 0
    _log_size: int = 0
    _journal_at: int = 0
    _rest: bytes = b""
    verdict: str = ""

    def __post_init__(self) -> None:
        node = self.lab.node(self.node)
        self._paths = {place: str(node.path(place)) for place in (REPLIES, f"{SPOOL}/outgoing")}

    def look(self) -> list[Seen]:
        """What has happened since the last look."""
        at = time.monotonic()
        found = [*self._spool(), *self._actions(), *self._verdicts(), *self._records()]
        return [Seen(step, self.node, about, at) for step, about in found]

    def look_at_spools(self) -> list[Seen]:
        """The same of the spools alone, which costs little."""
        at = time.monotonic()
        return [Seen(step, self.node, about, at) for step, about in self._spool()]

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    # --- what there is to see ---------------------------------------------------------------------

    def _spool(self) -> Iterator[tuple[str, str]]:
        for place in (REPLIES, f"{SPOOL}/outgoing"):
            with suppress(OSError):
                for name in os.listdir(self._paths[place]):  # noqa: PTH208 - a thousand times a second
                    if name.startswith(".") or name in self._files:
                        continue
                    self._files.add(name)
                    if place == REPLIES:
                        parts = name.split(".")
                        step = _FILES.get(parts[2]) if len(parts) > 2 else None
                        if step is not None:
                            yield step, name
                    else:
                        yield "outgoing", name

    def _actions(self) -> Iterator[tuple[str, str]]:
        with suppress(OSError):
            path = self.lab.node(self.node).path(LOG)
            size = path.stat().st_size
            if size > self._log_size:
                self._log_size = size
                yield "action", path.read_text().splitlines()[-1]

    def _verdicts(self) -> Iterator[tuple[str, str]]:
        path = self.lab.agent(self.node).state / "journal.jsonl"
        with suppress(OSError), path.open("rb") as journal:
            journal.seek(self._journal_at)
            data = journal.read()
            self._journal_at += len(data)
            *lines, self._rest = (self._rest + data).split(b"\n")
            for line in lines:
                if line.startswith(b'{"type":"Change"'):
                    with suppress(ValueError):  # the line in which an agent was killed
                        self.verdict = json.loads(line)["verdict"]
                        if self.verdict == "split_brain":
                            yield "split", ""

    def _records(self) -> Iterator[tuple[str, str]]:
        with suppress(sqlite3.Error):
            connection = self._open()
            (version,) = connection.execute("PRAGMA data_version").fetchone()
            if version == self._version:
                return
            self._version = version
            yield from self._incidents(connection)
            rows = connection.execute(
                "SELECT kind, id, record, stored_at FROM record WHERE stored_at >= ? ORDER BY stored_at",
                (self._stored_at,),
            ).fetchall()
            for kind, name, text, stored_at in rows:
                self._stored_at = max(self._stored_at, stored_at)
                step = _step(kind, json.loads(text))
                if step is not None and self._news(step, name):
                    yield step, name
            (owed,) = connection.execute("SELECT count(*) FROM owed").fetchone()
            if owed > self._owed:
                yield "letters", f"{owed} owed"
            self._owed = owed

    def _incidents(self, connection: sqlite3.Connection) -> Iterator[tuple[str, str]]:
        for name, state in connection.execute("SELECT id, state FROM incident").fetchall():
            step = "resolved" if state == "resolved" else "incident"
            if self._news(step, name):
                yield step, name

    def _news(self, step: str, name: str) -> bool:
        fresh = (step, name) not in self._told
        self._told.add((step, name))
        return fresh

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = sqlite3.connect(
                f"file:{database(self.lab, self.node)}?mode=ro",
                uri=True,
                timeout=0.05,
                check_same_thread=False,
                isolation_level=None,
            )
        return self._connection


def database(lab: Lab, node: str) -> Path:
    """The file in which an agent keeps its incidents and records."""
    return lab.agent(node).state / NAME


def _step(kind: str, record: dict[str, Any]) -> str | None:
    """Which step of the dialogue it is that a record has come so far."""
    state = record.get("state")  # what has not been changed yet is not written
    match kind:
        case "message":
            return {None: "message", "sent": "sent"}.get(state)
        case "deed":
            return {None: "asked", "begun": "begun"}.get(state, "over")
        case "confirmation":
            return {None: "confirmation", "used": "used"}.get(state)
        case "code" | "answered" | "heard":
            return kind
        case _:
            return None
