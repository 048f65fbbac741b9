"""The two address families VRRP speaks."""

from __future__ import annotations

from enum import StrEnum


class Family(StrEnum):
    """The address family of a virtual router; keepalived gives each instance exactly one."""

    IPV4 = "ipv4"
    IPV6 = "ipv6"
