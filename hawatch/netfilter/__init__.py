"""What a host's packet filter would do with VRRP, from its own listings, and how to let it through; pure.

    for packet in packets_of(router):                # one advertisement in, one out, per peer with unicast
        judgement = judge_vrrp(listing, packet)      # `listing`: the helper's answer to the verb `firewall`
        if judgement.verdict in TROUBLE:
            print(judgement.verdict, judgement.owner, judgement.rule, judgement.place)
            print(remedy_for(judgement, packet))     # lines to paste as root

judge_vrrp is judge(read_listing(listing), packet), for those who have one packet alone; it raises DecodeError when
the listing is not what nft or iptables-save write, and nothing else.
remedy_for gives lines for any judgement; they are empty for ACCEPTED and UNKNOWN.
"""

from hawatch.netfilter.judgement import Fate, Judgement, Place, judge, judge_vrrp
from hawatch.netfilter.listing import LISTINGS, read_listing
from hawatch.netfilter.owner import FirewallTool
from hawatch.netfilter.packet import AH, VRRP, Direction, Packet, packets_of
from hawatch.netfilter.remedy import remedy_for

TROUBLE = frozenset({Fate.DROPPED, Fate.MAY_DROP, Fate.PARTLY_DROPPED})
"""The verdicts that are worth telling."""

__all__ = [
    "LISTINGS",
    "judge_vrrp",
    "read_listing",
    "judge",
    "remedy_for",
    "packets_of",
    "Packet",
    "Direction",
    "Judgement",
    "Fate",
    "Place",
    "FirewallTool",
    "TROUBLE",
    "VRRP",
    "AH",
]
