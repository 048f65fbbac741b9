"""Who besides this agent has joined the groups in which VRRP is heard."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from socket import if_nametoindex

from hawatch.errors import DecodeError
from hawatch.evidence import GroupMembership
from hawatch.kernel.membership import Membership, read_igmp, read_igmp6, users_of
from hawatch.proc_file import ProcFile

_FILES = {"igmp": read_igmp, "igmp6": read_igmp6}
Group = tuple[str, str]
"""A device and a multicast group."""


class Groups:
    """Looks at (device, group) pairs; `joined` counts the agent's own memberships, which are subtracted."""

    def __init__(self, proc: Path, groups: Collection[Group], joined: Mapping[Group, int]) -> None:
        self._files = {name: ProcFile(proc / "net" / name) for name in _FILES}
        self._groups = sorted(groups)
        self._joined = joined
        self._told: dict[Group, int | None] = {}

    def look(self, now: float) -> Iterator[GroupMembership]:
        """What has changed since the last look."""
        if not self._groups:
            return
        tables = {name: self._table(name) for name in _FILES}
        for interface, group in self._groups:
            table = tables["igmp6" if ":" in group else "igmp"]
            sockets = None
            if table is not None and _exists(interface):
                own = self._joined.get((interface, group), 0)
                sockets = max(users_of(table, interface, group) - own, 0)
            if (interface, group) not in self._told or self._told[interface, group] != sockets:
                self._told[interface, group] = sockets
                yield GroupMembership(at=now, interface=interface, group=group, sockets=sockets)

    def _table(self, name: str) -> tuple[Membership, ...] | None:
        with suppress(OSError, DecodeError):
            return _FILES[name](self._files[name].read())
        return None


def _exists(interface: str) -> bool:
    """A device that is not there has no membership that could be missing."""
    try:
        if_nametoindex(interface)
    except OSError:
        return False
    return True
