"""Multicast advertisements whose TTL is not 255: rewritten by their sender's host, or by something on the way."""

from __future__ import annotations

from collections.abc import Iterator

from hawatch.causes.finder import found
from hawatch.causes.mismatches.differences import counted
from hawatch.causes.mismatches.word import SURE_AT, speaks, split_began
from hawatch.situation.member import AgentState, Member
from hawatch.situation.node import Node
from hawatch.situation.ownership import talkers_of
from hawatch.situation.router import RouterState
from hawatch.situation.talker import Talker
from hawatch.verdict import Cause, Finding, Severity
from hawatch.wire.address import is_multicast

TTL = 255
"""RFC 9568 §5.1.1.3; keepalived does not ask it of unicast."""
_REFUSED = f"a receiver throws away what has not {TTL}, since it may come from another network"
_LOOK = "nft list ruleset | grep -e 'ttl set' -e 'hoplimit set'; iptables-save -t mangle | grep -e TTL -e HL"


def ttl(router: RouterState, node: Node, now: float) -> Iterator[Finding]:
    """Ours as they leave, and those of the others as they arrive."""
    if _is_wrong(router.own) and speaks(router, node, router.own, now, split_began(router)):
        yield _leaving(node.name, router.own)
    for talker in router.talkers.values():
        if _is_wrong(talker) and speaks(router, node, talker, now, split_began(router)):
            yield from _arriving(router, node, talker, now)


def _is_wrong(talker: Talker) -> bool:
    last = talker.last
    return last is not None and last.ttl != TTL and is_multicast(last.dst)


def _leaving(name: str, talker: Talker) -> Finding:
    seen = talker.last.ttl if talker.last is not None else None
    return found(
        Cause.TTL_INVALID,
        name,
        Severity.WARNING,
        f"the advertisements of {name} leave it with TTL {seen} instead of {TTL}: {_REFUSED}",
        f"on {name}: {_LOOK}; take VRRP (ip protocol 112) out of that rule, and out of the file that loads it",
        ttl=seen,
        destination=talker.last.dst if talker.last is not None else None,
    )


def _arriving(router: RouterState, node: Node, talker: Talker, now: float) -> Iterator[Finding]:
    """An agent on the sender says itself how they left; if it finds nothing wrong with them, it happened on the way."""
    member = next((each for each in node.members.members if talker in talkers_of(router, each)), None)
    if member is None or talker.last is None:
        return
    facts: dict[str, object] = {"ttl": talker.last.ttl, "heard from": talker.src}
    facts |= counted(router, node, ("ip_ttl_err",))
    said = f"the advertisements of {member.name} arrive on {node.name} with TTL {talker.last.ttl} instead of {TTL}"
    if member.agent(now) is not AgentState.UP:
        if talker.alike >= SURE_AT or split_began(router) is not None:
            yield found(
                Cause.TTL_INVALID,
                member.name,
                Severity.WARNING,
                f"{said}: {_REFUSED}",
                f"on {member.name}: {_LOOK}",
                tell_apart=f"tcpdump -v ip proto 112 on {member.name} shows whether they leave it with {TTL}",
                **facts,
            )
    elif _left_well(router, member, talker, now):
        yield found(
            Cause.TTL_INVALID,
            node.name,
            Severity.WARNING,
            f"{said}, and left it with {TTL}: something on the way routes or rewrites them; {_REFUSED}",
            f"look between {member.name} and {node.name} for a router, a multicast proxy or a rule that sets the TTL",
            tell_apart="",
            **facts,
        )


def _left_well(router: RouterState, member: Member, talker: Talker, now: float) -> bool:
    """Whether the sender's agent has reported since, and had nothing to say of its TTL."""
    heard = router.word_of(member, now)
    if heard is None or talker.last is None or heard.at <= talker.last.first_at:
        return False
    return all(finding.cause != Cause.TTL_INVALID.value for finding in heard.router.findings)
