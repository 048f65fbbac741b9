"""How a virtual service of IPVS is called, wherever it was read: keepalived.conf, the kernel, a peer's report."""

from __future__ import annotations

from hawatch.wire.family import Family

PROTOCOLS = {6: "tcp", 17: "udp", 132: "sctp"}
"""Those that IPVS balances, by their numbers in IP."""
FWMARK = "fwmark"


def service_name(protocol: str, address: str, port: int) -> str:
    """`tcp 192.0.2.100:80`, `udp [2001:db8::1]:53`; port 0 stands for every port."""
    host = f"[{address}]" if ":" in address else address
    return f"{protocol} {host}:{port}"


def mark_name(mark: int, family: Family) -> str:
    """`fwmark 3 ipv4`: a service of what the packet filter has marked, of any address of the family."""
    return f"{FWMARK} {mark} {family.value}"


def address_of(name: str) -> str | None:
    """The address in a service's name; None for a fwmark service."""
    kind, _, rest = name.partition(" ")
    return None if kind == FWMARK else rest.rpartition(":")[0].strip("[]")


def mark_family(name: str) -> Family | None:
    """The family of a fwmark service; None for any other."""
    return Family(name.rpartition(" ")[2]) if name.startswith(f"{FWMARK} ") else None
