"""/proc/net/if_inet6: this host's IPv6 addresses with what became of duplicate address detection."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from ipaddress import IPv6Address

from hawatch.errors import DecodeError
from hawatch.wire.address import address_text

_DAD_FAILED, _DEPRECATED, _TENTATIVE = 0x08, 0x20, 0x40
_LINK_LOCAL = "fe80:"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAddress:
    """One address of a device; `duplicate` when somebody else has it, `tentative` while that is being found out.

    `deprecated`: nothing new is to be begun from it.
    """

    address: str
    device: str
    duplicate: bool
    tentative: bool
    deprecated: bool = False


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
                    deprecated=bool(bits & _DEPRECATED),
                )
            )
    except ValueError:
        raise DecodeError("a line of /proc/net/if_inet6 that cannot be read") from None
    return tuple(found)


def steady_source(
    own: Iterable[OwnAddress], chosen: str, destination: str, moving: Collection[str]
) -> str | None:
    """From which address to speak instead of `chosen`; None when that does not move, or there is no other.

    The same kind of address (link-local or not), on the same device if possible, not deprecated if possible, and
    nearest to the destination: of RFC 6724 §5 the rules 2, 5, 3 and 8, since an answer must find back to this device.
    """
    if chosen not in moving:
        return None
    addresses = list(own)
    devices = {each.device for each in addresses if each.address == chosen}
    fitting = [
        each
        for each in addresses
        if each.address not in moving
        and not (each.duplicate or each.tentative or each.device == "lo")
        and each.address.startswith(_LINK_LOCAL) == chosen.startswith(_LINK_LOCAL)
        and (each.device in devices or not chosen.startswith(_LINK_LOCAL))
    ]
    best = max(
        fitting,
        key=lambda each: (each.device in devices, not each.deprecated, _alike(each.address, destination)),
        default=None,
    )
    return best.address if best else None


def _alike(one: str, other: str) -> int:
    """How many bits they have in common from the left."""
    return 128 - (int(IPv6Address(one)) ^ int(IPv6Address(other))).bit_length()
