"""The remedy for a rule of firewalld (firewall-cmd(1), firewalld.richlanguage(5))."""

from __future__ import annotations

import re
import shlex

from hawatch.netfilter.iptables_remedy import accept_words
from hawatch.netfilter.judgement import Judgement
from hawatch.netfilter.packet import AH, Direction, Packet

FIRST = -32768
"""The priority of the rich rule that comes before all others."""

_POLICY = re.compile(r"(?:filter_)?(?:IN|OUT|FWD)_policy_(.+?)(?:_(?:pre|log|deny|allow|post))?$")
_ZONE = re.compile(r"(?:filter_)?IN_(?!policy_)(.+?)(?:_(pre|log|deny|allow|post))?$")


def firewalld_lines(judgement: Judgement, packet: Packet) -> list[str]:
    """Let the protocol into the zone or the policy; before everything else where a rule of these drops it."""
    chain = judgement.place.chain if judgement.place else ""
    reload = "firewall-cmd --reload"
    if policy := _POLICY.match(chain):
        where = f"--policy={shlex.quote(policy.group(1))}"
        return [f"firewall-cmd --permanent {where} {_rich(packet)}", reload]
    if packet.direction is Direction.OUT:
        words = shlex.join(accept_words(packet))
        family = "ipv6" if packet.family.value == "ipv6" else "ipv4"
        return [f"firewall-cmd --permanent --direct --add-rule {family} filter OUTPUT -1 {words}", reload]
    zone = _ZONE.match(chain)
    early = zone is not None and zone.group(2) in {"pre", "log", "deny"}
    wanted = _rich(packet) if early or packet.peer else f"--add-protocol={_protocol(packet)}"
    if zone is not None:
        return [f"firewall-cmd --permanent --zone={shlex.quote(zone.group(1))} {wanted}", reload]
    interface = shlex.quote(packet.interface)
    return [
        f"zone=$(firewall-cmd --get-zone-of-interface={interface} 2>/dev/null || firewall-cmd --get-default-zone)",
        f'firewall-cmd --permanent --zone="$zone" {wanted}',
        reload,
    ]


def _protocol(packet: Packet) -> str:
    return "ah" if packet.protocol == AH else "vrrp"


def _rich(packet: Packet) -> str:
    address = ""
    if packet.peer:
        side = "source" if packet.direction is Direction.IN else "destination"
        address = f' {side} address="{packet.peer}"'
    rule = (
        f'rule priority="{FIRST}" family="{packet.family.value}"{address} '
        f'protocol value="{_protocol(packet)}" accept'
    )
    return f"--add-rich-rule={shlex.quote(rule)}"
