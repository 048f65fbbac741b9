"""`/api/v1/targets`: this agent and its peers' as Prometheus wants to be told whom to scrape (HTTP service discovery).

A peer is taken to answer on the port that this agent listens on; there is no word of its own on that.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from hawatch.exporter.status import JsonDict
from hawatch.snapshot import Snapshot


def targets(snapshot: Snapshot) -> list[JsonDict]:
    """One group for each agent, this one first; of an agent that answers on the loopback alone, nobody else's."""
    return list(_targets(snapshot))


def _targets(snapshot: Snapshot) -> Iterator[JsonDict]:
    own = snapshot.http
    if own is None:
        return
    if own.address is not None:
        yield _target(own.address, own.port, snapshot.pair, snapshot.node)
        if is_loopback(own.address):
            return
    for peer in snapshot.peers:
        if peer.address is not None and peer.address != own.address:
            yield _target(peer.address, own.port, snapshot.pair, peer.name)


def is_loopback(host: str) -> bool:
    """Whether nobody on another host reaches it."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _target(host: str, port: int, pair: str, node: str) -> JsonDict:
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return {"targets": [where], "labels": {"__meta_hawatch_pair": pair, "__meta_hawatch_node": node}}
