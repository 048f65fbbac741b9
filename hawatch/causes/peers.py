"""The other members: out of reach, silent, never heard, unfit; and the paths and references that tell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hawatch.causes.finder import found
from hawatch.causes.losses import never_answers
from hawatch.situation.facts import Facts
from hawatch.situation.member import AgentState, Member
from hawatch.situation.node import Node
from hawatch.situation.outlook import outlook
from hawatch.situation.router import RouterState
from hawatch.situation.witness import is_reached
from hawatch.verdict import Cause, Finding, Severity
from hawatch.wire.report import DaemonState

FOUND_AGAIN_WITHIN = 2.2
"""Seconds in which all that can be reached again has answered an echo, one a second."""


def peers(router: RouterState, node: Node, facts: Facts, now: float) -> Iterator[Finding]:
    """Members that are gone, silent, never verified, or unfit."""
    for member in node.members.members:
        if member.alive(now) is False:
            if not _may_be_us(router, node, facts, now) and not _is_misnamed(router, node, member, now):
                yield _gone(node, member, now)
        elif member.outlives_its_agent(now) and not never_answers(router, member, now):
            yield _silent(member, now)
        elif member.agent(now) is AgentState.NONE:
            yield _unverified(member)
        if len(node.members.members) > 1 and facts.standby_ready and _is_unfit(router, member, now):
            yield _unfit(member)
    if not node.members.members:
        summary = "no peer is known: name it with --peer, or in hawatch.toml"
        remedy = f"on {node.name}: hawatch agent --peer ADDRESS  # or a [[peer]] in /etc/hawatch/hawatch.toml"
        yield found(Cause.PEER_UNVERIFIED, node.name, Severity.INFO, summary, remedy, peers_known=0)


def _may_be_us(router: RouterState, node: Node, facts: Facts, now: float) -> bool:
    """Whether it is this node that is cut off, may be, or was until just now: then nothing is said of the others."""
    open_until = outlook(node, now).cut_off_open_until
    returning = now - router.back_at <= FOUND_AGAIN_WITHIN or _has_just_got_link(router, node, now)
    return facts.cut_off is True or returning or (open_until is not None and now <= open_until)


def _is_misnamed(router: RouterState, node: Node, member: Member, now: float) -> bool:
    """Whether an address in unicast_peer is nobody's: it was never seen, and others are as many as it lists."""
    listed = router.config.unicast_peers
    if not member.is_mere_name() or member.addresses.isdisjoint(listed):
        return False
    others = [each for each in node.members.members if each.agent(now) is AgentState.UP]
    return len(listed) <= len(others)


def _has_just_got_link(router: RouterState, node: Node, now: float) -> bool:
    linked_at = node.links_up_at.get(router.config.interface)
    return linked_at is not None and now - linked_at <= FOUND_AGAIN_WITHIN


def _gone(node: Node, member: Member, now: float) -> Finding:
    """Gone on every path: announced, if its agent said that the whole host goes down."""
    last = member.sign_of_life_at()
    known: dict[str, Any] = {
        "last_sign_of_life": f"{now - last:.1f} s ago" if last else "never",
        "paths": ", ".join(sorted(member.links)) or "none but the LAN",
        "references_answer": node.references_alive(now),
    }
    seen = is_reached(member, now)
    if node.witnesses:
        known["a_witness_reaches_it"] = seen
    if member.report is not None and member.report.going_down:
        return found(
            Cause.NODE_DOWN,
            member.name,
            Severity.WARNING,
            f"{member.name} went down in order, as its agent said; it is gone on every path",
            f"start {member.name} again, or wait for the end of its reboot; its power switch or console: it cannot be "
            "reached from here",
            said_that_it_goes_down=True,
            **known,
        )
    and_for_witness = ", and for the witness" if seen is False else ""
    return found(
        Cause.PEER_UNREACHABLE,
        member.name,
        Severity.WARNING,
        f"{member.name} is out of reach on every path{and_for_witness}: down or cut off, cannot be told apart from "
        "here",
        f"look at {member.name}'s console and power: if it runs, on {member.name}: ip -br link; ip -br address  # if "
        "those are as they should be: the cable and the switch between",
        tell_apart="a second path between the nodes ([[peer.link]] in hawatch.toml), or a witness beside them "
        "(docs/witness.md), tells a dead host from one cut off",
        said_that_it_goes_down=False if member.report else None,
        **known,
    )


def _silent(member: Member, now: float) -> Finding:
    left = member.report is not None and member.report.leaving
    return found(
        Cause.BLIND,
        member.name,
        Severity.WARNING,
        f"the agent on {member.name} has fallen silent",
        f"on {member.name}: systemctl restart hawatch; journalctl -u hawatch -n 50",
        last_report=f"{now - (member.report_at or 0.0):.1f} s ago",
        its_host_lives=True,
        said_goodbye=left,
    )


def _unverified(member: Member) -> Finding:
    unlisted = "" if member.listed else " (not listed in the configuration)"
    return found(
        Cause.PEER_UNVERIFIED,
        member.name,
        Severity.INFO,
        f"no agent has ever spoken on {member.name}{unlisted}: its own view is not known",
        f"on {member.name}: hawatch agent  # with the same /etc/hawatch/peer.key as here",
        reports=0,
        listed=member.listed,
    )


def _is_unfit(router: RouterState, member: Member, now: float) -> bool:
    """Whether it says that it could not take over, and nothing nearer to the reason is known from here."""
    heard = router.word_of(member, now)
    if heard is None or heard.router.ready is not False or member.name in router.ownership.names:
        return False
    named = any(each.cause in _UNFIT for each in heard.router.findings)
    return not named and member.report is not None and member.report.daemon is DaemonState.RUNNING


_UNFIT = frozenset(cause.value for cause in (Cause.TRACKED_FAULT, Cause.STANDBY_FAULT, Cause.LINK_DOWN))


def _unfit(member: Member) -> Finding:
    return found(
        Cause.STANDBY_FAULT,
        member.name,
        Severity.WARNING,
        f"{member.name} could not take over; another standby could",
        f"on {member.name}: hawatch status; journalctl -u keepalived -n 50",
        its_own_word="not ready",
        keepalived="runs",
    )


def links(router: RouterState, node: Node, facts: Facts, now: float) -> Iterator[Finding]:
    """References and links that are down."""
    if facts.carrier is False or _has_just_got_link(router, node, now):
        return  # a device without its link explains them all
    for reference in node.references.values():
        if reference.alive(now) is False and reference.answered_at is not None:
            severity = Severity.INFO if facts.peer_alive else Severity.WARNING
            yield found(
                Cause.REFERENCE_DOWN,
                node.name,
                severity,
                f"the reference {reference.name} does not answer",
                f"on {node.name}: ping -c 3 {reference.address}; ip route get {reference.address}  # a reference that "
                "may be down is a poor one: name others as [[reference]] in /etc/hawatch/hawatch.toml",
                address=reference.address,
                last_answer=f"{now - reference.answered_at:.1f} s ago",
                misses=reference.misses,
                peers_answer=facts.peer_alive,
            )
    for member in node.members.members:
        states = {
            path.name: path.alive(now) for path in member.links.values() if path.answered_at is not None
        }
        if True in states.values() or member.lives_for_others(now):
            for name in (name for name, alive in states.items() if alive is False):
                if not {(member.name, name)} <= node.cables.keys() & node.link_problems.keys():
                    yield _link_down(node, member, name, now)


def _link_down(node: Node, member: Member, name: str, now: float) -> Finding:
    path = member.links[name]
    target = path.address or member.name
    device = node.cables.get((member.name, name))
    look = (
        f"ping -c 3 {target}; ip route get {target}; ip -br link"
        if device is None
        else f"hawatch doctor; ls -l {device}"
    )
    return found(
        Cause.HEARTBEAT_LINK_DOWN,
        node.name,
        Severity.WARNING,
        f"the link {name} to {member.name} is down; another still carries the truth",
        f"on {node.name}: {look}  # then its cable{' and switch' if device is None else ', at both ends'}",
        link=name,
        last_answer=f"{now - (path.answered_at or 0.0):.1f} s ago",
        misses=path.misses,
    )
