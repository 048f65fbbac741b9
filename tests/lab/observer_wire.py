"""Network namespaces and the cables between them: where the observers are shown real frames and addresses.

The namespaces have no name: this process holds them by file descriptors, so that they are gone when it is.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import socket
import struct
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from scapy.packet import Packet

CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
HERE, THERE = "here", "there"

_libc = ctypes.CDLL(None, use_errno=True)


def _enter(descriptor: int) -> None:
    if _libc.setns(descriptor, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def _new_network() -> int:
    """A file descriptor that keeps a fresh network namespace."""
    opened: list[int] = []

    def unshare() -> None:  # in a thread of its own, which ends in the namespace that it has made
        if _libc.unshare(CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "unshare")
        opened.append(os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC))

    thread = threading.Thread(target=unshare)
    thread.start()
    thread.join()
    return opened[0]


class Wire:
    """`here`, where the observer stands, has eth0; `there`, where the rest of the world is, has far0."""

    def __init__(self) -> None:
        self._networks = {HERE: _new_network(), THERE: _new_network()}
        for place in (HERE, THERE):
            self.run(place, "ip link set lo up")
        self.add_cable("eth0", "far0")

    def close(self) -> None:
        for descriptor in self._networks.values():
            os.close(descriptor)

    def path(self, place: str) -> Path:
        """What `ip link set … netns` and `nsenter --net` take."""
        return Path(f"/proc/{os.getpid()}/fd/{self._networks[place]}")

    def run(self, place: str, command: str) -> str:
        """Run a command of words without spaces in one of the namespaces; its standard output."""
        words = ["nsenter", f"--net={self.path(place)}", *command.split()]
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout

    def here(self, command: str) -> str:
        return self.run(HERE, command)

    def there(self, command: str) -> str:
        return self.run(THERE, command)

    def add_cable(self, near: str, far: str) -> None:
        """A veth pair, up at both ends, without addresses of its own."""
        self._connect(HERE, near, THERE, far)

    def add_host(self, name: str, *addresses: str) -> None:
        """Another host on the wire of eth0, with these addresses on its own eth0; then far0 is a port of a switch."""
        if "br0" not in self.there("ip -brief link"):
            self.there("ip link add br0 type bridge mcast_snooping 0")
            self.there("ip link set br0 addrgenmode none up")
            self.there("ip link set far0 master br0")
        self._networks[name] = _new_network()
        self._connect(name, "eth0", THERE, f"port-{name}")
        self.there(f"ip link set port-{name} master br0")
        for address in addresses:
            self.run(name, f"ip address add {address} dev eth0" + (" nodad" if ":" in address else ""))

    def _connect(self, near_place: str, near: str, far_place: str, far: str) -> None:
        self.run(near_place, f"ip link add {near} type veth peer name {far} netns {self.path(far_place)}")
        for place, name in ((near_place, near), (far_place, far)):
            self.run(place, f"ip link set {name} addrgenmode none")
            self.run(place, f"ip link set {name} up")

    def mac(self, place: str, interface: str) -> str:
        """The hardware address of a device."""
        (link,) = json.loads(self.run(place, f"ip -json link show {interface}"))
        return str(link["address"])

    @contextmanager
    def inside(self, place: str = HERE) -> Iterator[None]:
        """This thread, and the sockets it opens meanwhile, are in that namespace."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        _enter(self._networks[place])
        try:
            yield
        finally:
            _enter(home)
            os.close(home)

    def send(self, place: str, interface: str, *frames: Packet | bytes) -> None:
        """Send whole frames from one of the ends, as fast as the kernel takes them."""
        with self.inside(place), socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sock:
            sock.bind((interface, 0))
            raw = {id(frame): bytes(frame) for frame in frames}
            for frame in frames:
                sock.send(raw[id(frame)])

    def add_vlan_or_skip(self, parent: str, vlan: int) -> None:
        """A VLAN device over one of ours; not every kernel has them."""
        try:
            self.here(f"ip link add link {parent} name {parent}.{vlan} type vlan id {vlan}")
        except subprocess.CalledProcessError as error:
            pytest.skip(f"this kernel has no VLAN devices: {error.stderr.strip()}")
        self.here(f"ip link set {parent}.{vlan} addrgenmode none up")

    @contextmanager
    def tunnel(self, name: str) -> Iterator[int]:
        """A device whose frames begin with the IP header; what is written to the descriptor comes in over it."""
        if not Path("/dev/net/tun").exists():
            pytest.skip("this host has no /dev/net/tun")
        with self.inside():
            descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
            fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("@16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
        try:
            self.here(f"ip link set {name} addrgenmode none up")
            yield descriptor
        finally:
            os.close(descriptor)
