"""LVS judged: what is said of a pair that balances, and that nothing is said of one that does so rightly."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from hawatch import evidence as ev
from hawatch.keepalived.model import KeepalivedConfig, VirtualAddress, VirtualRouter
from hawatch.keepalived.virtual_server import ConfiguredSyncDaemon, Server, VirtualServer, VirtualServers
from hawatch.kernel.ipvs import RealServer, SyncDaemon, VirtualService
from hawatch.picture import draw
from hawatch.plain import codec
from hawatch.situation.own_report import own_report
from hawatch.situation.virtual_services import VirtualServices, report_of, wanted_by_router
from hawatch.verdict import Severity
from hawatch.wire.family import Family
from hawatch.wire.report import DaemonState, ReportedVirtualService
from tests.story import PRIORITIES, VIP, Story, master, standby

NAME, MARK = f"tcp {VIP}:80", "fwmark 3 ipv4"
SERVERS = (
    RealServer(address="10.0.0.11", port=80, weight=1, method="direct"),
    RealServer(address="10.0.0.12", port=80, weight=1, method="direct"),
)
SERVICE = VirtualService(name=NAME, scheduler="wlc", servers=SERVERS)
SORRY = RealServer(address="10.0.0.99", port=80, weight=1, method="direct")
CONFIGURED = VirtualServer(
    name=f"{VIP} 80",
    services=(NAME,),
    real_servers=(Server(address="10.0.0.11", port=80), Server(address="10.0.0.12", port=80)),
    sorry_server=Server(address="10.0.0.99", port=80),
)
DAEMON = ConfiguredSyncDaemon(interface="eth1", instance="VI_1", sync_id=51)
MASTER = SyncDaemon(state="master", interface="eth1", sync_id=51)
BACKUP = replace(MASTER, state="backup")
LVS = {"virtual_service_missing", "no_real_server", "virtual_services_differ", "lvs_sync_daemon_wrong"}
USUAL = VirtualServers(servers=(CONFIGURED,))


class Balancing:
    """A story of a pair that balances: what our kernel has, and what the other agent says of its own."""

    def __init__(self, story: Story, lvs: VirtualServers = USUAL) -> None:
        self.story = story
        router = VirtualRouter(
            instance="VI_1",
            interface="eth0",
            vrid=51,
            priority=PRIORITIES[story.me],
            vips=(VirtualAddress(address=VIP, prefix_length=24),),
        )
        self.config = KeepalivedConfig(virtual_routers=(router,), virtual_servers=lvs, digest="lvs")
        story.tell(ev.ConfigRead(at=story.now, config=self.config))

    def kernel(
        self, *services: VirtualService, daemons: tuple[SyncDaemon, ...] = (), problem: str | None = None
    ) -> None:
        known = None if problem else services
        self.story.tell(
            ev.VirtualServicesSeen(at=self.story.now, services=known, daemons=daemons, problem=problem)
        )

    def reported(self, *services: VirtualService) -> tuple[ReportedVirtualService, ...]:
        """The word of an agent whose kernel has these."""
        table = VirtualServices()
        table.fold(ev.VirtualServicesSeen(at=0.0, services=services))
        wanted = wanted_by_router(self.config)["VI_1"]
        word = report_of(table, self.config.virtual_routers[0], wanted, others=True)
        assert word is not None
        return word

    def go_on(self, seconds: int, word: Any = None, **report: Any) -> None:
        """The pair is steady meanwhile, and the other agent says `word` of its virtual services."""
        story = self.story
        other = "lb02" if story.me == "lb01" else "lb01"
        for _ in range(seconds):
            story.advert("lb01")
            story.report(other, other == "lb01", virtual_services=word, **report)
            story.echo(other, replied=True)
            story.gateway(replied=True)
            story.wait(1.0)

    @property
    def causes(self) -> set[str]:
        return {each for each in self.story.causes if each in LVS or each == "blind"}


def owner(lvs: VirtualServers = USUAL) -> Balancing:
    return Balancing(master(), lvs)


def test_a_steady_pair_with_equal_tables_gives_no_finding() -> None:
    for pair in (owner(), Balancing(standby())):
        pair.kernel(SERVICE)
        pair.go_on(90, pair.reported(SERVICE))
        assert pair.story.verdict.value == "steady"
        assert pair.story.findings == ()


def test_the_owner_s_kernel_lacks_the_service_and_that_is_critical() -> None:
    pair = owner()
    pair.kernel()
    pair.go_on(8)
    assert not pair.causes, "keepalived may have been loaded just now"
    pair.go_on(5)
    assert pair.causes == {"virtual_service_missing"}
    finding = pair.story.finding("virtual_service_missing")
    assert (finding.severity, finding.node) == (Severity.CRITICAL, "lb01")
    assert NAME in finding.summary
    assert "ipvsadm -Ln" in finding.remedy
    assert "systemctl reload keepalived" in finding.remedy
    pair.kernel(SERVICE)
    assert not pair.causes


def test_a_service_that_vanishes_later_is_missed_when_a_second_look_lacks_it_too() -> None:
    pair = owner()
    pair.kernel(SERVICE)
    pair.go_on(30)
    pair.kernel()
    pair.go_on(2)
    assert not pair.causes
    pair.go_on(4)
    assert pair.causes == {"virtual_service_missing"}


def test_what_the_standby_lacks_is_no_outage_but_a_difference_that_both_agents_name_alike() -> None:
    here, there = owner(), Balancing(standby())
    here.kernel(SERVICE)
    there.kernel()
    for pair, word in ((here, there.reported()), (there, here.reported(SERVICE))):
        pair.go_on(12, word)
        assert not pair.causes
        pair.go_on(10, word)
        assert pair.causes == {"virtual_services_differ"}
        finding = pair.story.finding("virtual_services_differ")
        assert (finding.severity, finding.node) == (Severity.WARNING, "lb02")
        assert f"lacks {NAME}" in finding.summary
    summaries = {each.story.finding("virtual_services_differ").summary for each in (here, there)}
    assert len(summaries) == 1


def test_a_standby_whose_keepalived_conf_has_no_virtual_server_says_so_to_one_who_has() -> None:
    bare = Balancing(standby(), VirtualServers())
    bare.go_on(3, None)
    assert own_word(bare) is None, "a pair that does not balance says nothing of it"
    word = owner().reported(SERVICE)
    bare.go_on(20, word)
    assert own_word(bare) == ()
    assert bare.causes == {"virtual_services_differ"}
    pair = owner()
    pair.kernel(SERVICE)
    pair.go_on(20, ())
    assert f"lacks {NAME}" in pair.story.finding("virtual_services_differ").summary


def own_word(pair: Balancing) -> tuple[ReportedVirtualService, ...] | None:
    situation = pair.story.judge.situation
    return own_report(situation.node, situation.routers.values(), pair.story.now).routers[0].virtual_services


def test_a_service_of_the_standby_alone_and_another_scheduler_are_differences() -> None:
    more = replace(SERVICE, name=f"tcp {VIP}:443")
    pair = owner()
    pair.kernel(SERVICE)
    pair.go_on(20, pair.reported(replace(SERVICE, scheduler="rr"), more))
    summary = pair.story.finding("virtual_services_differ").summary
    assert f"has {more.name}, which the owner lacks" in summary
    assert f"balances {NAME} otherwise" in summary


def test_what_the_owner_misses_is_told_of_the_owner_alone() -> None:
    pair = owner()
    pair.kernel()
    pair.go_on(40, pair.reported(SERVICE))
    assert pair.causes == {"virtual_service_missing"}
    told = pair.story.judge.situation.routers["VI_1"].reported_findings
    other = Balancing(standby())
    other.kernel(SERVICE)
    other.go_on(40, other.reported(), findings=told)
    assert other.causes == {"virtual_service_missing"}


def test_health_checks_that_end_differently_are_information_after_a_minute() -> None:
    pair = owner()
    pair.kernel(SERVICE)
    word = pair.reported(replace(SERVICE, servers=SERVERS[:1]))
    pair.go_on(50, word)
    assert not pair.causes
    pair.go_on(15, word)
    finding = pair.story.finding("virtual_services_differ")
    assert finding.severity is Severity.INFO
    assert "1 real servers on lb02, 2 on lb01" in finding.summary


@pytest.mark.parametrize(
    "theirs",
    [
        pytest.param(replace(SERVICE, servers=(replace(SERVERS[0], weight=7), SERVERS[1])), id="weights"),
        pytest.param(replace(SERVICE, flags=2), id="a flag that says nothing"),
        pytest.param(replace(SERVICE, servers=(*SERVERS, SORRY)), id="the sorry server"),
        pytest.param(replace(SERVICE, servers=SERVERS[::-1]), id="order"),
    ],
)
def test_what_differs_in_every_pair_is_no_difference(theirs: VirtualService) -> None:
    pair = owner()
    pair.kernel(SERVICE)
    pair.go_on(80, pair.reported(theirs))
    assert not pair.causes


def test_a_standby_that_does_not_check_while_the_vip_is_away_may_have_others() -> None:
    pair = owner(VirtualServers(servers=(replace(CONFIGURED, ha_suspend=True),)))
    pair.kernel(replace(SERVICE, servers=SERVERS[:1]))
    pair.go_on(80, pair.reported(SERVICE))
    assert not pair.causes


def test_a_table_that_is_not_known_is_neither_equal_nor_different_nor_empty() -> None:
    pair = owner()
    pair.kernel(SERVICE)
    pair.go_on(30, None)
    assert not pair.causes, "the other agent does not know its table, or is an older one"
    pair.kernel(problem="the kernel has no ip_vs")
    pair.go_on(30, pair.reported())
    assert pair.causes == {"blind"}
    finding = pair.story.finding("blind")
    assert "the kernel has no ip_vs" in finding.summary
    assert "modprobe ip_vs" in finding.remedy
    assert own_word(pair) is None


def test_before_the_first_look_nothing_is_said() -> None:
    pair = owner()
    pair.go_on(30, pair.reported(SERVICE))
    assert not pair.causes


def test_an_observer_that_crashed_makes_the_table_unknown() -> None:
    pair = owner()
    pair.kernel()
    pair.go_on(20)
    assert "virtual_service_missing" in pair.causes
    pair.story.tell(ev.ObserverState(at=pair.story.now, observer="ipvs", up=False, problem="ended"))
    assert pair.causes == {"blind"}


def test_who_has_no_virtual_server_is_told_nothing_whatever_the_kernel_has() -> None:
    pair = owner(VirtualServers())
    pair.kernel(SERVICE, daemons=(MASTER,))
    pair.go_on(90)
    assert not pair.causes
    pair.kernel(problem="the kernel has no ip_vs")
    pair.go_on(20)
    assert not pair.causes


def test_a_keepalived_that_has_ended_is_its_own_finding_and_no_difference() -> None:
    pair = owner()
    pair.kernel(SERVICE)
    pair.go_on(40, pair.reported(), daemon=DaemonState.DEAD)
    assert not pair.causes & LVS


def test_a_service_without_a_real_server_is_critical_unless_somebody_says_sorry() -> None:
    pair = owner()
    pair.kernel(SERVICE)
    pair.go_on(30)
    pair.kernel(replace(SERVICE, servers=tuple(replace(each, weight=0) for each in SERVERS)))
    pair.go_on(2)
    assert not pair.causes
    pair.go_on(4)
    finding = pair.story.finding("no_real_server")
    assert (finding.severity, finding.node) == (Severity.CRITICAL, "lb01")
    assert "10.0.0.11:80, 10.0.0.12:80" in finding.remedy
    pair.kernel(replace(SERVICE, servers=(SORRY,)))
    pair.go_on(6)
    assert pair.story.finding("no_real_server").severity is Severity.WARNING
    assert "sorry_server answers" in pair.story.finding("no_real_server").summary
    pair.kernel(replace(SERVICE, servers=SERVERS[:1]))
    assert not pair.causes


def test_a_sorry_server_that_is_a_real_server_too_is_told_apart_by_its_port() -> None:
    sorry = replace(CONFIGURED, sorry_server=Server(address="10.0.0.11", port=8080))
    pair = owner(VirtualServers(servers=(sorry,)))
    pair.kernel(replace(SERVICE, servers=SERVERS[:1]))
    pair.go_on(20)
    assert not pair.causes
    pair.kernel(replace(SERVICE, servers=(replace(SERVERS[0], port=8080),)))
    pair.go_on(20)
    assert pair.causes == {"no_real_server"}


def test_a_standby_without_real_servers_is_no_outage() -> None:
    pair = Balancing(standby())
    pair.kernel(replace(SERVICE, servers=()))
    pair.go_on(30)
    assert not pair.causes


def test_a_service_that_goes_by_a_mark_is_every_instance_s_of_its_family() -> None:
    marked = VirtualServers(servers=(replace(CONFIGURED, services=(MARK,)),))
    pair = owner(marked)
    pair.kernel(replace(SERVICE, name="fwmark 3 ipv6"))
    pair.go_on(20)
    assert MARK in pair.story.finding("virtual_service_missing").summary
    pair.kernel(replace(SERVICE, name=MARK))
    assert not pair.causes


def test_a_virtual_server_on_no_vip_is_nobody_s() -> None:
    elsewhere = VirtualServers(servers=(replace(CONFIGURED, services=("tcp 10.9.9.9:80",)),))
    pair = owner(elsewhere)
    pair.kernel()
    pair.go_on(30)
    assert not pair.causes


@pytest.mark.parametrize(
    ("runs", "is_right"),
    [
        pytest.param((MASTER,), True, id="master"),
        pytest.param((MASTER, BACKUP), True, id="both"),
        pytest.param((BACKUP,), False, id="backup"),
        pytest.param((), False, id="none"),
        pytest.param((replace(MASTER, sync_id=52),), False, id="another id"),
        pytest.param((replace(MASTER, interface="eth0"),), False, id="another interface"),
    ],
)
def test_the_owner_s_sync_daemon_must_be_master(runs: tuple[SyncDaemon, ...], is_right: bool) -> None:
    pair = owner(VirtualServers(servers=(CONFIGURED,), sync_daemon=DAEMON))
    pair.kernel(SERVICE, daemons=runs)
    pair.go_on(20)
    assert pair.causes == (set() if is_right else {"lvs_sync_daemon_wrong"})


def test_the_standby_s_sync_daemon_must_be_backup() -> None:
    pair = Balancing(standby(), VirtualServers(sync_daemon=DAEMON))
    pair.kernel(daemons=(BACKUP,))
    pair.go_on(20)
    assert not pair.causes
    pair.kernel(daemons=(MASTER,))
    pair.go_on(8)
    assert not pair.causes, "it may be on its way from one to the other"
    pair.go_on(6)
    finding = pair.story.finding("lvs_sync_daemon_wrong")
    assert (finding.severity, finding.node) == (Severity.WARNING, "lb02")
    assert "ought to be backup on eth1, id 51" in finding.summary
    assert "ipvsadm -L --daemon" in finding.remedy


def test_a_sync_daemon_of_no_instance_is_both_everywhere() -> None:
    lvs = VirtualServers(sync_daemon=replace(DAEMON, instance=None, sync_id=0))
    pair = Balancing(standby(), lvs)
    runs = tuple(replace(each, sync_id=0) for each in (MASTER, BACKUP))
    pair.kernel(daemons=runs)
    pair.go_on(20)
    assert not pair.causes
    pair.kernel(daemons=runs[:1])
    pair.go_on(20)
    assert pair.causes == {"lvs_sync_daemon_wrong"}


def test_while_nobody_is_known_to_own_the_vip_nothing_is_said_of_the_sync_daemon() -> None:
    pair = owner(VirtualServers(sync_daemon=DAEMON))
    pair.kernel(daemons=(BACKUP,))
    pair.story.holds(None)
    pair.story.wait(30.0)
    assert "lvs_sync_daemon_wrong" not in pair.causes


def test_a_finding_of_the_other_agent_s_own_node_stands_here_too() -> None:
    pair = Balancing(standby())
    pair.kernel(SERVICE)
    told = owner()
    told.kernel()
    told.go_on(20)
    word = told.story.judge.situation.routers["VI_1"].reported_findings
    assert [each.cause for each in word] == ["virtual_service_missing"]
    pair.go_on(2, pair.reported(), findings=word)
    assert ("virtual_service_missing", "lb01") in {
        (each.cause.value, each.node) for each in pair.story.findings
    }


def test_the_evidence_is_journalled_and_a_replay_of_it_says_the_same() -> None:
    kinds: Any = codec(ev.Evidence)
    lvs = VirtualServers(servers=(CONFIGURED,), sync_daemon=DAEMON)
    pair, again = owner(lvs), owner(lvs).story.judge
    heard: list[ev.Evidence] = []
    tell = pair.story.tell

    def recorded(evidence: ev.Evidence) -> None:
        heard.append(kinds.decode(json.loads(json.dumps(kinds.encode(evidence)))))
        tell(evidence)

    pair.story.tell = recorded  # type: ignore[method-assign]
    pair.kernel(SERVICE, daemons=(BACKUP,))
    pair.go_on(30, pair.reported(replace(SERVICE, scheduler="rr")))
    pair.kernel()
    pair.go_on(14, pair.reported(SERVICE))
    for each in heard:
        again.step(each)
    assert again.standing["VI_1"].findings == pair.story.judge.standing["VI_1"].findings
    assert {each.cause.value for each in again.standing["VI_1"].findings} >= {
        "virtual_service_missing",
        "lvs_sync_daemon_wrong",
    }


def test_the_picture_shows_usable_and_configured_real_servers() -> None:
    pair = owner()
    assert draw(pair.story.judge, pair.story.now).routers[0].virtual_services is None
    pair.kernel(replace(SERVICE, servers=(SERVERS[0], replace(SERVERS[1], weight=0), SORRY)))
    (view,) = draw(pair.story.judge, pair.story.now).routers[0].virtual_services or ()
    assert (view.name, view.usable, view.configured) == (NAME, 1, 2)
    pair.kernel()
    (view,) = draw(pair.story.judge, pair.story.now).routers[0].virtual_services or ()
    assert view.usable is None


def test_the_services_of_many_instances_are_each_on_their_own_vip() -> None:
    routers = tuple(
        VirtualRouter(
            instance=f"VI_{number}",
            interface="eth0",
            vrid=number,
            family=Family.IPV4,
            vips=(VirtualAddress(address=f"10.0.1.{number}", prefix_length=24),),
        )
        for number in range(1, 256)
    )
    servers = tuple(replace(CONFIGURED, services=(f"tcp 10.0.1.{number}:80",)) for number in range(1, 256))
    config = KeepalivedConfig(virtual_routers=routers, virtual_servers=VirtualServers(servers=servers))
    wanted = wanted_by_router(config)
    assert {name: list(each) for name, each in wanted.items()} == {
        f"VI_{number}": [f"tcp 10.0.1.{number}:80"] for number in range(1, 256)
    }
