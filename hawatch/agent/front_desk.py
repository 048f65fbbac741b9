"""The desk as callers on the Unix socket meet it: every wish is stored before it is answered."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from uuid import uuid4

from hawatch.agent.arrivals import take_in
from hawatch.agent.oncall import OnCall
from hawatch.desk import muting
from hawatch.desk.case import Case, cases
from hawatch.desk.deed import Deed
from hawatch.desk.loop import Loop
from hawatch.desk.looping import loop_now, loop_of
from hawatch.desk.screen import Screen, phone_of, phones, screen
from hawatch.desk.shell import act
from hawatch.desk.trying import write_tests
from hawatch.incident import Incident
from hawatch.notification.message import Message
from hawatch.notification.mute import Mute, Scope
from hawatch.reply.arrival import Reply

log = logging.getLogger("hawatch.desk")


class FrontDesk:
    """Passes wishes on; HawatchError of one line for what cannot be done."""

    def __init__(self, oncall: OnCall) -> None:
        self._oncall = oncall
        self._ledger = oncall.ledger

    # --- incidents --------------------------------------------------------------------------------

    async def find(self, name: str) -> Incident:
        """An incident by any of its names."""
        return await self._oncall.find(name)

    def cases(self, incidents: Iterable[Incident]) -> Sequence[Case]:
        """Incidents with all that belongs to them."""
        return cases(incidents, self._ledger, self._oncall.surroundings.now())

    async def acknowledge(self, name: str, who: str) -> Incident:
        """`who` looks after it."""
        return await self._oncall.acknowledge(name, who)

    async def release(self, name: str, who: str) -> Incident:
        """Nobody looks after it any longer."""
        return await self._oncall.release(name, who)

    async def snooze(self, name: str, who: str, seconds: float) -> Incident:
        """`who` wants quiet for so long."""
        return await self._oncall.snooze(name, who, seconds)

    # --- deeds ------------------------------------------------------------------------------------

    async def act(self, name: str, number: int, who: str, *, sure: bool) -> Deed:
        """Ask for a number of the incident's menu; the deed runs on, whether anybody waits for it or not."""
        incident = await self._oncall.find(name)
        deed = await self._oncall.change(
            lambda around: act(incident, number, who, self._ledger, around, sure=sure)
        )
        log.info("deed=%s incident=%s who=%s number=%d", deed.id, incident.name, who, number)
        return deed

    def deed(self, name: str) -> Deed | None:
        """How far a deed has come."""
        return self._ledger.get(Deed, name)

    # --- silence ----------------------------------------------------------------------------------

    async def maintain(self, seconds: float, who: str, reason: str, *, everything: bool) -> Mute:
        """The pair is in maintenance for so long."""
        return await self._mute(Scope.MAINTENANCE, "", seconds, who, reason, everything=everything)

    async def end_maintenance(self, who: str) -> Mute:
        """It is over."""
        return await self._unmute(Scope.MAINTENANCE, "", who)

    async def silence(self, subject: str, seconds: float, who: str, reason: str) -> Mute:
        """Nothing is told of a virtual router or a cause for so long."""
        scope = muting.scope_of(subject, self._oncall.surroundings.now())
        return await self._mute(scope, subject, seconds, who, reason, everything=False)

    async def end_silence(self, subject: str, who: str) -> Mute:
        """It is told of again."""
        scope = muting.scope_of(subject, self._oncall.surroundings.now())
        return await self._unmute(scope, subject, who)

    async def _mute(
        self, scope: Scope, subject: str, seconds: float, who: str, reason: str, *, everything: bool
    ) -> Mute:
        muted = await self._oncall.change(
            lambda around: muting.mute(
                scope, subject, seconds, who, self._ledger, around, reason=reason, everything=everything
            )
        )
        log.info("muted=%s seconds=%g who=%s all=%s reason=%r", muted.id, seconds, who, everything, reason)
        return muted

    async def _unmute(self, scope: Scope, subject: str, who: str) -> Mute:
        ended = await self._oncall.change(lambda around: muting.unmute(scope, subject, self._ledger, around))
        log.info("unmuted=%s who=%s", ended.id, who)
        return ended

    # --- messages ---------------------------------------------------------------------------------

    async def test(self, person: str, who: str) -> Sequence[Message]:
        """A test message goes out on every way of a person."""
        written = await self._oncall.change(lambda around: write_tests(person, self._ledger, around))
        log.info("test=%s who=%s messages=%d", person, who, len(written))
        return written

    def message(self, name: str) -> Message | None:
        """How far a message has come."""
        return self._ledger.get(Message, name)

    async def send_loop(self, channel: str, who: str) -> Loop:
        """A probe of the reply path goes out on a channel, or is under way already."""
        loop = await self._oncall.change(lambda around: loop_now(channel, self._ledger, around))
        log.info("loop=%s who=%s message=%s", channel, who, loop.message)
        return loop

    def loop(self, channel: str) -> Loop | None:
        """What came of the latest one."""
        return loop_of(channel, self._ledger)

    # --- the phone in the terminal ----------------------------------------------------------------

    def phones(self) -> Sequence[str]:
        """Everybody who has a phone in the terminal."""
        return tuple(phones(self._oncall.surroundings.roster))

    def screen(self, person: str) -> Screen:
        """What stands on that phone."""
        return screen(person, self._ledger, self._oncall.surroundings.roster)

    async def type_in(self, person: str, text: str) -> None:
        """The person answers; what follows from it stands on the screen when this returns."""
        way = phone_of(person, self._oncall.surroundings.roster)
        await take_in(self._oncall, Reply(channel=way.channel, id=uuid4().hex, sender=way.to, text=text))
