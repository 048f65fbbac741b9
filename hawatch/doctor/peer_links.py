"""The ways to the peers: as the running agent sees each of them, else one echo."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hawatch.doctor.case import Case
from hawatch.doctor.line import Line, Outcome, failure, fine, unknown, warning

NAME = "peer_link"


def examine(case: Case) -> Iterator[Line]:
    """One line for each link."""
    if case.status is not None:
        lines = [line for peer in case.peers_of_agent() for line in _of_peer(case, peer)]
        yield from lines or [unknown(NAME, "the agent knows no peer yet; list it: [[peer]] in hawatch.toml")]
        return
    if not case.peer_addresses:
        yield unknown(NAME, f"no peer is known: {case.status_problem}; list it: [[peer]] in hawatch.toml")
    for address in case.peer_addresses:
        yield _echo(address)


def _of_peer(case: Case, peer: Mapping[str, Any]) -> Iterator[Line]:
    """What the agent says of one peer: its agent, and each link."""
    name = peer.get("name")
    links = [each for each in peer.get("links") or () if isinstance(each, Mapping)]
    up = [each for each in links if each.get("state") == "up"]
    for link in links:
        what = f"{NAME} {name} {link.get('name')}"
        if link.get("state") == "up":
            rtt = link.get("rtt_seconds")
            yield fine(what, "answers" + (f" within {rtt * 1000:.1f} ms" if isinstance(rtt, float) else ""))
        elif link.get("state") == "down":
            judge = warning if up else failure
            others = "another link is up" if up else "no other link is up"
            yield judge(what, f"nobody answers on this link; {others}")
        else:
            yield unknown(what, "the agent does not know yet")
    agent = peer.get("agent")
    if agent == "up":
        yield fine(f"{NAME} {name} agent", "reports come in")
    elif agent == "none":
        sentence = "no report has ever come: no agent there, another key, or its UDP port is filtered"
        copy = f"scp -p {case.config.peer_link.key_file} root@{name}:{case.config.peer_link.key_file}"
        yield warning(f"{NAME} {name} agent", sentence, f"{copy}\nssh root@{name} systemctl restart hawatch")
    else:
        remedy = f"ssh root@{name} systemctl restart hawatch"
        yield failure(f"{NAME} {name} agent", f"the agent there is {agent}", remedy)


def _echo(address: str) -> Line:
    """One echo of our own, since there is no agent to ask."""
    name = f"{NAME} {address}"
    answered = echoed(address)
    if answered is None:
        return unknown(name, "an echo could not be sent; run hawatch doctor as root, or start the agent")
    if answered:
        return fine(name, "answers an echo")
    return Line(
        name=name,
        outcome=Outcome.FAIL,
        sentence="does not answer an echo: down, cut off, or ICMP is filtered",
    )


def echoed(address: str) -> bool | None:
    """Whether a host answers one of two echoes; None when they could not be sent.

    Without CAP_NET_RAW the kernel's own ping sockets serve, where net.ipv4.ping_group_range opens them to us.
    """
    from icmplib import ICMPLibError, SocketPermissionError, ping

    for privileged in (True, False):
        try:
            host = ping(address, count=2, interval=0.2, timeout=1, privileged=privileged)
        except SocketPermissionError:
            continue
        except (ICMPLibError, OSError, ValueError):
            return None
        return bool(host.is_alive)
    return None
