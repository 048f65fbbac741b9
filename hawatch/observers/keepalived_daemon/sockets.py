"""The sockets of this network namespace that tell of keepalived: /proc/net is open to everybody."""

from __future__ import annotations

import os
from pathlib import Path

VRRP = 112
AH = 51
RTMGRP_LINK = 0x1
_NETLINK_ROUTE = 0


def vrrp_sockets(proc: Path, uid: int | None = None) -> frozenset[int]:
    """The inodes of all raw sockets for VRRP (and AH) that are not our own; `uid`: only this user's.

    OSError when they cannot be read.
    """
    found: dict[int, int] = {}
    for name in ("raw", "raw6"):
        try:
            table = (proc / "net" / name).read_text(encoding="ascii").splitlines()[1:]
        except FileNotFoundError:
            continue  # a kernel without IPv6
        for line in table:
            fields = line.split()
            if int(fields[1].rpartition(":")[2], 16) in (VRRP, AH):
                found[int(fields[9])] = int(fields[7])
    if os.geteuid() in found.values():
        for inode in _own_sockets(proc):
            found.pop(inode, None)
    return frozenset(inode for inode, owner in found.items() if uid is None or owner == uid)


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
