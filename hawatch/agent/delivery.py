"""The outbox on its way out: for each person one message at a time, in order, until it is handed over."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Protocol

from hawatch.agent.equipment import Clock, HostClock
from hawatch.agent.oncall import OnCall
from hawatch.agent.outgoing import outgoing_of
from hawatch.causes.sight import CHANNEL, LOOP
from hawatch.config.oncall import Channel, ChannelKind
from hawatch.desk.kinds import Key
from hawatch.desk.looping import loop_troubles
from hawatch.desk.ways_out import troubles
from hawatch.desk.writing import TEST
from hawatch.errors import ConfigError, DeliveryError, HawatchError
from hawatch.evidence import ObserverState, Sink
from hawatch.heartbeat import beat
from hawatch.moments import set_within, until_moment
from hawatch.notification.lateness import late_at
from hawatch.notification.message import Message, MessageState
from hawatch.notification.outgoing import Delivery, Handover, Outgoing
from hawatch.wire.mail_token import MailTokens

log = logging.getLogger("hawatch.delivery")

LOOK_EVERY = 1.0
LOOK_SELDOM = 2.0
"""Seconds between two looks at the outbox, and while it has never had anything in it; a change is seen at once."""
PAUSES = (2.0, 5.0, 10.0, 20.0, 40.0, 60.0)
"""Seconds before each further attempt; the last stands for all that follow."""
GIVE_UP_AFTER = 6 * 3600.0
"""Seconds after which a message that could not be handed over has failed for good."""
LONGEST_PAUSE = 600.0
"""Seconds for which a gateway that asks for patience is left alone, whatever it says."""


class Notifier(Protocol):
    """Delivers one message. DeliveryError says whether trying again makes sense."""

    async def deliver(self, outgoing: Outgoing) -> Delivery | Handover:
        """How far it came."""


def notifier_for(channel: Channel, tokens: MailTokens | None = None, clock: Clock | None = None) -> Notifier:
    """What delivers on a channel, for mail with its tokens; ConfigError when it cannot be made."""
    match channel.kind:
        case ChannelKind.PHONE:
            from hawatch.notifiers.phone import PhoneNotifier

            return PhoneNotifier()
        case ChannelKind.SMSTOOLS:
            from hawatch.notifiers.smstools import SmstoolsNotifier

            return SmstoolsNotifier(channel)
        case ChannelKind.GAMMU:
            from hawatch.notifiers.gammu import GammuNotifier

            return GammuNotifier(channel)
        case ChannelKind.APPRISE:
            from hawatch.notifiers.apprise import AppriseNotifier

            return AppriseNotifier(channel)
        case ChannelKind.SCRIPT:
            from hawatch.notifiers.script import ScriptNotifier

            return ScriptNotifier(channel)
        case ChannelKind.MAIL:
            from hawatch.notifiers.mail import MailNotifier

            if tokens is None:
                raise ConfigError(f"channel {channel.name}", "this agent has no key for mail")
            return MailNotifier(channel, tokens)
        case ChannelKind.TWILIO:
            from hawatch.notifiers.twilio import TwilioNotifier

            return TwilioNotifier(channel, clock or HostClock())
        case ChannelKind.HTTP:
            from hawatch.notifiers.http import HttpNotifier

            return HttpNotifier(channel, clock or HostClock())


class Deliveries:
    """Hands messages over, and tells of a channel that does not get through."""

    def __init__(
        self,
        oncall: OnCall,
        *,
        channels: Mapping[str, Channel],
        node: str,
        clock: Clock,
        put: Sink,
        tokens: MailTokens | None = None,
    ) -> None:
        """`tokens` are those by which answers to mail are known again."""
        self._tokens = tokens
        self._put = put
        self._told: dict[str, str] = {}
        self._late: frozenset[str] = frozenset()
        self._began_at = clock.wall()
        self._probed = [each.name for each in channels.values() if each.probe is not None]
        self._oncall = oncall
        self._channels = channels
        self._node = node
        self._clock = clock
        self._notifiers: dict[str, Notifier] = {}
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._due: dict[str, float] = {}
        self._changed = asyncio.Event()
        oncall.tell_changes_to(self._changed.set)

    async def run(self) -> None:
        """Go on until cancelled."""
        try:
            while True:
                self._changed.clear()
                self._tell_of_channels()
                self._count_late()
                for message in self._next():
                    task = asyncio.create_task(self._deliver(message))
                    self._under_way[_lane(message)] = task
                pause = until_moment(LOOK_EVERY if self._oncall.ledger.all(Message) else LOOK_SELDOM)
                beat(pause)
                await set_within(self._changed, pause)
                self._reap()
        finally:
            for task in self._under_way.values():
                task.cancel()
            await asyncio.gather(*self._under_way.values(), return_exceptions=True)
            self._under_way.clear()

    def _reap(self) -> None:
        """A delivery that crashed is this observer's crash; it is told, and the outbox is taken up again."""
        for lane, task in list(self._under_way.items()):
            if task.done():
                del self._under_way[lane]
                task.result()

    def _tell_of_channels(self) -> None:
        """Tell what has changed: the finding that follows from it must stand in the journal like any other."""
        mine = [each for each in self._oncall.ledger.all(Message) if each.node == self._node]
        ways_out = troubles(mine, self._channels.keys(), self._clock.wall())
        found = {f"{CHANNEL}{name}": problem for name, problem in ways_out.items()}
        loops = loop_troubles(self._oncall.ledger, self._probed)
        found |= {f"{LOOP}{name}": problem for name, problem in loops.items()}
        for name in sorted(found.keys() | self._told.keys()):
            problem = found.get(name)
            if problem != self._told.get(name):
                self._put(
                    ObserverState(
                        at=self._clock.monotonic(), observer=name, up=problem is None, problem=problem
                    )
                )
        self._told = found

    def _count_late(self) -> None:
        """Each message that did not get through in time counts once, when that is seen."""
        now = self._clock.wall()
        late = {
            each.id: each.channel
            for each in self._oncall.ledger.all(Message)
            if each.node == self._node
            and (channel := self._channels.get(each.channel)) is not None
            and (since := late_at(each, channel)) is not None
            and self._began_at <= since <= now
        }
        for name, channel_name in late.items():
            if name not in self._late:
                self._oncall.results.late(channel_name)
        self._late = frozenset(late)

    def _next(self) -> Iterator[Message]:
        """The oldest waiting message of every person, if it is time for it."""
        first: dict[str, Message] = {}
        for message in self._oncall.ledger.all(Message):
            if message.node == self._node and message.waiting:
                known = first.get(lane := _lane(message))
                if known is None or (message.created_at, message.id) < (known.created_at, known.id):
                    first[lane] = message
        now = self._clock.wall()
        return (
            each
            for each in first.values()
            if each.next_at <= now
            and _lane(each) not in self._under_way
            and self._oncall.settled(Key("message", each.id))
        )

    async def _deliver(self, message: Message) -> None:
        try:
            await self._hand_over(message)
        finally:
            self._changed.set()

    async def _hand_over(self, message: Message) -> None:
        due = self._due.setdefault(message.id, message.created_at if message.attempts else message.next_at)
        after = await self._attempt(message)
        self._oncall.results.count(message.channel, after.state)
        if not after.waiting:
            del self._due[message.id]
            if after.state is not MessageState.FAILED:
                self._oncall.results.handed_over(message.channel, after.changed_at - due)
        log.log(
            logging.INFO if after.problem is None else logging.WARNING,
            "message=%s person=%s channel=%s state=%s attempts=%d problem=%r",
            after.id,
            after.person,
            after.channel,
            after.state.value,
            after.attempts,
            after.problem,
        )
        await self._oncall.change(lambda _: self._oncall.ledger.advance(after))

    async def _attempt(self, message: Message) -> Message:
        tried = replace(message, attempts=message.attempts + 1)
        outgoing = outgoing_of(message, self._channels.get(message.channel), self._oncall)
        try:
            handed = await self._notifier(message.channel).deliver(outgoing)
        except DeliveryError as error:
            return self._failed(
                tried, str(error), temporary=error.temporary, patience=error.retry_after or 0.0
            )
        except HawatchError as error:  # a channel that cannot be used as it is configured
            return self._failed(tried, str(error), temporary=True)
        now = self._clock.wall()
        if isinstance(handed, Handover):
            tried, handed = replace(tried, reference=handed.reference), handed.delivery
        if handed is Delivery.DELIVERED:
            return tried.moved_to(MessageState.DELIVERED, now)
        follows = self._channels[message.channel].tells_receipts
        return tried.moved_to(MessageState.SENT if follows else MessageState.LEFT, now)

    def _failed(self, tried: Message, problem: str, *, temporary: bool, patience: float = 0.0) -> Message:
        """`patience`: the seconds for which the gateway wants to be left alone."""
        now = self._clock.wall()
        if not temporary or now - tried.created_at >= GIVE_UP_AFTER:
            return tried.moved_to(MessageState.FAILED, now, problem)
        pause = max(PAUSES[min(tried.attempts, len(PAUSES)) - 1], min(patience, LONGEST_PAUSE))
        return replace(tried.moved_to(MessageState.RETRYING, now, problem), next_at=now + pause)

    def _notifier(self, name: str) -> Notifier:
        channel = self._channels.get(name)
        if channel is None:
            raise DeliveryError(f"channel {name} is no longer in hawatch.toml", temporary=False)
        if name not in self._notifiers:
            self._notifiers[name] = notifier_for(channel, self._tokens, self._clock)
        return self._notifiers[name]


def _lane(message: Message) -> str:
    """Messages to one person by one way keep their order; a way that is held up holds up no other."""
    lane = f"{message.person} {message.channel} {message.to}"
    return f"{lane} {message.id}" if message.occasion == TEST else lane
