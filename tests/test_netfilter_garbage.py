"""Whatever stands where a listing should be: one judgement, or DecodeError, and nothing else."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hawatch.errors import DecodeError
from hawatch.netfilter import Direction, Judgement, Packet, judge_vrrp, remedy_for
from hawatch.netfilter.judgement import Fate
from hawatch.netfilter.listing import read_listing
from hawatch.netfilter.walk import Walk
from hawatch.wire.family import Family

WORDS = st.sampled_from(
    ["inet", "ip", "ip6", "netdev", "filter", "input", "output", "prerouting", "ingress",
     "drop", "accept", "jump", "goto", "target", "sub", "match", "op", "left",
     "right", "==", "!=", "in", "<", "meta", "key", "l4proto", "iifname",
     "payload", "protocol", "field", "saddr", "daddr", "10.0.0.0", "ct", "state", "set",
     "prefix", "addr", "len", "range", "concat", "elem", "val", "vmap", "data",
     "@named", "numgen", "mod", "mode", "random", "fib", "flags", "result", "type",
     "&", "xt", "name", "table", "chain", "family", "hook", "prio", "policy",
     "expr", "rule", "map", "queue", "mangle", "value", "notrack", "limit", "224.0.0.18",
     "eth0",]
)  # fmt: skip
SCALARS = (
    st.none() | st.booleans() | st.integers(-3, 300) | st.floats(allow_nan=True) | WORDS | st.text(max_size=5)
)
JSON: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)
KEYS = st.sampled_from(["l4proto", "iifname", "oifname", "mark", "pkttype", "protocol", "nfproto", "hour"])
FIELDS = st.sampled_from(
    ["saddr", "daddr", "protocol", "ttl", "dport", "nexthdr", "hoplimit", "type", "frag-off"]
)
LEFT = st.one_of(
    KEYS.map(lambda key: {"meta": {"key": key}}),
    st.tuples(st.sampled_from(["ip", "ip6", "tcp", "th", "ether", "ah"]), FIELDS).map(
        lambda pair: {"payload": {"protocol": pair[0], "field": pair[1]}}
    ),
    st.just({"ct": {"key": "state"}}),
    st.just({"numgen": {"mode": "random", "mod": 10, "offset": 0}}),
    st.just({"fib": {"result": "type", "flags": ["daddr"]}}),
    JSON,
)
RIGHT = st.one_of(
    JSON,
    st.sampled_from([112, 51, 6, "vrrp", "eth0", "eth*", "224.0.0.18", "@named", [2, 4], True]),
    st.lists(SCALARS, max_size=3).map(lambda each: {"set": each}),
    st.just({"prefix": {"addr": "224.0.0.0", "len": 4}}),
)
STATEMENTS = st.one_of(
    st.builds(
        lambda op, left, right: {"match": {"op": op, "left": left, "right": right}},
        st.sampled_from(["==", "!=", "<", ">", "<=", ">=", "in"]),
        LEFT,
        RIGHT,
    ),
    st.sampled_from(
        ["accept", "drop", "return", "continue", "reject", "notrack", "xt", "counter", "queue"]
    ).map(lambda kind: {kind: None}),
    st.builds(
        lambda kind, target: {kind: {"target": target}},
        st.sampled_from(["jump", "goto"]),
        st.sampled_from("abc"),
    ),
    st.builds(
        lambda key, pairs: {"vmap": {"key": key, "data": {"set": pairs}}},
        LEFT,
        st.lists(
            st.tuples(RIGHT, st.sampled_from([{"drop": None}, {"accept": None}, None])).map(list), max_size=3
        ),
    ),
    st.dictionaries(WORDS, JSON, min_size=1, max_size=1),
)
RULES = st.lists(st.tuples(st.sampled_from("abcI"), st.lists(STATEMENTS, max_size=4)), max_size=8)
PACKETS = st.builds(
    Packet,
    direction=st.sampled_from(Direction),
    interface=st.just("eth0"),
    family=st.sampled_from(Family),
    source=st.sampled_from([None, "10.0.0.2", "fe80::2"]),
    destination=st.sampled_from([None, "224.0.0.18", "ff02::12", "10.0.0.1"]),
    kind=st.sampled_from([None, "", "bridge", "vlan"]),
)


def ruleset(rules: list[tuple[str, list[Any]]], hook: str, policy: str) -> dict[str, Any]:
    place = {"family": "inet", "table": "t"}
    items: list[dict[str, Any]] = [{"chain": {**place, "name": name}} for name in "abc"]
    items.append(
        {"chain": {**place, "name": "I", "hook": hook, "prio": 0, "policy": policy, "type": "filter"}}
    )
    items += [{"rule": {**place, "chain": chain, "expr": list(each)}} for chain, each in rules]
    return {"nft": {"nftables": items}}


@given(
    st.dictionaries(
        st.sampled_from(["nft", "iptables", "ip6tables", "problems", "nft_chains", "iptables_legacy"]), JSON
    )
    | JSON.map(lambda plain: {"nft": {"nftables": plain}})
    | JSON.map(lambda plain: {"nft": {"nftables": [{"chain": plain}, {"rule": plain}, {"set": plain}]}}),
    PACKETS,
)
def test_any_json_is_judged_or_refused(listing: dict[str, object], packet: Packet) -> None:
    try:
        judged = judge_vrrp(listing, packet)
    except DecodeError:
        return
    assert isinstance(judged, Judgement)
    assert isinstance(remedy_for(judged, packet), str)


@given(st.text() | st.lists(st.sampled_from(["*filter", ":INPUT DROP [0:0]", ":x - [0:0]", "COMMIT", "-A INPUT -j x",
       "-A x -p vrrp -j DROP", "-A INPUT ! -m", "-A INPUT -m ttl --ttl-eq", "-A x -m statistic --probability x -j DROP",
       "-A x -m iprange --src-range 1 -j DROP", "[1:2] -A x -g INPUT", "-A INPUT -p -j DROP", "-A INPUT -d x/y"
       ])).map("\n".join), PACKETS)  # fmt: skip
def test_any_text_is_judged_or_refused(text: str, packet: Packet) -> None:
    try:
        judge_vrrp({"nft": {"nftables": []}, "iptables": text, "ip6tables": text, "nft_chains": text}, packet)
    except DecodeError:
        return


@given(RULES, st.sampled_from(["input", "output"]), st.sampled_from(["accept", "drop"]), PACKETS)
def test_every_ruleset_gives_exactly_one_judgement(
    rules: list[tuple[str, list[Any]]], hook: str, policy: str, packet: Packet
) -> None:
    judged = judge_vrrp(ruleset(rules, hook, policy), packet)
    assert isinstance(judged.verdict, Fate)
    assert "\n" not in judged.rule
    trouble = judged.verdict in {Fate.DROPPED, Fate.MAY_DROP, Fate.PARTLY_DROPPED}
    assert bool(remedy_for(judged, packet)) == trouble
    if trouble:
        assert judged.place is not None
        assert judged.owner is not None


@given(RULES, st.sampled_from(["accept", "drop"]), PACKETS)
def test_an_accept_at_the_gate_lets_it_through_that_chain(
    rules: list[tuple[str, list[Any]]], policy: str, packet: Packet
) -> None:
    judged = judge_vrrp(ruleset(rules, "input", policy), packet)
    if judged.gate is None:
        return
    accept = [{"match": {"op": "==", "left": {"meta": {"key": "l4proto"}}, "right": 112}}, {"accept": None}]
    before = 0 if judged.gate.number is None else judged.gate.number - 1
    positions = [index for index, (chain, _) in enumerate(rules) if chain == "I"] + [len(rules)]
    mended = [*rules[: positions[before]], ("I", accept), *rules[positions[before] :]]
    assert judge_vrrp(ruleset(mended, "input", policy), packet).verdict is Fate.ACCEPTED


def test_a_deep_nest_and_an_endless_ruleset_end() -> None:
    nest: Any = 1
    for _ in range(300):
        nest = {"&": [nest, 1]}
    deep = [("I", [{"match": {"op": "==", "left": nest, "right": nest}}, {"drop": None}])]
    packet = Packet(direction=Direction.IN, interface="eth0", kind="")
    assert judge_vrrp(ruleset(deep, "input", "accept"), packet).verdict is Fate.MAY_DROP
    jumps: list[tuple[str, list[Any]]] = [("I", [{"jump": {"target": "a"}}])]
    jumps += [(a, [{"jump": {"target": b}}]) for a in "abc" for b in "abc" for _ in range(3)]
    judged = judge_vrrp(ruleset(jumps, "input", "accept"), packet)
    assert judged.verdict is Fate.UNKNOWN
    assert json.dumps(judged.rule)


def test_a_chain_that_leads_back_to_itself_is_left_at_once_since_no_kernel_takes_it() -> None:
    maybe = [{"match": {"op": "==", "left": {"numgen": {"mode": "random", "mod": 2}}, "right": 0}}]
    rules: list[tuple[str, list[Any]]] = [("I", [{"jump": {"target": "a"}}])]
    rules += [("a", [*maybe, {"jump": {"target": "a"}}])] * 3
    walk = Walk(
        read_listing(ruleset(rules, "input", "accept")),
        Packet(direction=Direction.IN, interface="eth0", kind=""),
    )
    ends = [end for chain, met in walk.chains() for end in walk.through(chain, met)]
    assert len(ends) == 3 + 1
