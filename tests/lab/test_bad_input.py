"""Live: what cannot be used is named in one clear line, and the agent watches what it still can."""

from __future__ import annotations

import socket
import struct
from dataclasses import replace
from typing import Any

import pytest

from deploy.lab import Identity, InstanceConf, KeepalivedConf, Node, Topology, conf, frames
from deploy.lab.agents import COMMAND, CONFIG_FILE, HTTP_PORT, KEY_FILE, RUN_DIRECTORY
from deploy.lab.keepalived import CONF
from deploy.lab.network import open_socket
from deploy.lab.node import INTERPRETER
from deploy.lab.process import Process
from deploy.lab.waiting import wait_until
from tests.lab.scene import HANG_GUARD, Scene, scene

pytestmark = pytest.mark.lab

QUICK: dict[str, Any] = {"version": 3, "advert_int": 0.3}
BOTH = ("lb01", "lb02")
ETH_P_IP = 0x0800
OCCUPIER = """
import socket, sys, time
family, kind, port = socket.AF_INET, int(sys.argv[1]), int(sys.argv[2])
taken = socket.socket(family, kind)
taken.bind(("0.0.0.0", port))
if kind == socket.SOCK_STREAM:
    taken.listen()
print("taken", flush=True)
time.sleep(3600)
"""


LISTED = {
    node: f'[[peer]]\nname = "{other}"\n[[peer.link]]\nname = "lan"\nremote = "{Topology().ipv4(other)}"\n'
    for node, other in zip(BOTH, reversed(BOTH), strict=True)
}


def said_by(pair: Scene, node: str, *words: str) -> tuple[int, str]:
    """The exit code of `hawatch WORDS` as the agent's user, and the one line it complains in."""
    done = pair.lab.node(node).run([*COMMAND, *words], check=False, identity=pair.lab.agent(node).identity)
    return done.returncode, the_line(done.stderr)


def ended_with(pair: Scene, node: str) -> tuple[int, str]:
    """The exit code of an agent that could not start, and the one line it complained in."""
    process = pair.lab.agent(node).process
    return process.wait(), the_line(process.output())


def the_line(text: str) -> str:
    """The only line of a text."""
    lines = text.strip().splitlines()
    assert len(lines) == 1, f"not one line: {text!r}"
    return lines[0]


def occupy(node: Node, kind: socket.SocketKind, port: int) -> Process:
    """Another program of the node takes a port."""
    process = node.popen([INTERPRETER, "-c", OCCUPIER, str(int(kind)), str(port)], name="occupier")
    process.wait_output("^taken$")
    return process


def split_and_heal(pair: Scene, lb01: str = "", lb02: str = "", *, unseen_on: str = "") -> None:
    """The least that any agent must see: two owners, and one again.

    `lb01` and `lb02` are what each of them blames all the while; `unseen_on` are those that cannot know the cause.
    """
    standing = {"lb01": lb01.split(), "lb02": lb02.split()}
    for node, causes in standing.items():
        pair.must_warn_of(*causes, on=[node])
    with pair.lab.firewall.drop_vrrp_inbound("lb02"):
        pair.lab.truth.wait_holders(conf.VIP, set(BOTH))
        pair.await_verdict("split_brain")
        for node, causes in standing.items():
            split = [] if node in unseen_on.split() else ["vrrp_blocked_inbound@lb02"]
            pair.must_warn_of(*causes, *split, on=[node])
    pair.lab.truth.wait_owner(conf.VIP, "lb01")
    pair.must_have_said("steady split_brain steady")
    for node, causes in standing.items():
        pair.must_warn_of(*causes, on=[node])


# --- files ----------------------------------------------------------------------------------------


def test_a_truncated_capture_gives_its_whole_frames_and_one_line_about_its_end() -> None:
    with scene(agents=(), start_agents=False, **QUICK) as pair:
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        capture = record(pair.lab.node("lb02"), count=3)
        pair.lab.node("lb02").path("/tmp/whole.pcap").write_bytes(capture)
        pair.lab.node("lb02").path("/tmp/cut.pcap").write_bytes(capture[:-7])
        whole = pair.lab.node("lb02").run([*COMMAND, "decode", "/tmp/whole.pcap"]).stdout.splitlines()
        cut = pair.lab.node("lb02").run([*COMMAND, "decode", "/tmp/cut.pcap"], check=False)
        assert len(whole) == 3
        assert (cut.returncode, cut.stdout.splitlines()) == (2, whole[:2])
        assert the_line(cut.stderr).startswith("hawatch: /tmp/cut.pcap: cut short")
        replayed = pair.lab.node("lb02").run([*COMMAND, "replay", "/tmp/cut.pcap"], check=False)
        assert (replayed.returncode, the_line(replayed.stderr)) == (2, the_line(cut.stderr))


def record(node: Node, *, count: int) -> bytes:
    """A pcap file of the VRRP frames that a node hears."""
    tap = open_socket(node.pid, socket.AF_PACKET, socket.SOCK_RAW)
    with tap:
        tap.bind(("eth0", ETH_P_IP))
        tap.settimeout(HANG_GUARD)
        capture = [struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)]
        while len(capture) <= count:
            data = tap.recv(2048)
            if data[23] == frames.PROTOCOL:
                capture.append(struct.pack("=IIII", len(capture), 0, len(data), len(data)) + data)
    return b"".join(capture)


def test_a_wrong_key_in_hawatch_toml_ends_agent_and_check_config_with_its_name() -> None:
    with scene(agents=(), start_keepalived=False, start_agents=False) as pair:
        pair.lab.agent("lb01").write_config('[listen]\nhtp = "127.0.0.1:1"\n')
        pair.lab.agent("lb01").start()
        code, line = ended_with(pair, "lb01")
        assert (code, said_by(pair, "lb01", "check-config")) == (2, (2, line))
        assert f"{CONFIG_FILE}: listen.htp" in line
        assert "http" in line.partition("listen.htp")[2], "what was meant is named too"


def test_a_syntax_error_in_an_edited_keepalived_conf_is_a_finding_and_the_running_one_is_watched_on() -> None:
    with scene(**QUICK) as pair:
        pair.settle()
        sound = pair.lab.node("lb02").path(CONF).read_text()
        broken = sound.replace("virtual_router_id 51", "virtual_router_id many")
        pair.lab.keepalived("lb02").write_conf(broken)
        line = 1 + broken.splitlines().index("    virtual_router_id many")
        assert f"{CONF}:{line}: " in pair.must_know("blind", on="lb02")["summary"]
        split_and_heal(pair, lb01="blind@lb02", lb02="blind@lb02")
        pair.lab.keepalived("lb02").write_conf(sound)
        pair.must_forget("blind", on="lb02")
        pair.must_have_said("steady split_brain steady")


def test_an_agent_that_starts_with_a_syntax_error_says_so_and_begins_when_it_is_mended() -> None:
    with scene(start_agents=False, **QUICK) as pair:
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        sound = pair.lab.node("lb02").path(CONF).read_text()
        pair.lab.keepalived("lb02").write_conf(sound.replace("priority 100", "priority"))
        pair.lab.start_agents()
        pair.await_verdict("steady", on=["lb01"])
        assert f"{CONF}:" in node_problem(pair, "lb02", "blind")
        pair.lab.keepalived("lb02").write_conf(sound)
        pair.await_verdict("steady")
        pair.must_have_said("indeterminate steady")
        pair.must_blame()
        assert pair.lab.agent("lb02").status()["findings"] == []


def node_problem(pair: Scene, node: str, cause: str) -> str:
    """The summary of a finding about a node that watches nothing yet."""

    def look() -> str | None:
        found = pair.lab.agent(node).status()["findings"]
        return next((str(each["summary"]) for each in found if each["cause"] == cause), None)

    return wait_until(look, what=f"{cause} on {node}", timeout=HANG_GUARD)


def test_an_interface_that_is_missing_is_a_finding_of_its_instance_alone() -> None:
    topology = Topology()
    missing = InstanceConf(name="VI_9", interface="eth9", vrid=99, vips=("10.0.9.100/24",), **QUICK)
    confs = {
        node: KeepalivedConf(
            instances=(one, replace(missing, priority=one.priority)), global_defs=("dynamic_interfaces",)
        )
        for node, one in conf.pair(topology, **QUICK).items()
    }
    with scene(topology, confs=confs, advert_int=QUICK["advert_int"]) as pair:
        pair.await_verdict("no_owner", instance="VI_9")
        pair.settle()
        for node in BOTH:
            assert "eth9" in pair.must_know("blind", on=node, instance="VI_9")["summary"]
            pair.must_warn_of("blind@lb01", "blind@lb02", on=[node], instance="VI_9")
            pair.must_forget("blind", on=node, instance="VI_1")
        split_and_heal(pair)
        assert [pair.verdicts(node, "VI_9") for node in BOTH] == [["no_owner"], ["no_owner"]]


# --- the host -------------------------------------------------------------------------------------


def test_an_http_port_in_use_is_a_finding_and_the_socket_answers() -> None:
    with scene(start_agents=False, **QUICK) as pair:
        other = occupy(pair.lab.node("lb02"), socket.SOCK_STREAM, HTTP_PORT)
        pair.lab.start_agents("lb01")
        pair.lab.helper("lb02").start()
        pair.lab.agent("lb02").start()
        pair.settle()
        status = pair.lab.agent("lb02").command("status")
        assert f"127.0.0.1:{HTTP_PORT}: the port is in use" in status
        split_and_heal(pair, lb01="blind@lb02", lb02="blind@lb02")
        other.kill()
        pair.lab.agent("lb02").wait_ready()
        pair.must_forget("blind", on="lb02")


def test_a_peer_link_port_in_use_leaves_the_other_evidence() -> None:
    with scene(start_agents=False, **QUICK) as pair:
        other = occupy(pair.lab.node("lb02"), socket.SOCK_DGRAM, HTTP_PORT)
        pair.lab.start_agents()
        pair.settle()
        assert str(HTTP_PORT) in pair.must_know("heartbeat_link_down", on="lb02")["summary"]
        split_and_heal(pair, lb02="heartbeat_link_down@lb02", unseen_on="lb01")
        other.kill()
        pair.must_forget("heartbeat_link_down", on="lb02")


def test_an_agent_without_privileges_names_what_it_cannot_see_and_judges_by_the_rest() -> None:
    with scene(start_agents=False, agent_config=LISTED, **QUICK) as pair:
        agent = pair.lab.agent("lb02")
        agent.identity = without_capabilities(agent.identity)
        pair.lab.start_agents()
        pair.settle()
        summary = pair.must_know("blind", on="lb02")["summary"]
        assert "CAP_NET_RAW" in summary
        split_and_heal(pair, lb01="blind@lb02", lb02="blind@lb02")


def without_capabilities(identity: Identity) -> Identity:
    """The same user, with no capability at all."""
    return replace(identity, prefix=tuple(word.replace("-all,+net_raw", "-all") for word in identity.prefix))


# --- the peer key ---------------------------------------------------------------------------------


def test_a_wrong_peer_key_is_a_finding_on_both_nodes_and_the_other_evidence_carries_the_verdict() -> None:
    with scene(start_agents=False, agent_config=LISTED, **QUICK) as pair:
        pair.lab.agent("lb02").write_key("an altogether different key")
        pair.lab.start_agents()
        pair.settle()
        for node, other in zip(BOTH, reversed(BOTH), strict=True):
            finding = pair.must_know("blind", on=node)
            assert pair.lab.topology.ipv4(other) in finding["summary"]
            assert "key" in finding["summary"]
        split_and_heal(pair, lb01="blind@lb01", lb02="blind@lb02", unseen_on="lb01")


@pytest.mark.parametrize("fault", ["too short", "unreadable"])
def test_a_peer_key_that_cannot_be_used_ends_the_agent_with_its_name(fault: str) -> None:
    with scene(agents=(), start_keepalived=False, start_agents=False) as pair:
        pair.lab.agent("lb01").write_key("short" if fault == "too short" else "long enough but not for us")
        if fault == "unreadable":
            pair.lab.node("lb01").path(KEY_FILE).chmod(0o600)
        pair.lab.agent("lb01").start()
        code, line = ended_with(pair, "lb01")
        assert (code, line.startswith(f"hawatch: {KEY_FILE}: ")) == (2, True)


def test_a_journal_that_cannot_be_written_is_a_finding_and_nothing_more() -> None:
    with scene(agents=(), agent_config=None, start_agents=False, **QUICK) as pair:
        pair.lab.agent("lb01").write_config('[node]\nstate_dir = "/etc/hawatch/state"\n')
        pair.lab.start_agents("lb01")
        summary = pair.must_know("blind", on="lb01")["summary"]
        assert "/etc/hawatch/state" in summary
        assert "permission denied" in summary.lower()
        assert wait_until(lambda: steady(pair, "lb01"), what="steady", timeout=HANG_GUARD)


def steady(pair: Scene, node: str) -> bool | None:
    """By its status: without a journal."""
    (router,) = pair.lab.agent(node).status()["virtual_routers"]
    return True if router["verdict"] == "steady" else None


def test_a_question_to_an_agent_that_does_not_run_is_one_line_and_unknown() -> None:
    with scene(agents=(), start_keepalived=False, start_agents=False) as pair:
        code, line = said_by(pair, "lb01", "status")
        assert code == 3
        assert f"{RUN_DIRECTORY}/hawatch.sock" in line
