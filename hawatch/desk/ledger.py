"""The ledger: every record of the desk by kind and id, what has changed, and what other nodes are still to hear."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from typing import Any, TypeVar, cast

from hawatch.codes import Code
from hawatch.desk.kinds import ENDED_AT, KINDS, NAMES, Key, Record
from hawatch.desk.records import Acquaintance, Beginning, GivenBack
from hawatch.incident import Incident

R = TypeVar("R", bound=Record)

_OF_ONE_NODE = frozenset({"incident", "acquaintance", "loop", "guard", "beginning", "given_back"})


class Ledger:
    """Holds the records; `put` writes what happened here, `merge` what another node says."""

    def __init__(self, node: str) -> None:
        self.node = node
        self.peers: set[str] = set()
        """The other nodes whose agents have been heard; each is owed what changes here."""
        self._records: dict[str, dict[str, Any]] = {kind: {} for kind in KINDS}
        self._owed: dict[str, dict[Key, None]] = {}
        self._changed: dict[Key, Any] = {}
        self._owing_changed: dict[tuple[str, Key], bool] = {}
        self._giving: set[str] = set()
        self._given: set[str] = set()

    # --- reading ----------------------------------------------------------------------------------

    def all(self, kind: type[R]) -> Collection[R]:
        """All records of a kind, the oldest entry first."""
        return cast("Collection[R]", self._records[NAMES[kind]].values())

    def get(self, kind: type[R], name: str) -> R | None:
        """One record."""
        return cast("R | None", self._records[NAMES[kind]].get(name))

    def at(self, key: Key) -> Any:
        """The record in a place; None where there is none."""
        return self._records[key.kind].get(key.id)

    def about(self, kind: type[R], names: Iterable[str]) -> Iterator[R]:
        """The records of a kind that are about an incident, by any of its names."""
        wanted = set(names)
        for each in self.all(kind):
            if not wanted.isdisjoint(cast("Any", each).incidents):
                yield each

    # --- writing ----------------------------------------------------------------------------------

    def put(self, record: Record) -> None:
        """Something that happened here; every other node is to hear of it."""
        key = self._write(record)
        for node in self.peers:
            self._owe(node, key)

    def keep(self, record: Record) -> None:
        """Something that concerns this node alone."""
        self._write(record)

    def advance(self, record: Record) -> None:
        """Something here has come further, unless a later word was faster."""
        known = self.get(type(record), record.id)
        if known is None or known.progress < record.progress:
            self.put(record)

    def merge(self, record: Record) -> bool:
        """What another node says, if it is news; whether it was."""
        known = self.get(type(record), record.id)
        if isinstance(record, Beginning):
            if record == known:
                return False
            self._giving.add(record.id)
        elif isinstance(known, Code) and isinstance(record, Code):
            record = cast("Any", joined(known, record))
            if record == known:
                return False
        elif known is not None and _weight(known) >= _weight(record):
            return False
        self._write(record)
        return True

    def forget(self, before: float) -> None:
        """Leave out of memory what was over before then (epoch seconds) and nobody is owed; the store keeps it."""
        owed = {key for each in self._owed.values() for key in each}
        for kind, ended_at in ENDED_AT.items():
            for name, record in list(self._records[kind].items()):
                ended = ended_at(record)
                key = Key(kind, name)
                if ended is not None and ended < before and key not in owed and key not in self._changed:
                    del self._records[kind][name]

    def restore(self, record: Record) -> None:
        """As it was stored."""
        self._records[NAMES[type(record)]][record.id] = record
        if isinstance(record, Acquaintance):
            self.peers.add(record.id)

    def _write(self, record: Record) -> Key:
        key = Key(NAMES[type(record)], record.id)
        self._records[key.kind][key.id] = record
        self._changed[key] = record
        return key

    # --- what others are owed ---------------------------------------------------------------------

    def know(self, node: str) -> bool:
        """Another node's agent has been heard; one that is new is owed all that there is. Whether it was new."""
        if node == self.node or node in self.peers:
            return False
        self.peers.add(node)
        self.keep(Acquaintance(id=node))
        self._owe_all(node)
        if self.get(Beginning, self.node) is not None:
            self._owe(node, Key("beginning", self.node))
        return True

    def begin(self, at: float) -> bool:
        """These books are new, or of a version that did not say when it began; whether they are new."""
        if self.get(Beginning, self.node) is not None:
            return False
        new = not self.peers
        self.put(Beginning(id=self.node, at=at))
        return new

    def give_back(self) -> frozenset[str]:
        """Owe all that is known, its own incidents too, to each node that has begun anew; which nodes these are."""
        nodes = frozenset(self._giving)
        self._giving.clear()
        self._given |= nodes
        for node in nodes:
            self._owe_all(node)
            for each in self.all(Incident):
                if each.node == node:
                    self._owe(node, Key("incident", each.id))
        return nodes

    def tell_given_back(self) -> None:
        """Say so to each node that all of it has come to."""
        for node in [node for node in self._given if not self.owed(node)]:
            self._given.discard(node)
            began = self.get(Beginning, node)
            if began is not None:
                self.keep(GivenBack(id=f"{self.node}/{node}", at=began.at))
                self._owe(node, Key("given_back", f"{self.node}/{node}"))

    def _owe_all(self, node: str) -> None:
        for kind, records in self._records.items():
            for name, record in records.items():
                if kind not in _OF_ONE_NODE and not (kind == "heard" and record.person is None):
                    self._owe(node, Key(kind, name))

    def owe_own(self, incident: Incident) -> None:
        """An incident of this node has changed."""
        for node in self.peers:
            self._owe(node, Key("incident", incident.id))

    def restore_owed(self, node: str, key: Key) -> None:
        """As it was stored."""
        self._owed.setdefault(node, {})[key] = None

    def owed(self, node: str) -> tuple[Key, ...]:
        """What a node is still to hear, the oldest first."""
        return tuple(self._owed.get(node, ()))

    def settle(self, node: str, key: Key) -> None:
        """The node has it."""
        if self._owed.get(node, {}).pop(key, self) is None:
            self._owing_changed[node, key] = False

    def _owe(self, node: str, key: Key) -> None:
        owed = self._owed.setdefault(node, {})
        if key not in owed:
            owed[key] = None
            self._owing_changed[node, key] = True

    # --- what is to be stored -----------------------------------------------------------------------

    @property
    def dirty(self) -> bool:
        """Whether something is not stored yet."""
        return bool(self._changed or self._owing_changed)

    def is_stored(self, key: Key) -> bool:
        """Whether the record in this place is stored as it stands."""
        return key not in self._changed

    def unsaved(self) -> tuple[dict[Key, Any], dict[tuple[str, Key], bool]]:
        """The records that have changed, and by node and key whether it is owed from now on, or no longer."""
        return dict(self._changed), dict(self._owing_changed)

    def store_all_again(self) -> None:
        """Nothing is on disk any more: all that is in memory, and all that is owed, is to be stored."""
        everything = self._records.items()
        self._changed = {Key(kind, name): each for kind, known in everything for name, each in known.items()}
        self._owing_changed = {(node, key): True for node, owed in self._owed.items() for key in owed}

    def saved(self, changed: dict[Key, Any], owing: dict[tuple[str, Key], bool]) -> None:
        """These are on disk."""
        for key, record in changed.items():
            if self._changed.get(key) is record:
                del self._changed[key]
        for place, owed in owing.items():
            if self._owing_changed.get(place) is owed:
                del self._owing_changed[place]


def _weight(record: Record) -> tuple[int, str]:
    """What has come further counts; of two that are as far, the same one on every node."""
    return record.progress, repr(record)


def joined(one: Code, other: Code) -> Code:
    """Two versions of a code: either node may have put more on the menu, under numbers of its own."""
    menu = {each.number: each for each in sorted((*one.menu, *other.menu), key=repr, reverse=True)}
    retired = [each.retired_at for each in (one, other) if each.retired_at is not None]
    return replace(
        one,
        menu=tuple(menu[number] for number in sorted(menu)),
        revision=max(one.revision, other.revision),
        retired_at=min(retired, default=None),
    )
