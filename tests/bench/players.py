"""Plays the members of many pairs towards one witness: their agents' reports, their addresses, their web servers.

    players.py WITNESS PORT PAIRS

Runs in a node that has all the addresses: 10.9.N.11 and .12 are the members of pair N, 10.9.N.100 is its VIP, and its
key is `key_of(N)`. A line `alarm` on standard input makes both members of every pair say that they hold the VIP.
"""

from __future__ import annotations

import asyncio
import socket
import sys

from hawatch.wire.family import Family
from hawatch.wire.report import DaemonState, NodeReport, ReportedRouter, ReportedVip
from hawatch.wire.report_datagram import Envelope, encode
from hawatch.wire.witness_datagram import decode


def key_of(number: int) -> str:
    return f"{number:064x}"


class Member:
    """One played node."""

    def __init__(self, number: int, name: str, witness: tuple[str, int]) -> None:
        self.name, self.number, self.witness = name, number, witness
        self.address = f"10.9.{number}.{11 if name == 'lb01' else 12}"
        self.key = key_of(number).encode()
        self.boot = f"{number * 2 + (name == 'lb02'):016x}"
        self.sequence, self.heard, self.held = 0, None, name == "lb01"
        self.echo: int | None = None
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self.sock.bind((self.address, 0))
        asyncio.get_running_loop().add_reader(self.sock, self.read)

    def read(self) -> None:
        try:
            while True:
                envelope, _, _ = decode(self.sock.recv(65535), self.key)
                self.echo = envelope.stamp
        except BlockingIOError:
            return

    def say(self) -> None:
        self.sequence += 1
        router = ReportedRouter(
            vrid=self.number + 1,
            family=Family.IPV4,
            configured_priority=100,
            advertised_priority=100 if self.held else None,
            vips=(ReportedVip(address=f"10.9.{self.number}.100", held=self.held, for_seconds=60.0),),
            advertising=self.held,
            ready=True,
        )
        report = NodeReport(
            node=self.name,
            routers=(router,),
            addresses=(self.address,),
            macs=("02:00:00:00:00:0b",),
            daemon=DaemonState.RUNNING,
        )
        envelope = Envelope(
            boot_id=self.boot, sequence=self.sequence, stamp=self.sequence, echoed_stamp=self.echo
        )
        for datagram in encode(envelope, report, self.key):
            self.sock.sendto(datagram, self.witness)


async def play(witness: tuple[str, int], pairs: int) -> None:
    loop = asyncio.get_running_loop()
    members = [Member(number, name, witness) for number in range(pairs) for name in ("lb01", "lb02")]
    servers = []
    for number in range(pairs):
        servers.append(await asyncio.start_server(lambda _, w: w.close(), f"10.9.{number}.100", 80))
    alarm = asyncio.Event()
    loop.add_reader(sys.stdin, lambda: alarm.set() if sys.stdin.readline() else loop.remove_reader(sys.stdin))
    print("playing", flush=True)
    while True:
        for member in members:
            member.held = member.held or alarm.is_set()
            member.say()
            await asyncio.sleep(1.0 / len(members))


if __name__ == "__main__":
    asyncio.run(play((sys.argv[1], int(sys.argv[2])), int(sys.argv[3])))
