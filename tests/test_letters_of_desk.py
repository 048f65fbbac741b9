"""What the post carries for the desk: the latest version of each record, stored before it is acknowledged."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hawatch.desk.kinds import Key, encode, version_of
from hawatch.desk.records import Answered, Heard
from hawatch.errors import HawatchError
from hawatch.incident import Incident
from hawatch.notification.message import Message, MessageState
from hawatch.store import Store, StoreError
from hawatch.wire.letter import MOST_BODY_BYTES, MOST_ID_BYTES, Letter
from tests.phones import LB01, LB02, Night
from tests.test_ledger import ACK, MESSAGE, heard


@pytest.fixture
def night(monkeypatch: pytest.MonkeyPatch) -> Iterator[Night]:
    """Two that know each other, and whose letters are carried by the test."""
    with Night(monkeypatch) as night:
        night.settle()
        night.post = False
        yield night


def waiting(night: Night, to: str = LB02) -> list[Letter]:
    return list(night.desks[LB01 if to == LB02 else LB02].oncall.letters.waiting(to))


def letter(kind: str, record: Message | Answered | Heard | Incident) -> Letter:
    body = encode(kind, record).encode()
    return Letter(id=f"{kind}/{record.id}", version=version_of(body), body=body)


def put(night: Night, record: Message | Answered | Heard) -> None:
    night.lb01.change(lambda _: night.lb01.oncall.ledger.put(record))


def test_a_record_waits_until_this_version_of_it_has_arrived(night: Night) -> None:
    put(night, MESSAGE)
    (first,) = waiting(night)
    put(night, replace(MESSAGE, state=MessageState.DELIVERED))
    night.lb01.oncall.letters.delivered(LB02, first.id, first.version)
    (second,) = waiting(night)
    assert (second.id, second.version == first.version) == (first.id, False)
    night.lb01.oncall.letters.delivered(LB02, second.id, second.version)
    assert waiting(night) == []


def test_an_acknowledgement_of_something_else_changes_nothing(night: Night) -> None:
    put(night, MESSAGE)
    night.lb01.oncall.letters.delivered(LB02, "message/another", "x")
    assert len(waiting(night)) == 1


def test_at_most_so_many_letters_wait_at_once_and_all_arrive_in_the_end(night: Night) -> None:
    for number in range(100):
        put(night, replace(MESSAGE, id=f"lb01-{number}", node="gone", state=MessageState.DELIVERED))
    assert len(waiting(night)) == 32
    night.post = True
    night.passes(3)
    assert waiting(night) == []
    assert len(night.lb02.messages) == 100


def test_an_incident_is_told_with_its_twins_and_only_by_its_own_node(
    night: Night, caplog: pytest.LogCaptureFixture
) -> None:
    night.post = True
    night.split().passes(2)
    foreign = list(night.lb02.oncall.ledger.all(Incident))
    assert [(each.id, each.twins) for each in foreign] == [(night.lb01.only.id, (night.lb02.only.id,))]
    forged = letter("incident", replace(foreign[0], node=LB02, told=1000))
    with caplog.at_level(logging.WARNING):
        night.run(night.lb02.oncall.letters.take(LB01, forged))
    assert list(night.lb02.oncall.ledger.all(Incident)) == foreign
    assert "an incident of lb02" in caplog.text


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"[1]", b"null", b'{"id": 1}'])
@pytest.mark.parametrize("kind", ["message", "spell", "deed", ""])
def test_what_cannot_be_read_is_told_of_once_and_taken_for_nothing(
    night: Night, caplog: pytest.LogCaptureFixture, kind: str, body: bytes
) -> None:
    with caplog.at_level(logging.WARNING):
        night.run(night.lb02.oncall.letters.take(LB01, Letter(id=f"{kind}/x", version="1", body=body)))
    assert "problem=" in caplog.text
    assert (night.lb02.messages, night.lb02.deeds()) == ([], [])


def test_a_letter_taken_twice_counts_once(night: Night) -> None:
    night.split()
    names = night.lb02.only.names
    ack = letter("answered", replace(ACK, incidents=names, at=night.lb02.clock.wall()))
    for _ in range(2):
        night.run(night.lb02.oncall.letters.take(LB01, ack))
    kinds = [kind.value for kind, _, _ in night.lb02.story(night.lb02.only)]
    assert kinds.count("acknowledged") == 1


def test_an_id_too_long_for_the_post_goes_under_a_short_one_and_is_settled_by_it(night: Night) -> None:
    put(night, heard("x" * 300))
    (long,) = waiting(night)
    assert len(long.id.encode()) <= MOST_ID_BYTES
    assert json.loads(long.body)["id"] == "lb01/sms/" + "x" * 300
    night.run(night.lb02.oncall.letters.take(LB01, long))
    night.lb01.oncall.letters.delivered(LB02, long.id, long.version)
    assert waiting(night) == []
    assert [each.text for each in night.lb02.oncall.ledger.all(Heard)] == ["x" * 300]


def test_what_no_letter_can_hold_is_told_of_and_holds_up_nothing(
    night: Night, caplog: pytest.LogCaptureFixture
) -> None:
    put(night, replace(heard("a"), text="y" * MOST_BODY_BYTES))
    put(night, MESSAGE)
    with caplog.at_level(logging.WARNING):
        assert [each.id for each in waiting(night)] == ["message/lb01-1"]
    assert "more than" in caplog.text
    assert night.lb01.oncall.ledger.owed(LB02) == (Key("message", "lb01-1"),)


def test_what_cannot_be_stored_is_not_acknowledged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with Night(monkeypatch, tmp_path) as night:

        def full(store: Store, *_: object) -> None:
            raise StoreError(f"{store.path}: database or disk is full")

        with monkeypatch.context() as crowded:
            crowded.setattr(Store, "save", full)
            with pytest.raises(HawatchError, match="disk is full"):
                night.run(night.lb02.oncall.letters.take(LB01, letter("message", MESSAGE)))
        night.now += 20
        night.run(night.lb02.oncall.letters.take(LB01, letter("message", MESSAGE)))
        night.lb02.restart()
        assert [each.id for each in night.lb02.messages] == [MESSAGE.id]


def test_what_a_node_is_owed_survives_a_restart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with Night(monkeypatch, tmp_path) as night:
        night.settle()
        night.post = False
        put(night, replace(MESSAGE, state=MessageState.DELIVERED))
        night.lb01.restart()
        assert [each.id for each in waiting(night)] == ["message/lb01-1"]
        night.post = True
        night.settle()
        assert [each.id for each in night.lb02.messages] == ["lb01-1"]
