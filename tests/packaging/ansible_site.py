"""A pair without hawatch, for Ansible to set up, and the packages that it is given."""

from __future__ import annotations

import subprocess
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deploy.lab import Topology
from hawatch import __version__
from tests.lab.scene import Scene, scene
from tests.packaging.ansible_hosts import Host
from tests.packaging.ansible_run import Controller

NODES = ("lb01", "lb02")
WITH_MONITOR = Topology(hosts=("client", "gateway", "monitor"))
RESTART = "touch /run/restart-{0}; while test -e /run/restart-{0}; do sleep 0.1; done"


def unwatched_pair() -> AbstractContextManager[Scene]:
    """A pair with a real keepalived, no agent, and a machine for Ansible."""
    return scene(WITH_MONITOR, version=3, advert_int=0.3, agents=(), start_agents=False)


def renumbered(package: Path, version: str) -> Path:
    """The same package as another version of itself, without building it anew."""
    tree = package.parent / "tree"
    subprocess.run(["dpkg-deb", "-R", str(package), str(tree)], check=True)
    found = tree.glob("usr/lib/hawatch/lib/*/site-packages/hawatch/__init__.py")
    (module,) = {path.resolve() for path in found}  # one directory for every version of Python
    for file in (module, tree / "DEBIAN" / "control"):
        file.write_text(file.read_text().replace(__version__, version))
    newer = package.with_name(f"hawatch_{version}-1_all.deb")
    command = ["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "-b", str(tree), str(newer)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return newer


@dataclass
class Site:
    """A pair, the machine that Ansible runs on, and the inventory as it is at the moment."""

    made: Scene
    place: Path
    program: str
    variables: dict[str, Any]
    hosts: dict[str, Host] = field(default_factory=dict)
    nodes: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.controller = Controller(self.made.lab.node("monitor"), self.place)
        key = self.place / "ssh-key"
        if not key.exists():
            self.controller.make_ssh_key()
        for name in NODES:
            node = self.made.lab.node(name)
            self.nodes[name] = {"hawatch_listen": f"{node.ipv4()}:10112"}
            host = self.hosts[name] = Host(node)
            host.prepare(self.place / "debian", key.with_suffix(".pub"))
            host.supervise(self.program.rpartition("/")[0])
        self.set()

    def set(self, on: str = "", **variables: object) -> None:
        """Change variables of one node, or of both."""
        (self.nodes[on] if on else self.variables).update(variables)
        ssh = {"ansible_user": "root", "ansible_ssh_private_key_file": str(self.place / "ssh-key")}
        restart = {f"hawatch_restart_{it}": ["sh", "-c", RESTART.format(it)] for it in ("agent", "helper")}
        common = {"hawatch_pair": "web", **ssh, **restart, **self.variables}
        groups = {"hawatch": {"vars": common, "hosts": self.nodes}, "monitoring": {"hosts": {}}}
        python = {"ansible_python_interpreter": "/usr/bin/python3"}
        self.controller.write_inventory({"all": {"vars": python, "children": groups}})
