"""A program: all observers on eth0 until standard input ends; one line for each record, or for what stopped one."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter

from hawatch import clock
from hawatch.errors import ObserverError
from hawatch.evidence import Evidence, ObserverState
from hawatch.observers import Observer
from hawatch.observers.arp_probe import Prober
from hawatch.observers.host import Host
from hawatch.observers.icmp import EchoObserver
from hawatch.observers.shadow import Shadow
from hawatch.observers.sniffer import Sniffer
from hawatch.observers.vip import VipObserver
from hawatch.targets import CaptureTarget, LinkTarget, ProbeTarget, ShadowTarget
from hawatch.wire.family import Family

VIP, PEER = "192.0.2.100", "192.0.2.2"


async def watch(observer: Observer) -> None:
    try:
        await observer.run()
    except ObserverError as error:
        print(f"{observer.name} ended: {error}", flush=True)


async def main() -> None:
    def put(record: Evidence) -> None:
        print(record, flush=True)
        if isinstance(record, ObserverState) and record.up and record.observer == prober.name:
            prober.ask(ProbeTarget(vip=VIP, family=Family.IPV4, interface="eth0"), PEER)

    prober = Prober(vips={VIP}, put=put, clock=clock)
    capture = CaptureTarget(interface="eth0", vips=frozenset({VIP}), groups=frozenset({"224.0.0.18"}))
    shadows = (
        ShadowTarget(interface="eth0", device="eth0", family=Family.IPV4, group="224.0.0.18"),
        ShadowTarget(interface="eth0", device="eth0", family=Family.IPV6, group="ff02::12"),
    )
    joined = Counter[tuple[str, str]]()
    link = LinkTarget(peer="lb02", link="lan", remote=PEER, local="eth0")
    observers: list[Observer] = [
        VipObserver(vips={VIP}, interfaces={"eth0"}, put=put, clock=clock),
        Sniffer(captures=(capture,), put=put, clock=clock),
        Shadow(targets=shadows, put=put, clock=clock, joined=joined),
        Host(
            shadows=shadows,
            reverse_paths={"eth0"},
            interfaces={"eth0"},
            put=put,
            clock=clock,
            joined=joined,
        ),
        prober,
        EchoObserver(links=(link,), references=(), put=put, clock=clock),
    ]
    tasks = [asyncio.create_task(watch(observer)) for observer in observers]
    await asyncio.to_thread(sys.stdin.read)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


asyncio.run(main())
