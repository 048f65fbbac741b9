"""Reports on the peer link that are refused: each reason has a remedy of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from hawatch.causes.finder import found
from hawatch.evidence.reaching import FROM_A_VIP
from hawatch.situation.member import AgentState
from hawatch.situation.node import Node
from hawatch.situation.refused_reports import RefusedReport
from hawatch.verdict import Cause, Finding, Severity

TAKEN_JUST_BEFORE = 2.0
"""Seconds between two reports, and those for which refusals are collected before they are told."""
FEW = 3
"""Senders that have a finding each; of more, one finding names so many."""

_VERSIONS = (
    "on {node}: hawatch --version  # and on {there}: bring the older one to the version of the newer; systemctl "
    "restart hawatch"
)
_AGAIN = (
    "on {node}: tcpdump -nni any -c 20 udp and host {there}  # what came before comes again: a loop in the network, or "
    "somebody plays a recording"
)
REMEDIES = {
    "wrong key": (
        "on {node}: sha256sum /etc/hawatch/peer.key  # and on {there}: where the sums differ, copy the file and "
        "systemctl restart hawatch"
    ),
    "newer major version": _VERSIONS,
    "older major version": _VERSIONS,
    "own node name": (
        "on {node}: hawatch status  # {there} is called {node}, too: give one of them another name in "
        "/etc/hawatch/hawatch.toml, and systemctl restart hawatch there"
    ),
    "own datagram": (
        "on {node}: ip -br address  # a [[peer.link]] of /etc/hawatch/hawatch.toml leads back to this node: name the "
        "other node's address as its remote"
    ),
    FROM_A_VIP: (
        "on {node}: ip neigh show {there}  # shows whose it is: there name an address of its own as local of the "
        "[[peer.link]] in /etc/hawatch/hawatch.toml, and systemctl restart hawatch"
    ),
    "too many unknown peers": (
        "on {node}: hawatch check-config  # name the nodes of this pair as [[peer]] in /etc/hawatch/hawatch.toml, so "
        "that strangers take no place of theirs"
    ),
    "unproved boot id": (
        "on {node}: ss -ulpn; ping -c 3 {there}  # it does not hear what {node} sends: let UDP through both ways; if "
        "nobody is there, somebody plays a recording"
    ),
    "old boot id": _AGAIN,
    "too old": _AGAIN,
    "replayed": _AGAIN,
}
"""By reason; `there` is who sent it. Any other reason tells of bytes that this version does not understand."""


def refused(node: Node, now: float) -> Iterator[Finding]:
    """Whose reports are refused and why: a finding for each sender, or for each reason that many have in common."""
    by_reason: dict[str, list[tuple[str, RefusedReport]]] = defaultdict(list)
    for src, report in node.refused.items():
        if report.speaks(now) and not _is_heard(node, src, report, now):
            by_reason[report.reason].append((src, report))
    for reason, refusals in by_reason.items():
        for group in ([each] for each in refusals) if len(refusals) <= FEW else (refusals,):
            yield _finding(node, reason, group, now)


def _finding(node: Node, reason: str, refusals: list[tuple[str, RefusedReport]], now: float) -> Finding:
    senders = [src for src, _ in refusals]
    rest = len(senders) - FEW
    named = ", ".join(senders[:FEW]) + (f" and {rest} more" if rest > 0 else "")
    there = next((peer for (peer, _), device in node.cables.items() if device == senders[0]), senders[0])
    return found(
        Cause.BLIND,
        node.name,
        Severity.WARNING,
        f"reports from {named} are refused: {reason}",
        REMEDIES.get(reason, _VERSIONS).format(node=node.name, there=there),
        source=named,
        reason=reason,
        refused_before=now - max(report.at for _, report in refusals),
    )


def _is_heard(node: Node, src: str, report: RefusedReport, now: float) -> bool:
    """Whether the agent at this address is heard all the same: what was refused came twice, or was forged.

    So it was if its last word was taken just before; that it has fallen silent since has another reason. From a VIP
    any of the members may have sent: it is harmless while all of them are heard. Of a witness
    hawatch/causes/witnesses.py tells.
    """
    if any(src in witness.addresses for witness in node.witnesses.values()):
        return True
    if report.reason == FROM_A_VIP:
        members = node.members.members
        return bool(members) and all(member.agent(now) is AgentState.UP for member in members)
    member = node.members.find(address=src)
    if member is None:
        return False
    return member.agent(now) is AgentState.UP or report.at - (member.report_at or 0.0) < TAKEN_JUST_BEFORE
