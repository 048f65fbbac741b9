"""The demo's person on call: a phone in the terminal, its text, its answer, and what became of the incident."""

from __future__ import annotations

import json
import time
from typing import Any

from deploy.lab import Lab
from deploy.lab.agents import COMMAND
from deploy.lab.demo_lines import expect, row, wrapped
from deploy.lab.waiting import wait_until

GUARD = 60.0  # seconds; a hang guard
PERSON = "oncall"


def await_text(lab: Lab, word: str) -> str:
    """Wait until the phone in the terminal shows a text with this word; it is the same on both nodes."""

    def look() -> str | None:
        screen = lab.agent("lb01").command("phone", PERSON, "--once")
        found = [line for line in screen.splitlines() if word in line]
        return found[-1] if found else None

    return wait_until(look, what=f"a text with {word!r}", timeout=GUARD)


def show_text(text: str) -> None:
    """An SMS as it stands on the phone."""
    row("phone", f"{PERSON} reads", wrapped(text.partition(" < ")[2]))


def incident(lab: Lab, node: str) -> dict[str, Any]:
    """The newest incident that a node's agent keeps."""
    found: list[dict[str, Any]] = json.loads(lab.agent(node).command("incidents", "--json"))
    return found[0]


def acknowledge(lab: Lab, code: str) -> None:
    """The answer, typed on lb02, and what it changes everywhere."""
    answered = time.monotonic()
    lab.node("lb02").run(
        [*COMMAND, "phone", PERSON, "--once"], identity=lab.agent("lb02").identity, stdin=f"{code}\n"
    )

    def everywhere() -> float | None:
        for node in lab.topology.routers:
            newest = incident(lab, node)
            if (newest["state"], newest["acknowledged_by"]) != ("acknowledged", PERSON):
                return None
        return time.monotonic()

    row("phone", f"{PERSON} answers on lb02", code)
    show_text(await_text(lab, f"{code} is yours"))
    took = wait_until(everywhere, what="the acknowledgement on both nodes", timeout=GUARD) - answered
    row("incident", f"on both, {took:.2f} s", f"acknowledged by {PERSON}")


def show_incident(lab: Lab) -> None:
    """How it went, as `hawatch incidents ID` tells it: who did what."""
    newest = incident(lab, "lb01")
    for entry in newest["timeline"]:
        row("timeline", f"{entry['time'][11:19]} {entry['kind']}", wrapped(f"{entry['who']} {entry['text']}"))
    expect(newest["state"], "resolved", "the incident's end")


def show_open_incidents(lab: Lab, count: int) -> None:
    """hawatch_incidents_open on every agent."""
    for node in lab.topology.routers:
        samples = lab.agent(node).get("/metrics").splitlines()
        mine = [each for each in samples if each.startswith("hawatch_incidents_open{")]
        expect([float(each.rpartition(" ")[2]) for each in mine], [float(count)], f"open incidents on {node}")
    row("metric", f"is {count} on both nodes", "hawatch_incidents_open")
