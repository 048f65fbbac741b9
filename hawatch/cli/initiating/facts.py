"""What `hawatch init` knows of this host, as plain records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAddress:
    """One address of this host, on its device."""

    device: str
    address: str
    prefix_length: int

    @property
    def network(self) -> IPv4Network | IPv6Network:
        """The network that it is in."""
        return ip_network(f"{self.address}/{self.prefix_length}", strict=False)

    def reaches(self, address: str) -> bool:
        """Whether another address is in its network; a host name is in none."""
        try:
            return ip_address(address.partition("%")[0]) in self.network
        except ValueError:
            return False

    def __str__(self) -> str:
        """As `ip address` writes it."""
        return f"{self.address}/{self.prefix_length}"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFacts:
    """This host: its name up to the first dot, its addresses in the kernel's order, and its default gateways.

    `names` are what /etc/hosts calls addresses.
    """

    name: str
    addresses: tuple[OwnAddress, ...] = ()
    gateways: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    def without(self, addresses: frozenset[str]) -> tuple[OwnAddress, ...]:
        """Its addresses that can be the end of a link: none of these (VIPs), none of the loopback, none link-local."""
        return tuple(
            each
            for each in self.addresses
            if each.address not in addresses
            and not ip_address(each.address).is_loopback
            and not ip_address(each.address).is_link_local
        )


def read_hosts(text: str) -> dict[str, str]:
    """The first name that /etc/hosts gives to each address, up to its first dot."""
    names: dict[str, str] = {}
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if len(words) > 1:
            names.setdefault(words[0], words[1].partition(".")[0])
    return names
