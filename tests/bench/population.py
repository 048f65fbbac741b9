"""A node with any number of virtual routers, told as evidence: what its agent is told in a steady state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from hawatch import evidence as ev
from hawatch.judge import Judge
from hawatch.keepalived.model import KeepalivedConfig, VirtualAddress, VirtualRouter
from hawatch.wire.family import Family
from hawatch.wire.report import DaemonState, NodeReport, ReportedRouter, ReportedSettings, ReportedVip

OURS, THEIRS = "10.0.0.1", "10.0.0.2"
OUR_MAC, THEIR_MAC = "02:00:00:00:00:01", "02:00:00:00:00:02"
VRIDS = 255
IN_ONE_REPORT = 4
"""Virtual routers that one datagram tells of, when all are told in slices."""


@dataclass
class Population:
    """`routers` virtual routers with `vips` addresses each, on as many devices as their VRIDs need.

    This node holds all of them where it `owns`, else the other one does. Nothing of it is random.
    """

    routers: int
    vips: int = 1
    owns: bool = True
    interval: float = 1.0
    judge: Judge = field(default_factory=Judge)
    now: float = 1000.0
    _sequence: int = 0

    def __post_init__(self) -> None:
        self.configs = tuple(self._config(number) for number in range(self.routers))
        for evidence in self._beginning():
            self.judge.step(evidence)

    def _config(self, number: int) -> VirtualRouter:
        vips = (f"10.{1 + number // 250}.{number % 250}.{1 + each}" for each in range(self.vips))
        return VirtualRouter(
            instance=f"VI_{number}",
            interface=f"eth{number // VRIDS}",
            vrid=1 + number % VRIDS,
            priority=150 if self.owns else 100,
            advert_interval=self.interval,
            version=2 if self.interval >= 1 else 3,
            vips=tuple(VirtualAddress(address=vip, prefix_length=24) for vip in vips),
        )

    def _beginning(self) -> Iterator[ev.Evidence]:
        now = self.now
        yield ev.Started(
            at=now,
            node="lb01",
            pair="web",
            boot_id="b",
            booted_at=0.0,
            wall_minus_monotonic=0.0,
            version="0",
        )
        peer = ev.KnownPeer(name="lb02", addresses=(THEIRS,))
        yield ev.Settings(at=now, peers=(peer,), references=("gateway",))
        for device in dict.fromkeys(config.interface for config in self.configs):
            yield ev.InterfaceState(
                at=now, interface=device, carrier=True, mac=OUR_MAC, addresses=(OURS, *self._held_on(device))
            )
        yield ev.DaemonSeen(at=now, state=DaemonState.RUNNING, pid=100, started_at=now - 500.0, loads="1")
        yield ev.ConfigRead(at=now, config=KeepalivedConfig(virtual_routers=self.configs, digest="1"))
        for config in self.configs:
            for vip in config.vips:
                yield ev.VipHeld(at=now, address=vip.address, held=self.owns, interface=config.interface)

    def _held_on(self, device: str) -> tuple[str, ...]:
        if not self.owns:
            return ()
        return tuple(vip.address for c in self.configs if c.interface == device for vip in c.vips)

    # --- what is told again and again ---------------------------------------------------------------

    def advert(self, config: VirtualRouter) -> ev.AdvertisementHeard:
        """The owner's next advertisement for one virtual router."""
        return ev.AdvertisementHeard(
            at=self.now,
            first_at=self.now,
            count=1,
            interface=config.interface,
            outgoing=self.owns,
            src=OURS if self.owns else THEIRS,
            dst="224.0.0.18",
            src_mac=OUR_MAC if self.owns else THEIR_MAC,
            ttl=255,
            family=Family.IPV4,
            version=config.version,
            vrid=config.vrid,
            priority=150,
            interval_seconds=self.interval,
            auth_type=0,
            auth_fingerprint=None,
            addresses=tuple(vip.address for vip in config.vips),
            checksum="plain",
        )

    def reports(self) -> Iterator[ev.PeerReport]:
        """What the other agent says of all virtual routers, in slices where one datagram cannot hold them."""
        slices = range(0, self.routers, IN_ONE_REPORT)
        for start in slices:
            self._sequence += 1
            yield ev.PeerReport(
                at=self.now,
                link="lan",
                src=THEIRS,
                boot_id="other",
                sequence=self._sequence,
                round_trip=0.0005,
                clock_offset=0.0,
                report=NodeReport(
                    node="lb02",
                    routers=tuple(map(self._told, self.configs[start : start + IN_ONE_REPORT])),
                    addresses=(THEIRS,),
                    macs=(THEIR_MAC,),
                    daemon=DaemonState.RUNNING,
                    slices=len(slices),
                ),
            )

    def _told(self, config: VirtualRouter) -> ReportedRouter:
        held = not self.owns
        return ReportedRouter(
            vrid=config.vrid,
            family=Family.IPV4,
            configured_priority=100 if self.owns else 150,
            advertised_priority=150 if held else None,
            vips=tuple(
                ReportedVip(address=vip.address, held=held, for_seconds=60.0 if held else 0.0)
                for vip in config.vips
            ),
            advertising=held,
            ready=True,
            heard_age=None if held else 0.4,
            advert_interval=self.interval,
            settings=ReportedSettings(
                version=config.version, auth_type="none", auth_fingerprint=None, destination="224.0.0.18"
            ),
        )

    def echoes(self) -> Iterator[ev.EchoResult]:
        """The other node and the gateway answer."""
        yield ev.EchoResult(
            at=self.now, target="lb02", link="lan", address=THEIRS, replied=True, rtt_seconds=0.0003
        )
        yield ev.EchoResult(
            at=self.now, target="gateway", link=None, address="10.0.0.254", replied=True, rtt_seconds=0.0003
        )

    def second(self) -> Iterator[ev.Evidence]:
        """All that the agent is told in one second of a steady state, in the order of its times, ticks included."""
        begin = self.now
        yield from self.echoes()
        yield from self.reports()
        for number, config in enumerate(self.configs):
            self.now = begin + number / self.routers
            yield from self._ticks()
            yield self.advert(config)
        self.now = begin + 1.0
        yield from self._ticks()

    def _ticks(self) -> Iterator[ev.Tick]:
        wake = self.judge.next_wake_at
        while wake is not None and wake <= self.now:
            yield ev.Tick(at=wake)
            after = self.judge.next_wake_at
            if after == wake:
                return
            wake = after
