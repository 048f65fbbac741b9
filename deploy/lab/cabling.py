"""Joins the namespaces: a bridge per segment in the switch, a veth pair from it to every node."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Mapping, Sequence

from deploy.lab.errors import LabError
from deploy.lab.namespace import PATH, Namespace
from deploy.lab.node import Node
from deploy.lab.topology import Topology

BATCH_TIMEOUT = 30.0  # seconds; a hang guard


def connect(topology: Topology, switch: Namespace, nodes: Mapping[str, Node]) -> None:
    """Make all segments, cables, addresses and routes. LabError with what `ip` says when it cannot."""
    run_batches([(switch, switch_lines(topology, nodes))])
    run_batches((node.namespace, node_lines(topology, node)) for node in nodes.values())


def switch_lines(topology: Topology, nodes: Mapping[str, Node]) -> list[str]:
    """The switch: no spanning tree and no snooping, so that a port forwards as soon as it has a carrier."""
    lines = ["link set lo up"]
    for segment in topology.all_segments():
        lines.append(
            f"link add name {segment.bridge} type bridge stp_state 0 forward_delay 0 mcast_snooping 0"
        )
        lines.append(f"link set {segment.bridge} up")
    for node in nodes.values():
        for segment in topology.segments(node.name):
            port, device = topology.port(node.name, segment.device), segment.device
            peer = f"peer name {device} netns {node.pid} address {node.mac(device)}"
            lines.append(f"link add name {port} type veth {peer}")
            lines.append(f"link set {port} master {segment.bridge} up")
    return lines


def node_lines(topology: Topology, node: Node) -> list[str]:
    """A node: first all links, so that addresses and routes find them up."""
    devices = [segment.device for segment in topology.segments(node.name)]
    lines = ["link set lo up", *(f"link set {device} up" for device in devices)]
    for device in devices:
        lines += node.network(device)
    return lines


def run_batches(batches: Iterable[tuple[Namespace, Sequence[str]]]) -> None:
    """Run `ip -batch` in several namespaces at once."""
    running: list[tuple[Namespace, subprocess.Popen[str]]] = []
    for namespace, lines in batches:
        popen = subprocess.Popen(
            [*namespace.enter_network(), "ip", "-batch", "-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={"PATH": PATH},
            start_new_session=True,
        )
        assert popen.stdin is not None
        popen.stdin.write("\n".join(lines) + "\n")
        popen.stdin.close()
        running.append((namespace, popen))
    for namespace, popen in running:
        assert popen.stdout is not None
        output = popen.stdout.read()
        popen.stdout.close()
        if popen.wait(BATCH_TIMEOUT) != 0:
            raise LabError(f"{namespace.label}: ip: {output.strip()}")
