"""The shipped NRPE commands: a real nrpe on lb01, as its own user, and check_nrpe from the monitor."""

from __future__ import annotations

import re
from pathlib import Path

from deploy.lab import Node
from deploy.lab.process import Process
from deploy.lab.waiting import wait_until
from tests.integration.conftest import Tell
from tests.integration.monitored import monitor, monitored_pair, since_split, split
from tests.integration.nagios_server import Nagios
from tests.lab.scene import HANG_GUARD, Scene

SHIPPED = Path(__file__).resolve().parents[2] / "nagios" / "nrpe" / "hawatch.cfg"
ALL_CHECKS = '[[service]]\nname = "something"\nprocess = "sed"\n'
PLUGINS = "/usr/lib/nagios/plugins"
BY_SOCKET = f"command[by_socket]={PLUGINS}/check_hawatch -s /run/hawatch/hawatch.sock --moved-within 0\n"
SITE = """\
define host {
    use         hawatch-node
    host_name   lb01
    address     lb01
}
"""
OBJECTS = ("commands.cfg", "templates.cfg", "hawatch-pages.cfg", "nrpe.cfg")


def put_plugins_together(node: Node) -> None:
    """check_hawatch in the plugins' directory, as an operator copies it there."""
    layers = f"lowerdir=/opt/hawatch/nagios:{PLUGINS}"
    node.run(["mount", "-t", "overlay", "-o", layers, "overlay", PLUGINS])


def start_nrpe(node: Node, allowed: Node) -> Process:
    """Debian's nrpe with Debian's nrpe.cfg and the shipped file beside it, for one monitoring host."""
    put_plugins_together(node)
    node.run(["install", "-d", "-o", "nagios", "/run/nagios"])
    node.run(["cp", "/opt/hawatch/nagios/nrpe/hawatch.cfg", "/etc/nagios/nrpe.d/"])
    node.write("/etc/nagios/nrpe_local.cfg", f"allowed_hosts={allowed.ipv4()},{allowed.ipv6()}\n{BY_SOCKET}")
    return run_nrpe(node)


def run_nrpe(node: Node) -> Process:
    return node.popen(["nrpe", "-c", "/etc/nagios/nrpe.cfg", "-f"], name="nrpe")


def ask(pair: Scene, command: str) -> tuple[int, str]:
    """Exit code and output of check_nrpe on the monitor, once nrpe answers."""

    def look() -> tuple[int, str] | None:
        argv = [f"{PLUGINS}/check_nrpe", "-H", "lb01", "-c", command]
        ended = monitor(pair).run(argv, check=False)
        return None if "refused" in ended.stderr else (ended.returncode, ended.stdout)

    return wait_until(look, what="nrpe to answer", timeout=HANG_GUARD)


def shipped_commands() -> list[str]:
    """Those of nagios/nrpe/hawatch.cfg, by name."""
    return re.findall(r"^command\[(.*)\]=", SHIPPED.read_text(), re.MULTILINE)


def test_nrpe_on_a_node_asks_its_agent_without_any_right_and_nagios_sees_the_split(told: Tell) -> None:
    with monitored_pair(ALL_CHECKS) as pair:
        nagios = Nagios(monitor(pair), site=SITE, objects=OBJECTS, plugins=PLUGINS)
        put_plugins_together(monitor(pair))
        node = pair.lab.node("lb01")
        daemon = start_nrpe(node, monitor(pair))
        pair.settle()
        for command in shipped_commands():
            code, words = ask(pair, command)
            assert (code, words[:13]) == (0, "HAWATCH OK - "), (command, words)
        # The socket is for its group alone, and NRPE's user is not in it until somebody puts it there.
        refused = "HAWATCH UNKNOWN - /run/hawatch/hawatch.sock: permission denied\n"
        assert ask(pair, "by_socket") == (3, refused)
        daemon.stop()
        node.run(["usermod", "-aG", agent_group(node), "nagios"])
        run_nrpe(node)
        assert ask(pair, "by_socket")[0] == 0

        nagios.start()
        nagios.await_state("lb01", "hawatch", "OK")
        with split(pair):
            seen = nagios.await_state("lb01", "hawatch", "CRITICAL")
            told("nagios4 by nrpe: CRITICAL after the second owner", since_split(pair))
            assert "VI_1 split_brain: lb01 and lb02 both hold 10.0.0.100" in seen["plugin_output"]


def agent_group(node: Node) -> str:
    """The group of the agent's socket."""
    return node.run(["stat", "-c", "%G", "/run/hawatch/hawatch.sock"]).stdout.strip()
