"""A node whose store was lost or is damaged: what the other one knows comes back, nothing is told or done twice."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hawatch.agent.arrivals import take_in
from hawatch.desk.kinds import Key
from hawatch.desk.records import Answered, Beginning
from hawatch.incident import State
from hawatch.reply.arrival import Reply
from tests.phones import LB01, LB02, MINUTE, STOP, Desk, Night

PEOPLE = ("anna", "bo")


def lose(desk: Desk, how: str) -> None:
    """Its agent ends, its store is lost, and it is started again."""
    assert desk.night.path is not None
    store = desk.night.path / f"{desk.node}.db"
    desk.night.run(desk.oncall.close())
    for each in store.parent.glob(f"{store.name}*"):
        each.unlink()
    if how == "damaged":
        store.write_bytes(b"this was a store" * 512)
    desk.oncall = desk._new()


def all_is_read(night: Night) -> None:
    for name in PEOPLE:
        night.phone(name).unread()


def nobody_is_told(night: Night) -> None:
    for name in PEOPLE:
        night.phone(name).must_be_silent()


@pytest.mark.parametrize("how", ["gone", "damaged"])
@pytest.mark.parametrize("node", [LB01, LB02])
def test_whenever_a_store_is_lost_the_desk_is_as_it_was_and_nothing_is_told_or_done_twice(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, node: str, how: str
) -> None:
    with Night(monkeypatch, tmp_path) as night:
        for each in (LB01, LB02):
            night.allows(each, STOP)
        night.passes(15)
        for what in ("split", "{code}", "{code} 2", "{nonce}"):
            if what == "split":
                night.split().passes(2)
            else:
                night.phone("anna").replies(what, via=node)
            all_is_read(night)
            before = [
                (each.name, each.state, each.acknowledged_by) for each in night.desks[node].oncall.all()
            ]
            messages = {each.id for each in night.desks[node].messages}
            lose(night.desks[node], how)
            night.passes(12)
            nobody_is_told(night)
            after = [(each.name, each.state, each.acknowledged_by) for each in night.desks[node].oncall.all()]
            assert after == before
            assert {each.id for each in night.desks[node].messages} == messages
        assert night.runs == [(LB02, "stop-keepalived")]
        night.heals()
        night.passes(60)
        for name in PEOPLE:
            night.phone(name).unread()
        night.passes(30 * MINUTE)
        nobody_is_told(night)
        assert [*night.lb01.open, *night.lb02.open] == []


def test_an_acknowledgement_comes_back_and_keeps_on_hushing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with Night(monkeypatch, tmp_path) as night:
        night.passes(15)
        night.split().passes(2)
        night.phone("anna").replies("{code}", via=LB01)
        all_is_read(night)
        lose(night.lb01, "gone")
        night.passes(5)
        assert night.lb01.only.state is State.ACKNOWLEDGED
        assert night.lb01.only.acknowledged_by == "anna"
        assert list(night.lb01.oncall.ledger.all(Answered)) != []
        night.passes(10 * MINUTE)
        nobody_is_told(night)


def test_what_came_back_is_stored_at_once_and_found_again_by_the_next_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with Night(monkeypatch, tmp_path) as night:
        night.passes(15)
        night.split().passes(2)
        name = night.lb01.only.id
        all_is_read(night)
        lose(night.lb01, "gone")
        night.settle()
        night.talking = False
        night.lb01.restart()
        night.passes(2)
        assert night.lb01.only.id == name
        nobody_is_told(night)


def test_the_other_node_sends_all_of_it_once_and_not_at_each_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with Night(monkeypatch, tmp_path) as night:
        night.passes(15)
        night.split().passes(2)
        lose(night.lb01, "gone")
        night.passes(15)
        assert night.lb02.oncall.ledger.owed(LB01) == ()
        night.post = False
        night.lb01.restart()
        night.lb01.turn()
        night.lb02.turn()
        assert night.lb02.oncall.ledger.owed(LB01) == ()


def test_a_node_whose_peer_never_gives_anything_back_tells_all_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with Night(monkeypatch, tmp_path) as night:
        night.passes(15)
        lose(night.lb01, "gone")
        night.post = False
        night.split().passes(2)
        assert list(night.lb01.open) == [], "what was told before may be about to come"
        night.passes(10)
        night.phone("anna").must_read("SPLIT BRAIN")


def test_a_reply_that_comes_before_the_codes_are_back_waits_for_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with Night(monkeypatch, tmp_path) as night:
        night.passes(15)
        night.split().passes(2)
        anna = night.phone("anna")
        all_is_read(night)
        lose(night.lb01, "gone")
        reply = Reply(channel="sms", id="1", sender=anna.person.ways[0].to, text=anna.code, sent_at=None)

        async def come() -> None:
            taking = asyncio.create_task(take_in(night.lb01.oncall, reply))
            await asyncio.sleep(0)
            assert not taking.done()
            reading.append(taking)

        async def has_come() -> None:
            await reading[0]

        reading: list[asyncio.Task[None]] = []
        night.run(come())
        night.passes(5)
        night.run(has_come())
        night.settle()
        assert night.lb01.only.acknowledged_by == "anna"


def test_a_node_that_is_alone_waits_a_moment_for_its_peer_and_no_more(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with Night(monkeypatch, tmp_path) as night:
        night.lb02.alive = False
        night.cannot_talk()
        lose(night.lb01, "gone")
        night.split().passes(4)
        night.phone("anna").must_read("SPLIT BRAIN", "says lb01")


def test_nobody_but_the_node_itself_says_that_its_books_begin(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with Night(monkeypatch, tmp_path) as night:
        night.split().passes(15)
        own = night.lb01.oncall.ledger.get(Beginning, LB01)
        forged = night.lb02.oncall.letters
        night.lb02.change(lambda _: night.lb02.oncall.ledger.keep(Beginning(id=LB01, at=1.0)))
        night.lb02.oncall.ledger._owe(LB01, Key("beginning", LB01))
        night.settle()
        assert forged.waiting(LB01) == []
        assert night.lb01.oncall.ledger.get(Beginning, LB01) == own
        assert len(night.lb01.open) == 1
