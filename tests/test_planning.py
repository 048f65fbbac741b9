"""Who is to be told now, and why now: the planner alone, with incidents and messages as they may stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch.config.oncall import (
    Channel,
    ChannelKind,
    Contact,
    Medium,
    OnCallOptions,
    ReceiptWanted,
    Way,
)
from hawatch.incident import Incident, Word, acknowledge, release, snooze, step
from hawatch.incident.transitions import resolve
from hawatch.notification.message import Message, MessageState
from hawatch.notification.plan import Due, Hour, Roster
from hawatch.notification.planning import due
from hawatch.notification.text.brief import Occasion
from hawatch.verdict import VerdictKind
from tests.test_incident import BLOCKED, THREE

K = VerdictKind
SMS, MAIL = Medium.SMS, Medium.MAIL
CHANNELS = (
    Channel(name="sms", kind=ChannelKind.SMSTOOLS, media=frozenset({SMS})),
    Channel(name="spare", kind=ChannelKind.GAMMU, media=frozenset({SMS})),
    Channel(name="mail", kind=ChannelKind.SCRIPT, media=frozenset({MAIL})),
)


def contact(name: str, *channels: str) -> Contact:
    return Contact(name=name, ways=tuple(Way(channel=each, to=name) for each in channels or ("sms",)))


ANNA, BO, CARL = contact("anna"), contact("bo"), contact("carl")


def roster(*contacts: Contact, chain: tuple[tuple[str, ...], ...] = ()) -> Roster:
    return Roster(contacts=contacts, channels=CHANNELS, options=OnCallOptions(chain=chain))


def everybody(_: Contact) -> bool:
    return True


def hour(
    after: float, *, on_duty: Callable[[Contact], bool] = everybody, lately: int = 0, handover: float = 0.0
) -> Hour:
    return Hour(
        now=THREE + after,
        booted_at=0.0,
        on_duty=on_duty,
        quiet=lambda _: False,
        lately=lambda _: lately,
        handover=handover,
    )


def trouble(verdict: VerdictKind = K.SPLIT_BRAIN) -> Incident:
    word = Word(instance="VI_1", verdict=verdict, summary="", findings=(BLOCKED,))
    (incident,) = step((), (word,), THREE, node="lb01")
    return incident


def sent(
    each: Due, after: float, state: MessageState = MessageState.DELIVERED, failed_after: float | None = None
) -> Message:
    """The message that was made of what was due."""
    return Message(
        id=f"{each.person.name}-{each.way.channel}-{after}",
        node="lb01",
        person=each.person.name,
        channel=each.way.channel,
        to=each.way.to,
        medium=each.medium,
        occasion=each.occasion.value,
        text="",
        created_at=THREE + after,
        level=0 if each.need is None else each.need.level,
        state=state,
        changed_at=THREE + (after if failed_after is None else failed_after),
        instead="" if each.instead is None else each.instead.id,
        why=each.why,
    )


def told(each: list[Due]) -> list[tuple[str, str, Occasion]]:
    return [(item.person.name, item.way.channel, item.occasion) for item in each]


def test_a_way_that_failed_is_followed_by_the_next_at_once_and_by_itself_after_a_while() -> None:
    anna = contact("anna", "sms", "spare")
    people, incident = roster(anna), trouble()
    (first,) = due(incident, (), people, hour(1))
    failed = [sent(first, 1, MessageState.FAILED, 2)]
    (second,) = due(incident, failed, people, hour(2))
    assert (second.way.channel, second.occasion, second.since) == ("spare", Occasion.FIRST, THREE + 2)
    failed.append(sent(second, 2, MessageState.FAILED, 3))
    assert list(due(incident, failed, people, hour(15 * 60))) == []
    (third,) = due(incident, failed, people, hour(15 * 60 + 3))
    assert third.way.channel == "sms"


@pytest.mark.parametrize("occasion", [Occasion.REPEAT, Occasion.WORSE])
def test_what_fails_after_something_got_through_is_tried_again_after_a_while_too(occasion: Occasion) -> None:
    suspected = trouble(K.SPLIT_BRAIN_SUSPECTED)
    people = roster(contact("anna", "sms", "spare"))
    (first,) = due(suspected, (), people, hour(10))
    told_so_far = [sent(first, 10)]
    incident = trouble() if occasion is Occasion.WORSE else suspected
    at = 1000
    for channel in ("sms", "spare"):
        (item,) = due(incident, told_so_far, people, hour(at))
        assert told([item]) == [("anna", channel, occasion)]
        told_so_far.append(sent(item, at, MessageState.FAILED))
    assert list(due(incident, told_so_far, people, hour(at + 899))) == []
    (again,) = due(incident, told_so_far, people, hour(at + 900))
    assert again.way.channel == "sms"
    told_so_far.append(sent(again, at + 900, MessageState.FAILED))
    (and_again,) = due(incident, told_so_far, people, hour(at + 1800))
    assert and_again.way.channel == "spare"


def test_three_ways_are_tried_one_after_the_other_without_a_pause() -> None:
    anna = contact("anna", "sms", "spare", "third")
    people = replace(
        roster(anna),
        channels=(*CHANNELS, Channel(name="third", kind=ChannelKind.PHONE, media=frozenset({SMS}))),
    )
    incident, failed = trouble(), list[Message]()
    for at, channel in enumerate(("sms", "spare", "third"), start=1):
        (item,) = due(incident, failed, people, hour(at))
        assert item.way.channel == channel
        failed.append(sent(item, at, MessageState.FAILED))


def test_the_next_step_comes_only_when_every_way_to_all_of_this_one_has_failed() -> None:
    anna = contact("anna", "sms", "spare")
    people, incident = roster(anna, BO, CARL, chain=(("anna", "bo"), ("carl",))), trouble()
    first, second = due(incident, (), people, hour(0))
    failed = [sent(first, 0, MessageState.FAILED, 1), sent(second, 0, MessageState.FAILED, 1)]
    assert told(list(due(incident, failed, people, hour(1)))) == [("anna", "spare", Occasion.FIRST)]
    (third,) = due(incident, failed, people, hour(1))
    failed.append(sent(third, 1, MessageState.FAILED, 2))
    assert told(list(due(incident, failed, people, hour(2)))) == [("carl", "sms", Occasion.ESCALATED)]


def test_while_another_node_may_get_through_the_next_step_sleeps_on() -> None:
    people, incident = roster(ANNA, BO, chain=(("anna",), ("bo",))), trouble()
    (first,) = due(incident, (), people, hour(0))
    failed = [sent(first, 0, MessageState.FAILED, 1)]
    assert list(due(incident, failed, people, hour(5, handover=5.0))) == []
    assert told(list(due(incident, failed, people, hour(6, handover=5.0)))) == [
        ("bo", "sms", Occasion.ESCALATED)
    ]


def test_a_chain_ends_with_its_last_step_and_skips_whoever_is_off_duty() -> None:
    people, incident = roster(ANNA, BO, CARL, chain=(("anna",), ("bo",), ("carl",))), trouble()
    (first,) = due(incident, (), people, hour(0))
    at_home = hour(600, on_duty=lambda each: each.name != "bo")
    (second,) = due(incident, [sent(first, 0)], people, at_home)
    assert told([second]) == [("carl", "sms", Occasion.ESCALATED)]
    later = hour(899, on_duty=lambda each: each.name != "bo")
    assert list(due(incident, [sent(first, 0), sent(second, 600)], people, later)) == []


def test_the_next_step_is_asked_at_once_by_whoever_gave_it_back() -> None:
    people, incident = roster(ANNA, BO, chain=(("anna",), ("bo",))), trouble()
    (first,) = due(incident, (), people, hour(0))
    taken = acknowledge(incident, at=THREE + 30, who="anna")
    given_back = release(taken, at=THREE + 60, who="anna")
    (item,) = due(given_back, [sent(first, 0)], people, hour(61))
    assert (item.person.name, item.occasion, item.since) == ("bo", Occasion.RELEASED, THREE + 60)


def test_while_it_is_snoozed_nobody_is_told_anything() -> None:
    incident = snooze(trouble(), at=THREE, who="anna", until=THREE + 600)
    assert list(due(incident, (), roster(ANNA), hour(300))) == []


def test_a_message_that_still_waits_is_not_repeated() -> None:
    (first,) = due(trouble(), (), roster(ANNA), hour(0))
    waiting = [sent(first, 0, MessageState.RETRYING)]
    assert list(due(trouble(), waiting, roster(ANNA), hour(3600))) == []
    assert told(list(due(trouble(), [sent(first, 0)], roster(ANNA), hour(3600)))) == [
        ("anna", "sms", Occasion.REPEAT)
    ]


@pytest.mark.parametrize("lately", [11, 12, 500])
def test_a_full_hour_holds_back_a_repetition_and_neither_first_nor_worse_nor_end(lately: int) -> None:
    people, suspected = roster(ANNA), trouble(K.SPLIT_BRAIN_SUSPECTED)
    (first,) = due(suspected, (), people, hour(10, lately=lately))
    again = list(due(suspected, [sent(first, 10)], people, hour(3600, lately=lately)))
    assert bool(again) == (lately < 12)
    (worse,) = due(trouble(), [sent(first, 10)], people, hour(20, lately=lately))
    assert worse.occasion is Occasion.WORSE
    over = resolve(trouble(), at=THREE + 30, who="lb01", text="")
    (end,) = due(over, [sent(first, 10)], people, hour(30, lately=lately))
    assert end.occasion is Occasion.RESOLVED


def test_nobody_hears_the_end_of_what_never_reached_them() -> None:
    people = roster(ANNA, BO)
    first, second = due(trouble(), (), people, hour(0))
    over = resolve(trouble(), at=THREE + 30, who="lb01", text="")
    messages = [sent(first, 0, MessageState.FAILED), sent(second, 0)]
    assert told(list(due(over, messages, people, hour(30)))) == [("bo", "sms", Occasion.RESOLVED)]
    (end,) = due(over, messages, people, hour(30))
    assert list(due(over, [*messages, sent(end, 30)], people, hour(3600))) == []


@given(
    st.sampled_from([K.SPLIT_BRAIN, K.NO_OWNER, K.ISOLATED, K.FAILOVER]),
    st.lists(
        st.sampled_from([MessageState.DELIVERED, MessageState.FAILED, MessageState.STORED]), max_size=12
    ),
    st.lists(st.integers(1, 2000), min_size=12, max_size=12),
)
def test_whatever_comes_of_messages_each_person_has_at_most_one_more_to_come(
    verdict: VerdictKind, states: list[MessageState], pauses: list[int]
) -> None:
    people, incident = (
        roster(contact("anna", "sms", "spare", "mail"), BO, chain=(("anna",), ("bo",))),
        trouble(verdict),
    )
    told_so_far: list[Message] = []
    at = 0
    for pause, state in zip(pauses, states, strict=False):
        at += pause
        items = list(due(incident, told_so_far, people, hour(at)))
        places = [(each.person.name, each.medium) for each in items]
        assert len(places) == len(set(places))
        for each in items:
            assert each.since <= THREE + at
            assert each.way in each.person.ways
        told_so_far += [sent(each, at, state) for each in items]
        # What was told is not due again in the same moment.
        after = list(due(incident, told_so_far, people, hour(at)))
        if state is not MessageState.FAILED:
            assert after == []


# --- the next way in time -------------------------------------------------------------------------


def late_ones(*channels: str, within: float = 60.0) -> Roster:
    """Anna alone, with these ways in this order."""
    known = {each.name: replace(each, receipt_within=within) for each in CHANNELS}
    return Roster(
        contacts=(contact("anna", *channels),), channels=tuple(known.values()), options=OnCallOptions()
    )


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (MessageState.STORED, "not handed over within 60 s"),
        (MessageState.RETRYING, "not handed over within 60 s"),
        (MessageState.SENT, "no receipt within 60 s"),
    ],
)
def test_a_message_that_is_late_is_followed_by_the_next_way_and_stays_where_it_is(
    state: MessageState, why: str
) -> None:
    people, incident = late_ones("sms", "spare"), trouble()
    (first,) = due(incident, (), people, hour(1))
    so_far = [sent(first, 1, state)]
    assert list(due(incident, so_far, people, hour(60.9))) == []
    (second,) = due(incident, so_far, people, hour(61))
    assert told([second]) == [("anna", "spare", Occasion.FIRST)]
    assert (second.instead, second.why, second.since) == (so_far[0], why, THREE + 61)
    so_far.append(sent(second, 61, MessageState.SENT))
    assert list(due(incident, so_far, people, hour(900))) == [], "each way once, and no way is left"


@pytest.mark.parametrize("state", [MessageState.LEFT, MessageState.DELIVERED])
def test_what_got_through_in_time_is_told_by_no_other_way(state: MessageState) -> None:
    people, incident = late_ones("sms", "spare"), trouble()
    (first,) = due(incident, (), people, hour(1))
    assert list(due(incident, [sent(first, 1, state)], people, hour(800))) == []


def test_where_arrival_is_asked_for_having_gone_out_is_not_enough() -> None:
    people, incident = late_ones("sms", "spare"), trouble()
    strict = tuple(replace(each, receipt=ReceiptWanted.DELIVERED) for each in people.channels)
    people = replace(people, channels=strict)
    (first,) = due(incident, (), people, hour(1))
    (second,) = due(incident, [sent(first, 1, MessageState.LEFT)], people, hour(61))
    assert (second.way.channel, second.why) == ("spare", "no receipt within 60 s")
    assert list(due(incident, [sent(first, 1, MessageState.DELIVERED)], people, hour(61))) == []


def test_zero_seconds_turn_it_off() -> None:
    people, incident = late_ones("sms", "spare", within=0.0), trouble()
    (first,) = due(incident, (), people, hour(1))
    assert list(due(incident, [sent(first, 1, MessageState.SENT)], people, hour(890))) == []


def test_a_late_receipt_changes_nothing_any_more() -> None:
    people, incident = late_ones("sms", "spare", "mail"), trouble()
    (first,) = due(incident, (), people, hour(1))
    so_far = [sent(first, 1, MessageState.SENT)]
    (second,) = due(incident, so_far, people, hour(61))
    late = [replace(so_far[0], state=MessageState.DELIVERED), sent(second, 61, MessageState.SENT)]
    assert list(due(incident, late, people, hour(800))) == []


def test_mail_is_the_last_way_and_keeps_nobody_from_waking_the_next_person() -> None:
    anna = contact("anna", "mail", "sms")
    people, incident = roster(anna, BO, chain=(("anna",), ("bo",))), trouble()
    (first,) = due(incident, (), people, hour(0))
    assert first.way.channel == "sms", "what wakes comes first"
    so_far = [sent(first, 0, MessageState.RETRYING)]
    (second,) = due(incident, so_far, people, hour(60))
    assert (second.way.channel, second.medium, second.occasion) == ("mail", MAIL, Occasion.FIRST)
    so_far.append(sent(second, 60))
    assert told(list(due(incident, so_far, people, hour(600)))) == [("bo", "sms", Occasion.ESCALATED)]


def test_when_every_way_that_wakes_is_refused_it_is_mailed_once_and_the_next_person_is_woken() -> None:
    anna = contact("anna", "sms", "mail")
    people, incident = roster(anna, BO, chain=(("anna",), ("bo",))), trouble()
    (first,) = due(incident, (), people, hour(0))
    so_far = [sent(first, 0, MessageState.FAILED, 1)]
    items = list(due(incident, so_far, people, hour(1)))
    assert told(items) == [("anna", "mail", Occasion.FIRST), ("bo", "sms", Occasion.ESCALATED)]
    so_far += [sent(each, 1) for each in items]
    taken = acknowledge(incident, at=THREE + 5, who="bo")
    assert list(due(taken, so_far, people, hour(1000))) == []
    again = [each for each in due(incident, so_far, people, hour(1000)) if each.person.name == "anna"]
    assert told(again) == [("anna", "sms", Occasion.FIRST)]
    so_far += [sent(each, 1000, MessageState.FAILED) for each in again]
    after = [each for each in due(incident, so_far, people, hour(1001)) if each.person.name == "anna"]
    assert after == [], "it is not mailed again with every attempt"


def test_what_is_late_is_of_no_interest_once_somebody_has_it_or_the_person_has_answered() -> None:
    people, incident = late_ones("sms", "spare"), trouble()
    (first,) = due(incident, (), people, hour(1))
    so_far = [sent(first, 1, MessageState.SENT)]
    taken = acknowledge(incident, at=THREE + 30, who="bo")
    assert list(due(taken, so_far, people, hour(61))) == []
    assert list(due(release(taken, at=THREE + 40, who="anna"), so_far, people, hour(61))) == []
    given_back = release(taken, at=THREE + 40, who="bo")
    assert told(list(due(given_back, so_far, people, hour(61)))) == [("anna", "spare", Occasion.RELEASED)]


def test_what_comes_after_something_that_is_stuck_goes_by_a_way_that_is_not() -> None:
    people, suspected = late_ones("sms", "spare"), trouble(K.SPLIT_BRAIN_SUSPECTED)
    (first,) = due(suspected, (), people, hour(10))
    so_far = [sent(first, 10, MessageState.RETRYING)]
    (second,) = due(suspected, so_far, people, hour(70))
    so_far.append(sent(second, 70))
    assert told(list(due(trouble(), so_far, people, hour(80)))) == [("anna", "spare", Occasion.WORSE)]
    (again,) = due(suspected, so_far, people, hour(970))
    assert told([again]) == [("anna", "spare", Occasion.REPEAT)], "what waits is not added to"


@given(
    st.permutations(["sms", "spare", "mail"]),
    st.dictionaries(
        st.sampled_from(["sms", "spare", "mail"]),
        st.sampled_from([MessageState.STORED, MessageState.SENT, MessageState.FAILED]),
    ),
)
def test_while_any_way_works_a_person_is_told_before_the_times_of_the_others_are_over(
    order: list[str], broken: dict[str, MessageState]
) -> None:
    people, incident = late_ones(*order), trouble()
    so_far: list[Message] = []
    for at in range(190):
        for each in due(incident, so_far, people, hour(at)):
            so_far.append(sent(each, at, broken.get(each.way.channel, MessageState.DELIVERED)))
    got_through = [each for each in so_far if each.state is MessageState.DELIVERED]
    assert len(got_through) == (len(broken) < 3)
    used = [each.channel for each in so_far]
    assert len(used) == len(set(used)), "no way is used twice for one message"
    assert all(each.created_at <= THREE + 60 * len(broken) + 1 for each in got_through)
