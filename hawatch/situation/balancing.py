"""What this node says of the virtual services of one virtual router, and whether another one says anything of them."""

from __future__ import annotations

from hawatch.situation.member import AgentState, HeardRouter, Member
from hawatch.situation.node import Node
from hawatch.situation.router import RouterState
from hawatch.situation.virtual_services import report_of
from hawatch.wire.report import ReportedVirtualService


def own_virtual_services(
    router: RouterState, node: Node, now: float
) -> tuple[ReportedVirtualService, ...] | None:
    """As in ReportedRouter; a node that has none says so only to one that has some."""
    others = not router.virtual_servers and any(
        heard.router.virtual_services
        for member in node.members.members
        if (heard := heard_balancing(router, member, now)) is not None
    )
    return report_of(node.host.virtual_services, router.config, router.virtual_servers, others=others)


def heard_balancing(router: RouterState, member: Member, now: float) -> HeardRouter | None:
    """The member's fresh word on a virtual router, where it says anything of virtual services."""
    if not member.balances or member.agent(now) is not AgentState.UP:
        return None
    heard = router.word_of(member, now)
    return heard if heard is not None and heard.router.virtual_services is not None else None
