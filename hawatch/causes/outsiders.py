"""Those who do not belong to the pair and disturb it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hawatch.causes.finder import found
from hawatch.situation.facts import Facts
from hawatch.situation.node import Node
from hawatch.situation.outsiders import disturber
from hawatch.situation.probing import RoundResult
from hawatch.situation.router import Outsider, OutsiderKind, RouterState
from hawatch.verdict import Cause, Finding, Severity
from hawatch.wire.address import VRRP_GROUP_IPV4, VRRP_GROUP_IPV6


def outsiders(router: RouterState, node: Node, facts: Facts, now: float) -> Iterator[Finding]:
    """Strangers that disturb this router, or could."""
    del facts
    if not router.outsiders:
        return
    disturbing = disturber(router, now)
    for outsider in router.outsiders.values():
        if outsider is disturbing:
            yield _disturbance(router, outsider, node)
        elif outsider.elsewhere and not _kept_apart(router):
            severity = Severity.WARNING if router.config.vmac_interface else Severity.INFO
            yield found(
                Cause.FOREIGN_ROUTER,
                outsider.who,
                severity,
                f"{outsider.who} uses VRID {router.config.vrid} too, in another multicast group",
                _another_vrid(router, node) if router.config.vmac_interface else "",
                **_heard(router, outsider),
            )


def _kept_apart(router: RouterState) -> bool:
    """Whether a group was chosen for this pair, as one does for several on a LAN; virtual MACs would be one still."""
    config = router.config
    chosen = config.multicast_group not in (VRRP_GROUP_IPV4, VRRP_GROUP_IPV6)
    return chosen and not config.unicast and not config.vmac_interface


def _heard(router: RouterState, outsider: Outsider) -> dict[str, Any]:
    return {
        "kind": outsider.kind,
        "vrid": router.config.vrid,
        "heard_on": router.config.interface,
        "times": outsider.count,
        "in_our_group": not outsider.elsewhere,
    }


def _another_vrid(router: RouterState, node: Node) -> str:
    names = [node.name, *(member.name for member in node.members.members)]
    return (
        f"on {' and '.join(sorted(names))}: in vrrp_instance {router.config.instance} of "
        "/etc/keepalived/keepalived.conf write a virtual_router_id that nobody on this LAN uses, on both within one "
        "advertisement interval (or the same other vrrp_mcast_group4 in global_defs); systemctl reload keepalived"
    )


def _disturbance(router: RouterState, outsider: Outsider, node: Node) -> Finding:
    device = router.config.interface
    if outsider.kind is OutsiderKind.ADDRESS:
        vips = ", ".join(vip.address for vip in router.config.all_vips)
        return found(
            Cause.ADDRESS_CLAIMED,
            outsider.who,
            Severity.CRITICAL,
            f"{outsider.who} answers for a VIP and belongs to no member",
            f"find the port of {outsider.who} in the switch's address table and take {vips} from that host; on "
            f"{node.name}: arping -I {device} -c 3 {router.config.all_vips[0].address}  # does it still answer?",
            answers_for=vips,
            mac=outsider.who,
            control_question_answered_once=True,
        )
    if outsider.in_the_name_of:
        return _impostor(router, outsider, node)
    if outsider.usurps:
        return _usurper(router, outsider, node)
    return found(
        Cause.FOREIGN_ROUTER,
        outsider.who,
        Severity.WARNING,
        f"{outsider.who} speaks with VRID {router.config.vrid} on {device} and can mute us",
        _another_vrid(router, node) + f"  # or change the number on {outsider.who}",
        **_heard(router, outsider),
    )


def _impostor(router: RouterState, outsider: Outsider, node: Node) -> Finding:
    name = outsider.in_the_name_of
    return found(
        Cause.FOREIGN_ROUTER,
        outsider.who,
        Severity.WARNING,
        f"{outsider.who} advertises in the name of {name}, whose agent denies it, and can mute us",
        _take_off(router, outsider, node),
        in_the_name_of=name,
        its_agent_denies_it=True,
        **_heard(router, outsider),
    )


def _usurper(router: RouterState, outsider: Outsider, node: Node) -> Finding:
    """Keepalived gave way to it: if it does not answer for the VIP, nobody serves."""
    answers = _answers(router, outsider)
    nobody = "; nobody answers for it" if answers is False else ""
    vips = ", ".join(vip.address for vip in router.config.all_vips)
    names = sorted([node.name, *(m.name for m in node.members.members if not m.is_mere_source())])
    return found(
        Cause.FOREIGN_ROUTER,
        outsider.who,
        Severity.WARNING,
        f"{outsider.who} ({outsider.mac}) is no node of the pair, and {' and '.join(names)} have given way to its "
        f"advertisements for {vips}{nobody}",
        f"{_take_off(router, outsider, node)}; or, if it does belong to the pair, name it as a [[peer]] in "
        "/etc/hawatch/hawatch.toml on every node",
        mac=outsider.mac,
        answers_for_the_vip=answers,
        listed=False,
        **_heard(router, outsider),
    )


def _answers(router: RouterState, outsider: Outsider) -> bool | None:
    """Whether it answers for a VIP, by the last questions since it came; None when they show nothing."""
    rounds = [
        p.latest for p in router.probings.values() if p.latest and p.latest.asked_at >= outsider.first_at
    ]
    if any(each.mac == outsider.mac for each in rounds):
        return True
    empty = [each.result is RoundResult.EMPTY and each.controlled for each in rounds]
    return False if empty and all(empty) else None


def _take_off(router: RouterState, outsider: Outsider, node: Node) -> str:
    device, mac = router.config.interface, outsider.mac
    return (
        f"find the port of {mac} in the switch's address table and take that host off the LAN; on {node.name}: "
        f"tcpdump -e -n -i {device} -c 3 ether src {mac}  # does it still speak?"
    )
