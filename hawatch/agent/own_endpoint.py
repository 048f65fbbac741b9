"""Where others reach this agent's HTTP side: by the address it listens on, or the one that it speaks to a peer from."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence

from hawatch.config import Endpoint
from hawatch.snapshot import HttpView
from hawatch.targets import LinkTarget


def own_endpoint(listens: Endpoint, links: Sequence[LinkTarget]) -> HttpView:
    """The listen address; of one that means all addresses, the local end of the first link that has one."""
    if not _is_everywhere(listens.host):
        return HttpView(address=listens.host, port=listens.port)
    ends = (_local_end(link) for link in links)
    return HttpView(address=next((end for end in ends if end is not None), None), port=listens.port)


def _is_everywhere(host: str) -> bool:
    found = _address(host)
    return host == "" or (found is not None and found.is_unspecified)


def _local_end(link: LinkTarget) -> str | None:
    """The configured one, or what the kernel would speak from; None for what is good on this link alone."""
    remote = _address(link.remote.partition("%")[0])
    if remote is None or remote.is_link_local:
        return None
    if link.local is not None and _address(link.local) is not None:
        return link.local
    family = socket.AF_INET6 if remote.version == 6 else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as asking:
            asking.connect((str(remote), 9))  # of a datagram socket this sends nothing
            return str(asking.getsockname()[0])
    except OSError:
        return None


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
