"""Short codes, which never mean two troubles at once, and the digits that confirm what is dangerous."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from hawatch.ability import Danger
from hawatch.codes import (
    QUARANTINE,
    Choice,
    Code,
    CodesExhaustedError,
    Half,
    allocate,
    find,
    half_of,
    number_for,
    taken_by,
)
from hawatch.config.oncall import CodeHalf
from hawatch.plain import codec
from hawatch.reply.confirmation import (
    Confirmation,
    ConfirmationState,
    NonceVerdict,
    drop,
    judge_nonce,
    new_nonce,
    nonce_digits,
)
from hawatch.reply.grammar import read

HOUR = 3600.0
DEMOTE = Choice(number=2, action="stop-keepalived", node="r2", vip="10.0.0.100", label="demote r2")
EVEN = Half(place=0, places=2)
ODD = Half(place=1, places=2)


def code(number: int = 47, **changes: object) -> Code:
    said = {
        "person": "ann",
        "incident": "r1-1",
        "node": "r1",
        "given_at": 0.0,
        "revision": 1,
        "menu": (DEMOTE,),
    }
    return Code(number=number, **{**said, **changes})  # type: ignore[arg-type]


# --- numbers --------------------------------------------------------------------------------------


def test_a_number_is_the_next_free_one_of_the_nodes_class_from_the_start_on() -> None:
    assert allocate((), place=1, places=2, start=47) == 47
    assert allocate((), place=0, places=2, start=47) == 48
    assert allocate({47, 49}, place=1, places=2, start=47) == 51


def test_after_the_last_number_comes_the_first() -> None:
    assert allocate({99}, place=1, places=2, start=98) == 11
    assert allocate((), place=0, places=2, start=12345) == 10


def test_three_digits_come_when_all_of_two_are_gone() -> None:
    two = set(range(11, 100, 2))
    assert allocate(two - {35}, place=1, places=2, start=47) == 35
    assert allocate(two, place=1, places=2, start=47) == 471
    assert allocate(two | set(range(471, 1000, 2)), place=1, places=2, start=47) == 101


def test_when_all_are_gone_that_is_said_though_the_other_class_is_free() -> None:
    with pytest.raises(CodesExhaustedError, match="place 1 of 2"):
        allocate(set(range(11, 1000, 2)), place=1, places=2, start=47)


def test_what_others_have_for_the_same_incident_is_granted_if_it_is_free() -> None:
    assert allocate({51}, place=0, places=2, wish=47, start=60) == 47
    assert allocate({47}, place=0, places=2, wish=47, start=60) == 60


@given(
    taken=st.frozensets(st.integers(10, 999)),
    places=st.integers(1, 5),
    data=st.data(),
    start=st.integers(-5, 2000),
)
def test_a_fresh_number_is_free_and_of_its_class_and_short_if_it_can_be(
    taken: frozenset[int], places: int, data: st.DataObject, start: int
) -> None:
    place = data.draw(st.integers(0, places - 1))
    number = allocate(taken, place=place, places=places, start=start)
    assert number not in taken
    assert number in Half(place=place, places=places)
    assert number in range(10, 1000)
    short = {each for each in range(10, 100) if each % places == place}
    assert (number < 100) == bool(short - taken)


@given(starts=st.lists(st.tuples(st.booleans(), st.integers(10, 99)), max_size=60))
def test_two_nodes_that_cannot_talk_never_give_the_same_number(starts: list[tuple[bool, int]]) -> None:
    given: dict[bool, set[int]] = {False: set(), True: set()}
    for odd, start in starts:
        given[odd].add(allocate(given[odd], place=int(odd), places=2, start=start))
    assert given[False].isdisjoint(given[True])
    assert len(given[False]) + len(given[True]) == len(starts)


def test_the_halves_follow_the_configuration_or_else_the_names() -> None:
    assert half_of(CodeHalf.EVEN, node="r1", members=("r1", "r2")) == EVEN
    assert half_of(CodeHalf.ODD, node="r1", members=("r1", "r2")) == ODD
    assert half_of(CodeHalf.AUTO, node="r1", members=("r2", "r1")) == EVEN
    assert half_of(CodeHalf.AUTO, node="r2", members=("r1",)) == ODD
    assert half_of(CodeHalf.AUTO, node="r1", members=()) == EVEN
    assert half_of(CodeHalf.AUTO, node="r3", members=("r1", "r2")) == Half(place=2, places=3)


# --- quarantine -----------------------------------------------------------------------------------


def test_a_number_rests_for_72_hours_after_its_incident() -> None:
    retired = code(retired_at=1000.0)
    just_before, then = 1000.0 + QUARANTINE - 1, 1000.0 + QUARANTINE
    assert taken_by([retired], "ann", just_before) == {47}
    assert taken_by([retired], "ann", then) == frozenset()
    assert find([retired], "ann", 47, just_before) == retired
    assert find([retired], "ann", 47, then) is None


def test_the_number_of_an_open_incident_is_taken_however_old_it_is() -> None:
    assert taken_by([code()], "ann", 1e9) == {47}
    assert find([code()], "ann", 47, 1e9) == code()


def test_a_clock_that_went_back_does_not_free_a_number() -> None:
    assert taken_by([code(retired_at=1e9)], "ann", 1000.0) == {47}


def test_what_one_person_has_is_nothing_to_another() -> None:
    assert taken_by([code()], "bob", 0.0) == frozenset()
    assert find([code()], "bob", 47, 0.0) is None
    assert find([code()], "ann", 48, 0.0) is None


def test_the_newest_code_is_meant() -> None:
    old, new = code(retired_at=10.0), code(incident="r1-2", given_at=20.0)
    assert find([new, old], "ann", 47, 30.0) == find([old, new], "ann", 47, 30.0) == new


# --- which number an incident has for a person ------------------------------------------------------


def ask(
    *codes: Code,
    person: str = "ann",
    incidents: tuple[str, ...] = ("r1-1",),
    half: Half = EVEN,
    now: float = 9.0,
) -> int:
    return number_for(codes, person=person, incidents=incidents, now=now, half=half, start=60)


def test_a_person_who_is_told_again_keeps_the_number() -> None:
    assert ask(code(47)) == 47
    assert ask(code(47, retired_at=5.0)) == 47


def test_two_people_have_the_same_number_for_one_incident_whichever_node_tells_them() -> None:
    assert ask(code(47), person="bob", half=EVEN) == 47
    assert ask(code(47, incident="r2-4"), person="bob", incidents=("r1-1", "r2-4")) == 47


def test_a_new_incident_gets_a_number_that_nobody_has_for_anything() -> None:
    assert ask(code(60, person="bob", incident="r1-0", retired_at=1.0)) == 62
    assert ask(code(60, person="bob", incident="r1-0", retired_at=1.0), now=1.0 + QUARANTINE) == 60


def test_what_the_other_node_hands_on_is_not_given_to_that_person_for_something_else_meanwhile() -> None:
    for_ann = code(60, incident="r1-1")
    for_bob_by_r2 = ask(for_ann, person="bob", half=ODD)
    for_bob_by_r1 = ask(for_ann, person="bob", incidents=("r1-2",))
    assert for_bob_by_r2 == 60 != for_bob_by_r1


class TwoNodes(RuleBasedStateMachine):
    """Two nodes that tell two people of incidents, and hear of each other's codes now and then, or never."""

    PEOPLE = ("ann", "bob")

    @initialize()
    def begin(self) -> None:
        self.now = 0.0
        self.known: dict[str, dict[str, Code]] = {"r1": {}, "r2": {}}
        self.halves = {"r1": EVEN, "r2": ODD}
        self.ended: dict[str, float] = {}
        self.opened = 0

    @rule(node=st.sampled_from(("r1", "r2")), person=st.sampled_from(PEOPLE), start=st.integers(10, 11))
    def tell_of_a_new_incident(self, node: str, person: str, start: int) -> None:
        self.opened += 1
        self._tell(node, person, f"{node}-{self.opened}", start)

    @rule(node=st.sampled_from(("r1", "r2")), person=st.sampled_from(PEOPLE), data=st.data())
    def tell_somebody_of_what_is_known(self, node: str, person: str, data: st.DataObject) -> None:
        known = sorted({each.incident for each in self.known[node].values()} - self.ended.keys())
        if known:
            self._tell(node, person, data.draw(st.sampled_from(known)), 10)

    @rule(data=st.data())
    def an_incident_ends(self, data: st.DataObject) -> None:
        """Each node sees for itself that it is over, and lets its codes rest."""
        known = sorted(
            {each.incident for codes in self.known.values() for each in codes.values()} - self.ended.keys()
        )
        if known:
            over = data.draw(st.sampled_from(known))
            self.ended[over] = self.now
            for codes in self.known.values():
                for name, each in codes.items():
                    if each.incident == over:
                        codes[name] = replace(each, retired_at=self.now)

    @rule(giver=st.sampled_from(("r1", "r2")))
    def one_hears_of_the_others_codes(self, giver: str) -> None:
        listener = "r2" if giver == "r1" else "r1"
        for name, each in self.known[giver].items():
            mine = self.known[listener].get(name)
            if mine is None or mine.progress < each.progress:
                self.known[listener][name] = each

    @rule(hours=st.sampled_from((1.0, 71.0, 73.0)))
    def time_passes(self, hours: float) -> None:
        self.now += hours * HOUR

    @invariant()
    def a_persons_number_means_one_incident(self) -> None:
        meant: dict[tuple[str, int], str] = {}
        for each in (each for codes in self.known.values() for each in codes.values()):
            if self.now - self.ended.get(each.incident, self.now) >= 72 * HOUR:
                continue
            assert meant.setdefault((each.person, each.number), each.incident) == each.incident

    @invariant()
    def a_number_of_a_nodes_own_incidents_is_of_its_class(self) -> None:
        for codes in self.known.values():
            for each in codes.values():
                assert each.number in self.halves[each.incident.partition("-")[0]]

    def _tell(self, node: str, person: str, incident: str, start: int) -> None:
        number = number_for(
            self.known[node].values(),
            person=person,
            incidents=(incident,),
            now=self.now,
            half=self.halves[node],
            start=start,
        )
        given = code(number, person=person, incident=incident, node=node, given_at=self.now)
        self.known[node].setdefault(given.id, given)


TestTwoNodes = TwoNodes.TestCase
TestTwoNodes.settings = settings(max_examples=200, stateful_step_count=30, deadline=None)


# --- confirmations ----------------------------------------------------------------------------------


def asked(**changes: object) -> Confirmation:
    said = {
        "id": "c1", "person": "ann", "nonce": "8316", "incident": "r1-1", "code": 47, "choice": DEMOTE,
        "revision": 1, "asked_at": 0.0, "until": 300.0, "asked_by": "ann",
    }  # fmt: skip
    return Confirmation(**{**said, **changes})  # type: ignore[arg-type]


def test_the_right_digits_confirm_once() -> None:
    judged = judge_nonce([asked()], "ann", "8316", 299.0)
    used = asked(state=ConfirmationState.USED)
    assert (judged.verdict, judged.confirmation, judged.changed) == (NonceVerdict.RIGHT, used, (used,))
    again = judge_nonce(judged.changed, "ann", "8316", 299.0)
    assert (again.verdict, again.confirmation, again.changed) == (NonceVerdict.VOID, used, ())


@pytest.mark.parametrize("nonce", ["8317", "831", "83160", "", "０３１６", "\ud800"])
def test_wrong_digits_cost_a_try_and_the_third_time_all_is_over(nonce: str) -> None:
    waiting = [asked()]
    for left in (2, 1, 0):
        judged = judge_nonce(waiting, "ann", nonce, 1.0)
        assert judged.verdict is NonceVerdict.WRONG
        assert judged.confirmation is None
        waiting = list(judged.changed)
        assert [each.tries_left for each in waiting] == [left]
    assert judge_nonce(waiting, "ann", "8316", 1.0).verdict is NonceVerdict.VOID


def test_wrong_digits_cost_everything_of_that_person_that_waits_and_nothing_of_others() -> None:
    mine = [asked(), asked(id="c2", nonce="1111")]
    over = asked(id="c3", nonce="2222", state=ConfirmationState.DROPPED)
    others = asked(id="c4", person="bob", nonce="3333")
    judged = judge_nonce([*mine, over, others], "ann", "4444", 1.0)
    assert judged.changed == tuple(replace(each, tries_left=2) for each in mine)


@pytest.mark.parametrize("state", [ConfirmationState.DROPPED, ConfirmationState.VOID, ConfirmationState.USED])
def test_the_digits_of_what_is_over_confirm_nothing_and_cost_nothing(state: ConfirmationState) -> None:
    over, waiting = asked(state=state), asked(id="c2", nonce="1111")
    judged = judge_nonce([over, waiting], "ann", "8316", 1.0)
    assert (judged.verdict, judged.confirmation, judged.changed) == (NonceVerdict.VOID, over, ())


def test_digits_that_come_too_late_confirm_nothing() -> None:
    judged = judge_nonce([asked()], "ann", "8316", 300.0)
    assert (judged.verdict, judged.confirmation, judged.changed) == (NonceVerdict.VOID, asked(), ())
    assert judge_nonce([asked()], "ann", "1111", 300.0).verdict is NonceVerdict.VOID


def test_digits_from_somebody_else_confirm_nothing_though_they_are_right() -> None:
    assert judge_nonce([asked()], "bob", "8316", 1.0).verdict is NonceVerdict.VOID
    judged = judge_nonce([asked(), asked(id="c2", person="bob", nonce="1111")], "bob", "8316", 1.0)
    assert judged.verdict is NonceVerdict.WRONG


def test_where_a_second_person_is_needed_the_first_one_does_not_count() -> None:
    fence = asked(second=True, nonce="831642")
    assert judge_nonce([fence], "ann", "831642", 1.0).verdict is NonceVerdict.VOID
    by_another = replace(fence, person="bob")
    assert judge_nonce([by_another], "bob", "831642", 1.0).verdict is NonceVerdict.RIGHT


def test_what_one_has_confirmed_another_does_not_confirm_again() -> None:
    twin = asked(id="c2", person="bob", asked_by="bob", nonce="1111", choice=replace(DEMOTE, number=3))
    elsewhere = asked(id="c3", person="bob", nonce="2222", choice=replace(DEMOTE, node="r1"))
    done = asked(id="c4", nonce="3333", state=ConfirmationState.DROPPED)
    judged = judge_nonce([asked(), twin, elsewhere, done], "ann", "8316", 1.0)
    assert judged.changed == (
        asked(state=ConfirmationState.USED),
        replace(twin, state=ConfirmationState.VOID),
    )


def test_a_no_drops_what_was_put_to_that_person_or_asked_by_them() -> None:
    own, to_another = asked(), asked(id="c2", person="bob", second=True)
    others = asked(id="c3", person="bob", asked_by="bob")
    late, used = asked(id="c4", until=1.0), asked(id="c5", state=ConfirmationState.USED)
    dropped = drop([own, to_another, others, late, used], "ann", 1.0)
    assert dropped == tuple(replace(each, state=ConfirmationState.DROPPED) for each in (own, to_another))


def test_the_more_dangerous_the_more_digits() -> None:
    assert [nonce_digits(each) for each in (Danger.RESTART, Danger.DEMOTE, Danger.FENCE)] == [0, 4, 6]


@given(draw=st.integers(0, 10**9), digits=st.sampled_from((4, 6)))
def test_a_nonce_is_read_as_a_confirmation_and_is_unlike_those_that_wait(draw: int, digits: int) -> None:
    first = new_nonce(draw, digits, [])
    second = new_nonce(draw, digits, [asked(nonce=first)])
    assert first != second
    for nonce in (first, second):
        assert len(nonce) == digits
        assert getattr(read(nonce), "nonce", None) == nonce


# --- what two nodes tell each other -----------------------------------------------------------------


@pytest.mark.parametrize(
    "record", [code(), code(retired_at=5.0), asked(), asked(state=ConfirmationState.VOID)]
)
def test_codes_and_confirmations_can_be_stored_and_sent(record: Code | Confirmation) -> None:
    way = codec(Code) if isinstance(record, Code) else codec(Confirmation)
    assert way.decode(way.encode(record)) == record


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        (code(revision=1), code(revision=2)),
        (code(revision=99), code(revision=1, retired_at=0.0)),
        (asked(), asked(tries_left=2)),
        (asked(tries_left=0), asked(state=ConfirmationState.VOID)),
        (asked(state=ConfirmationState.VOID), asked(state=ConfirmationState.DROPPED)),
        (asked(state=ConfirmationState.DROPPED), asked(state=ConfirmationState.USED)),
    ],
)
def test_of_two_versions_the_one_that_has_come_further_counts(
    older: Code | Confirmation, newer: Code | Confirmation
) -> None:
    assert older.progress < newer.progress
    assert older.id == newer.id
