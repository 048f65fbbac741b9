"""A socket of a running process made to leave a multicast group, as a bug or an interface's return may do."""

from __future__ import annotations

import ctypes
import os
import socket
import struct
from contextlib import suppress
from pathlib import Path

from deploy.lab.errors import LabError
from deploy.lab.fault import Fault

PIDFD_GETFD = 438  # system call number, the same on every architecture (pidfd_getfd(2))


def leave_group(pid: int, group: str, index: int) -> Fault:
    """Every IPv4 socket of the process leaves the group on the device with this index; healing joins again."""
    request = struct.pack("@4s4si", socket.inet_aton(group), bytes(4), index)
    left = []
    for number in sorted(int(each.name) for each in Path(f"/proc/{pid}/fd").iterdir()):
        copy = _copy(pid, number)
        if copy is None:
            continue
        with suppress(OSError):
            copy.setsockopt(socket.IPPROTO_IP, socket.IP_DROP_MEMBERSHIP, request)
            left.append(copy)
            continue
        copy.close()
    if not left:
        raise LabError(f"process {pid} has no socket in {group}")

    def heal() -> None:
        for each in left:
            with suppress(OSError):
                each.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, request)
            each.close()

    return Fault(f"process {pid} has left {group}", heal)


def _copy(pid: int, number: int) -> socket.socket | None:
    """The same socket in this process; None for what is none."""
    process = os.pidfd_open(pid)
    try:
        copy = ctypes.CDLL(None, use_errno=True).syscall(PIDFD_GETFD, process, number, 0)
    finally:
        os.close(process)
    if copy < 0:
        return None
    try:
        return socket.socket(fileno=copy)
    except OSError:
        os.close(copy)
        return None
