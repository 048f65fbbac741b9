"""/proc/net/tcp, tcp6, udp and udp6: what waits for clients on which address."""

from __future__ import annotations

from dataclasses import dataclass

from hawatch.errors import DecodeError
from hawatch.kernel.raw_sockets import read_address

_TCP_LISTENS, _UDP_UNCONNECTED = "0A", "07"
_IPV4_MAPPED = "::ffff:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """One socket that waits: `address` is all zeros where it takes every address of the host."""

    address: str
    port: int

    @property
    def takes_any(self) -> bool:
        """Whether it is bound to no address of its own."""
        return self.address in {"0.0.0.0", "::"}  # noqa: S104  compared, not bound


def read_listeners(text: str) -> frozenset[Listener]:
    """The sockets of one table that wait (proc_net_tcp.rst of Linux). DecodeError when it is something else."""
    found = set()
    try:
        for line in text.splitlines()[1:]:
            fields = line.split()
            address, _, port = fields[1].partition(":")
            if fields[3] in {_TCP_LISTENS, _UDP_UNCONNECTED}:
                bound = read_address(address).removeprefix(_IPV4_MAPPED)
                found.add(Listener(address=bound, port=int(port, 16)))
    except (ValueError, IndexError, OverflowError):
        raise DecodeError("a line of sockets that cannot be read") from None
    return frozenset(found)
