"""Agent and helper beside a real keepalived, within what their units would put around them (see sandbox.py)."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from deploy.lab import Node, Process, Topology, agent_identity
from deploy.lab.agents import AGENT, HELPER
from deploy.lab.node import INTERPRETER
from deploy.lab.waiting import wait_until
from tests.lab.scene import Scene, scene
from tests.packaging.fake_systemd import FakeSystemd
from tests.packaging.sandbox import sandbox
from tests.packaging.units import AGENT as AGENT_UNIT
from tests.packaging.units import HELPER as HELPER_UNIT
from tests.packaging.units import one, read_unit

pytestmark = [pytest.mark.packaging, pytest.mark.lab]

HANG_GUARD = 60.0
WATCHDOG = 2.0
"""Seconds, in the place of the unit's: nobody wants to wait for those."""
ASK = """
import socket, sys
client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
client.connect("/run/hawatch/helper.sock")
client.sendall(sys.argv[1].encode() + b"\\n")
print(client.makefile().readline())
"""
TRY = "import sys; exec(sys.argv[1])"


def start_agent(node: Node, notify: str, *, watchdog: float = WATCHDOG) -> Process:
    """The agent within its unit."""
    unit = read_unit(AGENT_UNIT)
    assert one(unit, "Service.ExecStart") == "/usr/bin/hawatch agent"
    writable = [f"/var/lib/{one(unit, 'Service.StateDirectory')}", one(unit, "Service.ReadWritePaths")]
    env = {"NOTIFY_SOCKET": notify, "WATCHDOG_USEC": str(int(watchdog * 1e6))}
    return node.popen([*sandbox(unit, node, writable=writable), *AGENT], name="agent", env=env)


def start_helper(node: Node) -> Process:
    """The helper within its unit, started through a socket by its first caller."""
    unit = read_unit(HELPER_UNIT)
    state = f"/var/lib/{one(unit, 'Service.StateDirectory')}"
    node.run(["install", "-d", "-m", one(unit, "Service.StateDirectoryMode"), state])
    listen = ["systemd-socket-activate", "-E", "PYTHONPATH", "-l", "/run/hawatch/helper.sock"]
    command = [*sandbox(unit, node, writable=[state, "/run"]), *HELPER]
    helper = node.popen([*listen, *command], name="helper")
    socket = node.path("/run/hawatch/helper.sock")
    wait_until(lambda: socket.exists() or None, what="the helper's socket", timeout=HANG_GUARD)
    os.chown(socket, 0, agent_identity().gid)
    socket.chmod(0o660)
    return helper


def ask(node: Node, **request: object) -> dict[str, Any]:
    """What the helper answers to the agent's user."""
    said = node.run([INTERPRETER, "-c", ASK, json.dumps(request)], identity=agent_identity())
    answer: dict[str, Any] = json.loads(said.stdout)
    return answer


@contextmanager
def pair(*, agents: tuple[str, ...] = ("lb01", "lb02")) -> Iterator[Scene]:
    """A pair with a usual agent on lb01; lb02 is for what runs within its unit."""
    with scene(Topology(), version=3, advert_int=0.3, start_agents=False, agents=agents) as made:
        made.lab.start_agents("lb01")
        yield made


def systemd_of(node: Node) -> FakeSystemd:
    """One on /run/notify of a node."""
    return FakeSystemd(node.path("/run/notify"))


def test_an_agent_within_its_unit_sees_a_split_and_gives_signs_of_life_while_its_loop_turns() -> None:
    with pair() as made, systemd_of(made.lab.node("lb02")) as systemd:
        node = made.lab.node("lb02")
        start_helper(node)
        agent = start_agent(node, "/run/notify")
        assert "WATCHDOG=1" in systemd.await_word("READY=1")
        systemd.await_word("STATUS=ok: VI_1 steady")
        made.settle()
        with made.lab.firewall.drop_vrrp_inbound("lb02"):
            made.await_verdict("split_brain")
            systemd.await_word("STATUS=critical: VI_1 split_brain")
        made.await_verdict("steady")

        agent.freeze()
        assert systemd.silent_for(1.5 * WATCHDOG)
        agent.thaw()
        systemd.await_word("WATCHDOG=1")

        agent.signal(signal.SIGTERM)
        systemd.await_word("STOPPING=1")
        assert agent.wait() == 0


def test_a_disk_that_hangs_ends_no_agent_and_hides_no_split() -> None:
    with pair(agents=("lb01",)) as made, systemd_of(made.lab.node("lb02")) as systemd:
        node = made.lab.node("lb02")
        with disk(node, "/var/lib/hawatch") as frozen:
            start_helper(node)
            start_agent(node, "/run/notify")
            systemd.await_word("STATUS=ok: VI_1 steady")
            with frozen(), made.lab.firewall.drop_vrrp_inbound("lb02"):
                systemd.await_word("STATUS=critical: VI_1 split_brain")
                for _ in range(4):
                    systemd.await_word("WATCHDOG=1")
            systemd.await_word("STATUS=ok: VI_1 steady")


@contextmanager
def disk(node: Node, where: str) -> Iterator[Callable[[], AbstractContextManager[None]]]:
    """A disk of its own at `where`, which answers no writer while it is frozen."""
    node.run(["truncate", "--size=48M", "/tmp/disk"])
    node.run(["mkfs.ext4", "-q", "/tmp/disk"])
    node.run(["mount", "-o", "loop", "/tmp/disk", where])
    node.run(["chown", "hawatch:hawatch", where])

    @contextmanager
    def frozen() -> Iterator[None]:
        node.run(["fsfreeze", "--freeze", where])
        try:
            yield
        finally:
            node.run(["fsfreeze", "--unfreeze", where])

    yield frozen


def test_an_agent_within_its_unit_has_no_power_but_to_look() -> None:
    unit = read_unit(AGENT_UNIT)
    with scene(Topology(), start_agents=False, start_keepalived=False, agents=()) as made:
        node = made.lab.node("lb01")
        places = ["/var/lib/hawatch", "/run/hawatch"]

        def fails(attempt: str) -> str:
            prefix = sandbox(unit, node, writable=places)
            ended = node.run([*prefix, INTERPRETER, "-c", TRY, attempt], check=False)
            return ended.stderr.strip().splitlines()[-1] if ended.returncode else ""

        status = node.run([*sandbox(unit, node, writable=places), "cat", "/proc/self/status"]).stdout
        found = dict(line.split(":\t") for line in status.splitlines())
        assert {found[each].strip() for each in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {
            f"{1 << 13:016x}"
        }
        assert (found["NoNewPrivs"], found["Seccomp"]) == ("1", "2")

        assert fails("import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW)") == ""
        assert fails("open('/var/lib/hawatch/x', 'w'); open('/run/hawatch/y', 'w')") == ""
        assert "Read-only file system" in fails("open('/var/tmp/x', 'w')")
        assert "Read-only file system" in fails("open('/etc/hawatch/x', 'w')")
        assert "Operation not permitted" in fails("import socket; socket.socket(socket.AF_VSOCK)")
        assert "Operation not permitted" in fails("import os; os.chown('/run/hawatch', 0, 0)")
        assert "Operation not permitted" in fails("import os; os.setuid(0)")
        assert "Operation not permitted" in fails(
            "import mmap; mmap.mmap(-1, 4096, prot=mmap.PROT_WRITE | mmap.PROT_EXEC)"
        )
        assert "Permission denied" in fails("import os; os.listdir('/root')")


def test_a_helper_within_its_unit_still_answers_and_acts() -> None:
    with pair(agents=("lb01",)) as made:
        node = made.lab.node("lb02")
        node.write(
            "/etc/hawatch/actions.toml",
            '[action.rename]\ncommand = ["/usr/sbin/ip", "link", "set", "dev", "eth0", "alias", "renamed"]\n',
        )
        helper = start_helper(node)
        assert helper.running

        (router,) = ask(node, verb="config")["config"]["virtual_routers"]
        assert router["vrid"] == 51
        listed = ask(node, verb="firewall")
        assert listed["problems"] == {}
        (instance,) = ask(node, verb="dump")["data"]
        assert instance["data"]["iname"] == "VI_1"
        assert not list(node.path("/tmp").glob("keepalived*"))

        done = ask(node, verb="act", name="rename", id="one")
        assert (done["exit_code"], done["again"]) == (0, False), done
        assert "renamed" in node.run(["ip", "link", "show", "dev", "eth0"]).stdout
        assert ask(node, verb="act", name="rename", id="one")["again"] is True
