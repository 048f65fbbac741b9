"""One monitoring tool: looks at it, takes in what people did there, and makes it show what it should."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from typing import Any, Protocol

from hawatch.agent.attempt import Attempt
from hawatch.agent.equipment import Clock
from hawatch.agent.monitor_course import Course, Shape
from hawatch.agent.oncall import OnCall
from hawatch.agent.passive_turn import Turn, pushes_for_pair
from hawatch.config.monitor import Monitor, MonitorKind
from hawatch.desk.records import Answered, Mirrored
from hawatch.errors import DeliveryError, HawatchError
from hawatch.incident import Incident
from hawatch.mirror import service, silences
from hawatch.mirror.mark import Look, ServiceLook, after
from hawatch.mirror.notes import intended, standing
from hawatch.mirror.wish import Acknowledge, Deed, Silence

log = logging.getLogger("hawatch.monitor")


class Tool(Protocol):
    """Looks at a tool, and carries out one wish there, for a pair of this name. DeliveryError."""

    async def look(self, pair: str) -> Any:
        """A Look."""

    async def do(self, deed: Deed, pair: str) -> None:
        """Returns when the tool has taken it."""


def tool_for(monitor: Monitor, clock: Clock) -> Tool:
    """What reaches a tool."""
    match monitor.kind:
        case MonitorKind.NAGIOS:
            from hawatch.monitors.nagios import Nagios

            return Nagios(monitor, clock.wall)
        case MonitorKind.ICINGA2:
            from hawatch.monitors.icinga2 import Icinga2

            return Icinga2(monitor, clock.wall)
        case MonitorKind.ALERTMANAGER:
            from hawatch.monitors.alertmanager import Alertmanager

            return Alertmanager(monitor, clock.wall)


class Lane:
    """`able` says whether this node reaches the tool, as far as it has tried."""

    def __init__(
        self,
        monitor: Monitor,
        *,
        oncall: OnCall,
        node: str,
        clock: Clock,
        tool: Tool,
        done: Callable[[], None],
    ) -> None:
        """`done` is called when an attempt has ended."""
        self.monitor = monitor
        self.course = Course()
        self.able = False
        self._oncall = oncall
        self._ledger = oncall.ledger
        self._tally = oncall.monitors
        self._node = node
        self._clock = clock
        self._tool = tool
        self._done = done
        self._began = clock.monotonic()
        self._heard: Collection[str] = ()
        self._seen: Look | None = None
        self._acted_at: float | None = None
        self._did: tuple[object, ...] = ()
        self._attempt = Attempt()

    # --- when -------------------------------------------------------------------------------------

    def turn_to(
        self, pair: str, *, able: Collection[str], heard: Collection[str], known: Collection[str]
    ) -> float | None:
        """Turn to the tool if that is due; else when it is, in monotonic seconds. All but `pair` are as in Turn."""
        self._attempt.reap()
        self._heard = heard
        now = self._clock.monotonic()
        turn = Turn(
            node=self._node,
            running=now - self._began,
            undecided=None,
            able=able,
            heard=heard,
            known=known,
            failing=self.course.failures > 0,
        )
        if not pushes_for_pair(turn):
            self._leave()
            return None
        incidents = self._incidents()
        shape = _shape(incidents)
        at_stake = bool(shape) or bool(standing(self._ledger, self.monitor.name))
        due = self.course.due(shape, now, at_stake=at_stake)
        if self._attempt.under_way or due > now:
            return due
        self.course = self.course.with_attempt(shape, now)
        self._attempt.begin(self._attend(pair))
        return None

    def _leave(self) -> None:
        """Another node attends to it; when the turn comes back, it begins with a look."""
        if self.course.tried is not None:
            self.course = Course()
            self._seen = None
            self._acted_at = None
            self._tally.works(self.monitor.name)

    async def close(self) -> None:
        """Wait for nothing more."""
        await self._attempt.close()

    # --- what -------------------------------------------------------------------------------------

    async def _attend(self, pair: str) -> None:
        try:
            unconfirmed = await self._look_and_do(pair)
        except HawatchError as error:
            self._fail(str(error), lasting=not getattr(error, "temporary", True))
        else:
            self._succeed(unconfirmed=unconfirmed)
        finally:
            self._done()

    async def _look_and_do(self, pair: str) -> bool:
        """Whether something was done that does not show yet."""
        found = await self._tool.look(pair)
        self._tally.looked(self.monitor.name, self._clock.wall())
        if self._acted_at is not None and found.at <= self._acted_at:
            return True
        look = after(found, self._seen)
        self._seen = look
        await self._hear(look)
        deeds = await self._intend(look)
        for deed in deeds:
            await self._tool.do(deed, pair)
            self._tally.changed(self.monitor.name)
            log.info("monitor=%s %s", self.monitor.name, _told(deed))
        self._acted_at = self._clock.wall() if deeds and not _is_dark(look) else None
        self._complain_of_what_does_not_show(deeds, look)
        return self._acted_at is not None

    def _complain_of_what_does_not_show(self, deeds: tuple[Deed, ...], look: Look) -> None:
        did, self._did = self._did, tuple(map(_told, deeds))
        if deeds and did == self._did and not _is_dark(look):
            raise DeliveryError(f"{self.monitor.way}: what it took does not show there", temporary=True)

    async def _hear(self, look: Look) -> None:
        """What people did there; it is stored before anything follows from it."""
        if self._overheard(look):
            for record in await self._oncall.change(lambda _: self._write(look)):
                if isinstance(record, Answered):
                    log.info(
                        "monitor=%s incident=%s who=%r %s",
                        self.monitor.name,
                        record.incidents[0],
                        record.who,
                        record.answer.value,
                    )

    def _write(self, look: Look) -> tuple[Answered | Mirrored, ...]:
        records = self._overheard(look)
        for record in records:
            self._ledger.put(record)
        return records

    async def _intend(self, look: Look) -> tuple[Deed, ...]:
        """What is to be done there; what will stand there is written down first."""
        if not self._deeds(look):
            return ()
        return await self._oncall.change(lambda _: self._note(look))

    def _note(self, look: Look) -> tuple[Deed, ...]:
        deeds = self._deeds(look)
        for deed in deeds:
            note = intended(
                deed, self._ledger, self.monitor.name, self._clock.wall(), believed=_is_dark(look)
            )
            if note is not None:
                self._ledger.put(note)
        return deeds

    def _overheard(self, look: Look) -> tuple[Answered | Mirrored, ...]:
        kind, now = self.monitor.kind.value, self._clock.wall()
        incidents, ledger, name = self._incidents(), self._ledger, self.monitor.name
        if isinstance(look, ServiceLook):
            return tuple(service.overheard(look, incidents, ledger, name, kind, now))
        return tuple(silences.overheard(look, incidents, ledger, name, kind, now))

    def _deeds(self, look: Look) -> tuple[Deed, ...]:
        incidents, ledger, now = self._incidents(), self._ledger, self._clock.wall()
        if isinstance(look, ServiceLook):
            return service.deeds(look, incidents, ledger, self.monitor.name, now)
        return silences.deeds(look, incidents, ledger, self.monitor.name, now)

    def _incidents(self) -> tuple[Incident, ...]:
        """This node's, and those that another one alone has, if it can be heard and would say that they are over."""
        nodes = {"", self._node, *self._heard}
        return tuple(each for each in self._oncall.all() if each.node in nodes)

    # --- what came of it --------------------------------------------------------------------------

    def _succeed(self, *, unconfirmed: bool) -> None:
        if self.course.failures:
            log.info("monitor=%s works after %d failures", self.monitor.name, self.course.failures)
        self.course = self.course.with_success(unconfirmed=unconfirmed)
        self.able = True
        self._tally.works(self.monitor.name)

    def _fail(self, problem: str, *, lasting: bool) -> None:
        if problem != self.course.problem:
            log.warning("monitor=%s problem=%r", self.monitor.name, problem)
        self.course = self.course.with_failure(problem, lasting=lasting)
        self.able = False
        self._tally.failed(self.monitor.name, problem)


def _shape(incidents: Collection[Incident]) -> Shape:
    """What there is to show."""
    return tuple(
        (each.id, each.state, each.acknowledged_by, each.acknowledged_at, each.instances)
        for each in incidents
        if not each.resolved
    )


def _is_dark(look: Look) -> bool:
    """Whether what is done there cannot be seen."""
    return isinstance(look, ServiceLook) and look.problem is None


def _told(deed: Deed) -> str:
    match deed:
        case Acknowledge(wish=wish):
            return f"acknowledged={wish.signature} who={wish.author!r}"
        case Silence(wish=wish, id=known):
            return f"silenced={wish.signature} who={wish.author!r}{' again' if known else ''}"
        case _:
            return f"taken_back={deed.key}"
