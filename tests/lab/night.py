"""A night on call: a real pair, the real smsd with a modem on each node, and people with plain phones.

with night(people=(ANNA,)) as on_call:
    with on_call.pair.lab.firewall.drop_vrrp_inbound("lb02"):
        phone = on_call.phone(ANNA)
        code = phone.must_read("SPLIT BRAIN").code
        phone.replies(code)
        phone.must_read("is yours")
"""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from deploy.lab import LabError
from deploy.lab.actions import ACTIONS, LAB_ACTIONS
from deploy.lab.smsd import REPLIES, SPOOL, Sms, Smsd
from deploy.lab.waiting import wait_until
from tests.lab.scene import HANG_GUARD, Scene, scene

BOTH = ("lb01", "lb02")
CONFIG = f"""
[oncall]
takeover_after = "20s"
[[channel]]
name = "modem"
kind = "smstools"
spool = "{SPOOL}"
replies = "{REPLIES}"
"""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is on call."""

    name: str
    number: str
    language: str = "en"
    permissions: tuple[str, ...] = ("ack", "act")

    @property
    def toml(self) -> str:
        """The person's part of hawatch.toml."""
        return (
            f'[[contact]]\nname = "{self.name}"\nlanguage = "{self.language}"\n'
            f"permissions = {json.dumps(self.permissions)}\n"
            f'[[contact.way]]\nchannel = "modem"\nto = "{self.number}"\n'
        )


ANNA = Person("anna", "+8613800000001")
BO = Person("bo", "+8613800000002", language="zh")


@dataclass
class Phone:
    """A person's telephone: what has come, from either node's modem, in the order in which it came."""

    person: Person
    modems: dict[str, Smsd]
    read: set[tuple[str, float]] = field(default_factory=set)

    def texts(self) -> list[tuple[str, Sms]]:
        """Every text to this telephone, with the node whose modem sent it."""
        found = [
            (node, sms)
            for node, modem in self.modems.items()
            for sms in modem.messages()
            if sms.to == self.person.number
        ]
        return sorted(found, key=lambda each: each[1].at)

    def must_read(self, *words: str) -> Text:
        """The first unread text that has all these words. AssertionError with all that came if none comes."""

        def look() -> Text | None:
            for node, sms in self.texts():
                if (node, sms.at) not in self.read and all(word in sms.text for word in words):
                    self.read.add((node, sms.at))
                    return Text(sms.text, node, sms.at, sms.parts)
            return None

        try:
            return wait_until(look, what=f"{words} on {self.person.name}'s phone", timeout=HANG_GUARD)
        except LabError as error:
            came = "\n".join(f"  {node}: {sms.text}" for node, sms in self.texts())
            raise AssertionError(f"{error}; it has:\n{came}") from None

    def replies(self, text: str, *, to: str = "lb01") -> None:
        """Send a text to a node's modem."""
        self.modems[to].reply(self.person.number, text)


@dataclass(frozen=True, slots=True)
class Text:
    """One SMS as it was read; `at` is CLOCK_MONOTONIC."""

    text: str
    node: str
    at: float
    parts: int

    @property
    def code(self) -> str:
        """The incident's code that it tells."""
        found = re.search(r"\b(\d{2,3})=ack|回(\d{2,3})", self.text)
        assert found is not None, self.text
        return found[1] or found[2]

    @property
    def undo(self) -> str:
        """What to reply to take back what it tells of."""
        found = re.search(r"(?:reply |回)(\d{2,3} \d)(?: \(|恢复)", self.text)
        assert found is not None, self.text
        return found[1]

    @property
    def nonce(self) -> str:
        """The digits that it asks for."""
        found = re.search(r"(?<!\d)(\d{4}|\d{6})(?!\d)", self.text)
        assert found is not None, self.text
        return found[1]


class OnCall:
    """The pair, its two modems, and the phones of those who are on call."""

    def __init__(self, pair: Scene, people: tuple[Person, ...]) -> None:
        self.pair = pair
        self.modems = {node: Smsd(pair.lab.node(node)) for node in BOTH}
        self._phones = {each.name: Phone(each, self.modems) for each in people}

    def phone(self, person: Person) -> Phone:
        return self._phones[person.name]

    # --- what the agents know ---------------------------------------------------------------------

    def incidents(self, node: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.pair.lab.agent(node).command("incidents", "--json"))
        return found

    def await_state(self, node: str, state: str, *, by: str | None = None) -> dict[str, Any]:
        """Wait until the latest incident of a node is in this state."""

        def look() -> dict[str, Any] | None:
            try:
                found = self.incidents(node)
            except LabError:  # an agent that was killed is not there yet
                return None
            if not found or found[0]["state"] != state or (by and found[0]["acknowledged_by"] != by):
                return None
            return found[0]

        try:
            return wait_until(look, what=f"{state} on {node}", timeout=HANG_GUARD)
        except LabError as error:
            raise AssertionError(f"{error}\n{self.pair.account()}") from None

    def must_have_said_why(self, told: Text, words: str) -> None:
        """The text names the cause, unless it was found only after the text was written."""
        timeline = self.incidents(told.node)[0]["timeline"]
        found = min(entry["time"] for entry in timeline if entry["kind"] == "found")
        written = min(entry["time"] for entry in timeline if entry["kind"] == "told")
        assert words in told.text or found > written, (told.text, timeline)

    def records(self, node: str, kind: str) -> list[dict[str, Any]]:
        """The desk's records as they are on disk."""
        path = self.pair.lab.agent(node).state / "incidents.db"
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
        try:
            rows = connection.execute("SELECT record FROM record WHERE kind = ? ORDER BY rowid", (kind,))
            return [json.loads(text) for (text,) in rows.fetchall()]
        finally:
            connection.close()

    def await_abilities(self) -> None:
        """Wait until each agent knows what root allows on both nodes."""

        def look() -> bool | None:
            known = [{each["id"] for each in self.records(node, "abilities")} for node in BOTH]
            return True if known == [set(BOTH), set(BOTH)] else None

        wait_until(look, what="the abilities of both nodes on both", timeout=HANG_GUARD)

    def outgoing_at(self, node: str) -> float:
        """Wait until a node's smsd has something to send; when that was seen (CLOCK_MONOTONIC)."""
        modem = self.modems[node]

        def look() -> float | None:
            stages = ("outgoing", "checked", "sent")
            return time.monotonic() if any(modem.listing(stage) for stage in stages) else None

        return wait_until(look, what=f"a message in smsd's hands on {node}", timeout=HANG_GUARD)


@contextmanager
def night(*people: Person, more: str = "", **common: Any) -> Iterator[OnCall]:
    """A pair at peace, with agents that know each other and what root allows, and a modem on each node."""
    common.setdefault("version", 3)
    common.setdefault("advert_int", 0.3)
    config = CONFIG + more + "".join(each.toml for each in people)
    with scene(agent_config=config, start_agents=False, **common) as pair:
        on_call = OnCall(pair, people)
        for node in BOTH:
            pair.lab.node(node).write(ACTIONS, LAB_ACTIONS)
            on_call.modems[node].start()
        pair.lab.start_agents()
        pair.settle()
        on_call.await_abilities()
        yield on_call
