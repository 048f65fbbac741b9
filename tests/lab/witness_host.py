"""The witness of a lab: `hawatch agent --witness` on a host that owns nothing, as its own user."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from deploy.lab import Lab, Topology
from deploy.lab.agents import AGENT, Agent
from deploy.lab.node import Node
from tests.lab.scene import Scene, scene

NAME = "witness"
WITNESS_TOML = "/etc/hawatch/witness.toml"
QUICK: dict[str, Any] = {"version": 3, "advert_int": 0.3}
PLAN = Topology(hosts=("client", "gateway", NAME))
BOTH = {"lb01", "lb02"}
ONE, OTHER, EYES = ("lb01",), ("lb02",), (NAME,)
PAIR = """
[node]
name = "witness"
[[pair]]
name = "web"
key_file = "/etc/hawatch/web.key"
"""


class WitnessHost(Agent):
    """The witness on one node; it answers where an agent does."""

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self._argv = (*AGENT, "--witness")

    def write_pair_key(self, name: str, key: str) -> None:
        """The key of a pair, which its group may read."""
        path = self.node.path(f"/etc/hawatch/{name}.key")
        path.write_text(key + "\n")
        os.chown(path, 0, self.identity.gid)
        path.chmod(0o640)

    def pair(self, name: str = "web") -> dict[str, Any]:
        """What its status says of a pair."""
        found: dict[str, Any] = next(each for each in self.status()["pairs"] if each["name"] == name)
        return found


def witness_of(lab: Lab, *, further: str = "", key: str | None = None) -> WitnessHost:
    """The witness of the lab's routers, with their key (or another one), not started yet."""
    host = WitnessHost(lab.node(NAME))
    host.prepare()
    shared = lab.node(lab.topology.routers[0]).path("/etc/hawatch/peer.key").read_text().strip()
    host.write_pair_key("web", key or shared)
    members = "".join(
        f'[[pair.member]]\nname = "{each}"\naddresses = ["{lab.topology.ipv4(each)}"]\n'
        for each in lab.topology.routers
    )
    host.node.write(WITNESS_TOML, PAIR + members + further)
    return host


def with_witness(lab_topology: Topology, **configs: str) -> dict[str, str]:
    """hawatch.toml of each router: what it has anyway, and the witness."""
    link = f'[[witness]]\nname = "witness"\n[[witness.link]]\nname = "lan"\nremote = "{lab_topology.ipv4(NAME)}"\n'
    return {node: configs.get(node, "") + link for node in lab_topology.routers}


@contextmanager
def witnessed(
    *, key: str | None = None, start: bool = True, further: str = ""
) -> Iterator[tuple[Scene, WitnessHost]]:
    """A pair at peace, and its witness."""
    with scene(PLAN, agent_config=with_witness(PLAN), start_agents=False, **QUICK) as pair:
        host = witness_of(pair.lab, key=key, further=further)
        if start:
            host.start()
            host.wait_ready()
        pair.lab.start_agents()
        pair.settle()
        yield pair, host
        if host.running:
            assert host.stop() == 0, host.log()


def rule_on(pair: Scene, node: str) -> str:
    """The rule that stands now."""
    return str(pair.lab.agent(node).status()["virtual_routers"][0]["rule"])
