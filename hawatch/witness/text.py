"""The witness's status as a page of text: `hawatch status` prints it, and the witness gives it at `/`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Json = Mapping[str, Any]


def render_witness(status: Json) -> str:
    """The whole page, lines ended."""
    lines = [f"{status['witness']}, witness of {len(status['pairs'])} pairs  {status['time'][:19]} UTC"]
    lines += [f"  blind       {part}: {problem}" for part, problem in status["problems"].items()]
    if status["strangers"]:
        lines.append(f"  strangers   {status['strangers']} datagrams from addresses of no member")
    for pair in status["pairs"]:
        lines += ["", *_pair(pair)]
    text = "\n".join(lines)
    return "".join(each if each.isprintable() or each == "\n" else "?" for each in text) + "\n"


def _pair(pair: Json) -> Iterator[str]:
    yield f"{pair['name']}  {'calm' if pair['calm'] else 'something is open'}"
    for member in pair["members"]:
        reached = {True: "reached", False: "not reached", None: "unknown"}[member["reachable"]]
        yield f"  member      {member['name']}: {reached}, agent {member['agent']}"
    for vip in pair["vips"]:
        yield f"  vip         {vip['address']}  {_answers(vip)}"
    for service in pair["services"]:
        up = {True: "served", False: "NOT SERVED", None: "unknown"}[service["up"]]
        yield f"  service     {service['name']}: {up}{_outage(service['last_outage'])}"
    if pair["last_refusal"]:
        last = pair["last_refusal"]
        yield f"  refused     {pair['refused']}, last from {last['source']}: {last['reason']}"


def _answers(vip: Json) -> str:
    if vip["asked_on"] is None:
        return "cannot be asked after from here"
    if vip["answers"] is None:
        return "not asked yet"
    who = [each["node"] or each["mac"] for each in vip["answers"] for _ in range(min(each["count"], 9))]
    return f"answered by {' and '.join(who) or 'nobody'}, {vip['age']:.1f} s ago"


def _outage(outage: Json | None) -> str:
    if outage is None:
        return ""
    if outage["seconds"] is None:
        return f"; since {outage['began'][11:19]} UTC, {outage['lost']} requests lost"
    return f"; last outage {outage['seconds']:.1f} s at {outage['began'][11:19]} UTC, {outage['lost']} requests lost"
