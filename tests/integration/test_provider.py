"""On call through a provider: a real pair, and beside it a server that behaves as Twilio documents.

split → a text to the provider → the answer by webhook on lb02, or in the list alone → acknowledged on both nodes
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from deploy.lab import LabError
from deploy.lab.node import INTERPRETER
from deploy.lab.waiting import wait_until
from tests.integration.conftest import Tell
from tests.integration.monitored import LISTENING, MONITORED, Server, monitor, split
from tests.lab.scene import HANG_GUARD, Scene, scene
from tests.provider_servers import PUBLIC, Twilio

BOTH = ("lb01", "lb02")
PORT, TOKEN, TOKEN_FILE = 8088, "a-token-of-twilio", "/etc/hawatch/twilio.token"
PROGRAM = "/run/twilio.py"
SHIPPED = Path(__file__).parent.parent.parent / "deploy" / "providers" / "twilio.toml"
ANNA = "+8613800000001"
CONTACT = f"""
[[contact]]
name = "anna"
permissions = ["ack", "act"]
[[contact.way]]
channel = "twilio"
to = "{ANNA}"
"""


def channel() -> str:
    """The shipped file, with this account, this server, the webhook, and a list that is looked at every second."""
    text = SHIPPED.read_text(encoding="utf-8")
    for old, new in (
        ("AC00000000000000000000000000000000", Twilio.ACCOUNT),
        ('# base_url = "https://api.dublin.ie1.twilio.com"', f'base_url = "http://monitor:{PORT}"'),
        ('# poll = "10s" ', 'poll = "1s" '),
        ("# [channel.webhook]", "[channel.webhook]"),
        ("# url =", "url ="),
    ):
        assert old in text, old
        text = text.replace(old, new)
    return text


@dataclass
class Provider:
    """The server on the monitor, asked from there."""

    server: Server
    read: set[str] = field(default_factory=set)

    def ask(self, what: str, **query: str) -> Any:
        answer = self.server.ask("GET", f"/test/{what}?{urlencode(query)}")
        assert answer.status == 200, answer
        return json.loads(answer.body)

    def texts(self) -> list[str]:
        return [each["text"] for each in self.ask("sent")]

    def must_read(self, *words: str) -> dict[str, Any]:
        """The first unread text to anna that has all these words."""

        def look() -> dict[str, Any] | None:
            for each in self.ask("sent"):
                if each["id"] not in self.read and all(word in each["text"] for word in words):
                    self.read.add(each["id"])
                    return dict(each)
            return None

        try:
            return wait_until(look, what=f"{words} at the provider", timeout=HANG_GUARD)
        except LabError as error:
            raise AssertionError(f"{error}; it has {self.texts()}") from None


@dataclass
class Night:
    pair: Scene
    provider: Provider

    def latest(self, node: str) -> dict[str, Any]:
        found: list[dict[str, Any]] = json.loads(self.pair.lab.agent(node).command("incidents", "--json"))
        return found[0] if found else {"state": "none"}

    def await_state(self, state: str) -> None:
        def look() -> bool | None:
            return True if {self.latest(node)["state"] for node in BOTH} == {state} else None

        wait_until(look, what=f"{state} on both nodes", timeout=HANG_GUARD)

    def metric(self, name: str, **labels: str) -> float:
        """The sum over both nodes."""
        total = 0.0
        for node in BOTH:
            body = Server(node=self.pair.lab.node(node), port=10112).ask("GET", "/metrics").body
            for line in body.splitlines():
                if line.startswith(f"{name}{{") and all(
                    f'{key}="{value}"' in line for key, value in labels.items()
                ):
                    total += float(line.rpartition(" ")[2])
        return total


def code_in(text: str) -> str:
    found = re.search(r"\b(\d{2,3})=ack", text)
    assert found is not None, text
    return found[1]


@contextmanager
def night() -> Iterator[Night]:
    config = f"{LISTENING}\n{channel()}\n{CONTACT}"
    with scene(MONITORED, agent_config=config, start_agents=False, version=3, advert_int=0.3) as pair:
        node = monitor(pair)
        node.write(
            PROGRAM, (Path(__file__).parent.parent / "provider_servers.py").read_text(encoding="utf-8")
        )
        hook = "http://lb02:10112/hook/twilio"
        node.popen(
            [INTERPRETER, PROGRAM, "--port", str(PORT), "--token", TOKEN, "--public", PUBLIC, "--hook", hook],
            name="twilio",
        )
        for each in BOTH:
            pair.lab.node(each).write(TOKEN_FILE, f"{TOKEN}\n")
        provider = Provider(Server(node=node, port=PORT))

        def answers() -> bool | None:
            try:
                return True if provider.ask("sent") == [] else None
            except OSError:
                return None

        wait_until(answers, what="the provider", timeout=HANG_GUARD)
        pair.lab.start_agents()
        pair.settle()
        yield Night(pair, provider)


def test_a_split_is_told_through_a_provider_and_acknowledged_by_webhook_by_list_and_after_an_outage(
    told: Tell,
) -> None:
    with night() as on_call:
        pair, provider = on_call.pair, on_call.provider

        with split(pair):  # answered by a webhook to lb02, while both look at the list as well
            first = provider.must_read("SPLIT BRAIN VI_1", "=ack")
            told(
                "provider: the text is there after the second owner",
                pair.lab.now() - pair.overlaps()[-1].start,
            )
            provider.ask("becomes", id=first["id"], status="delivered")
            answer = provider.ask("reply", **{"from": ANNA, "text": code_in(first["text"])})["id"]
            pushed = pair.lab.now()
            assert provider.ask("push", id=answer)["status"] == 200
            on_call.await_state("acknowledged")
            told("provider: acknowledged on both nodes after the webhook", pair.lab.now() - pushed)
            assert provider.ask("push", id=answer)["body"] == "<Response/>"
            provider.must_read("is yours")
        provider.must_read("OVER")
        on_call.await_state("resolved")
        assert len([text for text in provider.texts() if "is yours" in text]) == 1, provider.texts()
        assert on_call.metric("hawatch_notifications_total", result="delivered") == 1
        assert on_call.metric("hawatch_webhooks_total", result="taken") == 3

        with split(pair):  # answered where no webhook tells of it
            second = provider.must_read("SPLIT BRAIN VI_1", "=ack")
            provider.ask("reply", **{"from": ANNA, "text": code_in(second["text"])})
            listed = pair.lab.now()
            on_call.await_state("acknowledged")
            told("provider: acknowledged on both nodes after it was in the list", pair.lab.now() - listed)
            provider.must_read("is yours")
        provider.must_read("OVER")
        on_call.await_state("resolved")

        before = len(provider.texts())
        provider.ask("fault", status="500", count="6")
        with split(pair):
            provider.must_read("SPLIT BRAIN VI_1", "=ack")
            told("provider: the text is there after an outage", pair.lab.now() - pair.overlaps()[-1].start)
        provider.must_read("OVER")
        over = ["OVER" in text for text in provider.texts()[before:]]
        assert over == sorted(over), provider.texts()
        assert on_call.metric("hawatch_notifications_total", result="retrying") >= 1
        assert on_call.metric("hawatch_notifications_total", result="failed") == 0
