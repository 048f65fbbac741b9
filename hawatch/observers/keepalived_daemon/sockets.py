"""The sockets of this network namespace that tell of keepalived: /proc/net is open to everybody."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from hawatch.errors import DecodeError
from hawatch.kernel.raw_sockets import RawSocket, read_raw_sockets
from hawatch.proc_file import ProcFile

VRRP = 112
AH = 51
RTMGRP_LINK = 0x1
_NETLINK_ROUTE = 0


def raw_tables(proc: Path) -> tuple[ProcFile, ...]:
    """The kernel's tables of raw sockets, for who reads them again and again."""
    return tuple(ProcFile(proc / "net" / name) for name in ("raw", "raw6"))


def vrrp_sockets(
    proc: Path, uid: int | None = None, *, tables: Iterable[ProcFile] | None = None
) -> frozenset[int]:
    """The inodes of keepalived's raw sockets for VRRP (and AH); `uid`: only this user's. `tables` are open already.

    OSError when they cannot be read.
    Those that are bound to a multicast group do not count: they may be the shadow sockets of an agent, another process
    than this, and keepalived always has others besides (see RawSocket).
    """
    sockets = _raw_sockets(raw_tables(proc) if tables is None else tables)
    found = [each for each in sockets if each.protocol in (VRRP, AH) and not each.bound_to_group]
    if any(each.uid == os.geteuid() for each in found):
        own = _own_sockets(proc)
        found = [each for each in found if each.inode not in own]
    return frozenset(each.inode for each in found if uid is None or each.uid == uid)


def _raw_sockets(tables: Iterable[ProcFile]) -> list[RawSocket]:
    found: list[RawSocket] = []
    for table in tables:
        try:
            found += read_raw_sockets(table.read())
        except FileNotFoundError:
            continue  # a kernel without IPv6
        except DecodeError as error:
            raise OSError(0, error.reason, str(table.path)) from None
    return found


def _own_sockets(proc: Path) -> set[int]:
    inodes = set()
    for descriptor in (proc / "self" / "fd").iterdir():
        try:
            target = str(descriptor.readlink())
        except OSError:
            continue  # the descriptor of this very listing
        if target.startswith("socket:["):
            inodes.add(int(target[8:-1]))
    return inodes


def link_followers(proc: Path) -> frozenset[int]:
    """The ids of the processes whose first rtnetlink socket listens for links coming and going.

    Of keepalived's processes only the VRRP child does (kernel_netlink_init in core/keepalived_netlink.c). The kernel
    gives the first socket of a process that process's id as its port. OSError when they cannot be read.
    """
    followers = set()
    for line in (proc / "net" / "netlink").read_text(encoding="ascii").splitlines()[1:]:
        _, protocol, port, groups, *_ = line.split()
        if int(protocol) == _NETLINK_ROUTE and int(groups, 16) & RTMGRP_LINK:
            followers.add(int(port))
    return frozenset(followers)
