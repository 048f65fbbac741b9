"""What is seen in a drill, line by line as it happens, each line once; it is kept for the report."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, TextIO

from hawatch import clock
from hawatch.cli.columns import printable
from hawatch.drill.client import Asking
from hawatch.drill.report import Line

MOST_LINES = 500


class News:
    """Prints what has changed since the last look; a reader who goes away ends nothing."""

    def __init__(self, out: TextIO, asking: Asking) -> None:
        self.lines: list[Line] = []
        self._out: TextIO | None = out
        self._asking = asking
        self._known: dict[str, object] = {}
        self._began = clock.wall()

    def say(self, text: str) -> None:
        """One line, with the seconds since the beginning."""
        at = clock.wall()
        text = printable(text)
        if len(self.lines) < MOST_LINES:
            self.lines.append(Line(at=at, text=text))
        local = datetime.fromtimestamp(at).astimezone()
        try:
            if self._out is not None:
                line = f"{local:%H:%M:%S}.{int(at * 1000) % 1000:03d} +{at - self._began:7.3f}  {text}"
                print(line, file=self._out, flush=True)
        except OSError:
            self._out = None

    def tell(self, look: dict[str, Any]) -> None:
        """What is new in what the agent says, and in what the clients notice."""
        for key, value, text in self._sights(look):
            if key not in self._known:
                self._known[key] = value
                if key.startswith("deed "):
                    self.say(text)
            elif self._known[key] != value:
                self._known[key] = value
                self.say(text)

    def _sights(self, look: dict[str, Any]) -> Iterator[tuple[str, object, str]]:
        for each in look.get("deeds", ()):
            name = f"{each['action']} on {each['node']}"
            if each["state"] != "asked":
                words = ": ".join(
                    str(word) for word in (each["state"], each["refusal"], each["text"]) if word
                )
                yield f"deed {each['leg']} {name}", each["state"], f"{name}: {words}"
        for each in look["routers"]:
            instance = each["instance"]
            owners = "+".join(each["owners"]) or "nobody"
            yield f"owners {instance}", owners, f"{instance}: the owner is {owners}"
            yield f"verdict {instance}", each["verdict"], f"{instance}: {each['verdict']}: {each['summary']}"
            found = ", ".join(each["findings"])
            yield f"findings {instance}", found, f"{instance}: found {found or 'nothing any more'}"
        for each in look.get("told", ()):
            way = f"{each['person']} by {each['channel']}"
            yield f"told {way} {each['to']}", each["state"], f"message to {way}: {each['state']}"
            answered = each["answered"] is not None
            yield f"answer {way}", answered, f"{way}: an answer has come"
        for each in look.get("looped", ()):
            yield f"loop {each['channel']}", each["state"], f"{each['channel']} to itself: {each['state']}"
        for name in self._asking.samples:
            lately = self._asking.answered_lately(name, self._began)
            if lately is not None:
                yield f"client {name}", lately, f"{name}: {'answers again' if lately else 'no answer'}"
