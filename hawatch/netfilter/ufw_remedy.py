"""The remedy for a rule of ufw (ufw(8), ufw-framework(8))."""

from __future__ import annotations

import shlex

from hawatch.netfilter.iptables_remedy import accept_words
from hawatch.netfilter.judgement import Judgement
from hawatch.netfilter.packet import AH, Direction, Packet
from hawatch.wire.family import Family


def ufw_lines(judgement: Judgement, packet: Packet) -> list[str]:
    """A rule of ufw's own where it knows the protocol (vrrp since 0.36.2), else one in its before rules, which is also
    what helps where these drop it."""
    chain = judgement.place.chain if judgement.place else ""
    before = _in_before_rules(packet)
    if chain.startswith(("ufw-before-", "ufw6-before-", "ufw-not-local")):
        return [before]
    return [f"{_own(packet)} || {{", f"  {before}", "}"]


def _own(packet: Packet) -> str:
    incoming = packet.direction is Direction.IN
    way = "in" if incoming else "out"
    addresses = ["any", "any"]
    if packet.peer:
        addresses[0 if incoming else 1] = packet.peer
    elif packet.destination:
        addresses[1] = packet.destination
    source, destination = addresses
    protocol = "ah" if packet.protocol == AH else "vrrp"
    words = ["ufw", "prepend", "allow", way, "on", packet.interface, "proto", protocol]
    return shlex.join([*words, "from", source, "to", destination])


def _in_before_rules(packet: Packet) -> str:
    """Right behind the lines that ufw needs at the top of the file, so before all other rules."""
    is_ipv6 = packet.family is Family.IPV6
    way = "input" if packet.direction is Direction.IN else "output"
    rule = shlex.join(["-A", f"{'ufw6' if is_ipv6 else 'ufw'}-before-{way}", *accept_words(packet)])
    edit = shlex.quote(f"/^# End required lines/a {rule}")
    return f"sed -i {edit} /etc/ufw/{'before6' if is_ipv6 else 'before'}.rules && ufw reload"
