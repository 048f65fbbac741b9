"""One node of the lab: its addresses, its files, and commands that run in it."""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.lab.errors import LabError
from deploy.lab.identity import ROOT, Identity
from deploy.lab.namespace import PATH, Namespace
from deploy.lab.process import Process, children, send_signal
from deploy.lab.topology import GATEWAY_LINK_LOCAL, Topology

SOURCE = "/opt/hawatch"  # where a node finds the packages of the clone
PROGRAMS = "/opt/hawatch-lab"  # and the lab's own programs
INTERPRETER = sys.executable
RUN_TIMEOUT = 30.0  # seconds; a hang guard


class Node:
    """A node's name, its numbers (see topology), and the verbs that work inside it."""

    def __init__(self, name: str, *, topology: Topology, namespace: Namespace, directory: Path) -> None:
        self.name = name
        self.topology = topology
        self.namespace = namespace
        self.directory = directory
        self.processes: list[Process] = []
        self._serial = itertools.count(1)

    def __repr__(self) -> str:
        return f"Node({self.name})"

    # --- names and numbers ----------------------------------------------------------------------

    @property
    def pid(self) -> int:
        """PID 1 of the node, by its id on the host: `nsenter --target PID --all` leads in."""
        return self.namespace.pid

    def ipv4(self, device: str = "eth0") -> str:
        return self.topology.ipv4(self.name, device)

    def ipv6(self, device: str = "eth0") -> str:
        return self.topology.ipv6(self.name, device)

    def link_local(self, device: str = "eth0") -> str:
        return self.topology.link_local(self.name, device)

    def mac(self, device: str = "eth0") -> str:
        return self.topology.mac(self.name, device)

    # --- commands -------------------------------------------------------------------------------

    def run(
        self,
        argv: Sequence[str],
        *,
        check: bool = True,
        identity: Identity = ROOT,
        env: Mapping[str, str] | None = None,
        stdin: str = "",
        timeout: float = RUN_TIMEOUT,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end. LabError with its words when it fails and `check` is set."""
        popen = subprocess.Popen(
            [*self.namespace.enter(), *identity.prefix, *argv],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            env=environment(env),
            start_new_session=True,
            umask=0o022,
        )
        with popen:
            try:
                output, errors = popen.communicate(stdin, timeout)
            except BaseException as error:
                for pid in children(popen.pid):
                    send_signal(pid, signal.SIGKILL)
                if isinstance(error, subprocess.TimeoutExpired):
                    raise LabError(f"{self.name}: {' '.join(argv)} ran longer than {timeout:g} s") from None
                raise
        if check and popen.returncode != 0:
            words = f"{output}{errors}".strip()
            raise LabError(f"{self.name}: {' '.join(argv)} gave {popen.returncode}: {words}")
        return subprocess.CompletedProcess(list(argv), popen.returncode, output, errors)

    def popen(
        self,
        argv: Sequence[str],
        *,
        name: str = "",
        identity: Identity = ROOT,
        env: Mapping[str, str] | None = None,
    ) -> Process:
        """Start a program that runs on; it ends with the lab. Its output is in the node's log directory."""
        name = name or Path(argv[0]).name
        log = self.directory / "log" / f"{next(self._serial):02d}-{name}.log"
        with log.open("wb") as output:
            popen = subprocess.Popen(
                [*self.namespace.enter(), *identity.prefix, *argv],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment(env),
                start_new_session=True,
                umask=0o022,
            )
        process = Process(popen, name=f"{name} on {self.name}", log=log)
        self.processes.append(process)
        return process

    def run_program(self, program: str, *arguments: str) -> Process:
        """Start one of the lab's own programs (deploy/lab/programs), as root."""
        argv = [INTERPRETER, "-IS", f"{PROGRAMS}/{program}.py", *arguments]
        return self.popen(argv, name=program)

    # --- files ----------------------------------------------------------------------------------

    def path(self, inside: str) -> Path:
        """A path of the node as the host can open it, as long as the node lives."""
        return self.namespace.root() / inside.lstrip("/")

    def write(self, inside: str, text: str) -> None:
        """Write a file of the node that everybody may read; its directory must exist."""
        path = self.path(inside)
        path.write_text(text)
        path.chmod(0o644)

    # --- the kernel of the node -------------------------------------------------------------------

    def sysctl(self, key: str, value: int | str) -> None:
        """Set a sysctl of this node's network, as `net.ipv4.conf.eth0.rp_filter`."""
        self.run(["sysctl", "-q", "-w", f"{key}={value}"])

    def add_address(self, address: str, device: str = "eth0") -> None:
        """`ip address add`, by hand; without a prefix length it is a host's address."""
        self.run(["ip", "address", "add", address, "dev", device])

    def remove_address(self, address: str, device: str = "eth0") -> None:
        self.run(["ip", "address", "del", address, "dev", device])

    def link_down(self, device: str = "eth0") -> None:
        """`ip link set down`, as an administrator does it. The kernel drops routes and IPv6 addresses with it."""
        self.run(["ip", "link", "set", "dev", device, "down"])

    def link_up(self, device: str = "eth0") -> None:
        """Up again, with the IPv6 address and the default routes that the kernel had dropped."""
        self.run(["ip", "link", "set", "dev", device, "up"])
        self.run(["ip", "-force", "-batch", "-"], stdin="\n".join(self.network(device)) + "\n", check=False)

    def network(self, device: str) -> list[str]:
        """The addresses and routes of a device, as lines of `ip -batch`."""
        plan = self.topology
        lines = []
        if plan.addressing.has_ipv4:
            lines.append(f"address replace {self.ipv4(device)}/24 dev {device}")
        if plan.addressing.has_global_ipv6:
            lines.append(f"address replace {self.ipv6(device)}/64 dev {device}")
        if device == "eth0" and self.name == "gateway" and plan.addressing.has_ipv6:
            lines.append(f"address replace {GATEWAY_LINK_LOCAL}/64 dev {device} nodad")
        if device == "eth0" and self.name != "gateway" and "gateway" in plan.hosts:
            if plan.addressing.has_ipv4:
                lines.append(f"route replace default via {plan.ipv4('gateway')} dev {device}")
            if plan.addressing.has_ipv6:
                lines.append(f"route replace default via {GATEWAY_LINK_LOCAL} dev {device}")
        return lines


def environment(extra: Mapping[str, str] | None) -> dict[str, str]:
    """The environment of every command in a node: none of the caller's own."""
    base = {"PATH": PATH, "LANG": "C.UTF-8", "PYTHONPATH": SOURCE, "PYTHONUNBUFFERED": "1", "HOME": "/"}
    return {**base, **(extra or {})}


def interpreter_directories() -> list[Path]:
    """Where the interpreter lives, if that is a place which a node has its own copy of."""
    covered = ("/tmp", "/run", "/etc", "/opt", "/var/lib")  # noqa: S108  names, not files
    directories = {Path(sys.prefix), Path(sys.base_prefix)}
    return sorted(path for path in directories if any(path.is_relative_to(place) for place in covered))
