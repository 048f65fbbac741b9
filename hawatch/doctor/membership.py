"""Whether keepalived has joined the multicast group in which it is to hear its peers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from hawatch.doctor.case import Case
from hawatch.doctor.line import Line, failure, fine, unknown
from hawatch.errors import DecodeError
from hawatch.kernel.membership import read_igmp, read_igmp6, users_of
from hawatch.kernel.raw_sockets import RawSocket, read_raw_sockets


def examine(case: Case) -> Iterator[Line]:
    """One line for each group and device of the multicast routers."""
    if case.keepalived is None:
        yield unknown("membership", f"the groups are not known: {case.keepalived_problem}")
        return
    groups = {(each.listening_device, each.multicast_group) for each in case.routers if not each.unicast}
    if not groups:
        yield fine("membership", "no virtual router uses multicast")
    for device, group in sorted(groups):
        listening_in = len({each for each, other in groups if other == group})
        yield _examine(case, device, group, listening_in)


def _examine(case: Case, device: str, group: str, devices: int) -> Line:
    name = f"membership {device} {group}"
    if not case.host.keepalived_runs:
        return unknown(name, "keepalived does not run here, and only it joins the group; start it")
    if not case.host.has_device(device):
        return failure(
            name, f"{device} is not there although keepalived runs", "systemctl restart keepalived"
        )
    users = _users(case, device, group)
    if users is None:
        return unknown(name, "/proc/net/igmp could not be read")
    shadows = _shadows(case, group, devices)
    if shadows is None:
        return unknown(name, "which of the memberships are the agent's own cannot be told; stop the agent")
    if users - shadows > 0:
        return fine(name, f"keepalived hears {group} on {device}")
    sentence = f"nobody but the agent hears {group} on {device}, although keepalived runs: it is deaf"
    return failure(name, sentence, "systemctl reload keepalived")


def _users(case: Case, device: str, group: str) -> int | None:
    with suppress(OSError, DecodeError):
        if ":" in group:
            return users_of(read_igmp6(case.host.read("/proc/net/igmp6")), device, group)
        return users_of(read_igmp(case.host.read("/proc/net/igmp")), device, group)
    return None


def _shadows(case: Case, group: str, devices: int) -> int | None:
    """An agent's own sockets in this group on one device. They are bound to it as keepalived's are, but not root's."""
    sockets: tuple[RawSocket, ...] = ()
    with suppress(OSError, DecodeError):
        sockets = read_raw_sockets(case.host.read(f"/proc/net/raw{'6' if ':' in group else ''}"))
    own = sum(each.address == group and each.uid != 0 for each in sockets)
    return own // devices if own % devices == 0 else None
