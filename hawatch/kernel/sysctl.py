"""Values under /proc/sys: where they are, and which of several counts."""

from __future__ import annotations

from enum import Enum

from hawatch.errors import DecodeError


class ReversePath(Enum):
    """What rp_filter does to a packet whose source is not reached over the device that it came in by (RFC 3704)."""

    OFF = 0
    STRICT = 1
    LOOSE = 2


def sysctl_path(scope: str, device: str, name: str) -> str:
    """Where a device's value is below /proc/sys: `scope` is ipv4 or ipv6, `device` a device's name, all or default.

    A device's name may have dots, which a sysctl's name in /etc/sysctl.d writes as slashes (see `sysctl_name`).
    """
    return f"net/{scope}/conf/{device}/{name}"


def sysctl_name(scope: str, device: str, name: str) -> str:
    """How sysctl.d(5) names a device's value, in its form with slashes where the device has dots."""
    if "." in device:
        return sysctl_path(scope, device, name)
    return f"net.{scope}.conf.{device}.{name}"


def read_number(text: str) -> int:
    """The number that a file of /proc/sys holds. DecodeError for anything else."""
    try:
        return int(text.strip(), 10)
    except ValueError:
        raise DecodeError("a sysctl that is no number") from None


def reverse_path(everywhere: int, device: int) -> ReversePath:
    """The filter in force: the greater of conf/all and the device (ip-sysctl.rst of Linux). DecodeError beyond 2."""
    try:
        return ReversePath(max(everywhere, device))
    except ValueError:
        raise DecodeError(f"an rp_filter of {max(everywhere, device)}") from None
