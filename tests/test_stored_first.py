"""What is not on disk yet is neither mailed to the other node nor handed to a gateway: a crash would undo it here."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable
from pathlib import Path

import pytest

from hawatch.agent.delivery import Deliveries
from hawatch.desk.around import Around
from hawatch.incident import Incident
from hawatch.notification.message import Message
from hawatch.store import Page, Store, StoreError
from tests.test_ledger import MESSAGE
from tests.test_oncall import Shift


class SlowDisk:
    """A disk on which nothing arrives until the test lets it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked, self.free = threading.Event(), threading.Event()
        save = Store.save

        def slow(store: Store, incidents: Iterable[Incident], page: Page) -> None:
            self.asked.set()
            assert self.free.wait(30.0)
            save(store, incidents, page)

        monkeypatch.setattr(Store, "save", slow)


def leaving(shift: Shift) -> tuple[list[str], list[str]]:
    """What the post would carry now, and what would be handed over."""
    out = Deliveries(shift.desk, channels={}, node="lb01", put=shift.told.append, clock=shift.clock)
    waiting = [each.id for each in shift.desk.letters.waiting("lb02")]
    letters = [each for each in waiting if each != "beginning/lb01"]
    return letters, [each.id for each in out._next()]


def test_nothing_leaves_before_it_is_stored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shift = Shift(monkeypatch, tmp_path / "incidents.db")

    async def story() -> None:
        await shift.desk.begin()
        disk = SlowDisk(monkeypatch)
        writing = asyncio.create_task(shift.desk.change(write))
        assert await asyncio.to_thread(disk.asked.wait, 30.0)
        assert shift.desk.ledger.get(Message, MESSAGE.id) is not None
        assert leaving(shift) == ([], [])
        disk.free.set()
        await writing
        assert leaving(shift) == ([f"message/{MESSAGE.id}"], [MESSAGE.id])
        await shift.desk.close()

    def write(_: Around) -> None:
        shift.desk.ledger.know("lb02")
        shift.desk.ledger.put(MESSAGE)

    asyncio.run(story())


def test_a_disk_that_fails_keeps_nobody_from_being_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shift = Shift(monkeypatch, tmp_path / "incidents.db")

    def full(*_: object) -> None:
        raise StoreError("the disk is full")

    def write(_: Around) -> None:
        shift.desk.ledger.know("lb02")
        shift.desk.ledger.put(MESSAGE)

    async def story() -> None:
        await shift.desk.begin()
        monkeypatch.setattr(Store, "save", full)
        await shift.desk.change(write)
        letters, messages = leaving(shift)
        assert f"message/{MESSAGE.id}" in letters
        assert messages == [MESSAGE.id]
        await shift.desk.close()

    asyncio.run(story())
