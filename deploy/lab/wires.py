"""The cables between the switch and the nodes."""

from __future__ import annotations

from deploy.lab.fault import Fault
from deploy.lab.node import Node
from deploy.lab.topology import LAN, Topology


class Wires:
    """The cables of one lab."""

    def __init__(self, topology: Topology, switch: Node) -> None:
        self._topology = topology
        self._switch = switch

    def cut(self, node: str, *, device: str = "eth0") -> Fault:
        """Pull the plug: the node's device loses its carrier. Healing puts it in again."""
        port = self._topology.port(node, device)
        self._set(port, "down")
        return Fault(f"{node}: no carrier on {device}", lambda: self._set(port, "up"))

    def slow(self, node: str, *, delay: float, jitter: float = 0.0) -> Fault:
        """All that goes to and from the node on the LAN is `delay` seconds late, some of it by up to `jitter` more.

        Later frames overtake earlier ones. A program on the switch hands them on, since not every kernel has netem.
        """
        port, inner, outer = self._topology.port(node), f"{node}-sl0", f"{node}-sl1"
        lines = [
            f"link set dev {port} nomaster",
            f"link add name {inner} type veth peer name {outer}",
            f"link set dev {inner} up",
            f"link set dev {outer} master {LAN.bridge} up",
        ]
        self._switch.run(["ip", "-batch", "-"], stdin="\n".join(lines) + "\n")
        program = self._switch.run_program("slow_wire", port, inner, f"{delay:g}", f"{jitter:g}")
        program.wait_output("^carrying$")

        def heal() -> None:
            program.kill()
            lines = [f"link del dev {inner}", f"link set dev {port} master {LAN.bridge}"]
            self._switch.run(["ip", "-batch", "-"], stdin="\n".join(lines) + "\n")

        return Fault(f"{node}: {delay:g} s late on {LAN.device}", heal)

    def _set(self, port: str, state: str) -> None:
        self._switch.run(["ip", "link", "set", "dev", port, state])
