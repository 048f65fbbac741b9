"""Blocks made with the real nft and iptables: listed as the helper lists them, judged, mended by the printed remedy.

The packets are real ones of protocol 112 between two nodes. ufw and firewalld are not installed for this; their
listings and remedies are in tests/test_netfilter_tools.py.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from deploy.lab import Lab, Topology
from deploy.lab.node import INTERPRETER, Node
from deploy.lab.waiting import wait_until
from hawatch.netfilter import LISTINGS, Direction, FirewallTool, Judgement, Packet, judge_vrrp, remedy_for
from hawatch.netfilter.judgement import Fate
from hawatch.wire.family import Family
from tests.lab.conftest import MakeLab

pytestmark = pytest.mark.lab

GROUP, GROUP6 = "224.0.0.18", "ff02::12"
LISTEN = """
import select, socket, struct, sys
group = sys.argv[1]
ipv6 = ":" in group
tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
tap.bind(("eth0", 3))
raw = socket.socket(socket.AF_INET6 if ipv6 else socket.AF_INET, socket.SOCK_RAW, 112)
index = socket.if_nametoindex("eth0")
if ipv6:
    joined = socket.inet_pton(socket.AF_INET6, group) + struct.pack("I", index)
    raw.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, joined)
else:
    joined = socket.inet_aton(group) + bytes(4) + struct.pack("I", index)
    raw.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, joined)
print("ready", flush=True)
while True:
    for ready in sorted(select.select([tap, raw], [], [])[0], key=lambda each: each is tap):
        data, address = ready.recvfrom(2048)
        if ready is raw:
            print("delivered", flush=True)
        elif address[2] != 4 and 112 in (data[6:7] + data[9:10]):
            print("arrived", flush=True)
"""
SEND = """
import socket, sys
group = sys.argv[1]
ipv6 = ":" in group
raw = socket.socket(socket.AF_INET6 if ipv6 else socket.AF_INET, socket.SOCK_RAW, 112)
raw.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth0")
if ipv6:
    raw.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
else:
    raw.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
try:
    raw.sendto(bytes.fromhex("2133640100010000c0000264") + bytes(8), (group, 0))
except PermissionError:
    print("refused")
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block, the commands that make it, and what is to be said of it; `reload` is what a boot would load."""

    make: str
    verdict: Fate
    owner: FirewallTool
    direction: Direction = Direction.IN
    family: Family = Family.IPV4
    unicast: bool = False
    remedy: str = ""
    reload: str | None = None


CONF = """cat >/etc/nftables.conf <<'X'
#!/usr/sbin/nft -f
flush ruleset

table inet filter {
	chain input {
		type filter hook input priority filter; policy drop;
		iif lo accept
		ct state established,related accept
		meta l4proto { icmp, ipv6-icmp } accept
		tcp dport 22 accept
	}
	chain output {
		type filter hook output priority filter; policy accept;
		meta l4proto @quiet drop
	}
	set quiet { type inet_proto; elements = { vrrp, ospf } }
}
X
nft -f /etc/nftables.conf
"""
AGAIN = "nft -f /etc/nftables.conf"
RESTORE = "iptables -P INPUT DROP; iptables -F; iptables-restore </etc/iptables/rules.v4"

BLOCKS = {
    "a table of one's own that names VRRP": Block(
        make="""nft add table inet fault
            nft add chain inet fault drops '{ type filter hook input priority 0; }'
            nft add rule inet fault drops meta l4proto '{ 112, 51 }' drop""",
        verdict=Fate.DROPPED,
        owner=FirewallTool.NFT,
        remedy="nft 'delete rule inet fault drops handle ",
    ),
    "a policy of drop, and what is established": Block(
        make=CONF, verdict=Fate.MAY_DROP, owner=FirewallTool.NFT, reload=AGAIN
    ),
    "a set that has more than VRRP": Block(
        make=CONF, verdict=Fate.DROPPED, owner=FirewallTool.NFT, direction=Direction.OUT, reload=AGAIN
    ),
    "a reject in a chain that is jumped to": Block(
        make="""nft -f - <<'X'
table inet filter {
	chain groups {
		ip daddr 224.0.0.0/4 reject
	}
	chain input {
		type filter hook input priority 0; policy accept;
		meta pkttype multicast jump groups
	}
}
X""",
        verdict=Fate.DROPPED,
        owner=FirewallTool.NFT,
    ),
    "ingress of the device": Block(
        make="""nft add table netdev early
            nft add chain netdev early device0 '{ type filter hook ingress device "eth0" priority 0; }'
            nft add rule netdev early device0 ip daddr 224.0.0.0/4 drop""",
        verdict=Fate.DROPPED,
        owner=FirewallTool.NFT,
    ),
    "two tables, one behind the other": Block(
        make="""nft -f - <<'X'
table ip first {
	chain early {
		type filter hook prerouting priority raw; policy accept;
		ip protocol != { 1, 6, 17 } drop
	}
}
table inet second {
	chain input {
		type filter hook input priority 10; policy drop;
		ct state new,established tcp dport 22 accept
	}
}
X""",
        verdict=Fate.DROPPED,
        owner=FirewallTool.NFT,
    ),
    "a part lost on purpose": Block(
        make="""nft add table inet fault
            nft add chain inet fault drops '{ type filter hook input priority 0; }'
            nft add rule inet fault drops ip protocol vrrp numgen random mod 100 '<' 30 drop""",
        verdict=Fate.PARTLY_DROPPED,
        owner=FirewallTool.NFT,
        remedy="nft 'delete rule inet fault drops handle ",
    ),
    "unicast from the wrong side": Block(
        make="""nft add table inet filter
            nft add chain inet filter input '{ type filter hook input priority 0; policy drop; }'""",
        verdict=Fate.DROPPED,
        owner=FirewallTool.NFT,
        unicast=True,
    ),
    "IPv6 by nft": Block(
        make="""nft add table ip6 filter6
            nft add chain ip6 filter6 input '{ type filter hook input priority 0; }'
            nft add rule ip6 filter6 input ip6 nexthdr != '{ 6, 17, 58 }' drop""",
        verdict=Fate.DROPPED,
        owner=FirewallTool.NFT,
        family=Family.IPV6,
    ),
    "iptables: a policy of drop, and what is established": Block(
        make="""iptables -A INPUT -i lo -j ACCEPT
            iptables -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
            iptables -A INPUT -p tcp --dport 22 -j ACCEPT
            iptables -P INPUT DROP""",
        verdict=Fate.MAY_DROP,
        owner=FirewallTool.IPTABLES,
        reload=RESTORE,
    ),
    "iptables: a rule that names VRRP": Block(
        make="""iptables -A INPUT -p icmp -j ACCEPT
            iptables -A INPUT -i eth0 -p vrrp -m comment --comment 'what $is "this" for' -j DROP""",
        verdict=Fate.DROPPED,
        owner=FirewallTool.IPTABLES,
        remedy="iptables -D INPUT ",
        reload=RESTORE,
    ),
    "iptables: raw": Block(
        make="iptables -t raw -A PREROUTING -m addrtype --dst-type MULTICAST -j DROP",
        verdict=Fate.DROPPED,
        owner=FirewallTool.IPTABLES,
        reload="iptables -t raw -F; iptables-restore </etc/iptables/rules.v4",
    ),
    "iptables: out": Block(
        make="""iptables -A OUTPUT -p tcp -j ACCEPT
            iptables -N others
            iptables -A others -p udp -j RETURN
            iptables -A others -j DROP
            iptables -A OUTPUT -g others""",
        verdict=Fate.DROPPED,
        owner=FirewallTool.IPTABLES,
        direction=Direction.OUT,
        reload="iptables -F; iptables-restore </etc/iptables/rules.v4",
    ),
    "iptables: unicast": Block(
        make="iptables -A INPUT ! -p tcp -m pkttype --pkt-type unicast -j REJECT",
        verdict=Fate.DROPPED,
        owner=FirewallTool.IPTABLES,
        unicast=True,
        reload="iptables -F; iptables-restore </etc/iptables/rules.v4",
    ),
    "ip6tables": Block(
        make="ip6tables -A INPUT -p vrrp -m hl --hl-eq 255 -j DROP",
        verdict=Fate.DROPPED,
        owner=FirewallTool.IPTABLES,
        family=Family.IPV6,
        remedy="ip6tables -D INPUT ",
        reload="ip6tables -F; ip6tables-restore </etc/iptables/rules.v6",
    ),
}


def listing(node: Node) -> dict[str, object]:
    """As hawatch-helper lists it."""
    answer: dict[str, object] = {"problems": {}}
    for name, argv in LISTINGS.items():
        text = node.run(argv).stdout
        answer[name] = json.loads(text) if "-j" in argv else text
    return answer


@pytest.fixture
def lab(make_lab: MakeLab) -> Lab:
    return make_lab(Topology(routers=("lb01", "lb02"), hosts=()))


def destination(lab: Lab, block: Block) -> str:
    target = "lb01" if block.direction is Direction.IN else "lb02"
    if block.unicast:
        return lab.node(target).ipv4()
    return GROUP6 if block.family is Family.IPV6 else GROUP


def packet(lab: Lab, block: Block) -> Packet:
    source = lab.node("lb02" if block.direction is Direction.IN else "lb01").ipv4()
    return Packet(
        direction=block.direction,
        interface="eth0",
        family=block.family,
        kind="veth",
        source=source if block.unicast else None,
        destination=destination(lab, block),
    )


def fate(lab: Lab, block: Block) -> str:
    """What becomes of real packets: delivered, dropped (two have reached the device, none the socket), or refused."""
    ways = ("lb02", "lb01") if block.direction is Direction.IN else ("lb01", "lb02")
    sender, receiver = map(lab.node, ways)
    target = destination(lab, block)
    group = target if not block.unicast else GROUP
    listener = receiver.popen([INTERPRETER, "-c", LISTEN, group], name="listener")
    wait_until(lambda: "ready" in listener.log.read_text() or None, what="the listener", timeout=30)

    def seen() -> str | None:
        if "refused" in sender.run([INTERPRETER, "-c", SEND, target]).stdout:
            return "refused"
        words = listener.log.read_text().split()
        return "delivered" if "delivered" in words else "dropped" if words.count("arrived") > 3 else None

    return wait_until(seen, what="a packet", timeout=60)


@pytest.mark.parametrize("name", BLOCKS)
def test_the_printed_remedy_lets_vrrp_through_and_lasts(lab: Lab, name: str) -> None:
    block, node = BLOCKS[name], lab.node("lb01")
    assert judged(lab, block).verdict is Fate.ACCEPTED
    assert fate(lab, block) == "delivered"

    node.run(["sh", "-ec", block.make])
    blocked = judged(lab, block)
    assert (blocked.verdict, blocked.owner) == (block.verdict, block.owner), blocked
    if block.verdict is Fate.DROPPED:
        assert fate(lab, block) == ("dropped" if block.direction is Direction.IN else "refused")

    remedy = remedy_for(blocked, packet(lab, block))
    print(name, blocked, remedy, sep="\n")
    assert remedy.startswith(block.remedy)
    node.run(["sh", "-e"], stdin=remedy + "\n")
    assert judged(lab, block).verdict is Fate.ACCEPTED
    assert fate(lab, block) == "delivered"

    if block.reload is not None:
        node.run(["sh", "-ec", block.reload])
        assert judged(lab, block).verdict is Fate.ACCEPTED
        assert fate(lab, block) == "delivered"


def judged(lab: Lab, block: Block) -> Judgement:
    return judge_vrrp(listing(lab.node("lb01")), packet(lab, block))
