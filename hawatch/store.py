"""The store: incidents and their timelines in SQLite, on disk before anything else happens with them.

One file, `incidents.db` in the state directory. Everything here blocks, and may be called from one thread at a time.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from hawatch.errors import DecodeError, HawatchError
from hawatch.incident import Entry, Incident, State
from hawatch.plain import codec

NAME = "incidents.db"
MODE = 0o640
PATIENCE = 2.0
"""Seconds to wait for somebody who reads the file with a tool of his own."""

MIGRATIONS = (
    """
    CREATE TABLE incident (
        id TEXT PRIMARY KEY,
        state TEXT NOT NULL,
        opened_at REAL NOT NULL,
        resolved_at REAL,
        record TEXT NOT NULL
    ) STRICT;
    CREATE INDEX incident_by_state ON incident (state, opened_at);
    CREATE TABLE entry (
        incident TEXT NOT NULL REFERENCES incident (id),
        number INTEGER NOT NULL,
        record TEXT NOT NULL,
        PRIMARY KEY (incident, number)
    ) STRICT, WITHOUT ROWID;
    """,
)
"""What makes each version of the file out of the one before; `user_version` counts those that were done."""

_incident = codec(Incident)
_entry = codec(Entry)


class StoreError(HawatchError):
    """The file cannot be used; one line that names it and the reason."""


class Store:
    """Keeps incidents; each save is one transaction, which a crash leaves whole or undone."""

    def __init__(self, path: Path) -> None:
        """Open the file, making or migrating it as needed. StoreError when that cannot be."""
        self.path = path
        with self._one_line():
            path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, MODE))
            self._connection = sqlite3.connect(
                path, timeout=PATIENCE, isolation_level=None, check_same_thread=False
            )
            try:
                self._prepare()
            except BaseException:
                self._connection.close()
                raise

    def save(self, incidents: Iterable[Incident]) -> None:
        """Store these incidents as they are now, with the entries that are new. StoreError when that cannot be."""
        with self._one_line(), self._transaction():
            for incident in incidents:
                self._save(incident)

    def unresolved(self) -> tuple[Incident, ...]:
        """All that are not over, the oldest first."""
        return self._read("state != ? ORDER BY opened_at, id", State.RESOLVED.value)

    def resolved(self, count: int) -> tuple[Incident, ...]:
        """The latest that are over, the newest first."""
        return self._read("state = ? ORDER BY resolved_at DESC, id DESC LIMIT ?", State.RESOLVED.value, count)

    def find(self, name: str) -> Incident | None:
        """One incident by its name."""
        return next(iter(self._read("id = ?", name)), None)

    def names(self) -> frozenset[str]:
        """The names of all incidents ever stored."""
        with self._one_line():
            return frozenset(name for (name,) in self._connection.execute("SELECT id FROM incident"))

    def close(self) -> None:
        """Close the file; what was saved stays."""
        self._connection.close()

    # --- inside -----------------------------------------------------------------------------------

    def _prepare(self) -> None:
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if version > len(MIGRATIONS):
            raise StoreError(f"{self.path}: written by a newer hawatch (version {version} of the file)")
        for number, statements in enumerate(MIGRATIONS[version:], start=version + 1):
            with self._transaction():
                for statement in statements.split(";"):
                    self._connection.execute(statement)
                self._connection.execute(f"PRAGMA user_version = {number:d}")
        # The first change tells whether the file can be written, which opening it does not.
        with self._transaction():
            self._connection.execute(f"PRAGMA user_version = {len(MIGRATIONS):d}")

    def _save(self, incident: Incident) -> None:
        record = json.dumps(_incident.encode(replace(incident, timeline=())), ensure_ascii=False)
        self._connection.execute(
            "INSERT INTO incident (id, state, opened_at, resolved_at, record) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET state = excluded.state, resolved_at = excluded.resolved_at,"
            " record = excluded.record",
            (incident.id, incident.state.value, incident.opened_at, incident.resolved_at, record),
        )
        (stored,) = self._connection.execute(
            "SELECT count(*) FROM entry WHERE incident = ?", (incident.id,)
        ).fetchone()
        self._connection.executemany(
            "INSERT INTO entry (incident, number, record) VALUES (?, ?, ?)",
            [
                (incident.id, number, json.dumps(_entry.encode(entry), ensure_ascii=False))
                for number, entry in enumerate(incident.timeline)
                if number >= stored
            ],
        )

    def _read(self, condition: str, *values: str | int) -> tuple[Incident, ...]:
        query = f"SELECT id, record FROM incident WHERE {condition}"  # noqa: S608 - conditions of this file alone
        with self._one_line():
            rows = self._connection.execute(query, values).fetchall()
            return tuple(self._whole(name, record) for name, record in rows)

    def _whole(self, name: str, record: str) -> Incident:
        lines = self._connection.execute(
            "SELECT record FROM entry WHERE incident = ? ORDER BY number", (name,)
        ).fetchall()
        try:
            incident: Incident = _incident.decode(json.loads(record))
            timeline = tuple(_entry.decode(json.loads(line)) for (line,) in lines)
        except (ValueError, DecodeError) as error:
            raise StoreError(f"{self.path}: incident {name} cannot be read: {error}") from None
        return replace(incident, timeline=timeline)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    @contextmanager
    def _one_line(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StoreError(f"{self.path}: {error}") from None
        except OSError as error:
            raise StoreError(f"{self.path}: {(error.strerror or str(error)).lower()}") from None
