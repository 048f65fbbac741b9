"""Two providers on real HTTP: the first is down, slow, busy or talks nonsense; the second carries the page in time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse

import pytest

from hawatch.agent import delivery
from hawatch.agent.delivery import Deliveries
from hawatch.config import Config, Way, load
from hawatch.desk.around import Around
from hawatch.desk.writing import write
from hawatch.evidence import ObserverState
from hawatch.incident import EntryKind
from hawatch.notification.message import Message, MessageState
from tests.desks import Office

NUMBER = "+8613800000001"
CONFIG = """
[[contact]]
name = "anna"
[[contact.way]]
channel = "one"
to = "{number}"
[[contact.way]]
channel = "two"
to = "{number}"
[[channel]]
name = "one"
kind = "http"
timeout = "1s"
{one}
[[channel]]
name = "two"
kind = "http"
{two}
"""
PROVIDER = """
[channel.send]
url = "http://127.0.0.1:{port}/send"
method = "GET"
query = {{ to = "{{to}}", text = "{{text}}" }}
[channel.send.success]
status = [202]
body = "0: Accepted.*"
"""


@dataclass
class Gateway:
    """A provider: what it took, and how it is today: well, or a status and a body, or silent, or not there."""

    mood: tuple[int, str] | None = (202, "0: Accepted for delivery")
    port: int = 0
    asked: int = 0
    taken: list[str] = field(default_factory=list)
    awake: threading.Event = field(default_factory=threading.Event)


@contextmanager
def serving(gateway: Gateway) -> Iterator[Gateway]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            gateway.asked += 1
            mood = gateway.mood
            if mood is None:  # it listens, and says nothing
                gateway.awake.wait(60)
                self.close_connection = True
                return
            if mood[0] == 202 and mood[1].startswith("0:"):
                gateway.taken.append(parse_qs(urlparse(self.path).query)["text"][0])
            self.send_response(mood[0])
            self.send_header("Content-Length", str(len(mood[1])))
            self.end_headers()
            self.wfile.write(mood[1].encode())

        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        gateway.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield gateway
        finally:
            gateway.awake.set()
            server.shutdown()
            thread.join()


def config(one: int, two: int) -> Config:
    text = CONFIG.format(number=NUMBER, one=PROVIDER.format(port=one), two=PROVIDER.format(port=two))
    return load(text, "hawatch.toml")


class Night:
    """One node's desk with a real outbox; time passes when the test says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
        monkeypatch.setattr(delivery, "LOOK_EVERY", 0.02)
        self.office = office = Office(monkeypatch, config)
        self.channels = {each.name: each for each in office.oncall.surroundings.roster.channels}

    def messages(self) -> list[Message]:
        found = [each for each in self.office.oncall.ledger.all(Message) if each.occasion != "answer"]
        return sorted(found, key=lambda each: (each.created_at, each.id))

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not holds():
                await self.office.oncall.turn()
                await asyncio.sleep(0.01)

    async def passes(self, seconds: float) -> None:
        """Time passes in strides, and every attempt that is due is made."""
        for _ in range(int(seconds / 5)):
            self.office.clock.now += 5
            await self.office.oncall.turn()
            await self.until(self.is_at_rest)

    def is_at_rest(self) -> bool:
        """Whether the first that waits on each channel is not due."""
        now = self.office.clock.wall()
        first: dict[str, Message] = {}
        for each in sorted(
            self.office.oncall.ledger.all(Message), key=lambda each: (each.created_at, each.id)
        ):
            if each.waiting:
                first.setdefault(each.channel, each)
        return all(each.next_at > now for each in first.values())

    def runs(self, story: Callable[[], Awaitable[None]]) -> None:
        async def whole() -> None:
            deliveries = Deliveries(
                self.office.oncall,
                channels=self.channels,
                node="lb01",
                clock=self.office.clock,
                put=self.office.told.append,
            )
            running = asyncio.ensure_future(deliveries.run())
            try:
                await story()
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)

        asyncio.run(whole())


@pytest.mark.parametrize(
    "mood",
    [
        "down",
        None,
        (500, "Internal Server Error"),
        (429, "slow down"),
        (503, "3: Temporary failure"),
        (202, "<html>Please log in</html>"),
    ],
    ids=["down", "silent", "500", "429", "503", "nonsense"],
)
def test_whatever_ails_the_first_provider_the_second_has_the_page_in_time_and_nothing_is_lost(
    monkeypatch: pytest.MonkeyPatch, mood: tuple[int, str] | str | None
) -> None:
    with serving(Gateway()) as one, serving(Gateway()) as two:
        port = 1 if mood == "down" else one.port
        if mood != "down":
            one.mood = mood  # type: ignore[assignment]
        night = Night(monkeypatch, config(port, two.port))
        night.office.split()

        async def story() -> None:
            await night.until(night.is_at_rest)
            await night.passes(55)
            assert two.taken == []
            await night.passes(10)
            assert len(two.taken) == 1
            assert "SPLIT BRAIN" in two.taken[0]
            await night.passes(120)
            assert len(two.taken) == 1
            one.mood = (202, "0: Accepted for delivery")
            await night.passes(120)
            await night.until(lambda: told(night.office)[-1:] == [("channel one", mood != "down")])

        night.runs(story)
        first, second = night.messages()
        assert (first.channel, second.channel, second.instead) == ("one", "two", first.id)
        assert (second.state, second.why) == (MessageState.LEFT, "not handed over within 60 s")
        assert first.text.rpartition("=ack")[0][-2:] == second.text.rpartition("=ack")[0][-2:], (
            "the same code"
        )
        if mood == "down":
            assert first.state is MessageState.RETRYING
            assert told(night.office) == [("channel one", False)]
        else:
            assert first.state is MessageState.LEFT, "what was late goes out in the end"
            assert one.taken == [first.text]
            assert told(night.office) == [("channel one", False), ("channel one", True)]
        counts = night.office.oncall.results.counts
        assert counts["one", "late"] == counts["two", "left"] == 1
        assert counts["one", "retrying"] > 0
        (incident,) = night.office.oncall.open
        said = [entry.text for entry in incident.timeline if entry.kind is EntryKind.NOT_TOLD]
        assert said == ["one: not handed over within 60 s; told by two"]


def test_a_provider_that_refuses_for_good_is_followed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(Gateway(mood=(400, "no such number"))) as one, serving(Gateway()) as two:
        night = Night(monkeypatch, config(one.port, two.port))
        night.office.split()

        async def story() -> None:
            await night.until(lambda: len(two.taken) == 1)

        night.runs(story)
        assert [each.state for each in night.messages()][:1] == [MessageState.FAILED]
        assert one.asked == 1


def told(office: Office) -> list[tuple[str, bool]]:
    return [(each.observer, each.up) for each in office.told if isinstance(each, ObserverState)]


def test_what_waits_for_a_provider_goes_out_in_the_order_in_which_it_was_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serving(Gateway(mood=(503, "3: Temporary failure"))) as one, serving(Gateway()) as two:
        night = Night(monkeypatch, config(one.port, two.port))
        night.office.split()

        async def story() -> None:
            await night.until(night.is_at_rest)
            (incident,) = night.office.oncall.open
            await night.office.oncall.acknowledge(incident.id, "bo")
            for each in ("a", "b", "c"):
                night.office.clock.now += 1
                await night.office.oncall.change(partial(write_one, each, night))
            await night.passes(30)
            assert one.taken == []
            one.mood = (202, "0: Accepted for delivery")
            await night.passes(120)

        night.runs(story)
        assert [text[-1] for text in one.taken[1:]] == ["a", "b", "c"]
        assert "SPLIT BRAIN" in one.taken[0]
        assert two.taken == [], "somebody has it: no second way for what is only information"


def write_one(text: str, night: Night, around: Around) -> None:
    person = around.roster.contact("anna")
    assert person is not None
    way = Way(channel="one", to=NUMBER)
    write(night.office.oncall.ledger, around, person, way, f"note {text}", occasion="answer")
