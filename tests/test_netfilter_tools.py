"""The listings of ufw and firewalld judged, and their remedies.

ufw's listings are those of ufw 0.36.2 with its default rules on iptables 1.8.9, less what concerns forwarding and most
of what names other protocols; firewalld's is what nft 1.0.6 lists of the tables that firewalld 1.3.3 makes for a zone
`public` and a policy `strict` from the host to anywhere with the target REJECT.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hawatch.netfilter import AH, Direction, FirewallTool, Packet, judge_vrrp, remedy_for
from hawatch.netfilter.judgement import Fate
from hawatch.wire.family import Family

RECORDED = Path(__file__).with_name("firewall_listings")

IN = Packet(direction=Direction.IN, interface="eth0", kind="")
OUT = Packet(direction=Direction.OUT, interface="eth0", kind="")
IN6 = Packet(direction=Direction.IN, interface="eth0", family=Family.IPV6, destination="ff02::12", kind="")
FROM_PEER = Packet(
    direction=Direction.IN, interface="eth0", source="10.0.0.2", destination="10.0.0.1", kind=""
)
TO_PEER = Packet(
    direction=Direction.OUT, interface="eth0", source="10.0.0.1", destination="10.0.0.2", kind=""
)


def ufw() -> dict[str, object]:
    texts = {name: (RECORDED / f"ufw_{name}.txt").read_text() for name in ("iptables", "ip6tables")}
    return {"nft": {"nftables": []}, "problems": {}, **texts}


def with_line(listing: dict[str, object], line: str, *, name: str = "iptables") -> dict[str, object]:
    """The listing with one more rule at the end of its chain, which has none behind it that matters."""
    return {**listing, name: str(listing[name]).replace("COMMIT", f"{line}\nCOMMIT")}


def firewalld(
    *rules: tuple[str, list[object]], chains: tuple[dict[str, object], ...] = ()
) -> dict[str, object]:
    """firewalld's table with more rules: (chain, expressions)."""
    listed = json.loads((RECORDED / "firewalld.json").read_text())
    for chain, expressions in rules:
        body = {"family": "inet", "table": "firewalld", "chain": chain, "expr": expressions, "handle": 999}
        listed["nftables"].append({"rule": body})
    listed["nftables"] += chains
    return {"nft": listed, "iptables": None, "ip6tables": None, "problems": {}}


VRRP_NAMED: list[object] = [{"match": {"op": "==", "left": {"meta": {"key": "l4proto"}}, "right": 112}}]


# --- ufw ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("packet", "rule"),
    [
        (IN, "ufw prepend allow in on eth0 proto vrrp from any to 224.0.0.18"),
        (IN6, "ufw prepend allow in on eth0 proto vrrp from any to ff02::12"),
        (FROM_PEER, "ufw prepend allow in on eth0 proto vrrp from 10.0.0.2 to any"),
    ],
    ids=["multicast", "IPv6", "unicast"],
)
def test_ufws_default_may_drop_vrrp_and_the_remedy_is_ufws(packet: Packet, rule: str) -> None:
    judged = judge_vrrp(ufw(), packet)
    assert (judged.verdict, judged.owner, judged.rule) == (Fate.MAY_DROP, FirewallTool.UFW, "-P INPUT DROP")
    assert remedy_for(judged, packet).startswith(f"{rule} || {{\n")


def test_an_older_ufw_gets_the_rule_in_its_before_rules() -> None:
    before = (
        "sed -i '/^# End required lines/a -A ufw-before-input -i eth0 -p 112 -j ACCEPT' /etc/ufw/before.rules"
    )
    assert f"  {before} && ufw reload" in remedy_for(judge_vrrp(ufw(), IN), IN).splitlines()
    assert "-A ufw6-before-input" in remedy_for(judge_vrrp(ufw(), IN6), IN6)
    assert "/etc/ufw/before6.rules" in remedy_for(judge_vrrp(ufw(), IN6), IN6)


@pytest.mark.parametrize(
    ("packet", "name", "line"),
    [
        (IN, "iptables", "-A ufw-user-input -d 224.0.0.18/32 -i eth0 -p vrrp -j ACCEPT"),
        (FROM_PEER, "iptables", "-A ufw-user-input -s 10.0.0.2/32 -i eth0 -p vrrp -j ACCEPT"),
        (IN6, "ip6tables", "-A ufw6-user-input -d ff02::12/128 -i eth0 -p vrrp -j ACCEPT"),
    ],
    ids=["multicast", "unicast", "IPv6"],
)
def test_what_ufw_makes_of_the_remedy_lets_vrrp_through(packet: Packet, name: str, line: str) -> None:
    assert judge_vrrp(with_line(ufw(), line, name=name), packet).verdict is Fate.ACCEPTED


def test_ufw_lets_out_what_it_is_not_told_to_deny() -> None:
    assert judge_vrrp(ufw(), OUT).verdict is Fate.ACCEPTED
    closed = {**ufw(), "iptables": str(ufw()["iptables"]).replace(":OUTPUT ACCEPT", ":OUTPUT DROP")}
    judged = judge_vrrp(closed, TO_PEER)
    assert (judged.verdict, judged.owner) == (Fate.MAY_DROP, FirewallTool.UFW)
    assert remedy_for(judged, TO_PEER).startswith(
        "ufw prepend allow out on eth0 proto vrrp from any to 10.0.0.2 ||"
    )


def test_a_rule_of_ufws_before_rules_is_answered_there() -> None:
    groups = "-A ufw-before-input -m addrtype --dst-type MULTICAST -j DROP"
    loopback = "-A ufw-before-input -i lo"
    early = {**ufw(), "iptables": str(ufw()["iptables"]).replace(loopback, f"{groups}\n{loopback}")}
    judged = judge_vrrp(early, IN)
    assert (judged.verdict, judged.owner) == (Fate.DROPPED, FirewallTool.UFW)
    assert remedy_for(judged, IN).startswith("sed -i ")


def test_a_rule_put_in_by_hand_beside_ufw_is_answered_by_iptables() -> None:
    by_hand = {**ufw(), "iptables": str(ufw()["iptables"]).replace(
        "-A INPUT -j ufw-before-logging-input", "-A INPUT -p vrrp -j DROP\n-A INPUT -j ufw-before-logging-input"
    )}  # fmt: skip
    judged = judge_vrrp(by_hand, IN)
    assert (judged.verdict, judged.owner) == (Fate.DROPPED, FirewallTool.IPTABLES)
    assert remedy_for(judged, IN).startswith("iptables -I INPUT 1 -i eth0 -p 112 -j ACCEPT")


# --- firewalld ------------------------------------------------------------------------------------


def test_firewalls_zone_may_reject_vrrp_and_the_remedy_is_the_zones() -> None:
    judged = judge_vrrp(firewalld(), IN)
    assert (judged.verdict, judged.owner) == (Fate.MAY_DROP, FirewallTool.FIREWALLD)
    assert judged.rule == "reject with icmpx 3"
    assert remedy_for(judged, IN).splitlines() == [
        "firewall-cmd --permanent --zone=public --add-protocol=vrrp",
        "firewall-cmd --reload",
    ]


def test_what_firewalld_makes_of_the_remedy_lets_vrrp_through() -> None:
    allowed = firewalld(("filter_IN_public_allow", [*VRRP_NAMED, {"accept": None}]))
    for packet in (IN, IN6, FROM_PEER):
        assert judge_vrrp(allowed, packet).verdict is Fate.ACCEPTED


def test_ipv6_sources_of_advertisements_pass_firewalls_reverse_path_filter() -> None:
    judged = judge_vrrp(firewalld(), IN6)
    assert judged.place is not None
    assert judged.place.chain == "filter_IN_public"
    assert judged.others == ()


def test_a_peer_gets_a_rich_rule() -> None:
    assert "source address=\"10.0.0.2\" protocol value=\"vrrp\" accept" in remedy_for(
        judge_vrrp(firewalld(), FROM_PEER), FROM_PEER
    )  # fmt: skip


def test_ah_is_let_in_as_ah() -> None:
    ah = Packet(direction=Direction.IN, interface="eth0", protocol=AH, kind="")
    assert "--add-protocol=ah" in remedy_for(judge_vrrp(firewalld(), ah), ah)


def test_a_rich_rule_that_denies_is_answered_by_one_before_it() -> None:
    denied = firewalld(("filter_IN_public_deny", [*VRRP_NAMED, {"drop": None}]))
    judged = judge_vrrp(denied, IN)
    assert judged.place is not None
    assert judged.place.chain == "filter_IN_public_deny"
    assert '--zone=public --add-rich-rule=\'rule priority="-32768" family="ipv4" protocol' in remedy_for(
        judged, IN
    )


def test_a_policy_of_firewalld_on_the_way_out_is_named() -> None:
    judged = judge_vrrp(firewalld(), OUT)
    assert (judged.verdict, judged.owner) == (Fate.MAY_DROP, FirewallTool.FIREWALLD)
    lines = remedy_for(judged, OUT).splitlines()
    assert lines[0].startswith("firewall-cmd --permanent --policy=strict --add-rich-rule=")
    assert lines[-1] == "firewall-cmd --reload"


def test_firewalld_on_iptables_is_told_by_its_chains() -> None:
    lines = [
        "*filter", ":INPUT ACCEPT [0:0]", ":OUTPUT ACCEPT [0:0]", ":INPUT_direct - [0:0]", ":INPUT_ZONES - [0:0]",
        ":IN_public - [0:0]", ":OUTPUT_direct - [0:0]",
        "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED,DNAT -j ACCEPT", "-A INPUT -i lo -j ACCEPT",
        "-A INPUT -m conntrack --ctstate INVALID -j DROP", "-A INPUT -j INPUT_direct", "-A INPUT -j INPUT_ZONES",
        "-A INPUT -j REJECT --reject-with icmp-host-prohibited", "-A INPUT_ZONES -i eth0 -g IN_public",
        "-A IN_public -p icmp -j ACCEPT", "-A OUTPUT -j OUTPUT_direct", "-A OUTPUT_direct -p vrrp -j DROP", "COMMIT",
    ]  # fmt: skip
    listing = {"nft": {"nftables": []}, "iptables": "\n".join(lines)}
    judged = judge_vrrp(listing, IN)
    assert (judged.verdict, judged.owner) == (Fate.MAY_DROP, FirewallTool.FIREWALLD)
    assert "zone=$(firewall-cmd --get-zone-of-interface=eth0" in remedy_for(judged, IN)
    judged = judge_vrrp(listing, OUT)
    assert (judged.verdict, judged.owner) == (Fate.DROPPED, FirewallTool.FIREWALLD)
    assert remedy_for(judged, OUT).splitlines() == [
        "firewall-cmd --permanent --direct --add-rule ipv4 filter OUTPUT -1 -o eth0 -p 112 -j ACCEPT",
        "firewall-cmd --reload",
    ]


# --- others ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "owner"), [("DOCKER-INPUT", FirewallTool.DOCKER), ("LIBVIRT_INP", FirewallTool.LIBVIRT)]
)
def test_chains_of_docker_and_libvirt_are_named_as_theirs(name: str, owner: FirewallTool) -> None:
    lines = [
        "*filter",
        ":INPUT ACCEPT [0:0]",
        f":{name} - [0:0]",
        f"-A INPUT -j {name}",
        f"-A {name} -j DROP",
        "COMMIT",
    ]
    judged = judge_vrrp({"nft": {"nftables": []}, "iptables": "\n".join(lines)}, IN)
    assert (judged.verdict, judged.owner) == (Fate.DROPPED, owner)
    remedy = remedy_for(judged, IN).splitlines()
    assert remedy[0].startswith(f"# {owner} puts its own rules back")
    assert remedy[1] == "iptables -I INPUT 1 -i eth0 -p 112 -j ACCEPT"


def test_what_passes_and_what_is_unknown_has_no_remedy() -> None:
    nothing: tuple[dict[str, object], ...] = ({"nft": {"nftables": []}}, {"nft": None})
    for listing in nothing:
        assert remedy_for(judge_vrrp(listing, IN), IN) == ""
