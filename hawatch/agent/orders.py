"""The orders of the crew: which observer looks at what, and how each is made."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from hawatch.agent.crew import Order, QuietOrder
from hawatch.agent.desk_orders import DeskOrders
from hawatch.agent.equipment import Equipment, HostClock
from hawatch.agent.serving import Serving
from hawatch.evidence import Sink
from hawatch.keepalived.model import VirtualRouter
from hawatch.targets import ProbeTarget, Targets
from hawatch.wire.report import NodeReport

if TYPE_CHECKING:
    from hawatch.observers.sniffer.capture import PutPlanned

Bundle = Callable[[], AsyncIterator[bytes]]


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


class AsksForDaemon(Protocol):
    """What the agent needs of the observer of keepalived's process."""

    def ask(self) -> None:
        """Look at it soon."""


class AsksForCounters(Protocol):
    """What the agent needs of the observer of keepalived's counters."""

    def ask(self) -> None:
        """Read them soon."""


class AsksForServices(Protocol):
    """What the agent needs of the observer of virtual services."""

    def ask(self) -> None:
        """Read them soon."""


class AsksForRules(Protocol):
    """What the agent needs of the observer of this host's firewall."""

    def ask(self) -> None:
        """List and judge soon."""


@dataclass(slots=True, kw_only=True)
class Orders:
    """Makes an order for every observer that the targets call for."""

    equipment: Equipment
    node: str
    boot_id: str
    put: Sink
    put_planned: PutPlanned
    note_reading: Callable[[float], None]
    clock: HostClock
    report: Callable[[float], NodeReport]
    once_read: Callable[[Callable[[], None]], None]
    """Does something once what the kernel held has been judged."""
    fingerprint: Callable[[bytes], str]
    ends: Callable[[VirtualRouter], tuple[str | None, tuple[str, ...]]]
    """The address from which a virtual router's advertisements leave here, and those of its other members."""
    desk: DeskOrders
    serving: Serving
    keep: Callable[[float, int, bytes], None] | None = None
    prober: AsksForVips | None = None
    peer_link: TellsPeers | None = None
    daemon: AsksForDaemon | None = None
    counters: AsksForCounters | None = None
    firewall: AsksForRules | None = None
    ipvs: AsksForServices | None = None
    vips: frozenset[str] = frozenset()
    """Those of the last targets: peer link and echoes go on when they change."""
    joined: Counter[tuple[str, str]] = field(default_factory=Counter)
    """The multicast memberships that this agent has itself, by device and group."""

    def of(self, targets: Targets) -> dict[str, Order]:
        """All orders for these targets."""
        self.vips = targets.vips
        orders = {
            **self.desk.of(),
            "keepalived_config": Order(None, self._watch_config),
            "keepalived_daemon": Order(None, self._watch_daemon),
            "vip": Order(
                (targets.vips, targets.interfaces, targets.loopback_vips), lambda: self._watch_vips(targets)
            ),
        }
        about_host = (targets.shadows, targets.reverse_paths, targets.interfaces)
        orders["host"] = Order(about_host, lambda: self._watch_host(targets))
        if targets.captures:
            orders["sniffer"] = Order(targets.captures, lambda: self._sniff(targets))
        if targets.shadows:
            orders["shadow"] = Order(targets.shadows, lambda: self._shadow(targets))
        if targets.probes:
            orders["arp_probe"] = Order(targets.vips, lambda: self._probe(targets))
        if targets.links or targets.references:
            orders["icmp"] = Order((targets.links, targets.references), lambda: self._ping(targets))
        if targets.services:
            orders["service"] = Order(targets.services, lambda: self._check_services(targets))
        if self.equipment.key is not None:
            wires = (targets.links, targets.witness_links, targets.serial_links)
            orders["peer_link"] = Order(wires, lambda: self._link(targets))
        if self.equipment.serves:
            orders["firewall"] = Order(targets.routers, lambda: self._watch_firewall(targets))
            orders["keepalived_counters"] = QuietOrder(None, self._read_counters)
            orders |= self.serving.of()
            orders |= self._of_words(targets)
        if self.equipment.serves and targets.balances:
            orders["ipvs"] = Order(targets.balances_in, lambda: self._watch_ipvs(targets))
        return orders

    def _of_words(self, targets: Targets) -> dict[str, Order]:
        """Where keepalived tells what it does. A look of a few seconds must take no lines from whoever reads them."""
        keepalived, orders = self.equipment.config.keepalived, {}
        if keepalived.log != "off":
            orders["keepalived_log"] = Order(keepalived.log, self._read_log)
        if keepalived.notify_fifo is not None:
            orders["notify_fifo"] = Order(targets.scripted_fifos, lambda: self._read_fifo(targets))
        return orders

    async def _watch_config(self) -> None:
        from hawatch.observers.keepalived_config import KeepalivedConfigObserver

        path = self.equipment.config.keepalived.config
        await KeepalivedConfigObserver(
            path=path, put=self.put, clock=self.clock, fingerprint=self.fingerprint
        ).run()

    async def _watch_daemon(self) -> None:
        from hawatch.observers.keepalived_daemon import KeepalivedDaemon

        daemon = KeepalivedDaemon(put=self.put, clock=self.clock)
        self.daemon = daemon
        try:
            await daemon.run()
        finally:
            self.daemon = None

    async def _watch_vips(self, targets: Targets) -> None:
        from hawatch.observers.vip import VipObserver

        await VipObserver(
            vips=targets.vips,
            interfaces=targets.interfaces,
            loopback_vips=targets.loopback_vips,
            put=self.put,
            clock=self.clock,
            reads_since=self.note_reading,
        ).run()

    async def _sniff(self, targets: Targets) -> None:
        from hawatch.observers.sniffer import Sniffer

        await Sniffer(
            captures=targets.captures,
            put=self.put,
            clock=self.clock,
            fingerprint=self.fingerprint,
            keep=self.keep,
            rate=self.equipment.config.observe.frames_per_second,
            put_planned=self.put_planned,
        ).run()

    async def _shadow(self, targets: Targets) -> None:
        from hawatch.observers.shadow import Shadow

        await Shadow(targets=targets.shadows, put=self.put, clock=self.clock, joined=self.joined).run()

    async def _watch_host(self, targets: Targets) -> None:
        from hawatch.observers.host import Host

        await Host(
            shadows=targets.shadows,
            reverse_paths=targets.reverse_paths,
            interfaces=targets.interfaces,
            put=self.put,
            clock=self.clock,
            joined=self.joined,
        ).run()

    async def _watch_firewall(self, targets: Targets) -> None:
        from hawatch.agent.helper_client import ask_helper
        from hawatch.observers.firewall import FirewallObserver

        firewall = FirewallObserver(
            routers=targets.routers,
            list_rules=lambda: ask_helper("firewall"),
            put=self.put,
            clock=self.clock,
            own_address=lambda router: self.ends(router)[0],
            peer_addresses=lambda router: self.ends(router)[1],
        )
        self.firewall = firewall
        try:
            await firewall.run()
        finally:
            self.firewall = None

    async def _watch_ipvs(self, targets: Targets) -> None:
        from hawatch.agent.helper_client import ask_helper
        from hawatch.observers.ipvs import IpvsObserver

        ipvs = IpvsObserver(
            read=lambda: ask_helper("ipvs"),
            put=self.put,
            clock=self.clock,
            elsewhere=targets.balances_in,
        )
        self.ipvs = ipvs
        try:
            await ipvs.run()
        finally:
            self.ipvs = None

    async def _read_counters(self) -> None:
        from hawatch.agent.helper_client import ask_helper
        from hawatch.observers.keepalived_counters import KeepalivedCounters

        counters = KeepalivedCounters(dump=lambda: ask_helper("dump"), put=self.put, clock=self.clock)
        self.counters = counters
        try:
            await counters.run()
        finally:
            self.counters = None

    async def _read_log(self) -> None:
        from hawatch.observers.keepalived_log import KeepalivedLog

        log = self.equipment.config.keepalived.log
        await KeepalivedLog(log=log, put=self.put, clock=self.clock).run()

    async def _read_fifo(self, targets: Targets) -> None:
        from hawatch.observers.notify_fifo import NotifyFifo

        path = self.equipment.config.keepalived.notify_fifo or ""
        await NotifyFifo(
            path=Path(path), taken=path in targets.scripted_fifos, put=self.put, clock=self.clock
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
            links=targets.links,
            references=targets.references,
            put=self.put,
            clock=self.clock,
            vips=lambda: self.vips,
        ).run()

    async def _check_services(self, targets: Targets) -> None:
        from hawatch.observers.service import ServiceObserver

        await ServiceObserver(services=targets.services, node=self.node, put=self.put, clock=self.clock).run()

    async def _link(self, targets: Targets) -> None:
        from hawatch.observers.peer_link import PeerLink

        link = PeerLink(
            links=targets.links,
            witnesses=targets.witness_links,
            cables=targets.serial_links,
            port=self.equipment.config.peer_link.port,
            key=self.equipment.key or b"",
            node=self.node,
            boot_id=self.boot_id,
            put=self.put,
            clock=self.clock,
            report=self.report,
            once_read=self.once_read,
            post=self.desk.post,
            vips=lambda: self.vips,
        )
        self.peer_link = link
        try:
            await link.run()
        finally:
            self.peer_link = None
