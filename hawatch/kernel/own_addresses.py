"""/proc/net/if_inet6: this host's IPv6 addresses with what became of duplicate address detection."""

from __future__ import annotations

from dataclasses import dataclass

from hawatch.errors import DecodeError
from hawatch.wire.address import address_text

_DAD_FAILED, _TENTATIVE = 0x08, 0x40


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAddress:
    """One address of a device; `duplicate` when somebody else has it, `tentative` while that is being found out."""

    address: str
    device: str
    duplicate: bool
    tentative: bool


def read_own_addresses(text: str) -> tuple[OwnAddress, ...]:
    """Read /proc/net/if_inet6 (if6_seq_show in net/ipv6/addrconf.c). DecodeError when it is something else."""
    found = []
    try:
        for line in text.splitlines():
            address, _, _, _, flags, device = line.split()
            raw = bytes.fromhex(address)
            if len(raw) != 16:
                raise ValueError(address)
            bits = int(flags, 16)
            found.append(
                OwnAddress(
                    address=address_text(raw),
                    device=device,
                    duplicate=bool(bits & _DAD_FAILED),
                    tentative=bool(bits & _TENTATIVE),
                )
            )
    except ValueError:
        raise DecodeError("a line of /proc/net/if_inet6 that cannot be read") from None
    return tuple(found)
