"""The orders of the crew: which observer looks at what, and how each is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from hawatch.agent.crew import Order
from hawatch.agent.equipment import Equipment, HostClock
from hawatch.evidence import ObserverState, Sink
from hawatch.exporter.broadcast import Broadcast
from hawatch.snapshot import Snapshot
from hawatch.targets import ProbeTarget, Targets
from hawatch.wire.report import NodeReport


class AsksForVips(Protocol):
    """What the loop needs of the prober."""

    def ask(self, target: ProbeTarget, control: str | None) -> None:
        """Begin one probe round."""


class TellsPeers(Protocol):
    """What the loop needs of the peer link."""

    def push(self, *, ask: bool) -> None:
        """Send our report now."""

    async def goodbye(self, expected_return: float | None) -> None:
        """Say that we end in order."""


@dataclass(slots=True, kw_only=True)
class Orders:
    """Makes an order for every observer that the targets call for."""

    equipment: Equipment
    node: str
    boot_id: str
    put: Sink
    clock: HostClock
    report: Callable[[float], NodeReport]
    fingerprint: Callable[[bytes], str]
    snapshot: Callable[[], Snapshot]
    prober: AsksForVips | None = None
    peer_link: TellsPeers | None = None
    changes: Broadcast = field(default_factory=Broadcast)

    def of(self, targets: Targets) -> dict[str, Order]:
        """All orders for these targets."""
        orders = {
            "keepalived_config": Order(None, self._watch_config),
            "keepalived_daemon": Order(None, self._watch_daemon),
            "vip": Order(
                (targets.vips, targets.interfaces, targets.loopback_vips), lambda: self._watch_vips(targets)
            ),
        }
        if targets.captures:
            orders["sniffer"] = Order(targets.captures, lambda: self._sniff(targets))
        if targets.probes:
            orders["arp_probe"] = Order(targets.vips, lambda: self._probe(targets))
        if targets.links or targets.references:
            orders["icmp"] = Order((targets.links, targets.references), lambda: self._ping(targets))
        if targets.services:
            orders["service"] = Order(targets.services, lambda: self._check_services(targets))
        if self.equipment.key is not None:
            orders["peer_link"] = Order(targets.links, lambda: self._link(targets))
        if self.equipment.serves:
            orders["http"] = Order(None, self._serve_http)
            orders["socket"] = Order(None, self._serve_socket)
        return orders

    async def _watch_config(self) -> None:
        from hawatch.observers.keepalived_config import KeepalivedConfigObserver

        path = self.equipment.config.keepalived.config
        await KeepalivedConfigObserver(
            path=path, put=self.put, clock=self.clock, fingerprint=self.fingerprint
        ).run()

    async def _watch_daemon(self) -> None:
        from hawatch.observers.keepalived_daemon import KeepalivedDaemon

        await KeepalivedDaemon(put=self.put, clock=self.clock).run()

    async def _watch_vips(self, targets: Targets) -> None:
        from hawatch.observers.vip import VipObserver

        await VipObserver(
            vips=targets.vips,
            interfaces=targets.interfaces,
            loopback_vips=targets.loopback_vips,
            put=self.put,
            clock=self.clock,
        ).run()

    async def _sniff(self, targets: Targets) -> None:
        from hawatch.observers.sniffer import Sniffer

        await Sniffer(
            captures=targets.captures, put=self.put, clock=self.clock, fingerprint=self.fingerprint
        ).run()

    async def _probe(self, targets: Targets) -> None:
        from hawatch.observers.arp_probe import Prober

        prober = Prober(vips=targets.vips, put=self.put, clock=self.clock)
        self.prober = prober
        try:
            await prober.run()
        finally:
            self.prober = None

    async def _ping(self, targets: Targets) -> None:
        from hawatch.observers.icmp import EchoObserver

        await EchoObserver(
            links=targets.links, references=targets.references, put=self.put, clock=self.clock
        ).run()

    async def _check_services(self, targets: Targets) -> None:
        from hawatch.observers.service import ServiceObserver

        await ServiceObserver(services=targets.services, node=self.node, put=self.put, clock=self.clock).run()

    async def _link(self, targets: Targets) -> None:
        from hawatch.observers.peer_link import PeerLink

        link = PeerLink(
            links=targets.links,
            port=self.equipment.config.peer_link.port,
            key=self.equipment.key or b"",
            node=self.node,
            boot_id=self.boot_id,
            put=self.put,
            clock=self.clock,
            report=self.report,
        )
        self.peer_link = link
        try:
            await link.run()
        finally:
            self.peer_link = None

    async def _serve_http(self) -> None:
        await self._serve("http", http=str(self.equipment.config.listen.http), socket_path=None)

    async def _serve_socket(self) -> None:
        await self._serve("socket", http=None, socket_path=self.equipment.config.listen.socket)

    async def _serve(self, name: str, *, http: str | None, socket_path: str | None) -> None:
        from hawatch.exporter.app import build_app
        from hawatch.exporter.server import serve

        app = build_app(self.snapshot, now=self.clock.monotonic, changes=self.changes)

        def listening() -> None:
            self.put(ObserverState(at=self.clock.monotonic(), observer=name, up=True))

        await serve(app, http=http, socket_path=socket_path, listening=listening)
