"""Who is to be told now, and why now: the planner alone, with incidents and messages as they may stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch.config.oncall import Channel, ChannelKind, Contact, Medium, OnCallOptions, Way
from hawatch.incident import Incident, Word, acknowledge, release, snooze, step
from hawatch.incident.transitions import resolve
from hawatch.notification.message import Message, MessageState
from hawatch.notification.planning import Due, Hour, Roster, due
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
        id=f"{each.person.name}-{after}",
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
