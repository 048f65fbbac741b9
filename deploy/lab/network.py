"""Sockets of this process inside a node's network, so that a test can talk to what listens there."""

from __future__ import annotations

import ctypes
import os
import socket
import threading

from deploy.lab.errors import LabError

CLONE_NEWNET = 0x40000000


def open_socket(pid: int, family: socket.AddressFamily, kind: socket.SocketKind) -> socket.socket:
    """A socket in the network namespace of a process. OSError when it cannot be had."""
    opened: list[socket.socket] = []
    failed: list[OSError] = []

    def work() -> None:
        try:
            enter_network(pid)
            opened.append(socket.socket(family, kind))
        except OSError as error:
            failed.append(error)

    # setns(2) moves the calling thread alone, so the caller stays where it is.
    thread = threading.Thread(target=work, name="lab-socket")
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return opened[0]


def connect(pid: int, host: str, port: int, *, timeout: float) -> socket.socket:
    """A TCP connection made from inside the node. OSError when it is refused or times out."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = open_socket(pid, family, socket.SOCK_STREAM)
    try:
        sock.settimeout(timeout)
        sock.connect((host, port))
    except OSError:
        sock.close()
        raise
    return sock


def enter_network(pid: int) -> None:
    """Move the calling thread into the network namespace of a process."""
    libc = ctypes.CDLL(None, use_errno=True)
    namespace = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        if libc.setns(namespace, CLONE_NEWNET) != 0:
            raise LabError(f"setns: {os.strerror(ctypes.get_errno())}")
    finally:
        os.close(namespace)
