"""The role's filters: YAML's dictionaries as TOML, and what the inventory says about pairs."""

from __future__ import annotations

import importlib.util
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

FILTERS = Path(__file__).parents[2] / "deploy/ansible/roles/hawatch/filter_plugins"


def filters(name: str) -> dict[str, Any]:
    """What Ansible would find in one of the files."""
    spec = importlib.util.spec_from_file_location(name, FILTERS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: dict[str, Any] = module.FilterModule().filters()
    return found


to_toml = filters("hawatch_toml")["hawatch_toml"]
inventory = filters("hawatch_inventory")

text = st.text(st.characters(exclude_categories=["Cs"]))
plain = st.one_of(
    st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), text, st.dates(date(1, 1, 1))
)
values = st.recursive(
    plain,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(text, inner, max_size=3)),
    max_leaves=12,
)


@given(st.dictionaries(text, values, max_size=5))
def test_what_is_written_as_toml_is_read_as_it_was(document: dict[str, Any]) -> None:
    assert tomllib.loads(to_toml(document)) == document


def test_tables_look_as_people_write_them() -> None:
    peer = {"name": "lb02", "link": [{"name": "lan", "remote": "10.0.0.12"}]}
    assert to_toml({"node": {"pair": "web"}, "peer": [peer]}) == (
        '[node]\npair = "web"\n\n[[peer]]\nname = "lb02"\n\n[[peer.link]]\nname = "lan"\nremote = "10.0.0.12"\n'
    )


def test_what_toml_has_no_word_for_is_named() -> None:
    with pytest.raises(TypeError, match=r"oncall\.chain: TOML has no word for NoneType"):
        to_toml({"oncall": {"chain": [None]}})


def host(name: str, **variables: Any) -> dict[str, Any]:
    return {"inventory_hostname": name, "inventory_hostname_short": name.partition(".")[0], **variables}


def test_hosts_of_one_pair_are_members_and_know_each_other_by_the_wires_that_both_name() -> None:
    direct, lan = {"name": "direct", "address": "10.10.10.1"}, {"name": "lan", "address": "10.0.0.11"}
    theirs = [{"name": "lan", "address": "10.0.0.12"}]
    one = host("lb01.example.org", hawatch_pair="web", hawatch_links=[lan, direct])
    other = host("lb02.example.org", hawatch_pair="web", hawatch_links=theirs)
    assert inventory["hawatch_members"]([one, other, host("db")], "web") == [
        "lb01.example.org",
        "lb02.example.org",
    ]
    (peer,) = inventory["hawatch_peers"]([one, other], "lb01.example.org", [lan, direct])
    assert peer == {"name": "lb02", "link": [{"name": "lan", "local": "10.0.0.11", "remote": "10.0.0.12"}]}
    assert inventory["hawatch_peers"]([one, other], "lb01.example.org", []) == []


def test_a_pair_has_its_agents_where_they_can_be_reached() -> None:
    hosts = [
        host("lb01", hawatch_pair="web", hawatch_listen="10.0.0.11:10112", hawatch_vip="10.0.0.100"),
        host("lb02", hawatch_pair="web", hawatch_listen="0.0.0.0:99", ansible_host="192.0.2.2"),
        host("v6", hawatch_pair="six", hawatch_listen="[fd00::1]:10112"),
        host("unset", hawatch_pair="six"),
        host("nagios01"),
    ]
    assert inventory["hawatch_pairs"](hosts) == [
        {"name": "web", "vip": "10.0.0.100", "agents": ["10.0.0.11:10112", "192.0.2.2:99"]},
        {"name": "six", "vip": "", "agents": ["[fd00::1]:10112", "unset:10112"]},
    ]


@pytest.mark.parametrize(
    ("lists", "found"),
    [([[51], [51, 52]], [51]), ([[51], [52]], []), ([[51], []], [51]), ([[], []], [0])],
)
def test_a_node_whose_vrids_are_not_known_rules_out_none(lists: list[list[int]], found: list[int]) -> None:
    assert inventory["hawatch_common"](lists) == found
