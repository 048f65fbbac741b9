"""Two agents and the wire between them, for the stories of the peer link: real sockets on the loopback network."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from typing import TypeVar

from hawatch import clock
from hawatch.evidence import Evidence, PeerReport
from hawatch.observers.peer_link import PeerLink
from hawatch.observers.peer_link.endpoint import Clock
from hawatch.observers.peer_link.post import Post
from hawatch.observers.peer_link.when_read import OnceRead, at_once
from hawatch.targets import LinkTarget, SerialTarget
from hawatch.wire.family import Family
from hawatch.wire.report import NodeReport, ReportedRouter, ReportedVip

KEY = b"a key that both nodes have"
INTERVAL = 0.05
VIP = "192.0.2.100"
Seen = TypeVar("Seen", bound=Evidence)


class Node:
    """One agent's side: its link, and all that it has seen."""

    link: PeerLink

    def __init__(self) -> None:
        self.started = clock.monotonic()
        self.seen: list[Evidence] = []
        self._waiting: list[asyncio.Event] = []

    def put(self, evidence: Evidence) -> None:
        self.seen.append(evidence)
        for event in self._waiting:
            event.set()

    def of(self, kind: type[Seen]) -> list[Seen]:
        return [each for each in self.seen if isinstance(each, kind)]

    async def sees(self, kind: type[Seen], wanted: Callable[[Seen], bool] = lambda _: True) -> Seen:
        """The first evidence of this kind that fits, waited for if need be."""
        event = asyncio.Event()
        self._waiting.append(event)
        try:
            while True:
                for each in self.of(kind):
                    if wanted(each):
                        return each
                event.clear()
                await asyncio.wait_for(event.wait(), 60)
        finally:
            self._waiting.remove(event)

    async def settled(self) -> None:
        """Wait until its questions are answered or given up."""
        for path in self.link._paths:
            await path.settled.wait()

    async def sees_afresh(self, kind: type[Seen], wanted: Callable[[Seen], bool] = lambda _: True) -> Seen:
        """The same, but nothing counts that has been seen until now."""
        self.seen.clear()
        return await self.sees(kind, wanted)


@dataclass
class Addresses:
    """Loopback addresses that no other test uses at the same time."""

    net: str = field(default_factory=lambda: f"127.{random.randint(1, 254)}.{random.randint(1, 254)}")

    def __getitem__(self, host: int) -> str:
        return f"{self.net}.{host}"


class Stories:
    """Starts agents, and ends them with the story."""

    def __init__(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("", 0))
            self.port: int = free.getsockname()[1]
        self.tasks: list[asyncio.Task[None]] = []

    def agent(
        self,
        name: str,
        *links: LinkTarget,
        key: bytes = KEY,
        interval: float = INTERVAL,
        routers: int = 1,
        vips_each: int = 1,
        post: Post | None = None,
        cables: tuple[SerialTarget, ...] = (),
        vips: frozenset[str] = frozenset(),
        own_clock: Clock = clock,
        once_read: OnceRead = at_once,
    ) -> Node:
        node = Node()

        def report(now: float) -> NodeReport:
            held = now - node.started
            holdings = tuple(
                ReportedVip(address=VIP if number == 0 else f"10.0.0.{number}", held=True, for_seconds=held)
                for number in range(vips_each)
            )
            return NodeReport(
                node=name,
                routers=tuple(
                    ReportedRouter(
                        vrid=vrid,
                        family=Family.IPV4,
                        configured_priority=100,
                        advertised_priority=100,
                        vips=holdings,
                        advertising=True,
                    )
                    for vrid in range(1, routers + 1)
                ),
            )

        node.link = PeerLink(
            links=links,
            port=self.port,
            key=key,
            node=name,
            boot_id="the agent's",
            put=node.put,
            clock=own_clock,
            report=report,
            once_read=once_read,
            interval=interval,
            post=post,
            cables=cables,
            vips=lambda: vips,
        )
        self.tasks.append(asyncio.create_task(node.link.run()))
        return node

    async def end(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.tasks.clear()


def told(story: Callable[[Stories, Addresses], Coroutine[None, None, None]]) -> Callable[[], None]:
    """A test that is a coroutine: run in a loop of its own, its agents ended with it."""

    def run() -> None:
        async def whole() -> None:
            stories = Stories()
            try:
                await story(stories, Addresses())
            finally:
                await stories.end()

        asyncio.run(whole())

    run.__name__ = story.__name__
    return run


def link(local: str, remote: str, name: str = "lan", peer: str = "peer") -> LinkTarget:
    return LinkTarget(peer=peer, link=name, local=local, remote=remote)


class Wire:
    """A cable that can lose, hold back and repeat: node 1 sends to .11, node 2 to .12.

    `fate` makes of a sender's datagram what is delivered in its place.
    """

    def __init__(self, addresses: Addresses, port: int) -> None:
        self.addresses = addresses
        self.port = port
        self.near, self.far = bound_to(addresses[11], port), bound_to(addresses[12], port)
        self.sent: dict[str, list[bytes]] = {"1": [], "2": []}
        self.passes = {"1": True, "2": True}
        self.fate: Callable[[str, bytes], list[bytes]] = lambda _sender, datagram: [datagram]
        self.arrived = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_reader(self.near, self._carry, "1", self.near)
        loop.add_reader(self.far, self._carry, "2", self.far)

    def _carry(self, sender: str, end: socket.socket) -> None:
        datagram = end.recv(65_535)
        self.sent[sender].append(datagram)
        self.arrived.set()
        if self.passes[sender]:
            for each in self.fate(sender, datagram):
                self.deliver(sender, each)

    def deliver(self, sender: str, datagram: bytes) -> None:
        if sender == "1":
            self.far.sendto(datagram, (self.addresses[2], self.port))
        else:
            self.near.sendto(datagram, (self.addresses[1], self.port))

    async def quiet(self) -> None:
        """Wait until nothing has come for a while."""
        with contextlib.suppress(TimeoutError):
            while True:
                self.arrived.clear()
                await asyncio.wait_for(self.arrived.wait(), 0.2)

    async def carried(self, sender: str, count: int) -> list[bytes]:
        """Wait until so many more datagrams of a sender have come to the wire."""
        already = len(self.sent[sender])
        while len(self.sent[sender]) < already + count:
            self.arrived.clear()
            await asyncio.wait_for(self.arrived.wait(), 60)
        return self.sent[sender][already : already + count]

    def close(self) -> None:
        for end in (self.near, self.far):
            asyncio.get_running_loop().remove_reader(end)
            end.close()


def bound_to(address: str, port: int) -> socket.socket:
    """A socket that is somebody else's than an agent's."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    bound.bind((address, port))
    return bound


@contextlib.asynccontextmanager
async def wired(
    stories: Stories,
    addresses: Addresses,
    *,
    interval: float = INTERVAL,
    posts: tuple[Post | None, Post | None] = (None, None),
) -> AsyncIterator[tuple[Node, Wire, Node]]:
    """lb01 and lb02 in conversation over a wire that the story can disturb, their first questions settled."""
    wire = Wire(addresses, stories.port)
    first = stories.agent("lb01", link(addresses[1], addresses[11]), interval=interval, post=posts[0])
    second = stories.agent("lb02", link(addresses[2], addresses[12]), interval=interval, post=posts[1])
    try:
        for node in (first, second):
            await node.sees(PeerReport)
            await node.settled()
        if interval > 1:
            await wire.quiet()
        yield first, wire, second
    finally:
        wire.close()
