"""The rules about VIPs."""

from __future__ import annotations

from hawatch.keepalived.lint import vips
from hawatch.keepalived.lint.problem import Severity
from hawatch.keepalived.lint.rule import Rule
from hawatch.keepalived.lint.subject import Written
from hawatch.keepalived.lint.writing import noted

_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO

RULES: tuple[Rule[Written], ...] = (
    Rule(
        "no_address_refused",
        _E,
        "no VIP with VRRPv3, IPv6 or strict mode",
        "keepalived does not run",
        noted("virtual_ipaddress { 192.0.2.100/24 }", "no_address_refused"),
    ),
    Rule(
        "no_address", _W, "no VIP", "nothing moves, and nothing tells one pair from another", vips.no_address
    ),
    Rule(
        "vip_without_mask",
        _W,
        "a VIP without a mask",
        "it becomes a /32 or /128, without a route to its network",
        vips.vip_without_mask,
    ),
    Rule(
        "vip_repeated",
        _W,
        "a VIP twice in one instance",
        "the lists of two nodes drift apart",
        vips.vip_repeated,
    ),
    Rule(
        "vip_in_two_instances",
        _E,
        "a VIP in two instances that are not in one sync group",
        "both nodes can hold it at once, rightly",
        vips.vip_in_two_instances,
    ),
    Rule(
        "vip_no_host",
        _W,
        "a VIP that is the network's own or broadcast address",
        "nobody can reach it",
        vips.vip_no_host,
    ),
    Rule(
        "vip_of_other_family",
        _W,
        "an IPv6 VIP beside IPv4 ones, or the reverse",
        "it is left out",
        noted(
            "the address in virtual_ipaddress_excluded, or in an instance of its own", "vip_of_other_family"
        ),
    ),
    Rule(
        "vips_not_advertised",
        _W,
        "more VIPs than an advertisement holds (255, with IPv6 89)",
        "the rest is held but not compared with the other node's",
        noted("virtual_ipaddress_excluded { … } for all but one, on every node", "vips_not_advertised"),
    ),
    Rule(
        "vips_many",
        _I,
        f"more than {vips.OLD_LIMIT} VIPs",
        "keepalived 1.x on the other node would advertise fewer",
        vips.vips_many,
    ),
    Rule(
        "vip_on_other_device",
        _I,
        "a VIP with a `dev` other than the instance's interface",
        "two devices must be up, and the switch of the second may forget the MAC",
        vips.vip_on_other_device,
    ),
    Rule(
        "first_not_link_local",
        _I,
        "an IPv6 instance whose first VIP is not link-local",
        "other makes of router want it so (RFC 9568, 5.2.9)",
        vips.first_not_link_local,
    ),
)
