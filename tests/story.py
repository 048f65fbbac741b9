"""A story on one node, told as evidence with a clock of its own: who held, who spoke, who answered, and when."""

from __future__ import annotations

from dataclasses import dataclass, field

from hawatch import evidence as ev
from hawatch.causes.catalogue import CATALOGUE
from hawatch.judge import Change, Judge
from hawatch.keepalived.model import KeepalivedConfig, VirtualAddress, VirtualRouter
from hawatch.verdict import Finding, Severity, VerdictKind
from hawatch.wire.family import Family
from hawatch.wire.report import DaemonState, NodeReport, ReportedRouter, ReportedVip
from hawatch.wire.witness import (
    WitnessedAdverts,
    WitnessedAnswer,
    WitnessedMember,
    WitnessedRound,
    WitnessedVip,
    WitnessWord,
)

VIP = "10.0.0.100"
ADDRESSES = {"lb01": "10.0.0.1", "lb02": "10.0.0.2", "lb03": "10.0.0.3"}
MACS = {"lb01": "02:00:00:00:00:01", "lb02": "02:00:00:00:00:02", "lb03": "02:00:00:00:00:03"}
PRIORITIES = {"lb01": 150, "lb02": 100, "lb03": 50}


@dataclass
class Story:
    """What the agent on `me` is told; every method is one sentence of the story."""

    me: str
    agents: bool = True
    interval: float = 1.0
    nopreempt: bool = False
    vips: tuple[str, ...] = (VIP,)
    judge: Judge = field(default_factory=Judge)
    now: float = 1000.0
    changes: list[Change] = field(default_factory=list)
    probes: list[str] = field(default_factory=list)
    meets: list[str] = field(default_factory=list)
    asked: int = 0
    _sequence: int = 0

    def __post_init__(self) -> None:
        self.tell(
            ev.Started(
                at=self.now,
                node=self.me,
                pair="web",
                boot_id="b",
                booted_at=0.0,
                wall_minus_monotonic=0.0,
                version="0",
            )
        )
        others = [name for name in ("lb01", "lb02") if name != self.me]
        peers = tuple(ev.KnownPeer(name=name, addresses=(ADDRESSES[name],)) for name in others)
        self.tell(ev.Settings(at=self.now, peers=peers, references=("gateway",)))
        self.configured()
        self.tell(
            ev.InterfaceState(
                at=self.now,
                interface="eth0",
                carrier=True,
                mac=MACS[self.me],
                addresses=(ADDRESSES[self.me],),
            )
        )
        self.keepalived(DaemonState.RUNNING)
        self.holds(False)
        self.gateway(True)

    def configured(self, **fields: object) -> None:
        """Our keepalived runs the usual configuration, but for these fields."""
        usual: dict[str, object] = {
            "vrid": 51,
            "priority": PRIORITIES[self.me],
            "advert_interval": self.interval,
            "version": 2 if self.interval >= 1 else 3,
            "vips": tuple(VirtualAddress(address=vip, prefix_length=24) for vip in self.vips),
            "nopreempt": self.nopreempt,
        }
        router = VirtualRouter(instance="VI_1", interface="eth0", **{**usual, **fields})  # type: ignore[arg-type]
        digest = str(sorted((name, str(value)) for name, value in fields.items()))
        self.tell(
            ev.ConfigRead(at=self.now, config=KeepalivedConfig(virtual_routers=(router,), digest=digest))
        )

    def tell(self, evidence: ev.Evidence) -> None:
        """Hand one piece of evidence to the judge and do what it wishes, except answering."""
        outcome = self.judge.step(evidence)
        for standing in self.judge.standing.values():
            for finding in standing.findings:
                assert finding.severity in (*CATALOGUE[finding.cause].severities, Severity.INFO), finding
                assert finding.evidence, f"{finding} rests on nothing"
        self.changes += outcome.changes
        for _, want in outcome.wants:
            self.probes += [vip for vip, _ in want.probes]
            self.meets += [address for address, _ in want.meets]
            self.asked += want.ask

    def wait(self, seconds: float) -> None:
        """Let time pass, with the ticks that the judge asks for."""
        until = self.now + seconds
        while True:
            wake = self.judge.next_wake_at
            if wake is None or wake > until:
                break
            self.now = max(self.now, wake)
            self.tell(ev.Tick(at=self.now))
        self.now = until

    def holds(self, held: bool | None) -> None:
        """Our kernel has the VIP, or not, or cannot be asked."""
        self.tell(ev.VipHeld(at=self.now, address=VIP, held=held, interface="eth0"))

    def advert(self, node: str, priority: int | None = None, **fields: object) -> None:
        """`node` advertises."""
        known = {
            "src": ADDRESSES[node],
            "src_mac": MACS[node],
            "priority": PRIORITIES[node] if priority is None else priority,
            "addresses": self.vips,
            "family": Family.IPV4,
            "vrid": 51,
            "dst": "224.0.0.18",
            "outgoing": node == self.me,
            "version": 2 if self.interval >= 1 else 3,
            "ttl": 255,
            "interval_seconds": self.interval,
            "auth_type": 0,
            "auth_fingerprint": None,
            "checksum": "plain" if self.interval >= 1 else "pseudo_header",
        }
        self.tell(
            ev.AdvertisementHeard(
                at=self.now,
                first_at=self.now,
                count=1,
                interface="eth0",
                **{**known, **fields},  # type: ignore[arg-type]
            )
        )

    def adverts(self, node: str, count: int) -> None:
        """`node` advertises `count` times, an interval apart; its agent reports as it goes when there are agents."""
        for _ in range(count):
            self.advert(node)
            self.wait(self.interval)

    def report(
        self,
        node: str,
        held: bool | None,
        for_seconds: float = 60.0,
        *,
        ready: bool | None = True,
        daemon: DaemonState | None = DaemonState.RUNNING,
        leaving: bool = False,
        going_down: bool = False,
        heard_age: float | None = None,
        link: str = "lan",
        vrid: int = 51,
        vips: tuple[str, ...] | None = None,
        priority: int | None = None,
        clock_offset: float | None = None,
        witness: str = "",
        src: str | None = None,
        round_trip: float | None = 0.0005,
        **further: object,
    ) -> None:
        """The agent of `node` reports over a link; `further` are fields of its word on the virtual router."""
        self._sequence += 1
        router = ReportedRouter(
            vrid=vrid,
            family=Family.IPV4,
            configured_priority=PRIORITIES[node] if priority is None else priority,
            advertised_priority=None,
            vips=tuple(
                ReportedVip(address=vip, held=held, for_seconds=for_seconds if held else 0.0)
                for vip in (self.vips if vips is None else vips)
            ),
            advertising=further.pop("advertising", held),  # type: ignore[arg-type]
            ready=ready,
            heard_age=heard_age,
            **further,  # type: ignore[arg-type]
        )
        self.tell(
            ev.PeerReport(
                at=self.now,
                link=link,
                src="" if witness else src or ADDRESSES[node],
                witness=witness,
                boot_id=f"{node}-boot",
                sequence=self._sequence,
                round_trip=round_trip,
                clock_offset=clock_offset,
                report=NodeReport(
                    node=node,
                    routers=(router,),
                    addresses=(ADDRESSES[node],),
                    macs=(MACS[node],),
                    daemon=daemon,
                    leaving=leaving,
                    expected_return=10.0 if leaving else None,
                    going_down=going_down,
                ),
            )
        )

    def witness(
        self,
        *answering: str,
        reaches: tuple[str, ...] = (),
        misses: tuple[str, ...] = (),
        control: str | None = "lb01",
        control_count: int = 1,
        rounds: int = 2,
        apart: float = 0.3,
        age: float = 0.05,
        delay: float = 0.001,
        looked: float = 0.4,
        adverts: tuple[str, ...] = (),
        name: str = "witness1",
    ) -> None:
        """A witness speaks: whom it reaches and misses, who answered for the VIP in its last rounds, who advertises."""
        macs = [MACS.get(each, each) for each in answering]
        answers = tuple(WitnessedAnswer(mac=mac, count=macs.count(mac)) for mac in dict.fromkeys(macs))
        told = tuple(
            WitnessedRound(
                age=age + apart * (rounds - 1 - number),
                answers=answers,
                control_address=ADDRESSES[control] if control else None,
                control_answers=(WitnessedAnswer(mac=MACS[control], count=control_count),)
                if control and control_count
                else (),
            )
            for number in range(rounds)
        )
        members = [
            WitnessedMember(node=node, reachable=True, asked_age=looked, reached_age=looked)
            for node in reaches
        ]
        members += [WitnessedMember(node=node, reachable=False, asked_age=looked) for node in misses]
        word = WitnessWord(
            witness=name,
            members=tuple(members),
            vips=(WitnessedVip(address=VIP, rounds=told),),
            adverts=tuple(
                WitnessedAdverts(
                    family=Family.IPV4, vrid=51, src=ADDRESSES[node], priority=PRIORITIES[node], age=age
                )
                for node in adverts
            ),
        )
        self.tell(
            ev.WitnessSaid(at=self.now, witness=name, link="lan", src="10.0.0.60", delay=delay, word=word)
        )

    def has_witness(self, name: str = "witness1") -> None:
        """The configuration names a witness."""
        others = [each for each in ("lb01", "lb02") if each != self.me]
        peers = tuple(ev.KnownPeer(name=each, addresses=(ADDRESSES[each],)) for each in others)
        self.tell(
            ev.Settings(
                at=self.now,
                peers=peers,
                references=("gateway",),
                witnesses=(ev.KnownPeer(name=name, addresses=("10.0.0.60",)),),
            )
        )

    def watches(self, *observers: str, up: bool = True) -> None:
        """These observers of ours see, or see nothing."""
        for observer in observers:
            self.tell(ev.ObserverState(at=self.now, observer=observer, up=up))

    def delivered(self, node: str, count: int = 1) -> None:
        """Our own sockets for VRRP were given advertisements of `node`."""
        self.tell(
            ev.AdvertisementDelivered(
                at=self.now,
                first_at=self.now,
                count=count,
                interface="eth0",
                family=Family.IPV4,
                src=ADDRESSES[node],
                vrid=51,
            )
        )

    def rules(self, *hits: tuple[str, str]) -> None:
        """The rules of our host were listed: what they do with VRRP, each as (in or out, verdict)."""
        told = tuple(
            ev.FirewallHit(
                instance="VI_1",
                direction=direction,
                verdict=verdict,
                tool="nftables",
                rule="ip protocol 112 drop",
                place="inet filter input handle 7",
                remedy="nft delete rule inet filter input handle 7",
            )
            for direction, verdict in hits
        )
        self.tell(ev.FirewallJudged(at=self.now, hits=told))

    def overtaken_report(self, node: str, held: bool | None, for_seconds: float) -> None:
        """A report of `node` arrives that was sent before the last one."""
        self._sequence -= 2
        self.report(node, held, for_seconds)
        self._sequence += 1

    def echo(self, node: str, replied: bool | None, link: str = "lan") -> None:
        """An echo to `node` came back, or not."""
        self.tell(
            ev.EchoResult(
                at=self.now,
                target=node,
                link=link,
                address=ADDRESSES[node],
                replied=replied,
                rtt_seconds=0.0005,
            )
        )

    def gateway(self, replied: bool | None) -> None:
        """An echo to the gateway came back, or not."""
        self.tell(
            ev.EchoResult(at=self.now, target="gateway", link=None, address="10.0.0.254", replied=replied)
        )

    def tell_carrier(self, *, up: bool) -> None:
        """Our cable is plugged in, or cut."""
        self.tell(
            ev.InterfaceState(
                at=self.now, interface="eth0", carrier=up, mac=MACS[self.me], addresses=(ADDRESSES[self.me],)
            )
        )

    def tell_late(self, late: float) -> None:
        """Our agent was not scheduled for a while."""
        self.tell(ev.Tick(at=self.now, late=late))

    def keepalived(self, state: DaemonState | None) -> None:
        """Our keepalived runs, is frozen, or is dead."""
        self.tell(ev.DaemonSeen(at=self.now, state=state, pid=1 if state else None, loads="1"))

    def probed(
        self,
        *answering: str,
        control: str | None = None,
        control_count: int = 1,
        control_address: str | None = None,
        vip: str = VIP,
    ) -> None:
        """A probe round for the VIP ended now: these nodes (or MACs) answered, and `control` for its own address."""
        macs = [MACS.get(name, name) for name in answering]
        answers = tuple(ev.ProbeAnswer(mac=mac, count=macs.count(mac)) for mac in dict.fromkeys(macs))
        controls = (
            (ev.ProbeAnswer(mac=MACS.get(control, control), count=control_count),)
            if control and control_count
            else ()
        )
        self.tell(
            ev.ProbeRound(
                at=self.now + 0.1,
                asked_at=self.now,
                vip=vip,
                interface="eth0",
                sent=True,
                answers=answers,
                control_address=control_address or (ADDRESSES[control] if control else None),
                control_answers=controls,
            )
        )

    @property
    def verdict(self) -> VerdictKind:
        """What stands now."""
        return self.judge.standing["VI_1"].verdict.kind

    @property
    def rule(self) -> str:
        """The rule behind it."""
        return self.judge.standing["VI_1"].verdict.rule

    @property
    def verdicts(self) -> list[str]:
        """Every verdict so far, in order."""
        return [change.verdict.kind.value for change in self.changes]

    def severity_of(self, cause: str) -> str:
        """The severity of the finding of this cause that stands now."""
        findings = self.judge.standing["VI_1"].findings
        return next(finding.severity.value for finding in findings if finding.cause.value == cause)

    @property
    def blamed(self) -> set[str]:
        """The findings that stand now and are more than information, each as `cause@node`."""
        findings = self.judge.standing["VI_1"].findings
        return {f"{each.cause.value}@{each.node}" for each in findings if each.severity.value != "info"}

    def finding(self, cause: str) -> Finding:
        """The finding of this cause that stands now."""
        return next(each for each in self.judge.standing["VI_1"].findings if each.cause.value == cause)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings that stand now."""
        return self.judge.standing["VI_1"].findings

    @property
    def causes(self) -> set[str]:
        """The names of the findings that stand now."""
        return {finding.cause.value for finding in self.judge.standing["VI_1"].findings}


def master(**options: object) -> Story:
    """lb01 holds the VIP and advertises, lb02 stands by; all is well and has been for a while."""
    story = Story("lb01", **options)  # type: ignore[arg-type]
    story.holds(True)
    _settle(story, "lb01", peer="lb02", peer_holds=False)
    return story


def standby(**options: object) -> Story:
    """The same pair, seen from lb02."""
    story = Story("lb02", **options)  # type: ignore[arg-type]
    _settle(story, "lb01", peer="lb01", peer_holds=True)
    return story


def _settle(story: Story, owner: str, *, peer: str, peer_holds: bool) -> None:
    for _ in range(6):
        story.advert(owner)
        if story.agents:
            story.report(peer, peer_holds)
        story.echo(peer, replied=True)
        story.gateway(replied=True)
        story.probed(*([owner] if story.me != owner else []), control=peer)
        story.wait(story.interval)
    story.advert(owner)
    story.changes.clear()
