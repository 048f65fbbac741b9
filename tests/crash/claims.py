"""What must hold after a night with kills: nothing lost, nothing done twice, no code good twice, and peace in the end.

All of it is read from outside: the modems' own records, both stores, the spools, and what the actions wrote themselves.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from deploy.lab.smsd import REPLIES
from tests.crash.acting import acts, begun_keys
from tests.crash.owner import Sent
from tests.crash.watching import database
from tests.lab.night import BOTH, OnCall

SHARED = ("abilities", "answered", "code", "confirmation", "deed", "heard", "message", "mute")
HANDED_OVER = {"sent", "left", "delivered"}
MOST_COPIES = 2
_OF_EACH_NODE = {
    "code": ("retired_at",),
    "deed": ("asked_by", "asked_at", "until", "changed_at"),
}
"""What two nodes that did the same on their own may note differently: times, and who took the request."""


@dataclass(frozen=True)
class Books:
    """What one node has on disk."""

    node: str
    records: dict[str, dict[str, dict[str, Any]]]
    incidents: dict[str, dict[str, Any]]
    timelines: dict[str, list[dict[str, Any]]]
    owed: list[tuple[str, str, str]]

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        """The records of a kind, by id."""
        return self.records.get(kind, {})


def read_books(on_call: OnCall, node: str) -> Books:
    """A node's store as it is now."""
    connection = sqlite3.connect(f"file:{database(on_call.pair.lab, node)}?mode=ro", uri=True, timeout=10)
    try:
        connection.execute("BEGIN")
        records: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
        for kind, name, text in connection.execute("SELECT kind, id, record FROM record ORDER BY rowid"):
            records[kind][name] = json.loads(text)
        incidents = {
            name: {**json.loads(text), "state": state}
            for name, state, text in connection.execute("SELECT id, state, record FROM incident")
        }
        timelines: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for name, text in connection.execute("SELECT incident, record FROM entry ORDER BY incident, number"):
            timelines[name].append(json.loads(text))
        owed = connection.execute("SELECT node, kind, id FROM owed").fetchall()
        return Books(node, dict(records), incidents, dict(timelines), owed)
    finally:
        connection.close()


@dataclass(frozen=True)
class Evening:
    """All that was left on both nodes and at the modems, and what the owners of the telephones sent."""

    on_call: OnCall
    books: dict[str, Books]
    sent: tuple[Sent, ...]
    senders: frozenset[str]

    def violations(self) -> list[str]:
        """Every claim that does not hold, in words."""
        return [
            *self._messages(),
            *self._first_messages(),
            *self._answers(),
            *self._replies(),
            *self._actions(),
            *self._confirmations(),
            *self._codes(),
            *self._peace(),
            *self._ledgers(),
        ]

    # --- no message lost, and no flood ------------------------------------------------------------

    def copies(self) -> Counter[int]:
        """How many messages reached the modem how often."""
        counted: Counter[int] = Counter()
        for node in BOTH:
            written, arrived = self._written(node), self._arrived(node)
            for place, count in written.items():
                extra = arrived[place] - count
                counted[1] += count - max(extra, 0)
                if extra > 0:
                    counted[2] += extra
        return counted

    def _written(self, node: str) -> Counter[tuple[str, str]]:
        messages = self.books[node].of("message").values()
        return Counter((each["to"], each["text"]) for each in messages if each["node"] == node)

    def _arrived(self, node: str) -> Counter[tuple[str, str]]:
        return Counter((sms.to, sms.text) for sms in self.on_call.modems[node].messages())

    def _messages(self) -> Iterator[str]:
        for node in BOTH:
            for each in self.books[node].of("message").values():
                if each["node"] == node and each.get("state") not in HANDED_OVER:
                    state = f"{each.get('state', 'stored')} ({each.get('problem')})"
                    yield f"message {each['id']} ended as {state}: {each['text']!r}"
            written, arrived = self._written(node), self._arrived(node)
            for (to, text), count in written.items():
                if arrived[to, text] < count:
                    yield f"{node}: of {count} messages {arrived[to, text]} reached the modem: {text!r}"
                if arrived[to, text] > MOST_COPIES * count:
                    yield f"{node}: {count} messages came {arrived[to, text]} times: {text!r}"
            for (_, text), count in arrived.items():
                if (_, text) not in written:
                    yield f"{node}: {count} texts that no record tells of: {text!r}"

    def _first_messages(self) -> Iterator[str]:
        splits = {
            name for node in BOTH for name, each in self.books[node].incidents.items() if _is_split(each)
        }
        for names in (each for each in self._troubles() if each & splits):
            told = [
                each
                for node in BOTH
                for each in self.books[node].of("message").values()
                if each["occasion"] == "first" and names & set(each.get("incidents", ()))
            ]
            if not told:
                yield f"nobody was told of {sorted(names)}"

    def _answers(self) -> Iterator[str]:
        """Every reply is answered once, whatever else it sets off; what leads nowhere may meet with silence."""
        messages = {name: each for node in BOTH for name, each in self.books[node].of("message").items()}
        answers = Counter(each.get("ref") for each in messages.values())
        for name, heard in {n: h for node in BOTH for n, h in self.books[node].of("heard").items()}.items():
            least = 0 if heard.get("meant", "").startswith("nowhere") else 1
            if not least <= answers[name] <= 1:
                yield f"{heard['text']!r} ({name}) was answered {answers[name]} times"
        pages = Counter(
            (each["node"], each["person"], each["occasion"], min(each.get("incidents", ()), default=""))
            for each in messages.values()
            if each["occasion"] in {"first", "resolved"}
        )
        for place, count in pages.items():
            if count > 1:
                yield f"{place} was written {count} times"

    def _troubles(self) -> list[set[str]]:
        """The names of each incident, on both nodes together."""
        found: list[set[str]] = []
        for node in BOTH:
            for name, incident in self.books[node].incidents.items():
                names = {name, *incident.get("twins", ())}
                for each in [one for one in found if one & names]:
                    found.remove(each)
                    names |= each
                found.append(names)
        return found

    # --- every reply in the timeline --------------------------------------------------------------

    def _replies(self) -> Iterator[str]:
        wanted = Counter(each.text for each in self.sent)
        for node in BOTH:
            heard = [each for each in self.books[node].of("heard").values() if each["sender"] in self.senders]
            noted = Counter(each["text"] for each in heard)
            for text in wanted.keys() | noted.keys():
                if noted[text] != wanted[text]:
                    yield f"{node}: {text!r} was sent {wanted[text]} times and noted {noted[text]} times"
            for each in heard:
                yield from self._in_timeline(node, each)

    def _in_timeline(self, node: str, heard: dict[str, Any]) -> Iterator[str]:
        for name, incident in self.books[node].incidents.items():
            if {name, *incident.get("twins", ())} & set(heard.get("incidents", ())):
                entries = [
                    each
                    for each in self.books[node].timelines.get(name, ())
                    if each.get("ref") == heard["id"] and each["text"] == heard["text"]
                ]
                if len(entries) != 1:
                    yield f"{node}: {heard['text']!r} stands {len(entries)} times in the timeline of {name}"

    # --- no action twice --------------------------------------------------------------------------

    def _actions(self) -> Iterator[str]:
        lab = self.on_call.pair.lab
        deeds = {name: deed for node in BOTH for name, deed in self.books[node].of("deed").items()}
        of_key = {hashlib.sha256(name.encode()).hexdigest(): deed for name, deed in deeds.items()}
        begun = {node: begun_keys(lab, node) for node in BOTH}
        ran = {node: Counter(act.key for act in acts(lab, node)) for node in BOTH}
        for key in begun["lb01"] & begun["lb02"]:
            yield f"deed {of_key.get(key, {}).get('id', key)} was begun on both nodes"
        for node in BOTH:
            for key, count in ran[node].items():
                deed = of_key.get(key)
                if deed is None:
                    yield f"{node} ran something under the key {key}, of which no deed tells"
                elif deed["node"] != node:
                    yield f"{node} ran {deed['id']}, which was for {deed['node']}"
                if count != 1:
                    yield f"{node} ran {'?' if deed is None else deed['id']} {count} times"
        for key, deed in of_key.items():
            if deed.get("state", "asked") in {"asked", "begun"}:
                yield f"deed {deed['id']} ended as {deed.get('state', 'asked')}"
            if deed.get("state") == "done" and ran[deed["node"]][key] != 1:
                yield f"deed {deed['id']} is said to be done, and was not run"

    # --- no code accepted twice -------------------------------------------------------------------

    def _confirmations(self) -> Iterator[str]:
        asked = {name: each for node in BOTH for name, each in self.books[node].of("confirmation").items()}
        heard = {name: each for node in BOTH for name, each in self.books[node].of("heard").items()}
        # Both nodes may be sent them before one has heard of the other's: what follows is one deed all the same.
        accepted = Counter(
            (each["node"], each["person"], each["text"])
            for each in heard.values()
            if each.get("meant") == "Confirm" and each.get("incidents")
        )
        for (node, person, nonce), count in accepted.items():
            if count > sum((each["person"], each["nonce"]) == (person, nonce) for each in asked.values()):
                yield f"the digits {nonce} of {person} were accepted {count} times on {node}"
        used = sum(each.get("state") == "used" for each in asked.values())
        deeds = {name: each for node in BOTH for name, each in self.books[node].of("deed").items()}
        demotions = sum(each["action"] == "stop-keepalived" for each in deeds.values())
        if demotions > used:
            yield f"{demotions} demotions were asked for with {used} confirmations"

    def _codes(self) -> Iterator[str]:
        troubles = self._troubles()
        meant: dict[tuple[str, int], set[int]] = defaultdict(set)
        for node in BOTH:
            for code in self.books[node].of("code").values():
                for number, names in enumerate(troubles):
                    if code["incident"] in names:
                        meant[code["person"], code["number"]].add(number)
        for (person, number), about in meant.items():
            if len(about) > 1:
                yield f"code {number} of {person} means {[sorted(troubles[each]) for each in about]}"

    # --- peace ------------------------------------------------------------------------------------

    def _peace(self) -> Iterator[str]:
        for node in BOTH:
            books = self.books[node]
            other = self.books[next(each for each in BOTH if each != node)]
            for name, incident in books.incidents.items():
                if incident["state"] != "resolved":
                    yield f"{node}: {name} is {incident['state']}"
                if not _is_split(incident):
                    continue  # such as a peer's agent that fell silent, which nobody else can see
                here = min(name, *incident.get("twins", (name,)))
                there = {min(n, *i.get("twins", ())) for n, i in other.incidents.items() if i.get("twins")}
                if not incident.get("twins") or here not in there:
                    yield f"{node} calls {name} {here}, the other has {sorted(there)}"
            for code in books.of("code").values():
                if code.get("retired_at") is None:
                    yield f"{node}: code {code['id'] if 'id' in code else code['number']} was not retired"
            if books.owed:
                yield f"{node} owes {books.owed}"
            left = [path.name for path in self.on_call.pair.lab.node(node).path(REPLIES).iterdir()]
            if left:
                yield f"{node}: left in the drop directory: {left}"
            outgoing = self.on_call.modems[node].outgoing()
            if outgoing:
                yield f"{node}: left in outgoing: {outgoing}"

    def _ledgers(self) -> Iterator[str]:
        for kind in SHARED:
            one, two = (
                {
                    name: {
                        key: value for key, value in record.items() if key not in _OF_EACH_NODE.get(kind, ())
                    }
                    for name, record in self.books[node].of(kind).items()
                    if not (kind == "heard" and record.get("person") is None)
                }
                for node in BOTH
            )
            for name in sorted(one.keys() | two.keys()):
                if one.get(name) != two.get(name):
                    yield f"{kind} {name} differs: lb01 {one.get(name)}, lb02 {two.get(name)}"


def _is_split(incident: dict[str, Any]) -> bool:
    """Whether it is one of those that were brought about."""
    return bool(incident["verdict"] == "split_brain")
