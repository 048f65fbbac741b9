"""What the guards of this node's services have done to its virtual routers."""

from __future__ import annotations

from collections.abc import Iterator

from hawatch.causes.finder import found
from hawatch.situation.facts import Facts
from hawatch.situation.node import Node
from hawatch.situation.router import RouterState
from hawatch.verdict import Cause, Finding, Severity


def guards(router: RouterState, node: Node, facts: Facts, now: float) -> Iterator[Finding]:
    """VIPs that were given up since a service could not be brought back here."""
    del facts
    for given in node.given_up.values():
        if given.instances and router.config.instance not in given.instances:
            continue
        result = node.services.get((given.service, node.name))
        works = None if result is None else result.up
        yield found(
            Cause.VIP_GIVEN_UP,
            node.name,
            Severity.WARNING,
            f"{node.name} gave its VIPs up because its service {given.service} could not be brought back",
            f"on {node.name}: systemctl status {given.service}; journalctl -u {given.service} -n 50  # mend it: the VIP"
            f" is taken back by itself when it has worked for {given.hold:g} s",
            service=given.service,
            service_works_now=works,
            detail=(result.detail if result is not None else "") or "nothing said",
            given_up_before=now - given.at,
            taken_back_after=given.hold,
        )
