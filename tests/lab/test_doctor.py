"""`hawatch doctor` on nodes of a real pair: all well on a healthy one, each fault seen, and its remedy mends it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from deploy.lab import ROOT, Identity, Lab, Node, Topology, agent_identity, conf
from deploy.lab.agents import COMMAND
from deploy.lab.waiting import wait_until
from tests.lab.conftest import MakeLab
from tests.lab.witness import HANG_GUARD

pytestmark = pytest.mark.lab

Examined = dict[str, dict[str, str]]


def examine(node: Node, *arguments: str, identity: Identity = ROOT) -> tuple[int, Examined]:
    """The exit code, and every line by its name."""
    ended = node.run([*COMMAND, "doctor", "--json", *arguments], identity=identity, check=False)
    assert ended.stderr == ""
    told = json.loads(ended.stdout)
    names = [line["name"] for line in told["lines"]]
    assert sorted(set(names)) == sorted(names)
    lines = {line["name"]: line for line in told["lines"]}
    return ended.returncode, lines


def outcome(node: Node, name: str) -> str | None:
    return examine(node)[1].get(name, {}).get("outcome")


def paste(node: Node, remedy: str) -> None:
    """As a person would, into a root shell."""
    assert remedy
    node.run(["bash", "-ec", remedy])


def not_well(lines: Examined) -> dict[str, tuple[str, str]]:
    return {
        name: (line["outcome"], line["sentence"]) for name, line in lines.items() if line["outcome"] != "ok"
    }


def healthy(lab: Lab, **fields: Any) -> None:
    """A pair with agents and helpers, elected, whose agents know each other."""
    lab.start_keepalived(conf.pair(lab.topology, **fields))
    lab.truth.wait_owner(fields.get("vips", (conf.VIP,))[0].partition("/")[0], "lb01")
    lab.start_agents()
    for name in lab.topology.routers:

        def compared(name: str = name) -> bool | None:
            peers = lab.agent(name).status()["peers"]
            known = [
                peer for peer in peers if peer["agent"] == "up" and peer["clock_offset_seconds"] is not None
            ]
            return True if known and len(known) == len(peers) and _links_up(known) else None

        wait_until(compared, what=f"{name} to know its peer", timeout=HANG_GUARD)


def _links_up(peers: list[dict[str, Any]]) -> bool:
    return all(link["state"] == "up" for peer in peers for link in peer["links"])


KINDS: dict[str, dict[str, Any]] = {
    "multicast": {},
    "unicast": {"unicast": True},
    "virtual MAC": {"use_vmac": True},
    "IPv6": {"vips": (f"{conf.VIP6}/64",)},
    "authentication header": {"auth_type": "AH", "auth_pass": "secret"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_on_a_healthy_pair_everything_is_ok_for_root_and_for_the_agents_user(
    make_lab: MakeLab, kind: str
) -> None:
    lab = make_lab(Topology())
    healthy(lab, **KINDS[kind])
    for node in lab.routers:
        for identity in (ROOT, agent_identity()):
            code, lines = examine(node, identity=identity)
            assert not_well(lines) == {}
            assert code == 0


def test_without_keepalived_agent_or_rights_it_says_what_would_make_it_known(make_lab: MakeLab) -> None:
    lab = make_lab(Topology())
    nobody = Identity(
        name="nobody",
        uid=65534,
        gid=65534,
        prefix=("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"),
    )
    code, lines = examine(lab.node("lb01"), identity=nobody)
    assert {line["outcome"] for line in lines.values()} <= {"ok", "unknown", "warn"}
    assert lines["keepalived_conf"]["outcome"] == lines["firewall"]["outcome"] == "unknown"
    assert code == 1
    # keepalived.conf that only root may read, and no helper
    lab.keepalived("lb01").write_conf(conf.pair(lab.topology)["lb01"])
    lab.node("lb01").run(["chmod", "640", "/etc/keepalived/keepalived.conf"])
    _, lines = examine(lab.node("lb01"), identity=nobody)
    assert "as root" in lines["keepalived_conf"]["sentence"]
    _, lines = examine(lab.node("lb01"))
    assert lines["keepalived_conf"]["outcome"] == "ok"
    assert lines["membership eth0 224.0.0.18"]["outcome"] == "unknown"


# --- faults, and what mends them ------------------------------------------------------------------


@contextmanager
def has_a_firewall_that_forgot_vrrp(lab: Lab) -> Iterator[Node]:
    """What has been seen by conntrack passes: a node that was MASTER goes on hearing, for a while."""
    node = lab.node("lb02")
    for words in (
        "add table inet filter",
        "add chain inet filter input { type filter hook input priority 0; policy drop; }",
        "add rule inet filter input ct state established,related accept",
        "add rule inet filter input iif lo accept",
        "add rule inet filter input meta l4proto { icmp, icmpv6, udp, tcp } accept",
    ):
        node.run(["nft", words])
    yield node


@contextmanager
def drops_vrrp(lab: Lab) -> Iterator[Node]:
    node = lab.node("lb01")
    for words in (
        "add table inet filter",
        "add chain inet filter output { type filter hook output priority 0; }",
        "add rule inet filter output meta l4proto 112 drop",
    ):
        node.run(["nft", words])
    yield node


@contextmanager
def binds_to_the_vip(lab: Lab) -> Iterator[Node]:
    node = lab.node("lb01")
    program = "import socket, time; s = socket.create_server(('10.0.0.100', 8080)); time.sleep(600)"
    process = node.popen(["python3", "-c", program], name="service")
    wait_until(
        lambda: True if "1F90" in node.run(["cat", "/proc/net/tcp"]).stdout else None,
        what="the service to listen",
        timeout=HANG_GUARD,
    )
    yield node
    process.kill()


@contextmanager
def has_the_vip_on_loopback(lab: Lab) -> Iterator[Node]:
    node = lab.node("lb02")
    node.add_address(f"{conf.VIP}/32", "lo")
    yield node
    node.remove_address(f"{conf.VIP}/32", "lo")


@contextmanager
def opens_its_key(lab: Lab) -> Iterator[Node]:
    node = lab.node("lb01")
    node.run(["chmod", "644", "/etc/hawatch/peer.key"])
    yield node


FAULTS: dict[str, tuple[Callable[[Lab], Any], str, str]] = {
    "a firewall that forgot VRRP": (has_a_firewall_that_forgot_vrrp, "firewall VI_1 in", "warn"),
    "a rule against VRRP": (drops_vrrp, "firewall VI_1 out", "fail"),
    "a service on the VIP": (binds_to_the_vip, "ip_nonlocal_bind", "warn"),
    "a real server that answers for the VIP": (has_the_vip_on_loopback, "arp eth0", "fail"),
    "a key for everybody": (opens_its_key, "peer_key", "warn"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_seen_and_its_remedy_mends_it(make_lab: MakeLab, fault: str) -> None:
    lab = make_lab(Topology())
    healthy(lab)
    make, name, expected = FAULTS[fault]
    with make(lab) as node:
        code, lines = examine(node)
        assert lines[name]["outcome"] == expected, lines
        assert not_well(lines).keys() == {name}
        assert code == {"warn": 1, "fail": 2}[expected]
        paste(node, lines[name]["remedy"])
        assert outcome(node, name) == "ok"


def test_a_strict_reverse_path_filter_before_an_asymmetric_way_is_seen_and_mended(make_lab: MakeLab) -> None:
    lab = make_lab(Topology(wire=True))
    healthy(lab, unicast=True)
    node = lab.node("lb02")
    node.run(["ip", "route", "add", f"{lab.node('lb01').ipv4()}/32", "dev", "eth2"])
    assert outcome(node, "rp_filter eth0") == "ok"
    node.sysctl("net.ipv4.conf.eth0.rp_filter", 1)
    _, lines = examine(node)
    assert lines["rp_filter eth0"]["outcome"] == "fail"
    paste(node, lines["rp_filter eth0"]["remedy"])
    assert outcome(node, "rp_filter eth0") == "ok"


def test_duplicate_address_detection_that_disables_ipv6_is_seen_and_mended(make_lab: MakeLab) -> None:
    lab = make_lab(Topology())
    healthy(lab, vips=(f"{conf.VIP6}/64",))
    node = lab.node("lb01")
    node.sysctl("net.ipv6.conf.eth0.accept_dad", 2)
    _, lines = examine(node)
    assert lines["dad eth0"]["outcome"] == "warn"
    paste(node, lines["dad eth0"]["remedy"])
    assert outcome(node, "dad eth0") == "ok"


def test_a_configuration_that_cannot_be_used_is_a_line_among_the_others(make_lab: MakeLab) -> None:
    lab = make_lab(Topology())
    lab.start_keepalived(conf.pair(lab.topology))
    node = lab.node("lb01")
    node.write("/etc/hawatch/hawatch.toml", "[node]\nnaem = 'lb01'\n")
    code, lines = examine(node)
    assert code == 2
    assert lines["hawatch_toml"]["outcome"] == "fail"
    assert "node.naem" in lines["hawatch_toml"]["sentence"]
    assert lines["keepalived_conf"]["outcome"] == "ok"


def test_without_an_agent_the_peer_is_asked_by_an_echo(make_lab: MakeLab) -> None:
    lab = make_lab(Topology())
    lab.start_keepalived(conf.pair(lab.topology, unicast=True))
    node, peer = lab.node("lb01"), lab.node("lb02").ipv4()
    assert outcome(node, f"peer_link {peer}") == "ok"
    with lab.firewall.lose("lb02", "lb01"):
        assert outcome(node, f"peer_link {peer}") == "fail"


def test_a_peer_that_is_gone_is_told_by_the_agent(make_lab: MakeLab) -> None:
    lab = make_lab(Topology())
    healthy(lab)
    lab.agent("lb02").kill()
    node = lab.node("lb01")

    def told() -> bool | None:
        lines = examine(node)[1]
        return True if lines["peer_link lb02 agent"]["outcome"] == "fail" else None

    wait_until(told, what="the silent agent to be told", timeout=HANG_GUARD)
