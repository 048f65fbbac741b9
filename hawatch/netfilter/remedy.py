"""What to paste so that advertisements pass, in the language of the tool that owns the rule."""

from __future__ import annotations

from collections.abc import Callable

from hawatch.netfilter.firewalld_remedy import firewalld_lines
from hawatch.netfilter.iptables_remedy import iptables_lines
from hawatch.netfilter.judgement import Fate, Judgement
from hawatch.netfilter.nft_remedy import nft_lines
from hawatch.netfilter.owner import FirewallTool
from hawatch.netfilter.packet import Packet
from hawatch.netfilter.ufw_remedy import ufw_lines

_Lines = Callable[[Judgement, Packet], list[str]]
_BY_TOOL: dict[FirewallTool, _Lines] = {
    FirewallTool.NFT: nft_lines,
    FirewallTool.IPTABLES: iptables_lines,
    FirewallTool.FIREWALLD: firewalld_lines,
    FirewallTool.UFW: ufw_lines,
}
_PASSED = frozenset({Fate.ACCEPTED, Fate.UNKNOWN})


def remedy_for(judgement: Judgement, packet: Packet) -> str:
    """Lines for a root shell that let the advertisement through, now and after the next reload or reboot.

    Every chain that stands in its way has its own; empty when nothing does, or when that is not known.
    """
    obstacles = [each for each in (judgement, *judgement.others) if each.verdict not in _PASSED]
    remedies = ["\n".join(_lines(each, packet)) for each in obstacles if each.owner is not None]
    return "\n".join(dict.fromkeys(filter(None, remedies)))


def _lines(judgement: Judgement, packet: Packet) -> list[str]:
    owner = judgement.owner or FirewallTool.NFT
    known = _BY_TOOL.get(owner)
    if known is not None:
        return known(judgement, packet)
    listed_by_nft = judgement.place is not None and judgement.place.handle is not None
    told = f"# {owner} puts its own rules back when it starts; the accept below stands before them"
    return [told, *(nft_lines if listed_by_nft else iptables_lines)(judgement, packet)]
