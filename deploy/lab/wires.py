"""The cables between the switch and the nodes."""

from __future__ import annotations

from deploy.lab.fault import Fault
from deploy.lab.node import Node
from deploy.lab.topology import Topology


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

    def _set(self, port: str, state: str) -> None:
        self._switch.run(["ip", "link", "set", "dev", port, state])
