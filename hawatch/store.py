"""The store: incidents, their timelines, and the desk's records in SQLite, before anything else happens with them.

One file, `incidents.db` in the state directory. Everything here blocks, and may be called from one thread at a time.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from hawatch.errors import DecodeError, HawatchError
from hawatch.incident import Entry, Incident, State
from hawatch.plain import codec

NAME = "incidents.db"
MODE = 0o640
_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_PRIMARY = 0xFF
"""The part of SQLite's extended result codes that tells the kind."""
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
    """
    CREATE TABLE record (
        kind TEXT NOT NULL,
        id TEXT NOT NULL,
        stored_at REAL NOT NULL,
        record TEXT NOT NULL,
        PRIMARY KEY (kind, id)
    ) STRICT;
    CREATE INDEX record_by_age ON record (stored_at);
    CREATE TABLE owed (
        node TEXT NOT NULL,
        kind TEXT NOT NULL,
        id TEXT NOT NULL,
        PRIMARY KEY (node, kind, id)
    ) STRICT;
    """,
)
"""What makes each version of the file out of the one before; `user_version` counts those that were done."""

_incident = codec(Incident)
_entry = codec(Entry)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What is stored together with incidents: `records` as (kind, id, text), and what other nodes are owed.

    `owed` has node, kind and id, and whether it is owed from now on, or no longer. `at` is epoch seconds.
    """

    at: float = 0.0
    records: tuple[tuple[str, str, str], ...] = ()
    owed: tuple[tuple[str, str, str, bool], ...] = ()


NOTHING = Page()


class StoreError(HawatchError):
    """The file cannot be used; one line that names it and the reason."""


class DamagedStoreError(StoreError):
    """What the file holds is broken: no later try will find it better."""


class Store:
    """Keeps incidents; each save is one transaction, which a crash leaves whole or undone."""

    def __init__(self, path: Path) -> None:
        """Open the file, making or migrating it as needed, and look through all of it.

        StoreError when that cannot be, DamagedStoreError when there is something wrong in it.
        """
        self.path = path
        with self._one_line():
            path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, MODE))
            _refuse_emptied(path)
            self._connection = sqlite3.connect(
                path, timeout=PATIENCE, isolation_level=None, check_same_thread=False
            )
            try:
                self._prepare()
            except BaseException:
                self._connection.close()
                raise

    def save(self, incidents: Iterable[Incident], page: Page = NOTHING) -> None:
        """Store these incidents as they are now, with the entries that are new, and a page; all of it or nothing.

        StoreError when that cannot be.
        """
        with self._one_line(), self._transaction():
            for incident in incidents:
                self._save(incident)
            self._save_page(page)

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

    def records(self) -> list[tuple[str, str, str]]:
        """Every record as (kind, id, text), in the order in which they were stored."""
        with self._one_line():
            return self._connection.execute("SELECT kind, id, record FROM record ORDER BY rowid").fetchall()

    def owed(self) -> list[tuple[str, str, str]]:
        """What other nodes are owed, as (node, kind, id), in the order in which it came to be."""
        with self._one_line():
            return self._connection.execute("SELECT node, kind, id FROM owed ORDER BY rowid").fetchall()

    def prune(self, before: float) -> None:
        """Remove records stored before then, and incidents that were over before then (epoch seconds)."""
        with self._one_line(), self._transaction():
            old = "SELECT id FROM incident WHERE resolved_at < ?"
            self._connection.execute(f"DELETE FROM entry WHERE incident IN ({old})", (before,))  # noqa: S608 - a constant
            self._connection.execute("DELETE FROM incident WHERE resolved_at < ?", (before,))
            self._connection.execute("DELETE FROM record WHERE stored_at < ?", (before,))

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
        (found,) = self._connection.execute("PRAGMA integrity_check(1)").fetchone()
        if found != "ok":
            raise DamagedStoreError(f"{self.path}: {' '.join(found.split())}")
        # The first change tells whether the file can be written, which opening it does not.
        with self._transaction():
            self._connection.execute(f"PRAGMA user_version = {len(MIGRATIONS):d}")

    def _save(self, incident: Incident) -> None:
        record = _text(_incident.encode(replace(incident, timeline=())))
        # An agent that could not open its store may have given a name that is in it: then another one's story goes.
        self._connection.execute(
            "DELETE FROM entry WHERE incident = ?1"
            " AND EXISTS (SELECT 1 FROM incident WHERE id = ?1 AND opened_at <> ?2)",
            (incident.id, incident.opened_at),
        )
        self._connection.execute(
            "INSERT INTO incident (id, state, opened_at, resolved_at, record) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET state = excluded.state, opened_at = excluded.opened_at,"
            " resolved_at = excluded.resolved_at, record = excluded.record",
            (incident.id, incident.state.value, incident.opened_at, incident.resolved_at, record),
        )
        (stored,) = self._connection.execute(
            "SELECT count(*) FROM entry WHERE incident = ?", (incident.id,)
        ).fetchone()
        self._connection.executemany(
            "INSERT INTO entry (incident, number, record) VALUES (?, ?, ?)",
            [
                (incident.id, number, _text(_entry.encode(entry)))
                for number, entry in enumerate(incident.timeline)
                if number >= stored
            ],
        )

    def _save_page(self, page: Page) -> None:
        self._connection.executemany(
            "INSERT INTO record (kind, id, stored_at, record) VALUES (?, ?, ?, ?) ON CONFLICT (kind, id)"
            " DO UPDATE SET stored_at = excluded.stored_at, record = excluded.record",
            [(kind, name, page.at, text) for kind, name, text in page.records],
        )
        for node, kind, name, owed in page.owed:
            what = (
                "INSERT OR IGNORE INTO owed (node, kind, id) VALUES (?, ?, ?)"
                if owed
                else "DELETE FROM owed WHERE node = ? AND kind = ? AND id = ?"
            )
            self._connection.execute(what, (node, kind, name))

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
        except (ValueError, RecursionError, DecodeError) as error:
            raise DamagedStoreError(f"{self.path}: incident {name} cannot be read: {error}") from None
        if incident.id != name:
            raise DamagedStoreError(f"{self.path}: incident {name} has the record of another one")
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
            code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY
            kind = DamagedStoreError if code in _DAMAGE else StoreError
            raise kind(f"{self.path}: {error}") from None
        except OSError as error:
            raise StoreError(f"{self.path}: {(error.strerror or str(error)).lower()}") from None


def _refuse_emptied(path: Path) -> None:
    """SQLite takes an empty file for a new one, and throws away the log of changes that was the rest of it."""
    log = path.with_name(f"{path.name}-wal")
    if not path.stat().st_size and log.exists() and log.stat().st_size:
        raise DamagedStoreError(f"{path}: is empty, and the log of its changes is not")


def _text(plain: object) -> str:
    """JSON that SQLite takes: half a surrogate pair, which no text has and JSON may bring, becomes a question mark."""
    return json.dumps(plain, ensure_ascii=False).encode(errors="replace").decode()
