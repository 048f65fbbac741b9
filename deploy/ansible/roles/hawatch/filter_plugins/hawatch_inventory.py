"""Filters over the inventory: who is a pair with whom, over which wires, and where the agents answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

HTTP_PORT = 10112
ANYWHERE = {"", "0.0.0.0", "[::]", "127.0.0.1", "[::1]", "localhost"}  # noqa: S104 - told apart, not listened on
Host = Mapping[str, Any]


def members(hosts: Iterable[Host], pair: str) -> list[str]:
    """The inventory names of the hosts that have this `hawatch_pair`, in the inventory's order."""
    return [host["inventory_hostname"] for host in hosts if host.get("hawatch_pair") == pair]


def peers(hosts: Iterable[Host], me: str, links: list[dict[str, str]]) -> list[dict[str, Any]]:
    """The tables `[[peer]]` of one member: the other ones, with a link for each wire that both name.

    Empty where no wire has been named: the agents then learn their peers.
    """
    mine = {link["name"]: link["address"] for link in links}
    tables = []
    for host in hosts:
        theirs = {link["name"]: link["address"] for link in host.get("hawatch_links", [])}
        wires = [
            {"name": name, "local": mine[name], "remote": theirs[name]} for name in mine if name in theirs
        ]
        if wires and host["inventory_hostname"] != me:
            tables.append({"name": name_of(host), "link": wires})
    return tables


def pairs(hosts: Iterable[Host]) -> list[dict[str, Any]]:
    """What a monitoring system is told: each pair's `name`, its `vip` or "", and its `agents` as HOST:PORT."""
    found: dict[str, dict[str, Any]] = {}
    for host in hosts:
        name = host.get("hawatch_pair")
        if name is None:
            continue
        entry = found.setdefault(name, {"name": name, "vip": "", "agents": []})
        entry["vip"] = entry["vip"] or host.get("hawatch_vip", "")
        entry["agents"].append(agent_of(host))
    return list(found.values())


def names(hosts: Iterable[Host]) -> list[str]:
    """`[node] name` of each host."""
    return [name_of(host) for host in hosts]


def common(lists: Iterable[Iterable[int]]) -> list[int]:
    """The VRIDs that stand in every list. An empty list is a node whose VRIDs are not known: it rules out none."""
    known = [set(each) for each in lists if each]
    return sorted(set.intersection(*known)) if known else [0]


def name_of(host: Host) -> str:
    """`[node] name` of a host."""
    return str(host.get("hawatch_name") or host["inventory_hostname_short"])


def agent_of(host: Host) -> str:
    """Where its agent answers: `hawatch_listen`, with the host's own address for one that names none."""
    address, _, port = str(host.get("hawatch_listen", "")).rpartition(":")
    if address in ANYWHERE:
        address = str(host.get("ansible_host") or host["inventory_hostname"])
    return f"{address}:{port or HTTP_PORT}"


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """The filters by their names."""
        return {
            "hawatch_members": members,
            "hawatch_names": names,
            "hawatch_peers": peers,
            "hawatch_pairs": pairs,
            "hawatch_common": common,
        }
