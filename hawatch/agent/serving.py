"""What the agent serves: whoever reaches the address may look; whoever may use the socket may do something, too."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from hawatch import __version__
from hawatch.agent.crew import Order
from hawatch.agent.equipment import Clock, Equipment
from hawatch.agent.oncall import OnCall
from hawatch.errors import HawatchError
from hawatch.evidence import ObserverState, Sink
from hawatch.exporter.broadcast import Broadcast
from hawatch.history import Past
from hawatch.incident import Incident
from hawatch.snapshot import Snapshot

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from hawatch.agent.drill_desk import DrillDesk
    from hawatch.blackbox.bundle import Sources
    from hawatch.exporter.doorkeeper import Doorkeeper
    from hawatch.provider.hook import Hooks

BESIDE_INCIDENT = 60.0
"""Seconds before and after an incident in which the black box may have begun to keep something of it."""


class Serving:
    """Makes the orders for both listeners."""

    def __init__(
        self,
        *,
        equipment: Equipment,
        node: str,
        clock: Clock,
        put: Sink,
        oncall: OnCall,
        snapshot: Callable[[], Snapshot],
        changes: Broadcast,
        past: Callable[[], Past | None],
    ) -> None:
        self._equipment = equipment
        self._node = node
        self._clock = clock
        self._put = put
        self._oncall = oncall
        self._snapshot = snapshot
        self._changes = changes
        self._past = past

    def of(self) -> dict[str, Order]:
        """All orders."""
        return {"http": Order(None, self._serve_http), "socket": Order(None, self._serve_socket)}

    async def _serve_http(self) -> None:
        doorkeeper = self._doorkeeper()
        await doorkeeper.look()
        await self._serve(
            "http", self._app(doorkeeper), http=str(self._equipment.config.listen.http), socket_path=None
        )

    async def _serve_socket(self) -> None:
        socket_path = self._equipment.config.listen.socket
        await self._serve("socket", self._socket_app(), http=None, socket_path=socket_path)

    def _app(self, doorkeeper: Doorkeeper) -> ASGIApp:
        """For everybody who reaches the address: nothing that writes, but for people with a token and signed posts."""
        from hawatch.agent.front_desk import FrontDesk
        from hawatch.exporter.answer_routes import AnswerRoutes
        from hawatch.exporter.app import build_app
        from hawatch.exporter.page import page

        return build_app(
            self._snapshot,
            now=self._clock.monotonic,
            changes=self._changes,
            incidents=self._oncall.all,
            hooks=self._hooks(),
            past=self._past,
            page=page(),
            answers=AnswerRoutes(FrontDesk(self._oncall), doorkeeper),
        )

    def _doorkeeper(self) -> Doorkeeper:
        """Lets people with a token in; while there is no file of them, nobody."""
        from hawatch.exporter.doorkeeper import Doorkeeper
        from hawatch.exporter.tokens import TokenFile

        path = self._equipment.config.listen.token_file
        return Doorkeeper(None if path is None else TokenFile(Path(path)), self._clock.monotonic)

    def _hooks(self) -> Hooks | None:
        """Where providers may post, if any of them is meant to."""
        channels = self._oncall.surroundings.roster.channels
        if all(each.webhook is None for each in channels):
            return None
        from hawatch.agent.arrivals import take_in
        from hawatch.replies.webhook import Webhooks

        return Webhooks(
            channels,
            put=lambda arrival: take_in(self._oncall, arrival),
            count=self._oncall.webhooks.count,
            clock=self._clock,
        )

    def _socket_app(self) -> ASGIApp:
        """For those whom the socket's mode lets in: what was kept, and the desk, too."""
        from hawatch.agent.front_desk import FrontDesk
        from hawatch.exporter.app import build_app

        return build_app(
            self._snapshot,
            now=self._clock.monotonic,
            changes=self._changes,
            incidents=self._oncall.all,
            bundle=self._bundle,
            bundle_of=self._bundle_of,
            desk=FrontDesk(self._oncall),
            past=self._past,
            drills=self._drills(),
        )

    def _drills(self) -> DrillDesk:
        from hawatch.agent.drill_desk import DrillDesk

        return DrillDesk(
            self._oncall,
            config=self._equipment.config,
            state_directory=self._equipment.state_directory,
            version=__version__,
        )

    def _bundle(self) -> AsyncIterator[bytes]:
        """Everything that a colleague wants to see, as it is packed."""
        from hawatch.blackbox.stream import stream_bundle

        return stream_bundle(self._sources())

    def _bundle_of(self, incident: Incident) -> AsyncIterator[bytes]:
        """What a colleague wants to see of one incident."""
        from hawatch.blackbox.stream import stream_bundle
        from hawatch.exporter.incidents import incident_json

        ended = incident.resolved_at or self._clock.wall()
        sources = replace(
            self._sources(),
            incident=incident_json(incident),
            span=(incident.opened_at - BESIDE_INCIDENT, ended + BESIDE_INCIDENT),
        )
        return stream_bundle(sources)

    def _sources(self) -> Sources:
        from hawatch.blackbox.bundle import Sources
        from hawatch.exporter.status import status

        if self._equipment.state_directory is None:
            raise HawatchError("this agent keeps nothing")
        return Sources(
            state_directory=self._equipment.state_directory,
            config_path=self._equipment.config_path,
            status=status(self._snapshot()),
            node=self._node,
            time=self._clock.wall(),
        )

    async def _serve(self, name: str, app: ASGIApp, *, http: str | None, socket_path: str | None) -> None:
        from hawatch.exporter.server import serve

        def listening() -> None:
            self._put(ObserverState(at=self._clock.monotonic(), observer=name, up=True))

        await serve(app, http=http, socket_path=socket_path, listening=listening)
