"""Those who do not belong to the pair: foreign routers, CARP, hosts that answer for addresses not theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from deploy.lab.fault import Fault
from deploy.lab.node import Node


class Outsiders:
    """What any node of one lab can be made to do to the others."""

    def __init__(self, nodes: Mapping[str, Node]) -> None:
        self._nodes = nodes

    def send(
        self, node: str, frames: Sequence[bytes], *, period: float = 1.0, count: int = 0, device: str = "eth0"
    ) -> Fault:
        """Send frames (see deploy.lab.frames) every `period` seconds, `count` times or (0) until healed."""
        arguments = [device, f"{period:g}", str(count), *(frame.hex() for frame in frames)]
        return self._program(node, "frame_sender", "^sending$", *arguments)

    def answer_for_everything(self, node: str, *, device: str = "eth0") -> Fault:
        """Answer every ARP request and neighbour solicitation, as proxy ARP and some fabrics do."""
        return self._program(node, "address_claimer", "^claiming$", device)

    def answer_for(self, node: str, addresses: Sequence[str], *, device: str = "eth0") -> Fault:
        """Answer ARP requests and neighbour solicitations for these addresses."""
        return self._program(node, "address_claimer", "^claiming$", device, *addresses)

    def _program(self, node: str, program: str, ready: str, *arguments: str) -> Fault:
        process = self._nodes[node].run_program(program, *arguments)
        process.wait_output(ready)

        def heal() -> None:
            if process.running:
                process.kill()

        return Fault(f"{program} on {node}", heal)
