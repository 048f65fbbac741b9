"""A night of tests/phones.py whose gateway is a provider's server: real requests out, real webhooks and lists in.

Both desks, both outboxes, the listener for webhooks and the looks at lists are real; the clock stands still unless it
is moved.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hawatch.agent.arrivals import take_in
from hawatch.agent.delivery import Deliveries
from hawatch.agent.provider_replies import ProviderReplies
from hawatch.config import Config, load
from hawatch.config.oncall import Channel
from hawatch.desk.records import Heard
from hawatch.errors import HawatchError
from hawatch.exporter.app import build_app
from hawatch.exporter.broadcast import Broadcast
from hawatch.exporter.listening import listen_tcp
from hawatch.exporter.server import serve_on
from hawatch.notification.message import Message
from hawatch.replies.polling import Polling
from hawatch.replies.webhook import HookResult, Webhooks
from tests.phones import Desk, Night
from tests.provider_servers import Provider, Pushed, Sent
from tests.test_incident import THREE

SHIPPED = Path(__file__).parent.parent / "deploy" / "providers"
ANNA, BO = "+8613800000001", "+8613800000002"
PEOPLE = f"""
[oncall]
region = "CN"
[[peer]]
name = "lb01"
[[peer]]
name = "lb02"
[[contact]]
name = "anna"
permissions = ["ack", "act"]
[[contact.way]]
channel = "{{channel}}"
to = "{ANNA}"
"""
BO_TOO = f"""
[[contact]]
name = "bo"
language = "zh"
[[contact.way]]
channel = "{{channel}}"
to = "{BO}"
"""


def shipped(name: str, directory: Path, **changes: str) -> str:
    """A channel file as users copy it, with its server, its account and the place of its secrets changed."""
    text = (SHIPPED / f"{name}.toml").read_text(encoding="utf-8")
    for old, new in {"/etc/hawatch/": f"{directory}/", **changes}.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


def write_secrets(directory: Path, **secrets: str) -> None:
    for name, secret in secrets.items():
        (directory / name.replace("_", ".")).write_text(f"{secret}\n", encoding="utf-8")


def config_of(channel: str, people: str = PEOPLE) -> Config:
    """All of hawatch.toml."""
    name = load(channel, "channel").channels[0].name
    return load(channel + people.replace("{channel}", name), "hawatch.toml")


class ProviderNight(Night):
    """The pair; the provider is everybody's gateway."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, conf: Config, provider: Provider, path: Path | None = None
    ) -> None:
        self.provider = provider
        self._listening: list[asyncio.Task[None]] = []
        self._outboxes: dict[str, Deliveries] = {}
        self._looks: dict[str, list[Polling]] = {}
        self.ports: dict[str, int] = {}
        self.hooks: list[tuple[str, HookResult]] = []
        super().__init__(monkeypatch, path, conf)
        provider.now = lambda: THREE + self.now
        for desk in self:
            self._equip(desk)
            self.run(self._listen(desk))

    def close(self) -> None:
        for task in self._listening:
            task.cancel()
        self.run(asyncio.gather(*self._listening, return_exceptions=True))
        super().close()

    @property
    def channel(self) -> Channel:
        return self.config.channels[0]

    def hook(self, node: str, secret: str = "") -> str:
        """Where a webhook of this node is, as it is really reached."""
        return f"http://127.0.0.1:{self.ports[node]}/hook/{self.channel.name}" + (
            f"/{secret}" if secret else ""
        )

    # --- one node -----------------------------------------------------------------------------------

    def _equip(self, desk: Desk) -> None:
        channels = {each.name: each for each in self.config.channels}
        self._outboxes[desk.node] = Deliveries(
            desk.oncall, channels=channels, node=desk.node, clock=desk.clock, put=desk.told.append
        )
        desk.deliver = lambda: self._deliver(desk)  # type: ignore[method-assign]

    def _deliver(self, desk: Desk) -> int:
        """Let the outbox work until nothing is due; how much was."""
        due = self._due(desk)
        if due and desk.alive:
            self.run(self._work_off(desk))
        return len(due)

    def _due(self, desk: Desk) -> list[Message]:
        """The first that waits for each person, if it is time for it."""
        first: dict[str, Message] = {}
        for each in sorted(desk.messages, key=lambda m: (m.created_at, m.id)):
            if each.node == desk.node and each.waiting:
                first.setdefault(each.person, each)
        return [each for each in first.values() if each.next_at <= desk.clock.wall()]

    async def _work_off(self, desk: Desk) -> None:
        changed = asyncio.Event()
        desk.oncall.tell_changes_to(changed.set)
        working = asyncio.ensure_future(self._outboxes[desk.node].run())
        try:
            async with asyncio.timeout(60):
                while self._due(desk):
                    changed.clear()
                    await changed.wait()
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)

    async def _listen(self, desk: Desk) -> None:
        hooks = Webhooks(
            self.config.channels,
            put=lambda arrival: take_in(desk.oncall, arrival),
            count=lambda channel, result: self.hooks.append((channel, result)),
            clock=desk.clock,
        )
        app = build_app(desk.picture, now=desk.clock.monotonic, changes=Broadcast(), hooks=hooks)
        listener = await listen_tcp("127.0.0.1:0")
        self.ports[desk.node] = listener.getsockname()[1]
        self._listening.append(asyncio.ensure_future(serve_on(app, [listener])))

    # --- what happens ---------------------------------------------------------------------------------

    def hears(self, push: Callable[..., Pushed | None], *args: object, **more: object) -> Pushed:
        """Something that the provider posts, while the agents run; then all that follows."""
        answer = self.run(asyncio.to_thread(push, *args, **more))
        self.settle()
        assert answer is not None
        return answer

    def looks(self, node: str) -> str | None:
        """A node's looks at the provider's lists; what went wrong, if anything did."""
        desk = self.desks[node]
        problem = None
        if node not in self._looks:
            replies = ProviderReplies(
                desk.oncall, self.channel, node=node, clock=desk.clock, put=desk.told.append, grace=0.0
            )
            self._looks[node] = [polling for _, polling in replies.lookers()]
        for polling in self._looks[node]:
            try:
                self.run(polling.look())
            except HawatchError as error:
                problem = str(error)
        self.settle()
        return problem

    def texts(self, to: str = ANNA) -> list[str]:
        """All that the provider has taken for a telephone."""
        return [each.text for each in self.provider.sent if each.to.lstrip("+") == to.lstrip("+")]

    def sent(self, to: str) -> Sent:
        """The first that the provider has taken for a telephone; people's outboxes do not wait for each other."""
        return next(each for each in self.provider.sent if each.to.lstrip("+") == to.lstrip("+"))

    def heard(self, node: str) -> list[Heard]:
        """What has come in there, or on another node that has told of it."""
        return list(self.desks[node].oncall.ledger.all(Heard))

    def states(self, node: str) -> list[str]:
        return [each.state.value for each in self.desks[node].messages if each.node == node]

    def incident_states(self) -> list[str]:
        return [each.state.value for desk in self for each in desk.open]


@contextmanager
def night(monkeypatch: pytest.MonkeyPatch, conf: Config, provider: Provider) -> Iterator[ProviderNight]:
    found = ProviderNight(monkeypatch, conf, provider)
    try:
        yield found
    finally:
        found.close()
