"""/proc/net/raw and /proc/net/raw6: the raw sockets of this network namespace."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import lru_cache

from hawatch.errors import DecodeError
from hawatch.wire.address import address_text, is_multicast


@dataclass(frozen=True, slots=True, kw_only=True)
class RawSocket:
    """One raw socket; `address` is what it is bound to, the family's zero for everything."""

    protocol: int
    address: str
    uid: int
    inode: int

    @property
    def bound_to_group(self) -> bool:
        """Whether it takes only what is sent to one multicast group: keepalived's reading socket, or an agent's shadow.

        Every keepalived has one more for each of those, to send with, and that one is bound to no group.
        """
        return is_multicast(self.address)


@lru_cache(maxsize=4)  # in peace the next look reads the same
def read_raw_sockets(text: str) -> tuple[RawSocket, ...]:
    """Read /proc/net/raw or raw6 (net/ipv4/raw.c, net/ipv6/datagram.c). DecodeError when it is something else."""
    found = []
    try:
        for line in text.splitlines()[1:]:
            fields = line.split()
            address, _, protocol = fields[1].partition(":")
            found.append(
                RawSocket(
                    protocol=int(protocol, 16),
                    address=read_address(address),
                    uid=int(fields[7]),
                    inode=int(fields[9]),
                )
            )
    except (ValueError, IndexError, OverflowError):
        raise DecodeError("a line of raw sockets that cannot be read") from None
    return tuple(found)


def read_address(text: str) -> str:
    """An address as /proc/net prints it: words of 32 bits in the kernel's byte order. ValueError for another form."""
    if len(text) not in {8, 32}:
        raise ValueError(text)
    words = [int(text[at : at + 8], 16) for at in range(0, len(text), 8)]
    return address_text(b"".join(word.to_bytes(4, sys.byteorder) for word in words))
