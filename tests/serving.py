"""A real server on loopback and on a Unix socket, in a thread of its own, for tests that talk to one."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hawatch.exporter.answer_routes import AnswerRoutes
from hawatch.exporter.app import Incidents, PastOf, build_app, no_incidents, no_past
from hawatch.exporter.app_page import ServedPage
from hawatch.exporter.broadcast import Broadcast
from hawatch.exporter.bundles import Bundle, BundleOf
from hawatch.exporter.desk import Desk
from hawatch.exporter.drills import Drills
from hawatch.exporter.listening import listen_tcp, listen_unix
from hawatch.exporter.server import serve_on
from hawatch.snapshot import Snapshot
from tests.snapshots import AT

HANG = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """Where the server answers, and how to hand it a new Snapshot."""

    port: int
    socket_path: Path
    publish: Callable[[Snapshot], None]

    @property
    def address(self) -> str:
        """Host and port, as check_hawatch takes them."""
        return f"127.0.0.1:{self.port}"


@contextmanager
def served(
    snapshot: Snapshot,
    directory: Path,
    *,
    age: float = 0.013,
    bundle: Bundle | None = None,
    bundle_of: BundleOf | None = None,
    incidents: Incidents = no_incidents,
    desk: Desk | None = None,
    past: PastOf = no_past,
    page: ServedPage | None = None,
    answers: AnswerRoutes | None = None,
    drills: Drills | None = None,
    beside: Sequence[Callable[[], Awaitable[None]]] = (),
) -> Iterator[Served]:
    """Serve `snapshot`, always `age` seconds after it was taken; `desk` takes answers to incidents, `answers`
    those of people with a token.

    What `beside` names runs meanwhile in the same loop.
    """
    current = [snapshot]
    changes = Broadcast()
    changes.publish(snapshot)
    app = build_app(
        lambda: current[0],
        now=lambda: AT + age,
        changes=changes,
        bundle=bundle,
        bundle_of=bundle_of,
        incidents=incidents,
        desk=desk,
        past=past,
        page=page,
        answers=answers,
        drills=drills,
    )
    directory.mkdir(exist_ok=True)
    path = directory / "hawatch.sock"
    started = threading.Event()
    loops: list[asyncio.AbstractEventLoop] = []
    tasks: list[asyncio.Task[None]] = []
    ports: list[int] = []

    async def run() -> None:
        listener = await listen_tcp("127.0.0.1:0")
        ports.append(listener.getsockname()[1])
        task = asyncio.ensure_future(serve_on(app, [listener, listen_unix(path)]))
        tasks.append(task)
        loops.append(asyncio.get_running_loop())
        others = [asyncio.ensure_future(each()) for each in beside]
        started.set()
        await asyncio.wait([task])
        for other in others:
            other.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def swap(newer: Snapshot) -> None:
        def in_loop() -> None:
            current[0] = newer
            changes.publish(newer)

        loops[0].call_soon_threadsafe(in_loop)

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    try:
        assert started.wait(HANG), "the server did not start"
        yield Served(port=ports[0], socket_path=path, publish=swap)
    finally:
        loops[0].call_soon_threadsafe(tasks[0].cancel)
        thread.join(HANG)
        assert not thread.is_alive(), "the server did not stop"
