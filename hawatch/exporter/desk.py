"""What a caller on the Unix socket needs of the on-call desk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from hawatch.desk.case import Case
from hawatch.desk.deed import Deed
from hawatch.desk.loop import Loop
from hawatch.desk.screen import Screen
from hawatch.incident import Incident
from hawatch.notification.message import Message
from hawatch.notification.mute import Mute


class Desk(Protocol):
    """Whatever cannot be done raises a HawatchError that says why, in one line."""

    async def find(self, name: str) -> Incident:
        """An incident by any of its names."""

    def cases(self, incidents: Iterable[Incident]) -> Sequence[Case]:
        """Incidents with all that belongs to them."""

    async def acknowledge(self, name: str, who: str) -> Incident:
        """`who` looks after it."""

    async def release(self, name: str, who: str) -> Incident:
        """Nobody looks after it any longer."""

    async def snooze(self, name: str, who: str, seconds: float) -> Incident:
        """`who` wants quiet for so long."""

    async def act(self, name: str, number: int, who: str, *, sure: bool) -> Deed:
        """`who` wants a number of the incident's menu done."""

    def deed(self, name: str) -> Deed | None:
        """How far a deed has come."""

    async def maintain(self, seconds: float, who: str, reason: str, *, everything: bool) -> Mute:
        """The pair is in maintenance for so long."""

    async def end_maintenance(self, who: str) -> Mute:
        """It is over."""

    async def silence(self, subject: str, seconds: float, who: str, reason: str) -> Mute:
        """Nothing is told of a virtual router or a cause for so long."""

    async def end_silence(self, subject: str, who: str) -> Mute:
        """It is told of again."""

    async def test(self, person: str, who: str) -> Sequence[Message]:
        """A test message goes out on every way of a person."""

    def message(self, name: str) -> Message | None:
        """How far a message has come."""

    async def send_loop(self, channel: str, who: str) -> Loop:
        """A probe of the reply path goes out on a channel, or is under way already."""

    def loop(self, channel: str) -> Loop | None:
        """What came of the latest one."""

    def phones(self) -> Sequence[str]:
        """Everybody who has a phone in the terminal."""

    def screen(self, person: str) -> Screen:
        """What stands on that phone."""

    async def type_in(self, person: str, text: str) -> None:
        """The person answers; what follows from it stands on the screen when this returns."""
