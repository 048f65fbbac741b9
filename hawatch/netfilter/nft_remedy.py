"""The remedy for a rule that nft holds in a table of its own."""

from __future__ import annotations

import shlex

from hawatch.netfilter.judgement import Judgement, Place
from hawatch.netfilter.packet import Direction, Packet

CONFIGURATION = "/etc/nftables.conf"
"""What nftables.service loads on Debian; on Fedora and RHEL it is /etc/sysconfig/nftables.conf."""


def nft_lines(judgement: Judgement, packet: Packet) -> list[str]:
    """Take the rule out when it means VRRP alone, or else accept before it."""
    place, gate = judgement.place, judgement.gate
    if place is None or gate is None:
        return []
    if judgement.removable and place.handle is not None:
        at = f"{place.family} {place.table} {place.chain}"
        return [
            f"nft {shlex.quote(f'delete rule {at} handle {place.handle}')}",
            f"# it comes back at the next load unless {CONFIGURATION}, or a file that it includes, loses it, too:",
            f"#   chain {at}: {judgement.rule}",
        ]
    before = f" position {gate.handle}" if gate.handle is not None else ""
    return [f"nft {shlex.quote(_insert(gate, packet, before))}", *_lasting(gate, _insert(gate, packet, ""))]


def accept_rule(place: Place, packet: Packet) -> str:
    """The rule that lets the advertisement through, for a chain of that family."""
    words = []
    incoming = packet.direction is Direction.IN
    if place.family not in {"netdev", "bridge"}:
        words.append(f'{"iifname" if incoming else "oifname"} "{packet.interface}"')
    peer = packet.peer
    if peer:
        words.append(f"{'ip6' if ':' in peer else 'ip'} {'saddr' if incoming else 'daddr'} {peer}")
    return " ".join([*words, f"meta l4proto {packet.protocol} accept"])


def _insert(gate: Place, packet: Packet, position: str) -> str:
    return f"insert rule {gate.family} {gate.table} {gate.chain}{position} {accept_rule(gate, packet)}"


def _lasting(gate: Place, rule: str) -> list[str]:
    """Append it to the file that makes the table, but only if the file would load so."""
    table = f"table +{gate.family} +{gate.table}"
    told = f"add to the file that makes table {gate.family} {gate.table}: {rule}"
    return [
        f"conf={CONFIGURATION} rule={shlex.quote(rule)}",
        f'if grep -Eqs {shlex.quote(table)} $conf && {{ cat $conf; echo; echo "$rule"; }} | nft -c -f -',
        "then printf '\\n%s\\n' \"$rule\" >>$conf",
        f"else echo {shlex.quote(told)}",
        "fi",
    ]
