"""What the post carries for the desk: each record that another node is owed, in its latest version."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from hashlib import sha256
from typing import Any

from hawatch.desk.around import Around
from hawatch.desk.kinds import Key, as_told, decode, encode, version_of
from hawatch.desk.ledger import Ledger
from hawatch.desk.records import Beginning, GivenBack
from hawatch.errors import DecodeError, HawatchError
from hawatch.incident import Incident
from hawatch.wire.letter import MOST_ID_BYTES, Letter

log = logging.getLogger("hawatch.letters")

MOST_AT_ONCE = 32
INCIDENT = "incident"

Recording = Callable[[Callable[[Around], Any]], Awaitable[Any]]


class Letters:
    """The post's three questions: what is waiting, take this in, that has arrived.

    `own` finds an incident of this node by its name, `record` does something with the ledger and stores it, or fails.
    `take_back` takes an incident of this node that another one knows. `settled` says whether a record is stored: no
    other node hears of what a crash would still undo here.
    """

    def __init__(
        self,
        ledger: Ledger,
        *,
        own: Callable[[str], Incident | None],
        record: Recording,
        settled: Callable[[Key], bool],
        take_back: Callable[[Incident], None],
    ) -> None:
        self._ledger = ledger
        self._settled = settled
        self._own = own
        self._take_back = take_back
        self._record_for_good = record

    def waiting(self, node: str) -> Sequence[Letter]:
        """What this node is still to hear, the oldest first."""
        found = []
        owed = [key for key in self._ledger.owed(node) if self._settled(key)]
        for key in owed[:MOST_AT_ONCE]:
            letter = self._letter(key)
            if letter is None:
                self._ledger.settle(node, key)
            else:
                found.append(letter)
        return found

    async def take(self, node: str, letter: Letter) -> None:
        """Take a record in; it is stored when this returns. What cannot be read is told of, and comes no more."""
        kind = letter.id.partition("/")[0]
        try:
            record = decode(kind, letter.body)
        except DecodeError as error:
            log.warning("node=%s letter=%s problem=%r", node, letter.id, str(error))
            return
        if isinstance(record, Incident) and record.node == self._ledger.node:
            await self._record_for_good(lambda _: self._take_back(record))
            return
        if isinstance(record, Beginning | GivenBack) and record.id.partition("/")[0] != node:
            log.warning("node=%s letter=%s problem='not of this node'", node, letter.id)
            return
        if isinstance(record, Incident) and record.node != node:
            log.warning("node=%s letter=%s problem='an incident of %s'", node, letter.id, record.node)
            return
        await self._record_for_good(lambda _: self._ledger.merge(record))

    def delivered(self, node: str, name: str, version: str) -> None:
        """The node has this version; a newer one is still owed."""
        for key in self._ledger.owed(node):
            if letter_id(key) == name:
                letter = self._letter(key)
                if letter is None or letter.version == version:
                    self._ledger.settle(node, key)
                return

    def _letter(self, key: Key) -> Letter | None:
        record = self._record(key)
        if record is None:
            return None
        body = encode(key.kind, record).encode()
        try:
            return Letter(id=letter_id(key), version=version_of(body), body=body)
        except HawatchError as error:
            log.warning("record=%s problem=%r", key, str(error))
            return None

    def _record(self, key: Key) -> Any:
        if key.kind == INCIDENT:
            incident = self._own(key.id)
            return self._ledger.at(key) if incident is None else as_told(incident)
        return self._ledger.at(key)


def letter_id(key: Key) -> str:
    """The kind, and the record's name, or a hash of one that is too long."""
    name = str(key)
    if len(name.encode()) <= MOST_ID_BYTES:
        return name
    return f"{key.kind}/{sha256(key.id.encode()).hexdigest()}"
