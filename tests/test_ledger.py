"""The ledger: the further version counts, and every other node is owed what happened here until it has it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch.codes import Choice, Code
from hawatch.config.oncall import Medium
from hawatch.desk.deed import Deed, DeedState
from hawatch.desk.kinds import KINDS, Key, as_told, decode, encode
from hawatch.desk.ledger import Ledger, joined
from hawatch.desk.records import Acquaintance, Answer, Answered, Beginning, GivenBack, Heard
from hawatch.errors import DecodeError
from hawatch.incident import Entry, EntryKind, Incident, Part
from hawatch.notification.message import Message, MessageState
from hawatch.verdict import Severity, VerdictKind
from tests.test_incident import THREE

MESSAGE = Message(
    id="lb01-1",
    node="lb01",
    person="anna",
    channel="sms",
    to="+8613800000001",
    medium=Medium.SMS,
    occasion="first",
    text="[hawatch web] 裂脑",
    created_at=THREE,
    changed_at=THREE,
    incidents=("261122-lb01-1",),
)
CODE = Code(
    person="anna",
    number=48,
    incident="261122-lb01-1",
    node="lb01",
    given_at=THREE,
    revision=1,
    menu=(Choice(number=2, action="stop-keepalived", node="lb02"),),
)
DEED = Deed(
    id="stop-keepalived-1",
    incidents=("261122-lb01-1",),
    instances=("VI_1",),
    action="stop-keepalived",
    node="lb02",
    person="anna",
    asked_by="lb01",
    asked_at=THREE,
    until=THREE + 12,
)
ACK = Answered(id="a", incidents=("261122-lb01-1", "261122-lb02-1"), answer=Answer.ACK, who="anna", at=THREE)


@pytest.fixture
def ledger() -> Ledger:
    ledger = Ledger("lb01")
    ledger.know("lb02")
    return ledger


def heard(text: str, person: str | None = "anna") -> Heard:
    return Heard(
        id=f"lb01/sms/{text}",
        keys=(f"sms/{text}",),
        node="lb01",
        channel="sms",
        sender="+8613800000001",
        person=person,
        text=text,
        at=THREE,
    )


def test_what_happens_here_is_owed_to_others_and_what_they_say_is_not_owed_back(ledger: Ledger) -> None:
    ledger.put(MESSAGE)
    ledger.merge(DEED)
    ledger.keep(heard("hello", None))
    assert ledger.owed("lb02") == (Key("message", "lb01-1"),)


def test_a_node_that_is_new_is_owed_all_but_strangers_and_incidents_of_others() -> None:
    ledger = Ledger("lb01")
    ledger.put(MESSAGE)
    ledger.put(heard("47"))
    ledger.keep(heard("hello", None))
    assert ledger.know("lb02")
    assert not ledger.know("lb02")
    assert not ledger.know("lb01")
    assert set(ledger.owed("lb02")) == {Key("message", "lb01-1"), Key("heard", "lb01/sms/47")}


def test_what_is_settled_is_owed_again_when_it_changes(ledger: Ledger) -> None:
    ledger.put(MESSAGE)
    ledger.settle("lb02", Key("message", "lb01-1"))
    assert ledger.owed("lb02") == ()
    ledger.put(replace(MESSAGE, state=MessageState.SENT))
    assert ledger.owed("lb02") == (Key("message", "lb01-1"),)


@pytest.mark.parametrize(
    ("one", "further"),
    [
        (MESSAGE, replace(MESSAGE, attempts=1)),
        (replace(MESSAGE, state=MessageState.FAILED), replace(MESSAGE, state=MessageState.DELIVERED)),
        (DEED, replace(DEED, state=DeedState.EXPIRED)),
        (replace(DEED, state=DeedState.EXPIRED), replace(DEED, state=DeedState.BEGUN)),
        (replace(DEED, state=DeedState.REFUSED), replace(DEED, state=DeedState.DONE)),
        (CODE, replace(CODE, retired_at=THREE + 60)),
    ],
)
def test_of_two_versions_the_further_counts_in_whatever_order_they_come(
    ledger: Ledger, one: Message | Deed | Code, further: Message | Deed | Code
) -> None:
    for first, second in ((one, further), (further, one)):
        fresh = Ledger("lb02")
        fresh.merge(first)
        assert fresh.merge(second) == (second == further)
        assert fresh.get(type(one), one.id) == further


def test_an_own_word_that_comes_late_does_not_undo_a_faster_one(ledger: Ledger) -> None:
    ledger.put(replace(MESSAGE, state=MessageState.DELIVERED))
    ledger.advance(replace(MESSAGE, state=MessageState.SENT))
    kept = ledger.get(Message, "lb01-1")
    assert kept is not None
    assert kept.state is MessageState.DELIVERED


CHOICES = [
    Choice(number=number, action=action, node=node)
    for number, action, node in ((3, "restart-a", "lb01"), (4, "restart-b", "lb02"), (5, "restart-c", "lb01"))
]


@given(
    st.permutations([*CHOICES]),
    st.lists(st.booleans(), min_size=3, max_size=3),
    st.sampled_from([None, THREE + 5]),
    st.sampled_from([None, THREE + 9]),
)
def test_what_two_nodes_put_on_a_menu_is_on_it_for_both_and_a_code_that_is_retired_stays_so(
    choices: list[Choice], here: list[bool], one_end: float | None, other_end: float | None
) -> None:
    mine = [choice for choice, is_here in zip(choices, here, strict=True) if is_here]
    others = [choice for choice in choices if choice not in mine]
    one = replace(CODE, menu=(*CODE.menu, *mine), retired_at=one_end)
    other = replace(CODE, menu=(*CODE.menu, *others), revision=3, retired_at=other_end)
    both = joined(one, other)
    assert both == joined(other, one) == joined(both, one)
    assert {each.number: each for each in both.menu} == {each.number: each for each in (*CODE.menu, *choices)}
    assert (both.retired_at is None) == (one_end is None and other_end is None)


def test_records_about_an_incident_are_found_by_any_of_its_names(ledger: Ledger) -> None:
    ledger.put(ACK)
    assert list(ledger.about(Answered, ["261122-lb02-1"])) == [ACK]
    assert list(ledger.about(Answered, ["261122-lb02-2"])) == []


def test_what_changed_again_while_it_was_stored_is_stored_again(ledger: Ledger) -> None:
    ledger.put(MESSAGE)
    records, owed = ledger.unsaved()
    further = replace(MESSAGE, attempts=1)
    ledger.put(further)
    ledger.saved(records, owed)
    assert ledger.unsaved() == ({Key("message", "lb01-1"): further}, {})
    ledger.saved(*ledger.unsaved())
    assert not ledger.dirty


def test_a_restored_ledger_knows_and_owes_what_the_old_one_did(ledger: Ledger) -> None:
    ledger.put(MESSAGE)
    ledger.put(DEED)
    records, owed = ledger.unsaved()
    fresh = Ledger("lb01")
    for key, record in records.items():
        fresh.restore(decode(key.kind, encode(key.kind, record)))
    for (node, key), owes in owed.items():
        assert owes
        fresh.restore_owed(node, key)
    assert fresh.peers == {"lb02"}
    assert fresh.owed("lb02") == ledger.owed("lb02")
    assert list(fresh.all(Message)) == [MESSAGE]
    assert not fresh.dirty


def test_what_was_over_a_week_ago_leaves_memory_unless_somebody_is_still_owed_it(ledger: Ledger) -> None:
    old = replace(MESSAGE, id="lb01-2", changed_at=THREE)
    for each in (old, replace(old, id="lb01-3"), CODE, replace(MESSAGE, id="lb01-4", changed_at=THREE + 90)):
        ledger.put(each)
    for name in ("lb01-2", "lb01-4"):
        ledger.settle("lb02", Key("message", name))
    ledger.saved(*ledger.unsaved())
    ledger.forget(THREE + 60)
    assert [each.id for each in ledger.all(Message)] == ["lb01-3", "lb01-4"]
    assert list(ledger.all(Code)) == [CODE]


@given(st.text(st.characters(codec=None), max_size=80))
def test_any_text_that_came_in_comes_out_of_store_and_letter_as_it_was(text: str) -> None:
    record = replace(heard("x"), text=text)
    body = encode("heard", record).encode()
    assert decode("heard", body) == record


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"id": 3}', "[" * 100_000, "null"])
@pytest.mark.parametrize("kind", [*KINDS, "spell"])
def test_what_is_no_record_is_an_error_that_can_be_told(kind: str, body: str) -> None:
    with pytest.raises(DecodeError):
        decode(kind, body)


def test_of_a_long_story_others_hear_the_end() -> None:
    parts = tuple(
        Part(
            instance=f"VI_{n}",
            verdict=VerdictKind.NO_OWNER,
            severity=Severity.CRITICAL,
            summary="nobody",
            fell_at=THREE,
        )
        for n in range(200)
    )
    incident = Incident(
        id="261122-lb01-1",
        node="lb01",
        opened_at=THREE,
        parts=parts,
        verdict=VerdictKind.NO_OWNER,
        severity=Severity.CRITICAL,
        timeline=tuple(Entry(at=THREE + n, kind=EntryKind.FOUND, who="lb01", text="x") for n in range(500)),
    )
    told = as_told(incident)
    assert len(told.parts) == 60
    assert told.timeline == incident.timeline[-20:]


def test_new_books_say_so_once_and_books_of_an_older_version_are_not_new() -> None:
    fresh = Ledger("lb01")
    assert fresh.begin(100.0)
    assert not fresh.begin(200.0)
    upgraded = Ledger("lb01")
    upgraded.restore(Acquaintance(id="lb02"))
    assert not upgraded.begin(100.0)
    assert upgraded.owed("lb02") == (Key("beginning", "lb01"),)


def test_whoever_begins_anew_is_owed_all_again_and_then_a_word_that_it_has_all() -> None:
    ledger = Ledger("lb01")
    ledger.know("lb02")
    ledger.put(MESSAGE)
    ledger.settle("lb02", Key("message", MESSAGE.id))
    assert ledger.give_back() == frozenset()
    beginning = Beginning(id="lb02", at=50.0)
    assert ledger.merge(beginning)
    assert ledger.give_back() == {"lb02"}
    assert ledger.owed("lb02") == (Key("message", MESSAGE.id),)
    ledger.tell_given_back()
    assert ledger.get(GivenBack, "lb01/lb02") is None, "it has not come yet"
    ledger.settle("lb02", Key("message", MESSAGE.id))
    ledger.tell_given_back()
    assert ledger.get(GivenBack, "lb01/lb02") == GivenBack(id="lb01/lb02", at=50.0)
    assert ledger.owed("lb02") == (Key("given_back", "lb01/lb02"),)
    assert not ledger.merge(beginning)
    assert ledger.give_back() == frozenset()
    assert ledger.merge(replace(beginning, at=40.0)), "a clock that was set back makes it no older"
    assert ledger.give_back() == {"lb02"}
