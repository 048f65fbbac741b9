"""The composition root: reads what there is to read, and keeps judge, loop and crew going until the end."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
from pathlib import Path

from hawatch import __version__
from hawatch.agent.burst import Burst
from hawatch.agent.crew import Crew, QuietOrder
from hawatch.agent.desk_orders import DeskOrders
from hawatch.agent.equipment import Equipment, HostClock
from hawatch.agent.helper_client import ask_helper
from hawatch.agent.history_keeper import HistoryKeeper
from hawatch.agent.host_end import host_is_stopping
from hawatch.agent.inbox import Inbox
from hawatch.agent.loop import Loop
from hawatch.agent.oncall import OnCall
from hawatch.agent.orders import Orders
from hawatch.agent.own_endpoint import own_endpoint
from hawatch.agent.rhythm import follow_advertisements
from hawatch.agent.serving import Serving
from hawatch.agent.threads import try_threads
from hawatch.blackbox import BlackBox
from hawatch.clock import boottime, end_of_day, monotonic, wall
from hawatch.config import ServicePlace, UdpLink, UnreachablePeer
from hawatch.evidence import AcceptedCause, ConfigRead, KnownPeer, Settings, Started, Stopping
from hawatch.exporter.broadcast import Broadcast
from hawatch.exporter.status import status
from hawatch.guard.board import NAME as BOARD_NAME
from hawatch.heartbeat import beat, live_by
from hawatch.history import Past
from hawatch.judge import Judge
from hawatch.keepalived.model import KeepalivedConfig
from hawatch.moments import until_moment
from hawatch.observers.gateway import default_gateways
from hawatch.situation.ends import ends_of
from hawatch.situation.inquiry import Wants
from hawatch.situation.own_report import own_report, unsure
from hawatch.snapshot import RouterView, Snapshot
from hawatch.store import NAME as STORE_NAME
from hawatch.targets import ProbeTarget, Targets, plan
from hawatch.together import together
from hawatch.verdict import Severity, VerdictKind
from hawatch.wire.address import family_of
from hawatch.wire.fingerprint import password_fingerprint
from hawatch.wire.report import NodeReport

log = logging.getLogger("hawatch.agent")

RUN_ID = Path("/proc/sys/kernel/random/uuid")
RETURN_AFTER = 20.0
"""Seconds within which an agent that ends in order is expected back, a package upgrade included."""
PLAN = "plan"
"""The name under which is observed whether the agent still plans what to look at."""
REPLAN_EVERY = 0.25
REPLAN_SELDOM = 2.0
STILL_AFTER = 10.0
"""Seconds without a new plan after which is looked seldom; a configuration that is read has it looked at once."""
GATEWAYS_EVERY = 3.0
PLAN_ANEW_EVERY = 10.0
"""Seconds after which is looked where the kernel would speak from, although nothing that plans are made of changed."""
PATIENCE_AT_THE_DOOR = 1.0
PUSH_GAP = 0.05
"""Seconds between two reports that are sent because something changed; the first of a burst goes out at once."""


class Agent:
    """One agent: inbox, judge, loop, crew."""

    def __init__(self, equipment: Equipment, *, keepalived: KeepalivedConfig | None = None) -> None:
        """`keepalived` is judged by instead of the file, when there is none to read."""
        self._equipment = equipment
        self._given = keepalived
        self._config = equipment.config
        self.node = self._config.node.name or socket.gethostname().partition(".")[0]
        self._boot_id = RUN_ID.read_text(encoding="ascii").strip()
        self._inbox = Inbox()
        self.judge = Judge()
        self._black_box = self._make_black_box(equipment.state_directory)
        directory = equipment.state_directory
        self.oncall = OnCall(
            node=self.node,
            judge=self.judge,
            path=None if directory is None else directory / STORE_NAME,
            put=self._inbox.put,
            config=self._config,
        )
        self.loop = Loop(
            inbox=self._inbox,
            judge=self.judge,
            journal=equipment.journal,
            wish=self._carry_out,
            show=self._show,
            black_box=self._black_box,
            oncall=self.oncall,
            looked_at=lambda: self._changes.has_listeners or bool(self._config.services),
        )
        self._crew = Crew(self._inbox.put)
        self._changes = Broadcast()
        self._history = HistoryKeeper(directory, HostClock())
        # Fifty VIPs that move are fifty changes: a report of each would be more than the peer can read in time.
        self._pushes = Burst(lambda answer: self._push(answer=answer), PUSH_GAP)
        self._orders = Orders(
            equipment=equipment,
            node=self.node,
            boot_id=self._boot_id,
            put=self._inbox.put,
            put_planned=self._inbox.put_planned,
            note_reading=self._inbox.note_reading,
            clock=HostClock(),
            report=self._report,
            once_read=self.loop.once_read,
            fingerprint=self._fingerprint,
            ends=lambda router: ends_of(self.judge.situation, router),
            keep=None if self._black_box is None else self._black_box.keep,
            desk=self._make_desk_orders(),
            serving=self._make_serving(),
        )
        self._targets = Targets()
        self._probe_of: dict[str, ProbeTarget] = {}
        self._planned_for: tuple[KeepalivedConfig | None, tuple[str, ...], tuple[str, ...]] | None = None
        self._planned_at = float("-inf")
        self._plan_changed_at = float("-inf")
        self._plan_soon = asyncio.Event()
        self._gateways: tuple[str, ...] = ()
        self._gateways_at = float("-inf")
        self._settings: Settings | None = None
        self._going_down = False
        self._kinds: dict[str, VerdictKind] = {}
        self._seen_config: KeepalivedConfig | None = None

    def _make_desk_orders(self) -> DeskOrders:
        return DeskOrders(
            self.oncall,
            node=self.node,
            clock=HostClock(),
            put=self._inbox.put,
            serves=self._equipment.serves,
            passive=self._config.passive,
            monitors=self._config.monitors,
            peer_key=self._equipment.key,
            state_directory=self._equipment.state_directory,
            services=self._config.services,
            keepalived=lambda: self.judge.situation.node.config,
            board=Path(self._config.listen.socket).with_name(BOARD_NAME),
        )

    def _make_serving(self) -> Serving:
        return Serving(
            equipment=self._equipment,
            node=self.node,
            clock=HostClock(),
            put=self._inbox.put,
            oncall=self.oncall,
            snapshot=self.loop.picture,
            changes=self._changes,
            past=self._past,
        )

    def _make_black_box(self, state_directory: Path | None) -> BlackBox | None:
        if state_directory is None:
            return None
        return BlackBox(
            state_directory=state_directory,
            node=self.node,
            put=self._inbox.put,
            clock=HostClock(),
            status=lambda: status(self.loop.snapshot),
            firewall=lambda: ask_helper("firewall"),
        )

    def _fingerprint(self, secret: bytes) -> str:
        """A keyed fingerprint of a password: comparable between nodes with the same key, and not reversible."""
        return password_fingerprint(self._equipment.key, secret)

    # --- life -------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Watch until cancelled; says goodbye to the peers on the way out."""
        self._introduce()
        await self.oncall.begin()
        await self._history.begin()
        if self._given is not None:
            self.loop.take_in(ConfigRead(at=monotonic(), config=self._given))
        await self._replan()
        try:
            await together((self.loop.run(), self._keep_planned()))
        finally:
            await self._leave()

    def _introduce(self) -> None:
        now = monotonic()
        self.loop.take_in(
            Started(
                at=now,
                node=self.node,
                pair=self._config.node.pair,
                boot_id=self._boot_id,
                booted_at=now - boottime(),
                wall_minus_monotonic=wall() - now,
                version=__version__,
            )
        )

    def _past(self) -> Past | None:
        """What was, until now: at rest the last picture may be two seconds old."""
        self.loop.picture()
        return self._history.past()

    async def _leave(self) -> None:
        self._going_down = await host_is_stopping() or False
        self._pushes.end()
        await self.loop.last_turn()
        if self._orders.peer_link is not None:
            try:
                async with asyncio.timeout(PATIENCE_AT_THE_DOOR):
                    await self._orders.peer_link.goodbye(RETURN_AFTER)
            except TimeoutError:
                log.info("goodbye=unanswered")
        await self._crew.dismiss()
        await self._history.close()
        await self.oncall.close()
        if self._black_box is not None:
            await self._black_box.close()
        if self._equipment.journal is not None:
            self._equipment.journal.input(Stopping(at=monotonic(), expected_return=RETURN_AFTER))
            self._equipment.journal.close()

    # --- orders -----------------------------------------------------------------------------------

    async def _keep_planned(self) -> None:
        """Follow what keepalived.conf and the wire tell: new devices, VIPs and peers to look at."""
        live_by(self._crew.heart(PLAN))
        loop = asyncio.get_running_loop()
        while True:
            still = monotonic() - self._plan_changed_at > STILL_AFTER
            pause = until_moment(REPLAN_SELDOM if still else REPLAN_EVERY)
            beat(pause)
            look = loop.call_later(pause, self._plan_soon.set)
            await self._plan_soon.wait()
            look.cancel()
            self._plan_soon.clear()
            await self._replan()

    async def _replan(self) -> None:
        now = monotonic()
        if now - self._gateways_at >= GATEWAYS_EVERY:
            self._gateways, self._gateways_at = default_gateways(), now
        seen = (self.judge.situation.node.config, self._discovered(), self._gateways)
        if seen != self._planned_for:
            self._plan_changed_at = now
        elif now - self._planned_at < PLAN_ANEW_EVERY and not self._crew.lacks_somebody:
            return
        self._planned_for, self._planned_at = seen, now
        self._targets = plan(self._config, *seen, peer_addresses=self._equipment.peers)
        self._probe_of = {probe.vip: probe for probe in reversed(self._targets.probes)}
        if self._equipment.serves:
            self.loop.http = own_endpoint(self._config.listen.http, self._targets.links)
        settings = self._settle_names()
        if settings != self._settings:
            self._settings = settings
            self.loop.take_in(settings)
        orders = {
            **self._orders.of(self._targets),
            "history": QuietOrder(None, self._history.run),
            "threads": QuietOrder(None, try_threads),
        }
        if self._given is not None:
            del orders["keepalived_config"]
        await self._crew.follow(orders)

    def _discovered(self) -> tuple[str, ...]:
        """The sources of advertisements heard, link-local ones with their device, and the agents that found us."""
        found = {
            f"{src}%{router.config.interface}" if src.startswith("fe80:") else src
            for router in self.judge.situation.routers.values()
            for src in router.talkers
        }
        for member in self.judge.situation.node.members.members:
            found |= {address for address in member.agent_addresses if not address.startswith("fe80:")}
        return tuple(sorted(found))

    def _settle_names(self) -> Settings:
        listed: dict[str, list[str]] = {peer.name: [] for peer in self._config.peers}
        for link in self._targets.links:
            address = link.remote.partition("%")[0]
            listed.setdefault(link.peer, []).extend([address] if _is_address(address) else [])
        config = self.judge.situation.node.config
        unlisted = {src.partition("%")[0] for src in self._discovered()}
        for router in config.virtual_routers if config else ():
            unlisted -= set(router.unicast_peers)
        unlisted -= {
            link.remote for peer in self._config.peers for link in peer.links if isinstance(link, UdpLink)
        }
        suspected = (
            options.instance
            for options in self._config.virtual_routers
            if options.unreachable_peer is UnreachablePeer.SUSPECTED
        )
        references = tuple(reference.name for reference in self._targets.references)
        at = self._settings.at if self._settings else monotonic()
        return Settings(
            at=at,
            peers=tuple(
                KnownPeer(name=name, addresses=tuple(dict.fromkeys(addresses)))
                for name, addresses in listed.items()
                if name.partition("%")[0] not in unlisted
            ),
            references=references,
            suspect_unreachable=tuple(suspected),
            guessed_references=() if self._config.references else references,
            services_of_owner=tuple(
                each.name for each in self._config.services if each.on is ServicePlace.OWNER
            ),
            witnesses=tuple(
                KnownPeer(
                    name=each.name,
                    addresses=tuple(
                        link.remote.partition("%")[0] for link in each.links if _is_address(link.remote)
                    ),
                )
                for each in self._config.witnesses
            ),
            accepted=tuple(
                AcceptedCause(cause=each.cause, reason=each.reason, until=end_of_day(each.until))
                for each in self._config.accepts
            ),
        )

    # --- wishes -----------------------------------------------------------------------------------

    def _carry_out(self, instance: str, wants: Wants) -> None:
        del instance
        if (prober := self._orders.prober) is not None:
            for vip, control in wants.probes:
                if (target := self._probe_of.get(vip)) is not None:
                    prober.ask(target, control)
            for address, interface in wants.meets:
                prober.ask(ProbeTarget(vip=address, family=family_of(address), interface=interface), None)
        if wants.push:
            self._pushes.ask(answer=wants.ask)

    def _push(self, *, answer: bool) -> None:
        if self._orders.peer_link is not None:
            self._orders.peer_link.push(ask=answer)

    def _show(self, snapshot: Snapshot) -> None:
        self._crew.look(monotonic())
        follow_advertisements(snapshot)
        self._changes.publish(snapshot)
        self._history.show(snapshot)
        self._orders.desk.show(snapshot)
        if self.judge.situation.node.config is not self._seen_config:
            self._seen_config = self.judge.situation.node.config
            self._plan_soon.set()
        kinds = {router.instance: router.verdict.kind for router in snapshot.routers}
        if self._orders.firewall is not None and kinds != self._kinds:
            self._orders.firewall.ask()
        if self._orders.ipvs is not None and kinds != self._kinds:
            self._orders.ipvs.ask()
        if self._orders.daemon is not None and kinds != self._kinds:
            self._orders.daemon.ask()
        self._kinds = kinds
        if self._orders.counters is not None and any(map(_in_trouble, snapshot.routers)):
            self._orders.counters.ask()
        self._equipment.show(snapshot)

    def _report(self, now: float) -> NodeReport:
        situation = self.judge.situation
        report = own_report(situation.node, situation.routers.values(), now, going_down=self._going_down)
        return unsure(report) if self.loop.stalled(now) else report


def _in_trouble(router: RouterView) -> bool:
    """Whether keepalived may be disturbed with a question: not while all is well, nor before anything is known."""
    return router.verdict.severity in {Severity.WARNING, Severity.CRITICAL}


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
