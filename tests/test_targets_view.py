"""Whom a Prometheus is told to scrape: this agent and its peers', by addresses that others can reach."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import pytest

from hawatch.agent.own_endpoint import own_endpoint
from hawatch.config import Endpoint
from hawatch.exporter.targets_view import targets
from hawatch.picture import draw
from hawatch.snapshot import HttpView, Snapshot
from hawatch.targets import LinkTarget
from tests import snapshots
from tests.story import Story, master


def link(remote: str, local: str | None = None) -> LinkTarget:
    return LinkTarget(peer="lb02", link="lan", remote=remote, local=local)


def pair(own: HttpView | None, peer: str | None) -> Snapshot:
    seen = snapshots.steady()
    return replace(seen, http=own, peers=(replace(seen.peers[0], address=peer),))


def told(snapshot: Snapshot) -> list[str]:
    found: list[str] = []
    for group in targets(snapshot):
        (where,) = cast("list[str]", group["targets"])
        found.append(where)
    return found


def test_one_address_of_either_agent_finds_both() -> None:
    seen = pair(HttpView(address="10.0.0.11", port=10112), "10.0.0.12")
    assert targets(seen) == [
        {
            "targets": ["10.0.0.11:10112"],
            "labels": {"__meta_hawatch_pair": "web", "__meta_hawatch_node": "lb01"},
        },
        {
            "targets": ["10.0.0.12:10112"],
            "labels": {"__meta_hawatch_pair": "web", "__meta_hawatch_node": "lb02"},
        },
    ]


def test_ipv6_addresses_have_brackets() -> None:
    seen = pair(HttpView(address="2001:db8::11", port=80), "2001:db8::12")
    assert told(seen) == ["[2001:db8::11]:80", "[2001:db8::12]:80"]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_an_agent_on_the_loopback_names_itself_alone(host: str) -> None:
    (own,) = told(pair(HttpView(address=host, port=10112), "10.0.0.12"))
    assert host in own


def test_what_is_not_known_is_not_there() -> None:
    assert told(pair(None, "10.0.0.12")) == []
    assert told(pair(HttpView(address=None, port=10112), "10.0.0.12")) == ["10.0.0.12:10112"]
    assert told(pair(HttpView(address="10.0.0.11", port=10112), None)) == ["10.0.0.11:10112"]
    assert told(pair(HttpView(address="10.0.0.11", port=1), "10.0.0.11")) == ["10.0.0.11:1"]


def test_a_peer_is_reached_where_its_link_ends() -> None:
    (peer,) = draw((story := master()).judge, story.now).peers
    assert peer.address == "10.0.0.2"


def test_who_is_known_by_advertisements_alone_is_nobody_to_be_scraped() -> None:
    story = Story("lb01", agents=False)
    story.advert("lb03")
    story.echo("lb03", replied=True)
    seen = {each.name: each.address for each in draw(story.judge, story.now).peers}
    assert "lb02" in seen
    assert [address for name, address in seen.items() if name != "lb02"] == [None]


def test_an_address_that_was_asked_for_is_the_own_one() -> None:
    assert own_endpoint(Endpoint(host="10.0.0.11", port=1), [link("10.0.0.12")]).address == "10.0.0.11"
    assert own_endpoint(Endpoint(host="lb01.example.net", port=1), []).address == "lb01.example.net"


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_of_all_addresses_the_one_that_speaks_to_the_first_peer_is_the_own_one(host: str) -> None:
    listens = Endpoint(host=host, port=10112)
    assert own_endpoint(listens, [link("10.0.0.12", "10.0.0.11")]).address == "10.0.0.11"
    assert own_endpoint(listens, [link("127.0.0.2", "lo")]).address == "127.0.0.1", "as the kernel would"
    assert own_endpoint(listens, [link("fe80::1%eth0", "fe80::2"), link("127.0.0.3", "127.0.0.9")]).address
    assert own_endpoint(listens, [link("fe80::1%eth0"), link("lb02.example.net")]).address is None
    assert own_endpoint(listens, []) == HttpView(address=None, port=10112)
