"""Any night at all: splits, cuts, dead gateways, lost letters, restarts and answers of every kind, in any order."""

from __future__ import annotations

import random
import tempfile
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hawatch.codes import Code
from hawatch.config.oncall import Way
from hawatch.desk.deed import Deed
from hawatch.desk.kinds import KINDS
from hawatch.desk.records import Answered, Heard, NodeAbilities
from hawatch.incident import EntryKind, Incident, State
from hawatch.notification.message import THROUGH, Message
from hawatch.reply.confirmation import Confirmation, ConfirmationState
from hawatch.verdict import VerdictKind
from tests.phones import ANNA, BO, LB01, LB02, NGINX_DOWN, RESTART, SKEW, START, STOP, Night, config

K = VerdictKind
NODES = st.sampled_from([LB01, LB02])
SHARED = (Answered, Code, Confirmation, Deed, Heard, Message, NodeAbilities)
TEXTS = (
    "{code}",
    "{code} 2",
    "{code} 3",
    "{code} 4",
    "{code} 9",
    "{code} 30m",
    "{code} 0",
    "{nonce}",
    "ok",
    "no",
    "?",
    "0000",
    "what?",
    "{code} 收到",
)
STEPS = st.one_of(
    st.tuples(st.just("says"), st.sampled_from(["split", "nobody", "failover", "skew", "nginx", "heals"])),
    st.tuples(st.just("talks"), st.booleans()),
    st.tuples(st.just("letters"), st.sampled_from(["arrive", "lost", "stop"])),
    st.tuples(
        st.just("gateway"),
        NODES,
        st.sampled_from(["sms", "satellite", "mail"]),
        st.sampled_from(["up", "down", "dead", "hung", "silent"]),
    ),
    st.tuples(st.just("replies"), st.sampled_from(["anna", "bo"]), st.sampled_from(TEXTS), NODES),
    st.tuples(st.just("demotes"), st.sampled_from(["anna", "bo"]), st.sampled_from("23"), NODES, NODES),
    st.tuples(st.just("again"), NODES),
    st.tuples(st.just("passes"), st.sampled_from([1, 5, 20, 70, 400, 1000])),
    st.tuples(st.just("restart"), NODES),
    st.tuples(st.just("helpers"), st.booleans()),
)


SEVERAL_WAYS = replace(
    ANNA,
    ways=(*ANNA.ways, Way(channel="satellite", to="8816"), Way(channel="mail", to="anna@example.net")),
)


class Teller:
    """Plays the steps of one night."""

    def __init__(self, night: Night) -> None:
        self.night = night
        self.last: tuple[str, str, float, str] | None = None

    def play(self, step: tuple[object, ...]) -> None:
        name, *details = step
        getattr(self, str(name))(*details)

    def says(self, what: str) -> None:
        night = self.night
        match what:
            case "split":
                night.split()
            case "nobody":
                night.nobody()
            case "failover":
                night.says(K.FAILOVER)
            case "skew":
                night.says(K.STEADY, SKEW)
            case "nginx":
                night.says(K.NO_OWNER, NGINX_DOWN)
            case _:
                night.heals()

    def talks(self, yes: bool) -> None:
        self.night.talking = yes
        self.night.settle()

    def letters(self, how: str) -> None:
        self.night.post = how != "stop"
        self.night.random = random.Random(7) if how == "lost" else None

    def gateway(self, node: str, channel: str, state: str) -> None:
        self.night.desks[node].gateways[channel] = state

    def replies(self, who: str, text: str, via: str) -> None:
        phone = self.night.phone(who)
        filled = text.replace("{code}", phone.code or "10").replace("{nonce}", phone.nonce or "1234")
        self.night.now += 1.0
        at = self.night.now + 1_000_000.0
        self.last = (filled, phone.person.ways[0].to, at, f"id-{at}")
        self.night.sms(filled, phone.person.ways[0].to, via, at, f"id-{at}")

    def demotes(self, who: str, number: str, via: str, then_via: str) -> None:
        self.replies(who, f"{{code}} {number}", via)
        self.replies(who, "{nonce}", then_via)

    def again(self, via: str) -> None:
        """The gateway hands the last text over once more."""
        if self.last is not None:
            text, sender, at, name = self.last
            self.night.sms(text, sender, via, at, name)

    def passes(self, seconds: int) -> None:
        self.night.passes(seconds, step=max(1.0, seconds / 20))

    def restart(self, node: str) -> None:
        self.night.desks[node].restart()
        self.night.settle()

    def helpers(self, yes: bool) -> None:
        self.night.helpers = yes

    def comes_to_rest(self) -> None:
        """Everything works again, for long enough that whatever failed is tried once more."""
        self.talks(True)
        self.letters("arrive")
        self.helpers(True)
        for node in (LB01, LB02):
            self.night.desks[node].gateways = {}
        self.night.passes(17 * 60, step=10.0)


@settings(max_examples=40)
@given(st.lists(STEPS, min_size=3, max_size=30))
def test_any_night_keeps_the_promises(steps: list[tuple[object, ...]]) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        pytest.MonkeyPatch.context() as monkeypatch,
        Night(monkeypatch, Path(folder), config(SEVERAL_WAYS, BO)) as night,
    ):
        for node in (LB01, LB02):
            night.allows(node, STOP, START, RESTART)
        teller = Teller(night)
        for step in steps:
            teller.play(step)
            nothing_is_done_twice(night)
            no_number_means_two_things(night)
            no_way_is_used_twice_for_one_message(night)
        teller.comes_to_rest()
        nothing_is_done_twice(night)
        no_number_means_two_things(night)
        both_know_the_same(night)
        somebody_was_told(night)
        every_reply_is_kept(night)
        night.texts()


def nothing_is_done_twice(night: Night) -> None:
    """A deed is begun once, a confirmation is good for one deed, and the last owner is not taken away."""
    for desk in night:
        assert max(Counter(desk.begun).values(), default=0) <= 1
        used = [e for e in desk.oncall.ledger.all(Confirmation) if e.state is ConfirmationState.USED]
        known = [e for e in desk.oncall.ledger.all(Deed) if e.action == STOP.name]
        confirmed = {e.id for other in night for e in other.oncall.ledger.all(Confirmation)}
        assert len({e.id for e in used}) == len(used)
        assert len(known) <= len(confirmed)
    assert list(night.daemons.values()) != ["dead", "dead"]


def no_number_means_two_things(night: Night) -> None:
    """The codes of one number that a person has, open or resting, are of one trouble, whatever it is called."""
    for desk in night:
        names = [set(each.names) for each in desk.oncall.ledger.all(Incident)]
        names += [set(each.names) for each in desk.oncall.all()]
        by_number = defaultdict(set)
        for code in desk.oncall.ledger.all(Code):
            if code.stands(desk.clock.wall()):
                by_number[code.person, code.number].add(code.incident)
        for incidents in by_number.values():
            assert len(incidents) == 1 or any(incidents <= each for each in names)


def no_way_is_used_twice_for_one_message(night: Night) -> None:
    """However many ways fail: what stands in for a message goes by another way than all before it."""
    for desk in night:
        messages = {each.id: each for each in desk.oncall.ledger.all(Message)}
        for each in messages.values():
            ways = [(each.channel, each.to)]
            before = messages.get(each.instead)
            while before is not None:
                ways.append((before.channel, before.to))
                before = messages.get(before.instead)
            assert len(ways) == len(set(ways))


def both_know_the_same(night: Night) -> None:
    one, other = night.lb01.oncall, night.lb02.oncall
    for kind in SHARED:
        assert kind in KINDS.values()
        records = [{each.id: each for each in desk.ledger.all(kind)} for desk in (one, other)]
        assert records[0] == records[1]
    assert {each.name: (each.state, each.acknowledged_by) for each in one.open} == {
        each.name: (each.state, each.acknowledged_by) for each in other.open
    }


def somebody_was_told(night: Night) -> None:
    """Of whatever wakes people and is still so, somebody knows, or has it."""
    for desk in night:
        for incident in desk.open:
            loud = any(part.verdict in {K.SPLIT_BRAIN, K.NO_OWNER} for part in incident.parts)
            if loud and incident.state is State.OPEN:
                about = list(desk.oncall.ledger.about(Message, incident.names))
                assert any(each.state in THROUGH and each.occasion != "answer" for each in about)


def every_reply_is_kept(night: Night) -> None:
    for desk in night:
        told = {
            name: [entry.text for entry in incident.timeline if entry.kind is EntryKind.REPLIED]
            for incident in desk.oncall.all()
            if incident.node == desk.node
            for name in incident.names
        }
        for heard in desk.oncall.ledger.all(Heard):
            for name in heard.incidents:
                assert name not in told or heard.text in told[name]
