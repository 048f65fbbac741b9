"""Two desks and the telephones of people, without keepalived, network or gateway: a night that reads as a dialogue.

    night.split()
    night.phone("anna").must_read("SPLIT BRAIN", "{code}=ack")
    night.phone("anna").replies("{code}")
    night.phone("anna").must_read("{code} is yours")

Both desks are real; the judge's words, the picture, the clocks, the gateways and the peer link are in the test's hands.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest

from hawatch.ability import Ability, Danger, Power
from hawatch.agent import noticed
from hawatch.agent.arrivals import take_in
from hawatch.agent.oncall import OnCall
from hawatch.config import Config
from hawatch.config.oncall import (
    Channel,
    ChannelKind,
    Contact,
    Medium,
    NotifyRule,
    OnCallOptions,
    Permission,
    Way,
)
from hawatch.config.records import Peer, VirtualRouterOptions
from hawatch.desk.around import Around
from hawatch.desk.deed import Deed, DeedState
from hawatch.desk.deeds import refusal, to_do
from hawatch.desk.records import NodeAbilities
from hawatch.incident import EntryKind, Incident, Word
from hawatch.judge import Judge
from hawatch.notification.message import Message, MessageState
from hawatch.notification.text.length import segments
from hawatch.permit import Gone
from hawatch.reply.arrival import Reply
from hawatch.snapshot import RouterView, Snapshot
from hawatch.verdict import Cause, Finding, Severity, VerdictKind
from tests import snapshots
from tests.drawn import desk_sees
from tests.snapshots import router, verdict
from tests.test_incident import THREE

T = TypeVar("T")
K = VerdictKind
LB01, LB02 = "lb01", "lb02"
MINUTE, HOUR = 60.0, 3600.0

ANNA = Contact(
    name="anna",
    language="en",
    permissions=frozenset({Permission.ACK, Permission.ACT}),
    ways=(Way(channel="sms", to="+8613800000001"),),
)
BO = Contact(
    name="bo",
    language="zh",
    permissions=frozenset(Permission),
    ways=(Way(channel="sms", to="+8613800000002"),),
)
CARL = Contact(
    name="carl",
    language="en",
    permissions=frozenset(Permission),
    ways=(Way(channel="sms", to="+8613800000003"),),
)
SMS = Channel(name="sms", kind=ChannelKind.SMSTOOLS, media=frozenset({Medium.SMS}))
SATELLITE = Channel(name="satellite", kind=ChannelKind.SCRIPT, media=frozenset({Medium.SMS}))
MAIL = Channel(name="mail", kind=ChannelKind.SCRIPT, media=frozenset({Medium.MAIL}))

STOP = Ability(name="stop-keepalived", danger=Danger.DEMOTE, undo="start-keepalived", offer=("split_brain",))
START = Ability(name="start-keepalived", danger=Danger.RESTART, offer=("keepalived_dead",))
RESTART = Ability(
    name="restart-nginx",
    danger=Danger.RESTART,
    offer=("service_down",),
    service="nginx",
    labels=(("en", "restart nginx"), ("zh", "重启nginx")),
)
FENCE = Ability(
    name="fence-peer",
    danger=Danger.FENCE,
    offer=("split_brain",),
    labels=(("en", "power lb02 off"), ("zh", "关闭lb02电源")),
)
BLOCKED = snapshots.BLOCKED_INBOUND
STALE_ARP = snapshots.STALE_ARP
SKEW = Finding(cause=Cause.CLOCK_SKEW, node=LB02, severity=Severity.WARNING, summary="2 s apart")
DEAD = Finding(
    cause=Cause.KEEPALIVED_DEAD, node=LB02, severity=Severity.WARNING, summary="keepalived does not run"
)
NGINX_DOWN = Finding(
    cause=Cause.SERVICE_DOWN,
    node=LB02,
    severity=Severity.CRITICAL,
    summary="nginx does not answer",
    evidence=(("check", "nginx"),),
)


def options(**changes: object) -> OnCallOptions:
    return replace(OnCallOptions(), **changes)  # type: ignore[arg-type]


def config(
    *contacts: Contact,
    oncall: OnCallOptions | None = None,
    notify: tuple[NotifyRule, ...] = (),
    data: tuple[str, ...] = (),
) -> Config:
    return Config(
        peers=(Peer(name=LB01), Peer(name=LB02)),
        virtual_routers=tuple(VirtualRouterOptions(instance=each, data=True) for each in data),
        oncall=oncall or OnCallOptions(),
        channels=(SMS, SATELLITE, MAIL),
        contacts=contacts or (ANNA, BO),
        notify=notify,
    )


class Hand:
    """One clock for all, moved by hand; a node's own may be wrong by `off` seconds."""

    def __init__(self, night: Night, off: float = 0.0) -> None:
        self.night = night
        self.off = off

    def monotonic(self) -> float:
        return 100_000.0 + self.night.now

    def wall(self) -> float:
        return THREE + self.night.now + self.off


class Phone:
    """What one person has been sent, and what they answer."""

    def __init__(self, night: Night, person: Contact) -> None:
        self.night = night
        self.person = person
        self.texts: list[str] = []
        self.mails: list[str] = []
        self.read = 0
        self.last_node = LB01
        self.code = ""
        self.nonce = ""

    def must_read(self, *words: str) -> str:
        """The next text, which has all these words."""
        assert self.read < len(self.texts), f"{self.person.name} has no further text, of {self.texts}"
        text = self.texts[self.read]
        self.read += 1
        for word in words:
            assert self._filled(word) in text, f"{self._filled(word)!r} is not in {text!r}"
        return text

    def must_be_silent(self) -> None:
        """Nothing that was not read."""
        assert self.texts[self.read :] == [], f"{self.person.name} was texted {self.texts[self.read :]}"

    def unread(self) -> list[str]:
        """All further texts, read in one go."""
        found = self.texts[self.read :]
        self.read = len(self.texts)
        return found

    def replies(
        self,
        text: str,
        *,
        via: str | None = None,
        sent_at: float | None = None,
        id: str = "",  # noqa: A002
    ) -> Phone:
        """A reply by SMS, by default to the node whose message came last; then all that follows at once."""
        self.night.sms(self._filled(text), self.person.ways[0].to, via or self.last_node, sent_at, id)
        return self

    def mails_back(self, text: str, *, via: str = LB01) -> Phone:
        """A reply by mail, from the address on the channel mail."""
        address = next(way.to for way in self.person.ways if way.channel == "mail")
        self.night.sms(self._filled(text), address, via, channel="mail")
        return self

    def receives(self, message: Message) -> None:
        """A message has arrived."""
        if message.channel == "mail":
            self.mails.append(message.text)
        else:
            self.texts.append(message.text)
            self.last_node = message.node
        if found := re.search(r"(\d{2,3})=ack|回(\d{2,3})确认", message.text):
            self.code = found[1] or found[2]
        if found := re.search(r"(?:Reply|reply|回)\s?(\d{6}|\d{4})(?!\d)", message.text):
            self.nonce = found[1]

    def _filled(self, text: str) -> str:
        return text.replace("{code}", self.code or "CODE?").replace("{nonce}", self.nonce or "NONCE?")


class Desk:
    """One node: its on-call side, what its judge says, its gateway, its helper."""

    def __init__(self, night: Night, node: str) -> None:
        self.night = night
        self.node = node
        self.other = LB02 if node == LB01 else LB01
        self.clock = Hand(night)
        self.words: dict[str, tuple[VerdictKind, tuple[Finding, ...]]] = {"VI_1": (K.STEADY, ())}
        self.gateways: dict[
            str, str
        ] = {}  # up (not named), down, dead, hung or silent: takes it and tells nothing
        self.alive = True
        self.told: list[object] = []
        self.ran: list[str] = []
        self.begun: list[str] = []
        self.oncall = self._new()

    def _new(self) -> OnCall:
        judge = Judge()
        self.night.judges[id(judge)] = self
        self.judge = judge
        path = None if self.night.path is None else self.night.path / f"{self.node}.db"
        oncall = OnCall(
            node=self.node,
            judge=judge,
            path=path,
            put=self.told.append,
            clock=self.clock,
            config=self.night.config,
        )
        self.night.run(oncall.begin())
        return oncall

    # --- life ---

    def restart(self) -> None:
        """The agent is killed and started again, on the same store."""
        assert self.night.path is not None
        booted, old = self.judge.situation.node.booted_at, self.oncall
        self.night.run(old.close())
        self.oncall = self._new()
        self.judge.situation.node.booted_at = booted

    def boots(self) -> None:
        """The host has just booted."""
        self.judge.situation.node.booted_at = self.clock.monotonic()

    def turn(self) -> None:
        """What a change or a second brings about."""
        if self.alive:
            self.oncall.notice()
            self.night.run(self.oncall.turn())

    def change(self, do: Callable[[Around], T]) -> T:
        return self.night.run(self.oncall.change(do))

    # --- what there is ---

    @property
    def open(self) -> tuple[Incident, ...]:
        return self.oncall.open

    @property
    def only(self) -> Incident:
        (incident,) = self.oncall.open
        return incident

    @property
    def messages(self) -> list[Message]:
        return list(self.oncall.ledger.all(Message))

    def deeds(self) -> list[Deed]:
        return list(self.oncall.ledger.all(Deed))

    def story(self, incident: Incident | None = None) -> list[tuple[EntryKind, str, str]]:
        found = incident or self.oncall.all()[0]
        return [(entry.kind, entry.who, entry.text) for entry in found.timeline]

    # --- what it sees ---

    def heard_words(self) -> tuple[Word, ...]:
        return tuple(
            Word(
                instance=instance,
                verdict=kind,
                summary=f"it is {kind.value}",
                findings=findings,
                router=f"{number}/ipv4",
            )
            for number, (instance, (kind, findings)) in enumerate(sorted(self.words.items()), start=51)
        )

    def picture(self) -> Snapshot:
        night = self.night
        routers = [self._view(instance) for instance in sorted(self.words)]
        drawn = snapshots.snapshot(*routers, node=self.node)
        talks = "up" if night.talking and night.desks[self.other].alive else night.unheard
        peer = replace(drawn.peers[0], agent=talks, daemon=night.daemons[self.other])
        return replace(drawn, daemon=night.daemons[self.node], peers=(peer,))

    def _view(self, instance: str) -> RouterView:
        kind, findings = self.words[instance]
        held = tuple(self.night.held.items())
        drawn = router(verdict(kind, ""), instance=instance, held_by=held, findings=findings)
        return replace(drawn, advertising=self.night.held[self.node])

    # --- its gateway and its helper ---

    def deliver(self) -> int:
        """Hand over what is due, for each person in order; how many were tried."""
        tried = 0
        for name, channel in {(each.person, each.channel): None for each in self.messages}:
            while self.alive and self._deliver_next(name, channel):
                tried += 1
        return tried

    def _deliver_next(self, name: str, channel: str) -> bool:
        mine = [m for m in self.messages if m.person == name and m.channel == channel]
        waiting = [m for m in mine if m.waiting and m.node == self.node]
        first = min(waiting, key=lambda each: (each.created_at, each.id), default=None)
        if first is None or first.next_at > self.clock.wall():
            return False
        gateway = self.gateways.get(first.channel, "up")
        if gateway == "hung":
            return False
        tried = replace(first, attempts=first.attempts + 1)
        now = self.clock.wall()
        if gateway == "up":
            after = tried.moved_to(MessageState.DELIVERED, now)
            self.night.phones[name].receives(first)
        elif gateway == "silent":
            after = tried.moved_to(MessageState.SENT, now)
        elif gateway == "down":
            after = replace(tried.moved_to(MessageState.RETRYING, now, "busy"), next_at=now + 5.0)
        else:
            after = tried.moved_to(MessageState.FAILED, now, "no such modem")
        self.change(lambda _: self.oncall.ledger.advance(after))
        return True

    def perform(self) -> int:
        """Do what was asked of this node; how much was."""
        done = 0
        for deed in list(to_do(self.oncall.ledger, self.node)):
            if self.alive and self.night.helpers:
                self._perform(deed)
                done += 1
        return done

    def _perform(self, deed: Deed) -> None:
        known = self.oncall.ledger.get(NodeAbilities, self.node)
        ability = next((e for e in known.abilities if e.name == deed.action), None) if known else None

        def begin(around: Around) -> Deed:
            why_not = refusal(
                deed, ability, self.oncall.all(), self.oncall.ledger, around, power=self.night.power
            )
            state = DeedState.BEGUN if why_not is None else DeedState.REFUSED
            after = deed.moved_to(state, around.now, refusal=why_not)
            self.oncall.ledger.put(after)
            return after

        after = self.change(begin) if deed.state is DeedState.ASKED else deed
        if after.state is DeedState.BEGUN:
            self.begun.append(deed.id)
            if deed.id not in self.ran:
                self.ran.append(deed.id)
                self.night.runs.append((self.node, deed.action))
                self.night.effect(self, deed.action)
            ended = self._witnessed(after, ability)
            self.change(lambda a: self.oncall.ledger.put(ended.moved_to(DeedState.DONE, a.now)))

    def _witnessed(self, deed: Deed, ability: Ability | None) -> Deed:
        """A node whose power was cut is seen to be gone at once."""
        if ability is None or not ability.cuts_power:
            return deed
        seen = Gone(target=ability.target or "", node=self.node, vips=(snapshots.VIP,), silent=1.25)
        return replace(deed, gone=seen)


class Night:
    """The pair, its people, and what happens to them."""

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        path: Path | None = None,
        conf: Config | None = None,
    ) -> None:
        self.config = conf or config()
        self.path = path
        self.now = 0.0
        self.talking = True
        self.post = True  # whether letters arrive though the agents talk
        self.random: random.Random | None = None  # set: letters are lost, doubled and mixed up
        self.helpers = True
        self.power = Power.ON  # what every fence device says
        self.unheard = "silent"  # what a picture says of an agent that does not speak; "none" if it never did
        self.judges: dict[int, Desk] = {}
        self.held: dict[str, bool | None] = {LB01: True, LB02: False}
        self.daemons: dict[str, str | None] = {LB01: "running", LB02: "running"}
        self.runs: list[tuple[str, str]] = []
        self.effects: dict[str, Callable[[Desk], None]] = {}
        self._replies = 0
        self._loop = asyncio.new_event_loop()
        monkeypatch.setattr(noticed, "words_of", lambda words: self.judges[id(words.judge)].heard_words())
        desk_sees(monkeypatch, lambda judge: self.judges[id(judge)].picture())
        self.phones = {each.name: Phone(self, each) for each in self.config.contacts}
        self.desks = {node: Desk(self, node) for node in (LB01, LB02)}
        self.settle()

    def run(self, doing: Awaitable[T]) -> T:
        return self._loop.run_until_complete(asyncio.ensure_future(doing, loop=self._loop))

    def close(self) -> None:
        for desk in self.desks.values():
            self.run(desk.oncall.close())
        self._loop.close()

    def __enter__(self) -> Night:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Desk]:
        return iter(self.desks.values())

    @property
    def lb01(self) -> Desk:
        return self.desks[LB01]

    @property
    def lb02(self) -> Desk:
        return self.desks[LB02]

    def phone(self, name: str) -> Phone:
        return self.phones[name]

    # --- what happens ---

    def says(self, kind: VerdictKind, *findings: Finding, of: str = "VI_1", on: str | None = None) -> Night:
        """A verdict on both nodes, or on one."""
        for desk in self:
            if on in {None, desk.node}:
                desk.words[of] = (kind, findings)
        self.settle()
        return self

    def split(self) -> Night:
        """Both hold the VIP; the cause is found with it."""
        self.held = {LB01: True, LB02: True}
        return self.says(K.SPLIT_BRAIN, BLOCKED)

    def nobody(self) -> Night:
        self.held = {LB01: False, LB02: False}
        return self.says(K.NO_OWNER)

    def heals(self) -> Night:
        """All is well again, and has been for a while."""
        self.held = {LB01: True, LB02: False}
        for desk in self:
            desk.words = dict.fromkeys(desk.words, (K.STEADY, ()))
        self.settle()
        return self.passes(5)

    def cannot_talk(self) -> Night:
        self.talking = False
        self.settle()
        return self

    def can_talk(self) -> Night:
        self.talking = True
        self.settle()
        return self

    def allows(self, node: str, *abilities: Ability) -> Night:
        """What root allows on a node."""
        desk = self.desks[node]
        record = NodeAbilities(id=node, abilities=abilities, at=desk.clock.wall())
        desk.change(lambda _: desk.oncall.ledger.put(record))
        self.settle()
        return self

    def sms(
        self,
        text: str,
        sender: str,
        via: str,
        sent_at: float | None = None,
        id: str = "",  # noqa: A002
        channel: str = "sms",
    ) -> None:
        """A text from any telephone arrives at a node's gateway."""
        self._replies += 1
        reply = Reply(
            channel=channel, id=id or f"{via}-{self._replies}", sender=sender, text=text, sent_at=sent_at
        )
        self.run(take_in(self.desks[via].oncall, reply))
        self.settle()

    def effect(self, desk: Desk, action: str) -> None:
        """What an action that was run does to the pair."""
        do = self.effects.get(action, _EFFECTS.get(action))
        if do is not None:
            do(desk)

    # --- time ---

    def passes(self, seconds: float, step: float | None = None) -> Night:
        """Time passes, a second after the other, or in longer strides if it is much."""
        end = self.now + seconds
        stride = step or max(1.0, seconds / 150)
        while self.now < end:
            self.now = min(self.now + stride, end)
            self.settle()
        return self

    def settle(self) -> None:
        """Everything that follows at once."""
        for desk in self:
            desk.turn()
        for _ in range(50):
            busy = self.carry()
            busy += sum(desk.deliver() for desk in self)
            busy += sum(desk.perform() for desk in self)
            if not busy or self.random is not None:
                return
        raise AssertionError("the desks never come to rest")

    def carry(self) -> int:
        """Bring the letters to the other node; how many were brought."""
        if not (self.talking and self.post and all(desk.alive for desk in self)):
            return 0
        return sum(self._carry(desk, self.desks[desk.other]) for desk in self)

    def _carry(self, one: Desk, other: Desk) -> int:
        letters = list(one.oncall.letters.waiting(other.node))
        if self.random is not None:
            self.random.shuffle(letters)
            letters = [each for each in letters if self.random.random() > 0.4]
            letters += [each for each in letters if self.random.random() > 0.7]
        for letter in letters:
            self.run(other.oncall.letters.take(one.node, letter))
            if self.random is None or self.random.random() > 0.3:
                one.oncall.letters.delivered(other.node, letter.id, letter.version)
        return len(letters)

    def texts(self) -> list[str]:
        """All that telephones have shown; each at most two messages long, or three where it answers a question."""
        found = [text for phone in self.phones.values() for text in phone.texts]
        assert all(segments(text) <= 3 for text in found)
        return found


def _demoted(desk: Desk) -> None:
    night = desk.night
    night.daemons[desk.node] = "dead"
    night.held[desk.node] = False
    for each in night:
        each.words["VI_1"] = (K.STEADY, (replace(DEAD, node=desk.node),))


def _restored(desk: Desk) -> None:
    desk.night.daemons[desk.node] = "running"
    for each in desk.night:
        each.words["VI_1"] = (K.STEADY, ())


_EFFECTS: dict[str, Callable[[Desk], None]] = {"stop-keepalived": _demoted, "start-keepalived": _restored}
