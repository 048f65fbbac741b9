"""What `hawatch init` proposes for a host and its keepalived.conf."""

from __future__ import annotations

import re
import shlex
import tomllib
from argparse import ArgumentParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hawatch.cli import init
from hawatch.cli.initiating.facts import HostFacts, OwnAddress, read_hosts
from hawatch.cli.initiating.next_steps import next_steps, other_nodes_line
from hawatch.cli.initiating.peers import other_end, sibling
from hawatch.cli.initiating.proposal import Proposal, Wishes
from hawatch.cli.initiating.proposing import propose, sure_end, with_wire
from hawatch.cli.initiating.rendering import hawatch_toml
from hawatch.config import Config, Peer, UdpLink, load
from hawatch.config.reference import HAWATCH_TOML, provider, provider_incoming
from hawatch.errors import ConfigError, HawatchError
from hawatch.keepalived.reader import read_source
from tests.test_keepalived_corpus import CONFIGURATIONS, source_of
from tests.test_keepalived_parser import MAIN, MemoryFiles

MULTICAST = """
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    virtual_ipaddress {
        10.0.0.100/24
    }
}
"""
UNICAST = """
vrrp_instance VI_1 {{
    interface eth0
    virtual_router_id 51
    {source}
    unicast_peer {{
        {peers}
    }}
    virtual_ipaddress {{
        10.0.0.100/24
    }}
}}
"""
LAN = OwnAddress(device="eth0", address="10.0.0.11", prefix_length=24)
VIP = OwnAddress(device="eth0", address="10.0.0.100", prefix_length=24)
WIRE = OwnAddress(device="eth1", address="10.10.10.1", prefix_length=30)
SECOND = OwnAddress(device="eth2", address="10.0.2.11", prefix_length=24)
LOOPBACK = OwnAddress(device="lo", address="127.0.0.1", prefix_length=8)
LB01 = HostFacts(name="lb01", addresses=(LOOPBACK, VIP, LAN), gateways=("10.0.0.1",))


def proposed(conf: str, host: HostFacts = LB01, wishes: Wishes | None = None) -> Proposal:
    source = read_source(MAIN, fingerprint=lambda _: "", host_name="lb01", files=MemoryFiles({MAIN: conf}))
    assert source.config is not None
    return propose(source.config, source.statements, host, wishes or Wishes())


def text_of(proposal: Proposal) -> str:
    return hawatch_toml(proposal, MAIN)


def config_of(proposal: Proposal) -> Config:
    return load(text_of(proposal), "hawatch.toml")


def unicast(*peers: str, source: str = "") -> str:
    return UNICAST.format(source=f"unicast_src_ip {source}" if source else "", peers="\n".join(peers))


def wishing(*arguments: str) -> Wishes:
    parser = ArgumentParser()
    init.configure(parser)
    return init._wishes(parser.parse_args(arguments))


# --- peers and links ------------------------------------------------------------------------------


def test_a_unicast_peer_becomes_a_peer_with_a_link_between_the_addresses_that_keepalived_uses() -> None:
    config = config_of(proposed(unicast("10.0.0.12", source="10.0.0.11")))

    assert config.peers == (
        Peer(name="lb02", links=(UdpLink(name="lan", remote="10.0.0.12", local="10.0.0.11"),)),
    )


def test_a_vip_that_this_node_holds_is_never_its_end_of_a_link() -> None:
    (peer,) = proposed(MULTICAST, wishes=wishing("--peer", "lb02=10.0.0.12")).peers

    assert peer.links[0].local == "10.0.0.11"


def test_with_multicast_and_nobody_named_the_peer_is_left_to_be_written_and_the_file_says_so() -> None:
    proposal = proposed(MULTICAST)

    assert config_of(proposal).peers == ()
    assert "The other node." in text_of(proposal)
    assert '#[[peer]]\n#name = "lb02"' in text_of(proposal)


def test_an_address_for_each_wire_gives_a_link_for_each() -> None:
    host = HostFacts(name="lb01", addresses=(LAN, SECOND))
    (peer,) = proposed(MULTICAST, host, wishing("--peer", "lb02=10.0.0.12,10.0.2.12")).peers

    assert [(each.name, each.local, each.remote) for each in peer.links] == [
        ("lan", "10.0.0.11", "10.0.0.12"),
        ("eth2", "10.0.2.11", "10.0.2.12"),
    ]


def test_a_peer_by_host_name_is_left_to_the_route() -> None:
    (peer,) = proposed(MULTICAST, wishes=wishing("--peer", "lb02=lb02.example.org")).peers

    assert (peer.links[0].remote, peer.links[0].local) == ("lb02.example.org", None)


def test_the_hosts_file_names_the_peer_and_then_it_is_no_guess() -> None:
    host = HostFacts(
        name="lb01", addresses=(LAN,), names=read_hosts("10.0.0.12 web-standby.example.org ws # x\n")
    )
    (peer,) = proposed(unicast("10.0.0.12"), host).peers

    assert (peer.name, peer.guessed) == ("web-standby", False)


def test_a_name_that_nobody_said_is_called_a_guess_in_the_file() -> None:
    proposal = proposed(unicast("10.0.0.12"))

    assert proposal.peers[0].guessed
    assert "# The name is a guess." in text_of(proposal)


def test_two_addresses_in_one_network_are_two_nodes() -> None:
    names = [peer.name for peer in proposed(unicast("10.0.0.12", "10.0.0.13")).peers]

    assert names == ["lb02", "10.0.0.13"]


def test_two_addresses_in_two_networks_are_one_node_with_two_wires() -> None:
    host = HostFacts(name="lb01", addresses=(LAN, SECOND))
    conf = unicast("10.0.0.12") + unicast("10.0.2.12").replace("VI_1", "VI_2").replace(
        "eth0", "eth2"
    ).replace("10.0.0.100", "10.0.2.100")
    (peer,) = proposed(conf, host).peers

    assert [link.remote for link in peer.links] == ["10.0.0.12", "10.0.2.12"]


def test_this_node_itself_in_a_list_of_all_unicast_peers_is_no_peer() -> None:
    assert [peer.name for peer in proposed(unicast("10.0.0.11", "10.0.0.12")).peers] == ["lb02"]


def test_a_link_local_unicast_peer_keeps_its_device() -> None:
    conf = unicast("fe80::12").replace("10.0.0.100/24", "fe80::100/64")

    (peer,) = config_of(proposed(conf)).peers
    assert [getattr(link, "remote", None) for link in peer.links] == ["fe80::12%eth0"]


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("lb01", "lb02"),
        ("lb02", "lb01"),
        ("web9", "web10"),
        ("node0", "node1"),
        ("db-a", "db-b"),
        ("db_b", "db_a"),
        ("gateway", None),
    ],
)
def test_the_other_nodes_name_follows_from_this_ones(name: str, other: str | None) -> None:
    assert sibling(name) == other


# --- another wire ---------------------------------------------------------------------------------


def test_another_network_is_offered_as_a_wire_in_a_comment_with_its_likely_other_end() -> None:
    host = HostFacts(name="lb01", addresses=(LAN, SECOND))
    proposal = proposed(unicast("10.0.0.12"), host)

    assert len(config_of(proposal).peers[0].links) == 1
    assert '#name = "eth2"\n#remote = "10.0.2.12"\n#local = "10.0.2.11"' in text_of(proposal)


def test_a_network_for_two_has_one_other_end_and_that_may_be_taken_unasked() -> None:
    proposal = proposed(unicast("10.0.0.12"), HostFacts(name="lb01", addresses=(LAN, WIRE)))

    assert sure_end(proposal, WIRE) == "10.10.10.2"
    links = config_of(with_wire(proposal, WIRE, "10.10.10.2")).peers[0].links
    assert links[1] == UdpLink(name="eth1", remote="10.10.10.2", local="10.10.10.1")


def test_what_leads_to_the_gateway_is_not_taken_for_a_wire_unasked() -> None:
    host = HostFacts(name="lb01", addresses=(LAN, WIRE), gateways=("10.10.10.2",))

    assert sure_end(proposed(unicast("10.0.0.12"), host), WIRE) is None


def test_a_network_for_many_is_not_taken_unasked() -> None:
    proposal = proposed(unicast("10.0.0.12"), HostFacts(name="lb01", addresses=(LAN, SECOND)))

    assert sure_end(proposal, SECOND) is None
    assert other_end(SECOND, proposal.peers[0].links, proposal.own) == "10.0.2.12"


def test_beside_a_peer_whose_way_is_not_known_no_wire_is_offered() -> None:
    host = HostFacts(name="lb01", addresses=(LAN, SECOND))

    assert proposed(MULTICAST, host, wishing("--peer", "lb02=lb02.example.org")).wires == ()
    assert proposed(MULTICAST, host, wishing("--peer", "lb02=172.16.0.2")).wires == ()


# --- what else stands in the file -----------------------------------------------------------------


def test_a_file_says_nothing_but_what_cannot_be_found_out() -> None:
    written = tomllib.loads(text_of(proposed(unicast("10.0.0.12"))))

    assert written == {
        "node": {"name": "lb01"},
        "peer": [
            {"name": "lb02", "link": [{"name": "lan", "remote": "10.0.0.12", "local": "10.0.0.11"}]},
        ],
    }


def test_every_key_is_there_but_those_of_providers_that_have_ready_files() -> None:
    text = text_of(proposed(unicast("10.0.0.12")))
    for table in HAWATCH_TOML:
        if table in provider.TABLES or table in provider_incoming.TABLES:
            continue
        assert re.search(rf"^#?{re.escape(table.heading)}$", text, re.MULTILINE), table.heading
        for key in table.keys:
            assert re.search(rf"^#?{key.name} = .*# .", text, re.MULTILINE), (table.title, key.name)


def test_every_comment_that_can_be_switched_on_is_toml() -> None:
    lines = text_of(proposed(unicast("10.0.0.12"))).splitlines()
    off = [line[1:] for line in lines if re.match(r"#[^ ]", line)]
    assert len(off) > 100
    for line in off:
        tomllib.loads(line)


def test_the_gateways_are_shown_as_what_is_asked_when_nobody_names_a_reference() -> None:
    assert "the default gateways (now 10.0.0.1)" in text_of(proposed(MULTICAST))
    alone = text_of(proposed(MULTICAST, HostFacts(name="lb01", addresses=(LAN,))))
    assert "now there is none: name something that always answers" in alone


def test_nopreempt_comes_with_the_words_that_accept_equal_priorities() -> None:
    hint = '#[[accept]]\n#cause = "equal_priority"\n#reason = "nopreempt by design"'

    assert hint in text_of(proposed(MULTICAST.replace("interface", "nopreempt\n interface")))
    assert hint not in text_of(proposed(MULTICAST))


def test_both_ways_to_be_told_are_explained_and_neither_is_switched_on() -> None:
    proposal = proposed(MULTICAST)

    assert "Your monitoring system pages" in text_of(proposal)
    assert "hawatch pages" in text_of(proposal)
    assert (config_of(proposal).channels, config_of(proposal).contacts) == ((), ())


@pytest.mark.parametrize(
    ("script", "line"),
    [
        ('"/usr/bin/killall -0 nginx"', '#process = "nginx"'),
        ("'pgrep -x haproxy'", '#process = "haproxy"'),
        ('"systemctl is-active --quiet mysqld.service"', '#process = "mysqld"'),
        ('"/usr/bin/curl -sf http://127.0.0.1:8080/health"', '#http = "http://127.0.0.1:8080/health"'),
        ('"/bin/nc -z 127.0.0.1 5432"', '#tcp = "127.0.0.1:5432"'),
    ],
)
def test_a_tracked_script_that_can_be_understood_becomes_a_service_in_a_comment(
    script: str, line: str
) -> None:
    proposal = proposed(f"vrrp_script chk_it {{\n script {script}\n}}\n{MULTICAST}")

    assert line in text_of(proposal)
    assert config_of(proposal).services == ()


def test_a_tracked_process_becomes_a_service_in_a_comment() -> None:
    conf = f"vrrp_track_process dns {{\n process /usr/sbin/named\n}}\n{MULTICAST}"

    assert '#name = "named"\n#process = "named"' in text_of(proposed(conf))


@pytest.mark.parametrize(
    "script",
    [
        "/usr/local/bin/chk.sh --password geheim",
        "curl http://monitor:geheim@127.0.0.1/",
        "curl http://127.0.0.1/?token=geheim",
        "mysqladmin -pgeheim ping",
    ],
)
def test_a_secret_in_a_script_does_not_get_into_the_file(script: str) -> None:
    proposal = proposed(f'vrrp_script chk_it {{\n script "{script}"\n}}\n{MULTICAST}')

    assert "geheim" not in text_of(proposal)


def test_chinese_comments_in_keepalived_conf_are_nothing_special() -> None:
    assert config_of(proposed(f"# 主备配置：负载均衡\n{MULTICAST}")).node.name == "lb01"


# --- any keepalived.conf, any host ----------------------------------------------------------------

NAMES = st.text(
    st.characters(exclude_categories=("C", "Z"), exclude_characters="=,"), min_size=1, max_size=12
)
DEVICES = st.sampled_from(["eth0", "eth1", "bond0.7", "br0"])
ADDRESSES = st.builds(
    OwnAddress,
    device=DEVICES,
    address=st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(str),
    prefix_length=st.integers(8, 32),
)
HOSTS = st.builds(
    HostFacts,
    name=NAMES,
    addresses=st.lists(ADDRESSES, max_size=5).map(tuple),
    gateways=st.lists(st.ip_addresses(v=4).map(str), max_size=2).map(tuple),
    names=st.dictionaries(st.ip_addresses().map(str), NAMES, max_size=3),
)
WISHES = st.builds(Wishes, node=st.none() | NAMES, pair=st.none() | NAMES)


@pytest.mark.parametrize("name", CONFIGURATIONS)
@settings(max_examples=10)
@given(host=HOSTS, wishes=WISHES)
def test_any_keepalived_conf_on_any_host_gives_a_file_that_can_be_used(
    name: str, host: HostFacts, wishes: Wishes
) -> None:
    try:
        source = source_of(name)
    except ConfigError:
        return  # that it is said in one line is for test_init_command.py
    if source.config is None:
        return
    proposal = propose(source.config, source.statements, host, wishes)
    config = config_of(proposal)

    assert config.node.name == (wishes.node or host.name)
    assert config.node.pair == wishes.pair
    remotes = [getattr(link, "remote", "") for peer in config.peers for link in peer.links]
    wanted = {peer for router in source.config.virtual_routers for peer in router.unicast_peers}
    mine = {each.address for each in proposal.own}
    assert {remote.partition("%")[0] for remote in remotes} == wanted - mine


# --- the line for the other node ------------------------------------------------------------------


def words_of(line: str) -> tuple[str, list[str], str]:
    """The host, the command there, and the file with the key, of an ssh line."""
    ssh, host, command, key = shlex.split(line)
    assert ssh == "ssh"
    return host, shlex.split(command), key


def test_the_line_for_the_other_node_makes_there_what_mirrors_this_node() -> None:
    lb01 = HostFacts(name="lb01", addresses=(LAN, SECOND))
    ours = proposed(
        MULTICAST,
        lb01,
        wishing("--pair", "our web", "--peer", "lb02=10.0.0.12,10.0.2.12", "--listen", "10.0.2.11"),
    )
    host, words, key = words_of(other_nodes_line(ours, ours.peers[0], "/etc/hawatch/peer.key"))
    assert (host, words[:2], key) == ("root@10.0.0.12", ["hawatch", "init"], "</etc/hawatch/peer.key")

    lb02 = HostFacts(
        name="vm-4711",
        addresses=(
            OwnAddress(device="eth0", address="10.0.0.12", prefix_length=24),
            OwnAddress(device="eth2", address="10.0.2.12", prefix_length=24),
        ),
    )
    theirs = config_of(proposed(MULTICAST, lb02, wishing(*words[2:])))
    assert (theirs.node.name, theirs.node.pair, str(theirs.listen.http)) == (
        "lb02",
        "our web",
        "10.0.2.12:10112",
    )
    assert theirs.peers == (
        Peer(
            name="lb01",
            links=(
                UdpLink(name="lan", remote="10.0.0.11", local="10.0.0.12"),
                UdpLink(name="eth2", remote="10.0.2.11", local="10.0.2.12"),
            ),
        ),
    )


def test_with_three_nodes_each_line_names_the_other_two() -> None:
    ours = proposed(unicast("10.0.0.12", "10.0.0.13"))
    _, words, _ = words_of(other_nodes_line(ours, ours.peers[1], "/k"))

    assert [words[n + 1] for n, word in enumerate(words) if word == "--peer"] == [
        "lb01=10.0.0.11",
        "lb02=10.0.0.12",
    ]


def test_what_nobody_knows_stands_in_capitals() -> None:
    steps = "\n".join(next_steps(proposed(MULTICAST), key_file="/k", runs_systemd=True, is_first=True))

    assert "OTHER_NODE" in steps
    assert "lb01=ADDRESS_OF_THIS_NODE" in steps
    assert "systemctl enable --now" in steps


def test_the_second_node_is_not_told_to_set_up_the_first() -> None:
    ours = proposed(unicast("10.0.0.12"))

    assert not [
        step for step in next_steps(ours, key_file="/k", runs_systemd=True, is_first=False) if "ssh" in step
    ]


# --- wishes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--peer", "lb02"], "--peer lb02: is not NAME=ADDRESS"),
        (["--peer", "=10.0.0.12"], "--peer =10.0.0.12: is not NAME=ADDRESS"),
        (["--peer", "lb02="], "--peer lb02=: is not NAME=ADDRESS"),
        (["--peer", "lb02=10.0.0.300"], "--peer lb02=10.0.0.300: is neither an address nor a host name"),
        (["--peer", "lb02=10.0.0.12,10.0.0.12"], "--peer lb02=10.0.0.12,10.0.0.12: has an address twice"),
        (["--peer", "a=10.0.0.12", "--peer", "a=10.0.0.13"], "--peer: one name for two nodes"),
        (["--listen", "10.0.0"], "--listen 10.0.0: is neither an address nor ADDRESS:PORT"),
        (["--node", "a=b"], "--node a=b: has a = or a comma in it"),
        (["--pair", " "], "--pair  : is not a name"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused_in_one_line(words: list[str], problem: str) -> None:
    with pytest.raises(HawatchError, match=f"^{re.escape(problem)}"):
        wishing(*words)


@pytest.mark.parametrize(
    ("wish", "http"),
    [
        ("10.0.0.11", "10.0.0.11:10112"),
        ("10.0.0.11:9000", "10.0.0.11:9000"),
        ("::1", "[::1]:10112"),
        ("[::1]:9000", "[::1]:9000"),
        ("lb01.example.org", "lb01.example.org:10112"),
        ("127.0.0.1", "127.0.0.1:10112"),
    ],
)
def test_where_to_listen_may_be_said_with_or_without_the_port(wish: str, http: str) -> None:
    assert str(config_of(proposed(MULTICAST, wishes=wishing("--listen", wish))).listen.http) == http


def test_only_a_place_to_listen_that_is_not_the_usual_one_is_written() -> None:
    assert "\n[listen]" not in text_of(proposed(MULTICAST, wishes=wishing("--listen", "127.0.0.1")))
