"""The lab: makes everything a topology names, hands it out, and takes it away again."""

from __future__ import annotations

import itertools
import os
import secrets
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import FrameType, TracebackType

from deploy.lab import cabling, directory
from deploy.lab.agents import Agent, Helper
from deploy.lab.conf import InstanceConf, KeepalivedConf
from deploy.lab.errors import LabError
from deploy.lab.firewall import Firewall
from deploy.lab.keepalived import Keepalived
from deploy.lab.namespace import PATH, Carried, Kernel, Namespace
from deploy.lab.node import PROGRAMS, SOURCE, Node, interpreter_directories
from deploy.lab.outsiders import Outsiders
from deploy.lab.topology import Topology
from deploy.lab.truth import Truth
from deploy.lab.wires import Wires

CLONE = Path(__file__).resolve().parents[2]
KEEPER = Path(__file__).with_name("keeper.sh")
SWITCH = "switch"
TOOLS = ("unshare", "nsenter", "setpriv", "ip", "nft", "keepalived")
OTHER_RELEASE = "HAWATCH_LAB_KEEPALIVED"
"""Names a directory with another release of keepalived (keepalived_release.sh), which all nodes then have."""
REPORT_TAIL = 6000  # characters of every log in a report

_labs = itertools.count(1)


class Lab:
    """A pair (or more) of nodes on a switch, with everything that can happen to it.

    Use it as a context manager: on leaving, in whatever way, all namespaces and processes of it end.
    """

    def __init__(self, topology: Topology | None = None, *, directory: Path | None = None) -> None:
        """`directory` keeps the logs there after the end; otherwise they go with the lab."""
        self.topology = topology or Topology()
        self.name = f"hawatch-lab-{os.getpid()}-{next(_labs)}"
        self._wanted = directory
        self._kept = False
        self._end = ExitStack()
        self._nodes: dict[str, Node] = {}
        self._keepalived: dict[str, Keepalived] = {}
        self._agents: dict[str, Agent] = {}
        self._helpers: dict[str, Helper] = {}

    # --- making and taking away -------------------------------------------------------------------

    def __enter__(self) -> Lab:
        if os.geteuid() != 0:
            raise LabError("the lab needs root: it makes network namespaces")
        for tool in TOOLS:
            if shutil.which(tool, path=PATH) is None:
                raise LabError(f"the lab needs {tool}")
        try:
            self._build()
        except BaseException:
            self._end.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.close()

    def _build(self) -> None:
        self._end.enter_context(SigtermAsExit())
        self.directory = directory.make(self._wanted)
        if self._wanted is None:
            self._end.callback(self._unless_kept, lambda: directory.remove(self.directory))
        names = (SWITCH, *self.topology.nodes)
        spaces = {name: self._start_namespace(name) for name in names}
        for space in spaces.values():
            space.await_ready()
        nodes = {name: self._make_node(name, space) for name, space in spaces.items()}
        self.switch = nodes.pop(SWITCH)
        self._nodes = nodes
        hosts = self.topology.hosts_file()
        for node in nodes.values():
            node.write("/etc/hosts", f"127.0.0.1 localhost\n{hosts}")
            node.write("/etc/resolv.conf", "")
        cabling.connect(self.topology, self.switch.namespace, nodes)
        self.firewall = Firewall(self.topology, self.switch, nodes)
        self.wires = Wires(self.topology, self.switch)
        self.outsiders = Outsiders(nodes)
        self.truth = Truth(nodes.values())
        self._end.callback(self.truth.close)
        self._prepare_routers()
        self.truth.await_ready()
        self._await_addresses()

    def _await_addresses(self) -> None:
        """Until duplicate address detection is done, keepalived could neither send nor receive IPv6."""
        plan = self.topology
        if not plan.addressing.has_ipv6:
            return
        for name in plan.nodes:
            for segment in plan.segments(name):
                self.truth.wait_owner(plan.link_local(name, segment.device), name)
                if plan.addressing.has_global_ipv6:
                    self.truth.wait_owner(plan.ipv6(name, segment.device), name)

    def _start_namespace(self, name: str) -> Namespace:
        home = self.directory / name
        for part in ("log", "state", "etc-keepalived", "etc-hawatch"):
            (home / part).mkdir(parents=True)
            (home / part).chmod(0o755)
        carried = [
            Carried(source=CLONE / "hawatch", target=f"{SOURCE}/hawatch"),
            Carried(source=CLONE / "nagios", target=f"{SOURCE}/nagios"),
            Carried(source=CLONE / "deploy", target=f"{SOURCE}/deploy"),
            Carried(source=Path(__file__).with_name("programs"), target=PROGRAMS),
            Carried(source=home / "state", target="/var/lib/hawatch", writable=True),
            Carried(source=home / "etc-hawatch", target="/etc/hawatch", writable=True),
            Carried(source=home / "etc-keepalived", target="/etc/keepalived", writable=True),
            *(Carried(source=path, target=str(path)) for path in interpreter_directories()),
        ]
        if other := os.environ.get(OTHER_RELEASE):
            carried.append(Carried(source=Path(other), target="/usr/local/sbin"))
            for options in Path(other).glob("*.config-opts"):  # without them 2.3 does not start
                shutil.copy(options, home / "etc-keepalived")
        kernel = Kernel(dad=self.topology.dad, ipv6=self.topology.addressing.has_ipv6)
        space = Namespace(
            label=f"{self.name}-{name}", hostname=name, stage=home / "stage", kernel=kernel, carried=carried
        )
        self._end.callback(self._unless_kept, space.await_end)
        self._end.callback(self._unless_kept, space.close)
        return space

    def _make_node(self, name: str, space: Namespace) -> Node:
        node = Node(name, topology=self.topology, namespace=space, directory=self.directory / name)
        self._end.callback(self._unless_kept, lambda: end_node(node))
        return node

    def _prepare_routers(self) -> None:
        key = secrets.token_hex(32)
        for name in self.topology.routers:
            node = self._nodes[name]
            self._keepalived[name] = Keepalived(node)
            self._keepalived[name].mark_healthy()
            self._helpers[name] = Helper(node)
            agent = self._agents[name] = Agent(node)
            agent.prepare()
            agent.write_key(key)

    def _unless_kept(self, do: Callable[[], None]) -> None:
        if not self._kept:
            do()

    def keep(self) -> int:
        """Leave the lab running when this process ends; the id of the process whose SIGTERM removes it."""
        lifelines = [node.namespace.lifeline for node in (self.switch, *self._nodes.values())]
        keeper = subprocess.Popen(
            ["sh", str(KEEPER), str(self.directory), self.name],
            pass_fds=lifelines,
            env={"PATH": PATH},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        directory.hand_over(self.directory, keeper.pid)
        self._kept = True
        return keeper.pid

    # --- what is in it ----------------------------------------------------------------------------

    def node(self, name: str) -> Node:
        return self._nodes[name]

    def keepalived(self, name: str) -> Keepalived:
        return self._keepalived[name]

    def agent(self, name: str) -> Agent:
        return self._agents[name]

    def helper(self, name: str) -> Helper:
        return self._helpers[name]

    @property
    def routers(self) -> tuple[Node, ...]:
        return tuple(self._nodes[name] for name in self.topology.routers)

    # --- verbs over several nodes -----------------------------------------------------------------

    def start_keepalived(self, confs: Mapping[str, str | InstanceConf | KeepalivedConf]) -> None:
        """Write every node's configuration, then start keepalived on all of them at once."""
        for name, conf in confs.items():
            self.keepalived(name).write_conf(conf)
        for name in confs:
            self.keepalived(name).launch()
        for name in confs:
            self.keepalived(name).wait_child()

    def start_agents(self, *names: str) -> None:
        """Start helper and agent on these nodes (all routers, if none is named), and wait until they answer."""
        wanted = names or self.topology.routers
        for name in wanted:
            self.helper(name).start()
            self.agent(name).start()
        for name in wanted:
            self.agent(name).wait_ready()

    def now(self) -> float:
        """CLOCK_MONOTONIC in seconds: the clock of every time in the lab."""
        return time.monotonic()

    def report(self) -> str:
        """For a failed test: the ground truth and the end of every log."""
        parts = [f"== ground truth\n{self.truth.report()}"]
        for path in sorted(self.directory.glob("*/log/*.log")):
            parts.append(
                f"== {path.relative_to(self.directory)}\n{path.read_text(errors='replace')[-REPORT_TAIL:]}"
            )
        return "\n".join(parts)


def end_node(node: Node) -> None:
    """End all that runs in a node, and wait for those of it that we started."""
    node.namespace.close()
    for process in node.processes:
        process.reap()


class SigtermAsExit:
    """While it is entered (in the main thread, and if nobody else cares) SIGTERM unwinds the stack."""

    def __init__(self) -> None:
        self._installed = False

    def __enter__(self) -> None:
        alone = threading.current_thread() is threading.main_thread()
        if alone and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, exit_on_signal)
            self._installed = True

    def __exit__(self, *_: object) -> None:
        if self._installed:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


def exit_on_signal(number: int, _: FrameType | None) -> None:
    raise SystemExit(128 + number)
