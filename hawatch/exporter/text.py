"""The status JSON as a page of text for 80 columns: `hawatch status` prints it, and the agent gives it at `/`."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from hawatch.exporter.words import duration

WIDTH = 80
LABEL = 12

Json = Mapping[str, Any]
Paint = Callable[[str, str], str]
"""Severity (or a state) and text to text, for a terminal that has colours."""


def plain(_severity: str, text: str) -> str:
    """No colours."""
    return text


def render(status: Json, now: datetime, paint: Paint = plain) -> str:
    """The whole page, lines ended; `now` says how long ago things were, and with it how old the picture is."""
    status = _printable(status)
    lines = [*_heading(status, now, paint)]
    for router in status["virtual_routers"]:
        lines += ["", *_router(router, now, paint)]
    if not status["virtual_routers"]:
        lines += ["", "no virtual router is watched (does keepalived.conf have a vrrp_instance?)"]
    around = [*_surroundings(status, paint), *_passive(status, now), *_monitors(status, now)]
    if around:
        lines += ["", *around]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _printable(value: Any) -> Any:
    """The same without control characters: a name may come from another host, and the text goes to a terminal."""
    if isinstance(value, str):
        return "".join(each if each.isprintable() or each == "\n" else "?" for each in value)
    if isinstance(value, Mapping):
        return {_printable(key): _printable(each) for key, each in value.items()}
    return [_printable(each) for each in value] if isinstance(value, list) else value


def _heading(status: Json, now: datetime, paint: Paint) -> Iterator[str]:
    severity = str(status["severity"])
    left = f"{status['pair']}, seen from {status['node']}"
    right = f"{status['time'][:10]} {status['time'][11:19]} UTC  "
    gap = " " * max(WIDTH - len(left) - len(right) - len(severity), 2)
    yield left + gap + right + paint(severity, severity.upper())
    age = (now - datetime.fromisoformat(status["time"])).total_seconds()
    if age >= 5:
        yield paint("warning", f"This picture is {duration(age)} old.")
    if status["maintenance"] is not None:
        yield from _wrapped("maintenance", muted(status["maintenance"], now))
    for silence in status.get("silences", ()):
        yield from _wrapped("silence", f"{silence['subject']}, {muted(silence, now)}")


def muted(mute: Json, now: datetime) -> str:
    """Until when less is told, and why."""
    until = datetime.fromisoformat(mute["until"])
    left = duration((until - now).total_seconds())
    reason = f": {mute['reason']}" if mute["reason"] else ""
    what = ", nothing at all is told" if mute["all"] else ""
    return f"until {until:%Y-%m-%d %H:%M} UTC ({left} left), by {mute['who']}{what}{reason}"


def _router(router: Json, now: datetime, paint: Paint) -> Iterator[str]:
    yield f"{router['instance']}  vrid {router['vrid']}, {router['interface']}, {router['family']}"
    severity, verdict = router["severity"], router["verdict"]
    since = _ago(router["since"], now)
    yield f"  {paint(severity, verdict)}  {severity}, for {since}, rule {router['rule']}"
    yield from textwrap.wrap(router["summary"], WIDTH, initial_indent="  ", subsequent_indent="  ")
    owners = ", ".join(router["owners"]) or "none"
    preferred = f" (preferred: {router['preferred_owner']})" if router["preferred_owner"] else ""
    yield from _wrapped("owner" if len(router["owners"]) < 2 else "owners", owners + preferred)
    for vip in router["vips"]:
        held = "  ".join(f"{node}: {_tri(holds)}" for node, holds in vip["held_by"].items())
        yield from _wrapped("vip", f"{vip['address']}  {held}")
    move = router["last_move"]
    if move:
        cause = f" ({move['cause']})" if move["cause"] else ""
        text = f"{move['kind']} from {move['from']} to {move['to']}, {_ago(move['time'], now)} ago{cause}"
        yield from _wrapped("last move", text)
    for finding in router["findings"]:
        yield from _finding(finding, paint)
    if router["incident"] is not None:
        yield from _wrapped("incident", router["incident"])


def _finding(finding: Json, paint: Paint) -> Iterator[str]:
    first, *rest = _wrapped(
        finding["severity"], f"{finding['cause']} on {finding['node']}: {finding['summary']}"
    )
    # Painted after wrapping, because colour codes have a length but no width.
    yield first.replace(finding["severity"], paint(finding["severity"], finding["severity"]), 1)
    yield from rest
    if finding.get("tell_apart"):
        yield from _wrapped("or else", finding["tell_apart"])
    # Each line of a remedy stays in one piece, to be copied.
    label = "remedy"
    for line in finding["remedy"].splitlines():
        yield f"  {label:{LABEL}}{line}"
        label = ""


def _surroundings(status: Json, paint: Paint) -> Iterator[str]:
    for finding in status.get("findings", ()):
        yield from _finding(finding, paint)
    for peer in status["peers"]:
        links = "".join(f", {_link(link)}" for link in peer["links"])
        agent = "no agent" if peer["agent"] == "none" else f"agent {peer['agent']}"
        yield from _wrapped("peer", f"{peer['name']}: {agent}{links}")
    if status["references"]:
        yield from _wrapped(
            "reference", ", ".join(f"{each['name']} {each['state']}" for each in status["references"])
        )
    for witness in status.get("witnesses", ()):
        yield from _wrapped(
            "witness", f"{witness['name']}: {witness['state']}{_outage(witness['last_outage'])}"
        )
    for service in status["services"]:
        yield from _wrapped("service", f"{service['name']} on {service['node']}: {service['state']}")
    for guard in status.get("guards", ()):
        yield from _wrapped("guard", _guard(guard))
    for observer in status.get("observers", ()):
        if not observer["up"]:
            yield from _wrapped("blind", f"{observer['name']}: {observer['problem'] or 'does not see'}")


def _guard(guard: Json) -> str:
    stays = f", the VIP stays: {guard['refusal']}" if guard["refusal"] else ""
    return f"{guard['service']}: {guard['state'].replace('_', ' ')}{stays}"


def _outage(outage: Json | None) -> str:
    """The last time in which clients were without service, as a witness measured it."""
    if outage is None:
        return ""
    lasted = "and they still are" if outage["seconds"] is None else f"for {outage['seconds']:.1f} s"
    return f"; clients were last without {outage['service']} at {outage['began'][11:19]} UTC, {lasted}"


def _passive(status: Json, now: datetime) -> Iterator[str]:
    for target in status.get("passive", ()):
        last = target["last_accepted"]
        text = f"last accepted {_ago(last, now)} ago" if last else "nothing pushed from here was accepted yet"
        failed = f", {target['failed']} failed" if target["failed"] else ""
        yield from _wrapped("passive", f"{target['name']}: {text}{failed}")


def _monitors(status: Json, now: datetime) -> Iterator[str]:
    for monitor in status.get("monitors", ()):
        last = monitor["last_looked_at"]
        text = f"looked at {_ago(last, now)} ago" if last else "not looked at from here yet"
        problem = f"; now {monitor['problem']}" if monitor["problem"] else ""
        yield from _wrapped("monitor", f"{monitor['name']}: {text}{problem}")


def _link(link: Json) -> str:
    words = [link["name"], link["state"]]
    if link["state"] == "up" and link["rtt_seconds"] is not None:
        words.append(f"{link['rtt_seconds'] * 1000:.1f} ms")
    if link["loss_ratio"]:
        words.append(f"({link['loss_ratio']:.0%} lost)")
    return " ".join(words)


def _wrapped(label: str, text: str) -> list[str]:
    head = f"  {label:{LABEL}}"
    return textwrap.wrap(text, WIDTH, initial_indent=head, subsequent_indent=" " * len(head)) or [head]


def _ago(time: str, now: datetime) -> str:
    return duration((now - datetime.fromisoformat(time)).total_seconds())


def _tri(holds: object) -> str:
    return "unknown" if holds is None else "yes" if holds else "no"
