"""The examinations of `hawatch doctor`, each before a host that the test has written."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch import cli
from hawatch.config import Config, Peer, Service, UdpLink, VirtualRouterOptions
from hawatch.doctor import (
    EXAMINATIONS,
    agent_rights,
    clock_offset,
    confinement,
    direct_routing,
    duplicate_detection,
    examine_all,
    fencing,
    hawatch_toml,
    keepalived_conf,
    keepalived_version,
    membership,
    nonlocal_bind,
    packet_filter,
    peer_links,
    reverse_path,
    virtual_mac,
)
from hawatch.doctor.case import Case, FenceSeen
from hawatch.doctor.host import Host, Ran
from hawatch.doctor.known_traps import TRAPS
from hawatch.doctor.line import Line, Outcome, sysctl_remedy, worst
from hawatch.errors import DecodeError
from hawatch.keepalived.blocks import statements
from hawatch.keepalived.lines import Line as ConfLine
from hawatch.keepalived.model import KeepalivedConfig, VirtualAddress, VirtualRouter
from hawatch.kernel.listeners import Listener, read_listeners
from hawatch.kernel.own_addresses import read_own_addresses
from hawatch.kernel.process_rights import read_process_rights
from hawatch.kernel.routes import device_towards, read_routes
from hawatch.wire.family import Family

VIP, PEER = "10.0.0.100", "10.0.0.12"
ROUTER = VirtualRouter(
    instance="VI_1",
    interface="eth0",
    vrid=51,
    vips=(VirtualAddress(address=VIP, prefix_length=24),),
)
ROUTER6 = VirtualRouter(
    instance="VI_6",
    interface="eth0",
    vrid=51,
    family=Family.IPV6,
    version=3,
    multicast_group="ff02::12",
    vips=(VirtualAddress(address="fd00::100", prefix_length=64),),
)
EMPTY_RULES: dict[str, Any] = {"nft": {"nftables": []}, "iptables": None, "ip6tables": None, "problems": {}}


@dataclass
class World:
    """A root directory, and what commands say; without an answer there is no such command."""

    root: Path
    answers: dict[str, Ran] = field(default_factory=dict)

    def write(self, name: str, text: str) -> None:
        path = self.root / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def sysctl(self, **values: int) -> None:
        """`all_rp_filter=1` of IPv4, `eth0_accept_dad=1` of IPv6."""
        for name, value in values.items():
            device, _, key = name.partition("_")
            scope = "ipv6" if "dad" in key else "ipv4"
            self.write(f"/proc/sys/net/{scope}/conf/{device}/{key}", f"{value}\n")

    def run(self, argv: tuple[str, ...]) -> Ran:
        try:
            return self.answers[argv[0]]
        except KeyError:
            raise FileNotFoundError(2, "No such file or directory", argv[0]) from None

    def case(self, *routers: VirtualRouter, **fields: Any) -> Case:
        given: dict[str, Any] = {
            "keepalived": KeepalivedConfig(virtual_routers=routers or (ROUTER,)),
            "statements": (),
        }
        return Case(host=Host(self.root, self.run, is_root=False), **(given | fields))


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.write("/proc/self/net/dev", "")
    world.write("/sys/class/net/eth0/flags", "0x1003\n")
    return world


def only(examine: Callable[[Case], Any], case: Case) -> Line:
    (line,) = examine(case)
    assert isinstance(line, Line)
    return line


def outcomes(examine: Callable[[Case], Any], case: Case) -> dict[str, str]:
    return {line.name: line.outcome.value for line in examine(case)}


# --- all of them ----------------------------------------------------------------------------------


def test_on_a_host_of_which_nothing_can_be_read_nothing_is_said_to_be_ok_that_was_not_seen(
    tmp_path: Path,
) -> None:
    nothing = Case(host=Host(tmp_path, World(tmp_path).run, is_root=False))
    told = {line.name: line for line in examine_all(nothing)}
    assert not [name for name, line in told.items() if line.outcome is Outcome.FAIL]
    assert {name for name, line in told.items() if line.outcome is Outcome.OK} <= {
        "hawatch_toml",
        "confinement",
        "clock",
    }
    assert all(line.sentence for line in told.values())


def test_every_examination_is_in_the_list() -> None:
    directory = Path(direct_routing.__file__).parent
    files = {path.stem for path in directory.glob("*.py") if "def examine(" in path.read_text()}
    assert {examine.__module__.rpartition(".")[2] for examine in EXAMINATIONS} == files


def test_the_worst_is_what_counts() -> None:
    assert worst([]) is Outcome.OK
    assert worst([Outcome.OK, Outcome.UNKNOWN]) is Outcome.UNKNOWN
    assert worst([Outcome.WARN, Outcome.UNKNOWN]) is Outcome.WARN
    assert worst([Outcome.FAIL, Outcome.WARN]) is Outcome.FAIL


def test_a_sysctl_is_set_now_and_at_every_boot() -> None:
    lines = sysctl_remedy("x", {"net.a.b": 1, "net/c/d.7/e": 2}).splitlines()
    assert lines[1] == "printf '%s\\n' 'net.a.b = 1' 'net/c/d.7/e = 2' >/etc/sysctl.d/99-zz-hawatch-x.conf"
    assert lines[2] == "sysctl -p /etc/sysctl.d/99-zz-hawatch-x.conf"


# --- sysctls --------------------------------------------------------------------------------------


def listening(address: str, port: int) -> str:
    return f"  sl  local_address rem_address   st\n   0: {address}:{port:04X} 00000000:0000 0A 0 0 0\n"


def test_a_service_on_a_vip_needs_nonlocal_bind(world: World) -> None:
    world.write("/proc/net/tcp", listening("6400000A", 80))
    world.write("/proc/sys/net/ipv4/ip_nonlocal_bind", "0\n")
    line = only(nonlocal_bind.examine, world.case())
    assert line.outcome is Outcome.WARN
    assert f"port 80 is bound to {VIP}" in line.sentence
    assert "net.ipv4.ip_nonlocal_bind = 1" in line.remedy
    world.write("/proc/sys/net/ipv4/ip_nonlocal_bind", "1\n")
    assert only(nonlocal_bind.examine, world.case()).outcome is Outcome.OK


def test_a_service_on_every_address_needs_nothing(world: World) -> None:
    world.write("/proc/net/tcp", listening("00000000", 80))
    world.write("/proc/sys/net/ipv4/ip_nonlocal_bind", "0\n")
    asked = Config(services=(Service(name="nginx", http=f"http://{VIP}/"),))
    assert only(nonlocal_bind.examine, world.case(config=asked)).outcome is Outcome.OK


def test_a_service_of_hawatch_toml_on_the_vip_counts_where_nobody_listens_now(world: World) -> None:
    world.write("/proc/net/tcp", listening("0100007F", 80))
    world.write("/proc/sys/net/ipv4/ip_nonlocal_bind", "0\n")
    for service in (Service(name="nginx", http=f"http://{VIP}/"), Service(name="nginx", tcp=f"{VIP}:80")):
        line = only(nonlocal_bind.examine, world.case(config=Config(services=(service,))))
        assert line.outcome is Outcome.WARN
        assert "the service nginx is asked on" in line.sentence


ROUTES = (
    "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
    "eth0\t00000000\t0100000A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
    "eth0\t0000000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
    "eth1\t0C00000A\t00000000\t0005\t0\t0\t0\tFFFFFFFF\t0\t0\t0\n"
)


def test_a_strict_filter_is_harmless_until_it_has_dropped_something(world: World) -> None:
    world.sysctl(all_rp_filter=1, eth0_rp_filter=0)
    world.write("/proc/net/netstat", "TcpExt: IPReversePathFilter\nTcpExt: 0\n")
    assert only(reverse_path.examine, world.case()).outcome is Outcome.OK
    world.write("/proc/net/netstat", "TcpExt: IPReversePathFilter\nTcpExt: 7\n")
    line = only(reverse_path.examine, world.case())
    assert line.outcome is Outcome.WARN
    assert "'net.ipv4.conf.eth0.rp_filter = 2'" in line.remedy
    world.sysctl(all_rp_filter=1, eth0_rp_filter=2)
    assert only(reverse_path.examine, world.case()).outcome is Outcome.OK


def test_a_strict_filter_fails_where_the_way_back_is_another(world: World) -> None:
    world.sysctl(all_rp_filter=0, eth0_rp_filter=1)
    world.write("/proc/net/route", ROUTES)
    world.write("/etc/ufw/sysctl.conf", "net/ipv4/conf/all/rp_filter=1\n")
    line = only(reverse_path.examine, world.case(replace(ROUTER, unicast_peers=(PEER,))))
    assert line.outcome is Outcome.FAIL
    assert PEER in line.sentence
    assert "/etc/ufw/sysctl.conf" in line.remedy  # ufw would undo it
    straight = world.case(replace(ROUTER, unicast_peers=("10.0.0.13",)))
    assert only(reverse_path.examine, straight).outcome is Outcome.OK


def test_a_strict_filter_on_a_virtual_macs_device_fails(world: World) -> None:
    world.write("/sys/class/net/vrrp.51/address", "00:00:5e:00:01:33\n")
    world.write("/proc/sys/net/ipv4/conf/all/rp_filter", "1\n")
    world.write("/proc/sys/net/ipv4/conf/vrrp.51/rp_filter", "0\n")
    line = only(reverse_path.examine, world.case(replace(ROUTER, vmac_interface="vrrp.51")))
    assert (line.name, line.outcome) == ("rp_filter vrrp.51", Outcome.FAIL)
    assert "'net/ipv4/conf/vrrp.51/rp_filter = 2'" in line.remedy


def conf(text: str) -> tuple[Any, ...]:
    lines = [ConfLine(line.strip(), f"conf:{number}") for number, line in enumerate(text.splitlines(), 1)]
    return tuple(statements(line for line in lines if line.text))


DIRECT = """
virtual_server 10.0.0.100 80
{
lvs_method DR
real_server 10.0.0.12 80
{
weight 1
}
real_server 10.0.0.13 80
{
lvs_method NAT
}
}
virtual_server 10.0.0.100 443
{
lb_kind NAT
real_server 10.0.0.14 443
{
}
}
"""


def test_the_real_servers_of_direct_routing_are_found() -> None:
    assert direct_routing.direct_servers(conf(DIRECT)) == ["10.0.0.12"]


def link(name: str, *addresses: str, flags: tuple[str, ...] = (), scope: str = "global") -> dict[str, Any]:
    """A device as `ip -json address` tells of it; an address without a prefix is a host's."""
    infos = []
    for each in addresses:
        address, _, prefix = each.partition("/")
        length = int(prefix or (128 if ":" in address else 32))
        infos.append({"local": address, "prefixlen": length, "scope": scope})
    return {"ifname": name, "flags": [*flags, "UP"], "addr_info": infos}


def loopback(*addresses: str, scope: str = "global", others: tuple[dict[str, Any], ...] = ()) -> Ran:
    lo = link("lo", "127.0.0.1/8", "::1", *addresses, flags=("LOOPBACK",), scope=scope)
    return Ran(0, json.dumps([lo, *others]))


def test_a_real_server_must_not_answer_for_the_vip_on_its_loopback(world: World) -> None:
    world.answers["ip"] = loopback(VIP)
    world.sysctl(all_arp_ignore=0, eth0_arp_ignore=1, all_arp_announce=0, eth0_arp_announce=0)
    line = only(direct_routing.examine, world.case(statements=conf(DIRECT)))
    assert line.outcome is Outcome.FAIL
    assert "arp_announce 0" in line.sentence
    assert "arp_ignore" not in line.sentence
    assert "'net.ipv4.conf.all.arp_announce = 2'" in line.remedy
    world.sysctl(all_arp_announce=2)
    assert only(direct_routing.examine, world.case(statements=conf(DIRECT))).outcome is Outcome.OK


@pytest.mark.parametrize(
    ("ignore", "scope", "outcome"),
    [
        (0, "global", Outcome.FAIL),
        (1, "global", Outcome.OK),
        (2, "global", Outcome.OK),
        (3, "global", Outcome.FAIL),
        (3, "host", Outcome.OK),
        (8, "global", Outcome.FAIL),
    ],
)
def test_arp_ignore_says_less_or_more_the_greater_it_is(
    world: World, ignore: int, scope: str, outcome: Outcome
) -> None:
    world.answers["ip"] = loopback(VIP, scope=scope)
    world.sysctl(all_arp_ignore=0, eth0_arp_ignore=ignore, all_arp_announce=2, eth0_arp_announce=0)
    line = only(direct_routing.examine, world.case(statements=conf(DIRECT)))
    assert line.outcome is outcome
    assert ("'net.ipv4.conf.eth0.arp_ignore = 1'" in line.remedy) is (outcome is Outcome.FAIL and ignore > 1)


def test_every_device_on_which_clients_may_ask_must_be_silent_about_the_vip(world: World) -> None:
    """Here the director is a real server too: it owns the VIP on eth0, and has it on lo for when it does not."""
    inner = link("eth1", "192.168.7.3/24")
    world.answers["ip"] = loopback(
        VIP, others=(link("eth0", f"{VIP}/24"), inner, link("dummy0", flags=("NOARP",)))
    )
    world.sysctl(all_arp_ignore=0, all_arp_announce=2, eth0_arp_ignore=1, eth0_arp_announce=0)
    world.sysctl(eth1_arp_ignore=0, eth1_arp_announce=0)
    told = outcomes(direct_routing.examine, world.case(statements=conf(DIRECT)))
    assert told == {"arp eth0": "ok", "arp eth1": "fail"}


def test_a_vip_on_a_tunnel_s_end_or_a_dummy_is_hidden_as_on_loopback(world: World) -> None:
    for device in ("tunl0", "dummy0"):
        world.answers["ip"] = loopback(others=(link(device, VIP, flags=("NOARP",)),))
        world.sysctl(all_arp_ignore=0, eth0_arp_ignore=0, all_arp_announce=2, eth0_arp_announce=0)
        line = only(direct_routing.examine, world.case(statements=conf(DIRECT)))
        assert line.outcome is Outcome.FAIL
        assert f"{VIP} on {device}" in line.sentence


@pytest.mark.parametrize(("router", "address"), [(ROUTER, f"{VIP}/24"), (ROUTER6, "fd00::100/64")])
def test_a_vip_with_a_prefix_on_loopback_makes_its_network_local(
    world: World, router: VirtualRouter, address: str
) -> None:
    world.answers["ip"] = loopback(address)
    world.sysctl(all_arp_ignore=1, eth0_arp_ignore=0, all_arp_announce=2, eth0_arp_announce=0)
    told = {each.name: each for each in direct_routing.examine(world.case(router, statements=conf(DIRECT)))}
    assert told["arp lo"].outcome is Outcome.FAIL
    assert f"ip address del {address} dev lo" in told["arp lo"].remedy
    assert {each.outcome for name, each in told.items() if name != "arp lo"} <= {Outcome.OK}


def test_an_ipv6_vip_on_loopback_is_answered_for_on_no_other_device(world: World) -> None:
    world.answers["ip"] = loopback("fd00::100")
    line = only(direct_routing.examine, world.case(ROUTER6, statements=conf(DIRECT)))
    assert (line.name, line.outcome) == ("arp IPv6", Outcome.OK)


def test_a_host_without_keepalived_may_be_a_mere_real_server(world: World) -> None:
    world.answers["ip"] = loopback(VIP, others=(link("eth0", "10.0.0.11/24"),))
    world.sysctl(all_arp_ignore=0, eth0_arp_ignore=0, all_arp_announce=0, eth0_arp_announce=0)
    line = only(direct_routing.examine, world.case(keepalived=None))
    assert line.outcome is Outcome.WARN
    assert line.sentence.endswith("if that is a VIP of LVS")
    world.sysctl(all_arp_ignore=1, all_arp_announce=2)
    assert only(direct_routing.examine, world.case(keepalived=None)).outcome is Outcome.OK
    world.answers["ip"] = loopback()
    assert only(direct_routing.examine, world.case(keepalived=None)).outcome is Outcome.UNKNOWN


def test_without_direct_routing_or_without_the_vip_on_loopback_arp_is_fine(world: World) -> None:
    assert only(direct_routing.examine, world.case()).outcome is Outcome.OK
    assert only(direct_routing.examine, world.case(statements=None)).outcome is Outcome.UNKNOWN
    world.answers["ip"] = loopback()
    assert only(direct_routing.examine, world.case(statements=conf(DIRECT))).outcome is Outcome.OK
    assert only(direct_routing.examine, world.case(statements=None)).outcome is Outcome.OK


@pytest.mark.parametrize(
    ("accept", "transmits", "expected"), [(1, 1, "ok"), (0, 9, "ok"), (1, 9, "warn"), (2, 1, "warn")]
)
def test_duplicate_address_detection_must_neither_disable_nor_delay(
    world: World, accept: int, transmits: int, expected: str
) -> None:
    world.sysctl(all_accept_dad=0, eth0_accept_dad=accept, eth0_dad_transmits=transmits)
    assert outcomes(duplicate_detection.examine, world.case(ROUTER6)) == {"dad eth0": expected}
    assert outcomes(duplicate_detection.examine, world.case(ROUTER)) == {"dad": "ok"}


def test_a_duplicate_address_fails(world: World) -> None:
    world.sysctl(all_accept_dad=0, eth0_accept_dad=1, eth0_dad_transmits=1)
    world.write("/proc/net/if_inet6", "fe80000000000000000000fffe00000b 02 40 20 c8     eth0\n")
    line = only(duplicate_detection.examine, world.case(ROUTER6))
    assert line.outcome is Outcome.FAIL
    assert "fe80::ff:fe00:b" in line.sentence


# --- packets --------------------------------------------------------------------------------------


def rules(*rules: dict[str, Any], policy: str = "accept") -> dict[str, Any]:
    chain = {"family": "inet", "table": "filter", "name": "input", "handle": 1}
    hook = {"type": "filter", "hook": "input", "prio": 0, "policy": policy}
    items: list[dict[str, Any]] = [{"table": {"family": "inet", "name": "filter", "handle": 1}}]
    items.append({"chain": {**chain, **hook}})
    items += [
        {
            "rule": {
                "family": "inet",
                "table": "filter",
                "chain": "input",
                "handle": number,
                "expr": [*each["expr"]],
            }
        }
        for number, each in enumerate(rules, 2)
    ]
    return {**EMPTY_RULES, "nft": {"nftables": items}}


DROP_VRRP = {
    "expr": [
        {"match": {"op": "==", "left": {"meta": {"key": "l4proto"}}, "right": 112}},
        {"drop": None},
    ]
}


def test_a_rule_that_drops_vrrp_fails_with_the_remedy_of_its_tool(world: World) -> None:
    told = {line.name: line for line in packet_filter.examine(world.case(listing=rules(DROP_VRRP)))}
    assert told["firewall VI_1 in"].outcome is Outcome.FAIL
    assert "inet filter input" in told["firewall VI_1 in"].sentence
    assert "nft" in told["firewall VI_1 in"].remedy
    assert told["firewall VI_1 out"].outcome is Outcome.OK


def test_the_rules_of_nobody_let_everything_pass(world: World) -> None:
    assert set(outcomes(packet_filter.examine, world.case(listing=EMPTY_RULES)).values()) == {"ok"}


def test_rules_that_cannot_be_listed_or_understood_are_unknown(world: World) -> None:
    line = only(packet_filter.examine, world.case(listing_problem="no helper"))
    assert (line.outcome, "no helper" in line.sentence) == (Outcome.UNKNOWN, True)
    assert set(outcomes(packet_filter.examine, world.case(listing={"nft": 5})).values()) == {"unknown"}


def joined(world: World, users: int, *, shadows: int = 0) -> None:
    head = "Idx\tDevice\n2\teth0      :     1      V3\n"
    world.write("/proc/net/igmp", f"{head}\t\t\t\t120000E0     {users} 0:0\t\t0\n" if users else head)
    row = " 1: 120000E0:0070 00000000:0000 07 0:0 00:0 0 {uid} 0 {inode} 2 0 0\n"
    rows = [row.format(uid=0, inode=9)] + [row.format(uid=999, inode=10 + n) for n in range(shadows)]
    world.write("/proc/net/raw", "  sl  local_address\n" + "".join(rows))


def runs_keepalived(world: World) -> None:
    world.write("/proc/7/cmdline", "/usr/sbin/keepalived\0--dont-fork\0")
    (world.root / "proc/7/net").symlink_to(world.root / "proc/self/net")


def test_membership_is_keepalived_s_and_not_the_agents(world: World) -> None:
    runs_keepalived(world)
    for users, shadows, expected in ((1, 0, "ok"), (2, 1, "ok"), (1, 1, "fail"), (0, 0, "fail")):
        joined(world, users, shadows=shadows)
        assert outcomes(membership.examine, world.case()) == {"membership eth0 224.0.0.18": expected}


def test_without_keepalived_membership_is_unknown_and_unicast_needs_none(world: World) -> None:
    joined(world, 0)
    assert only(membership.examine, world.case()).outcome is Outcome.UNKNOWN
    assert only(membership.examine, world.case(replace(ROUTER, unicast_peers=(PEER,)))).outcome is Outcome.OK


def test_a_virtual_mac_is_looked_at_on_both_of_its_devices(world: World) -> None:
    vmac = replace(ROUTER, vmac_interface="vrrp.51")
    assert only(virtual_mac.examine, world.case(vmac)).outcome is Outcome.UNKNOWN
    world.write("/sys/class/net/vrrp.51/address", "00:00:5e:00:01:33\n")
    world.write("/proc/net/dev_mcast", "2    eth0            1     0     01005e000001\n")
    assert only(virtual_mac.examine, world.case(vmac)).outcome is Outcome.FAIL
    world.write("/proc/net/dev_mcast", "2    eth0            1     0     01005e000012\n")
    assert only(virtual_mac.examine, world.case(vmac)).outcome is Outcome.OK
    world.write("/sys/class/dmi/id/sys_vendor", "VMware, Inc.\n")
    assert "forged transmits" in only(virtual_mac.examine, world.case(vmac)).sentence
    world.write("/sys/class/net/vrrp.51/address", "02:00:00:00:00:01\n")
    assert only(virtual_mac.examine, world.case(vmac)).outcome is Outcome.FAIL
    assert only(virtual_mac.examine, world.case()).outcome is Outcome.OK


# --- keepalived -----------------------------------------------------------------------------------


def version_says(world: World, version: str) -> None:
    world.answers["keepalived"] = Ran(
        0, "", f"Keepalived v{version} (01/16,2022)\n\nCopyright(C) 2001-2022\n"
    )


@pytest.mark.parametrize(
    ("version", "known", "unknown"),
    [
        ("2.2.7", "discards advertisements whose list of VIPs", "logs each kind of error only once"),
        ("2.3.2", "discards advertisements whose list of VIPs", "auth_hmac"),
        ("2.3.3", "logs each kind of error only once", "discards advertisements whose list"),
        ("2.4.0", "auth_hmac", "auth_pass in clear"),
    ],
)
def test_what_is_known_of_a_version_is_said(world: World, version: str, known: str, unknown: str) -> None:
    version_says(world, version)
    line = only(keepalived_version.examine, world.case(replace(ROUTER, auth_type="pass")))
    assert line.outcome is Outcome.OK
    assert known in line.sentence
    assert unknown not in line.sentence


def test_an_old_version_is_a_warning_and_an_absent_one_unknown(world: World) -> None:
    version_says(world, "1.3.5")
    old = only(keepalived_version.examine, world.case(replace(ROUTER, version=3, unicast_peers=(PEER,))))
    assert old.outcome is Outcome.WARN
    assert "VRRPv3 unicast" in old.sentence
    del world.answers["keepalived"]
    assert only(keepalived_version.examine, world.case()).outcome is Outcome.UNKNOWN


@given(st.tuples(*[st.integers(0, 9)] * 3))
def test_of_the_two_ways_to_take_another_vip_list_a_version_has_one(version: tuple[int, int, int]) -> None:
    ways = [trap for trap in TRAPS if "list of VIPs" in trap.sentence and trap.concerns(version)]
    assert len(ways) == 1


def test_keepalived_conf_is_counted_and_what_it_corrects_is_a_warning(world: World) -> None:
    assert only(keepalived_conf.examine, world.case()).outcome is Outcome.UNKNOWN  # no such file
    world.write("/etc/keepalived/keepalived.conf", "")
    status = {"virtual_routers": [{"instance": "VI_1"}]}
    assert set(outcomes(keepalived_conf.examine, world.case(status=status)).values()) == {"ok"}
    corrected = KeepalivedConfig(virtual_routers=(ROUTER,), warnings=("conf:3: nonsense",))
    told = outcomes(keepalived_conf.examine, world.case(keepalived=corrected, status=status))
    assert told == {"keepalived_conf": "warn", "keepalived_conf agent": "ok"}
    refused = world.case(keepalived=None, keepalived_problem="conf:3: bad", status=status)
    assert outcomes(keepalived_conf.examine, refused)["keepalived_conf"] == "fail"


def test_an_agent_that_cannot_read_keepalived_conf_fails(world: World) -> None:
    world.write("/etc/keepalived/keepalived.conf", "")
    told = {line.name: line for line in keepalived_conf.examine(world.case(status={"virtual_routers": []}))}
    assert told["keepalived_conf agent"].outcome is Outcome.FAIL
    assert "hawatch-helper" in told["keepalived_conf agent"].remedy


# --- hawatch --------------------------------------------------------------------------------------


def runs_agent(world: World, *, uid: int = 999, capabilities: int = 1 << 13) -> None:
    world.write("/proc/8/cmdline", "/usr/bin/python3\0-m\0hawatch\0agent\0")
    world.write(
        "/proc/8/status", f"Uid:\t{uid}\t{uid}\t{uid}\t{uid}\nCapEff:\t{capabilities:016x}\nNoNewPrivs:\t1\n"
    )
    if not (world.root / "proc/8/net").exists():
        (world.root / "proc/8/net").symlink_to(world.root / "proc/self/net")


def test_the_agent_has_one_capability(world: World) -> None:
    assert only(agent_rights.examine, world.case()).outcome is Outcome.UNKNOWN
    for uid, capabilities, expected in (
        (999, 1 << 13, "ok"),
        (999, 0, "fail"),
        (999, 1 << 13 | 1 << 21, "warn"),
        (0, 1 << 13, "warn"),
    ):
        runs_agent(world, uid=uid, capabilities=capabilities)
        assert outcomes(agent_rights.examine, world.case()) == {"agent_rights": expected}


def test_a_copy_that_the_agent_has_just_made_of_itself_is_no_second_agent(world: World) -> None:
    runs_agent(world, uid=999, capabilities=1 << 13)
    copy = world.root / "proc/9"
    shutil.copytree(world.root / "proc/8", copy, symlinks=True)
    status = copy / "status"
    status.write_text(f"PPid:\t8\n{status.read_text()}")
    assert only(agent_rights.examine, world.case()).outcome is Outcome.OK


def test_a_key_for_everybody_is_a_warning_and_no_key_too_where_there_are_peers(world: World) -> None:
    key = Config().peer_link.key_file
    peers = Config(peers=(Peer(name="lb02", links=(UdpLink(name="lan", remote=PEER),)),))
    assert outcomes(hawatch_toml.examine, world.case())["peer_key"] == "unknown"
    assert outcomes(hawatch_toml.examine, world.case(config=peers))["peer_key"] == "warn"
    world.write(key, "secret")
    for mode, expected in ((0o640, "ok"), (0o644, "warn")):
        (world.root / key.lstrip("/")).chmod(mode)
        assert outcomes(hawatch_toml.examine, world.case(config=peers))["peer_key"] == expected


def test_hawatch_toml_is_examined_as_well(world: World) -> None:
    line = only(
        hawatch_toml.examine, world.case(config_problem="node.naem: no such key", config_path="x.toml")
    )
    assert (line.outcome, line.remedy) == (Outcome.FAIL, "hawatch check-config x.toml")
    other = Config(virtual_routers=(VirtualRouterOptions(instance="VI_9"),))
    sentences = [each.sentence for each in hawatch_toml.examine(world.case(config=other))]
    assert "virtual_router VI_9 is not in keepalived.conf" in sentences


def peer(**fields: Any) -> dict[str, Any]:
    link = {"name": "lan", "state": "up", "rtt_seconds": 0.0003, "loss_ratio": 0.0}
    return {"name": "lb02", "agent": "up", "links": [link], "clock_offset_seconds": 0.001, **fields}


def status(*peers: dict[str, Any]) -> dict[str, Any]:
    return {"virtual_routers": [], "peers": list(peers)}


def test_each_link_is_a_line(world: World) -> None:
    links = [{"name": "lan", "state": "up", "rtt_seconds": 0.0003}, {"name": "wire", "state": "down"}]
    assert outcomes(peer_links.examine, world.case(status=status(peer(links=links)))) == {
        "peer_link lb02 lan": "ok",
        "peer_link lb02 wire": "warn",
        "peer_link lb02 agent": "ok",
    }
    down = [{"name": "lan", "state": "down"}, {"name": "wire", "state": "unknown"}]
    assert outcomes(peer_links.examine, world.case(status=status(peer(links=down, agent="none")))) == {
        "peer_link lb02 lan": "fail",
        "peer_link lb02 wire": "unknown",
        "peer_link lb02 agent": "warn",
    }
    assert only(peer_links.examine, world.case(status=status())).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("offset", "expected"), [(0.1, "ok"), (-1.0, "warn"), (-60.0, "fail"), (None, "unknown")]
)
def test_clocks_that_are_apart_are_said(world: World, offset: float | None, expected: str) -> None:
    case = world.case(status=status(peer(clock_offset_seconds=offset)))
    assert outcomes(clock_offset.examine, case)["clock lb02"] == expected


def test_the_kernel_tells_of_its_clock_without_any_privilege() -> None:
    assert clock_offset.kernel_clock_status() is not None


def test_a_clock_that_nothing_keeps_is_a_warning_unless_it_agrees_with_the_peers(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock_offset, "kernel_clock_status", lambda: clock_offset.UNSYNCHRONISED)
    assert outcomes(clock_offset.examine, world.case(status=status(peer())))["clock"] == "ok"
    assert outcomes(clock_offset.examine, world.case())["clock"] == "warn"
    monkeypatch.setattr(clock_offset, "kernel_clock_status", lambda: 0)
    assert outcomes(clock_offset.examine, world.case())["clock"] == "ok"


def test_refusals_of_apparmor_to_others_do_not_count(world: World) -> None:
    assert only(confinement.examine, world.case()).outcome is Outcome.OK
    world.write("/sys/module/apparmor/parameters/enabled", "Y\n")
    assert only(confinement.examine, world.case()).outcome is Outcome.UNKNOWN
    world.write("/var/log/kern.log", 'audit: apparmor="DENIED" operation="open" profile="/usr/sbin/mysqld"\n')
    assert only(confinement.examine, world.case()).outcome is Outcome.OK
    denied = 'audit: apparmor="DENIED" operation="exec" profile="keepalived" name="/opt/check"\n'
    world.answers["dmesg"] = Ran(0, denied)
    line = only(confinement.examine, world.case())
    assert line.outcome is Outcome.WARN
    assert 'name="/opt/check"' in line.sentence


# --- what the kernel says -------------------------------------------------------------------------


def test_listeners_are_read_with_mapped_addresses_as_ipv4() -> None:
    mapped = "  sl  local\n 0: 0000000000000000FFFF00006400000A:0050 00000000:0000 0A 0\n"
    assert read_listeners(mapped) == {Listener(address=VIP, port=80)}
    connected = listening("6400000A", 80).replace(" 0A ", " 01 ")
    assert read_listeners(connected) == frozenset()


def test_the_most_specific_route_leads() -> None:
    routes = read_routes(ROUTES)
    assert device_towards(routes, PEER) == "eth1"
    assert device_towards(routes, "10.0.0.13") == "eth0"
    assert device_towards((), PEER) is None


@pytest.mark.parametrize("reader", [read_listeners, read_routes, read_own_addresses, read_process_rights])
@given(text=st.text(max_size=120) | st.text(st.sampled_from("0123456789ABCDEF: \t\neth"), max_size=200))
def test_any_text_is_read_or_refused(reader: Callable[[str], object], text: str) -> None:
    try:
        reader(text)
    except DecodeError as error:
        seen: object = error
    else:
        seen = reader(text)
    assert seen is not None


# --- the command ----------------------------------------------------------------------------------


def test_the_command_works_anywhere_and_never_fails_for_want_of_something(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    absent = str(tmp_path / "absent")
    words = ["doctor", "--json", "--keepalived-conf", absent, "--socket", absent, "--helper-socket", absent]
    code = cli.main(words)
    told = json.loads(capsys.readouterr().out)
    assert told["node"] == os.uname().nodename
    assert {line["outcome"] for line in told["lines"]} <= {"ok", "unknown", "warn"}
    assert code == {"unknown": 1, "warn": 1}[told["outcome"]]


def test_a_bad_configuration_is_a_line_with_its_key(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "hawatch.toml"
    file.write_text("[node]\nnaem = 'x'\n")
    absent = str(tmp_path / "absent")
    assert cli.main(["doctor", "--config", str(file), "--socket", absent, "--helper-socket", absent]) == 2
    output = capsys.readouterr().out
    assert "fail     hawatch_toml: " in output
    assert "node.naem" in output
    assert f"hawatch check-config {file}" in output


# --- fence devices --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("power", "outcome", "words"),
    [
        ("on", "ok", "says within 0.3 s that lb02 has power"),
        ("off", "warn", "lb02 is not fenced"),
        ("unknown", "fail", "does not say whether lb02 has power: no route"),
    ],
)
def test_a_fence_device_is_a_line_by_what_it_says(world: World, power: str, outcome: str, words: str) -> None:
    problem = "no route" if power == "unknown" else ""
    seen = FenceSeen(target="lb02", power=power, problem=problem, seconds=0.31)
    line = only(fencing.examine, world.case(fences=(seen,)))
    assert (line.name, line.outcome.value) == ("fence_device lb02", outcome)
    assert words in line.sentence


def test_without_fence_devices_there_is_no_line_and_without_a_helper_it_is_unknown(world: World) -> None:
    assert list(fencing.examine(world.case())) == []
    line = only(fencing.examine, world.case(fences_problem="hawatch-helper does not run"))
    assert line.outcome is Outcome.UNKNOWN
