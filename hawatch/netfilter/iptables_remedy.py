"""The remedy for a rule of iptables."""

from __future__ import annotations

import shlex

from hawatch.netfilter.judgement import Judgement
from hawatch.netfilter.packet import Direction, Packet
from hawatch.wire.family import Family


def iptables_lines(judgement: Judgement, packet: Packet) -> list[str]:
    """Take the rule out when it means VRRP alone, or else accept before it; then save for the next boot."""
    place, gate = judgement.place, judgement.gate
    if place is None or gate is None:
        return []
    program = "ip6tables" if packet.family is Family.IPV6 else "iptables"
    program += "-legacy" if gate.legacy else ""
    table = ["-t", gate.table] if gate.table != "filter" else []
    rule = _words(judgement.rule)
    if judgement.removable and rule[:1] == ["-A"]:
        command = [program, *table, "-D", *rule[1:]]
    else:
        at = [str(gate.number)] if gate.number is not None else []
        command = [program, *table, "-I", gate.chain, *at, *accept_words(packet)]
    return [shlex.join(command), *_lasting(program)]


def accept_words(packet: Packet) -> list[str]:
    """The conditions and the target of an accept, as iptables wants them."""
    incoming = packet.direction is Direction.IN
    words = ["-i" if incoming else "-o", packet.interface]
    peer = packet.peer
    if peer:
        words += ["-s" if incoming else "-d", peer]
    return [*words, "-p", str(packet.protocol), "-j", "ACCEPT"]


def _words(rule: str) -> list[str]:
    try:
        return shlex.split(rule)
    except ValueError:
        return []


def _lasting(program: str) -> list[str]:
    """What each distribution reads at boot: iptables-persistent on Debian, iptables-services on Fedora and RHEL.

    None of them does it for iptables-legacy beside iptables-nft.
    """
    if program.endswith("-legacy"):
        return [f"# {program}: give the rule to whatever loads these tables at boot, too"]
    rules = "rules.v6" if program == "ip6tables" else "rules.v4"
    return [
        "if command -v netfilter-persistent >/dev/null",
        "then netfilter-persistent save",
        "elif [ -d /etc/sysconfig ]",
        f"then {program}-save >/etc/sysconfig/{program}",
        f"else mkdir -p /etc/iptables && {program}-save >/etc/iptables/{rules} # iptables-persistent loads it",
        "fi",
    ]
