"""Network devices without a link, or not there at all."""

from __future__ import annotations

from collections.abc import Iterator

from hawatch.causes.finder import found
from hawatch.situation.facts import Facts
from hawatch.situation.node import Node
from hawatch.situation.router import RouterState
from hawatch.verdict import Cause, Finding, Severity


def devices(router: RouterState, node: Node, facts: Facts, now: float) -> Iterator[Finding]:
    """A device of this router's without its link, or missing."""
    del facts, now
    kernel = node.observers.get("vip")
    if kernel is not None and not kernel.up:
        return
    for name in router.devices:
        role = "VRRP runs on it" if name == router.config.interface else "keepalived tracks it"
        if node.carrier(name) is False:
            yield found(
                Cause.LINK_DOWN,
                node.name,
                Severity.WARNING,
                f"{name} on {node.name} has no link; {role}",
                f"on {node.name}: ip link set dev {name} up; ip -br link show dev {name}  # if it stays without "
                "LOWER_UP: the cable, the switch's port",
                device=name,
                carrier=False,
                role=role,
            )
        elif name in node.interfaces and node.carrier(name) is None:
            yield found(
                Cause.BLIND,
                node.name,
                Severity.WARNING,
                f"{node.name} has no device {name}, which keepalived.conf names",
                f"on {node.name}: ip -br link  # then correct `interface` in vrrp_instance {router.config.instance} of "
                "/etc/keepalived/keepalived.conf; systemctl reload keepalived",
                device=name,
                exists=False,
            )
