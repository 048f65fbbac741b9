"""The blocks of a keepalived.conf about IPVS (keepalived's check_parser.c and check_data.c).

What keepalived would skip is skipped without a word: it says nothing about who owns a VIP.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_network

from hawatch.keepalived.blocks import Statement
from hawatch.keepalived.model import VirtualRouter
from hawatch.keepalived.values import address, family_of
from hawatch.keepalived.virtual_server import ConfiguredSyncDaemon, Server, VirtualServer, VirtualServers
from hawatch.wire.family import Family
from hawatch.wire.virtual_service import PROTOCOLS, mark_name, service_name

MOST_ADDRESSES = 256
"""Of one range of a virtual_server_group; those beyond are not looked at."""
METHODS = frozenset({"lvs_method", "lb_kind"})
_PROTOCOLS = frozenset(PROTOCOLS.values())
_WHOLE_SYNC_ID = 255
_FAMILIES = {"inet": Family.IPV4, "inet6": Family.IPV6}
_SYNC_OPTIONS = frozenset({"maxlen", "port", "ttl", "group"})
Address = IPv4Address | IPv6Address


def read_virtual_servers(statements: Sequence[Statement], routers: Sequence[VirtualRouter]) -> VirtualServers:
    """All of them; `routers` are the instances that keepalived would run."""
    groups = {
        each.words[1]: each.body or []
        for each in statements
        if each.keyword == "virtual_server_group" and len(each.words) > 1
    }
    servers = [
        _virtual_server(each, groups)
        for each in statements
        if each.keyword == "virtual_server" and len(each.words) > 1 and each.body is not None
    ]
    return VirtualServers(
        servers=tuple(each for each in servers if each.services),
        sync_daemon=_sync_daemon(statements, routers),
        namespace=_namespace(statements),
    )


def method_of(body: Sequence[Statement]) -> str | None:
    """How a block forwards, in capitals; None where it says nothing of that."""
    methods = [each.words[1].upper() for each in body if each.keyword in METHODS and len(each.words) > 1]
    return methods[-1] if methods else None


def addresses_of(block: Statement, groups: Mapping[str, Sequence[Statement]]) -> list[Address]:
    """The addresses of a virtual_server; none of one that is all firewall marks."""
    return [found for found, _ in _ends(_entries(block, groups)) if not isinstance(found, int)]


def _virtual_server(block: Statement, groups: Mapping[str, Sequence[Statement]]) -> VirtualServer:
    body = block.block
    protocol = (_value(body, "protocol") or "tcp").lower()
    protocol = protocol if protocol in _PROTOCOLS else "tcp"
    family = _family(body)
    names = [
        mark_name(found, where or family)
        if isinstance(found, int)
        else service_name(protocol, str(found), port)
        for (found, port), where in _placed(_entries(block, groups))
    ]
    sorry = [_server(each) for each in body if each.keyword == "sorry_server"]
    servers = [_server(each) for each in body if each.keyword == "real_server"]
    return VirtualServer(
        name=" ".join(block.words[1:3]),
        services=tuple(dict.fromkeys(names)),
        real_servers=tuple(each for each in servers if each is not None),
        sorry_server=next((each for each in sorry if each is not None), None),
        ha_suspend=any(each.keyword == "ha_suspend" for each in body),
    )


def _entries(block: Statement, groups: Mapping[str, Sequence[Statement]]) -> list[tuple[str, ...]]:
    """What a virtual_server names: one address or mark, or the lines of a group."""
    if block.words[1] == "group" and len(block.words) > 2:
        return [each.words for each in groups.get(block.words[2], ())]
    return [block.words[1:]]


def _placed(
    entries: Sequence[tuple[str, ...]],
) -> Iterator[tuple[tuple[Address | int, int], Family | None]]:
    """Each end, with the family that a mark's line names."""
    for entry in entries:
        family = _FAMILIES.get(entry[2]) if entry[0] == "fwmark" and len(entry) > 2 else None
        for end in _ends([entry]):
            yield end, family


def _ends(entries: Sequence[tuple[str, ...]]) -> Iterator[tuple[Address | int, int]]:
    """Addresses with their ports, and firewall marks (as a number, with port 0)."""
    for first, *rest in entries:
        if first == "fwmark":
            mark = _number(rest[0], (1 << 32) - 1) if rest else None
            if mark:
                yield mark, 0
            continue
        port = _number(rest[0], 65535) if rest else 0
        if port is not None:
            yield from ((each, port) for each in _range(first))


def _range(text: str) -> list[Address]:
    """One address, a range up to a last one (a whole address, or its last part), or a network."""
    first, sign, last = text.partition("-")
    start = address(first)
    if "/" in text and not sign:
        return _network(text)
    if start is None or not sign:
        return [] if start is None else [start]
    end = address(last) or address(_with_last_part(first, last))
    if end is None or end.version != start.version or int(end) < int(start):
        return [start]
    count = min(int(end) - int(start) + 1, MOST_ADDRESSES)
    return [start + number for number in range(count)]


def _with_last_part(first: str, last: str) -> str:
    sign = ":" if ":" in first else "."
    return f"{first.rpartition(sign)[0]}{sign}{last}"


def _network(text: str) -> list[Address]:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return []
    count = min(network.num_addresses, MOST_ADDRESSES)
    return [network[number] for number in range(count)]


def _family(body: Sequence[Statement]) -> Family:
    """The family of a mark's service: said, or that of its servers; where all are tunnelled, if they agree."""
    said = _FAMILIES.get(_value(body, "ip_family") or "")
    if said is not None:
        return said
    common = method_of(body)
    servers = [
        each for each in body if each.keyword in {"sorry_server", "real_server"} and len(each.words) > 1
    ]
    found = [(address(each.words[1]), method_of(each.body or ()) or common) for each in servers]
    plain = [family_of(each) for each, method in found if each is not None and method != "TUN"]
    every = {family_of(each) for each, _ in found if each is not None}
    if plain:
        return plain[0]
    return every.pop() if len(every) == 1 else Family.IPV4


def _server(statement: Statement) -> Server | None:
    found = address(statement.words[1]) if len(statement.words) > 1 else None
    port = _number(statement.words[2], 65535) if len(statement.words) > 2 else 0
    return None if found is None else Server(address=str(found), port=port or 0)


def _value(body: Sequence[Statement], keyword: str) -> str | None:
    said = [each.words[1] for each in body if each.keyword == keyword and len(each.words) > 1]
    return said[-1] if said else None


def _number(text: str, most: int) -> int | None:
    """A whole number up to `most`; None for anything else."""
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        return None
    return int(text) if int(text) <= most else None


def _sync_daemon(
    statements: Sequence[Statement], routers: Sequence[VirtualRouter]
) -> ConfiguredSyncDaemon | None:
    """The first that is said; one of an instance that there is not, keepalived forgets."""
    said = [
        each.words[1:]
        for block in statements
        if block.keyword == "global_defs"
        for each in block.body or ()
        if each.keyword == "lvs_sync_daemon" and len(each.words) > 1
    ]
    old = [
        (each.words[1], block.words[1])
        for block in statements
        if block.keyword == "vrrp_instance" and len(block.words) > 1
        for each in block.body or ()
        if each.keyword == "lvs_sync_daemon_interface" and len(each.words) > 1
    ]
    interface, instance, sync_id = _sync_words((said or old or [("",)])[0])
    vrids = {router.instance: router.vrid for router in routers}
    if not interface or (instance is not None and instance not in vrids):
        return None
    by_default = vrids[instance] if instance is not None else 0
    return ConfiguredSyncDaemon(
        interface=interface, instance=instance, sync_id=by_default if sync_id is None else sync_id
    )


def _sync_words(words: Sequence[str]) -> tuple[str, str | None, int | None]:
    """INTERFACE [[inst] INSTANCE] [[id] SYNC_ID] and options; the brackets inside are how it was written once."""
    interface, *rest = words
    instance, sync_id = None, None
    while rest:
        word = rest.pop(0)
        if word == "inst" and rest:
            instance = instance or rest.pop(0)
        elif word == "id" and rest:
            sync_id = _number(rest.pop(0), _WHOLE_SYNC_ID)
        elif word in _SYNC_OPTIONS and rest:
            rest.pop(0)
        elif instance is None:
            instance = word
        elif sync_id is None:
            sync_id = _number(word, _WHOLE_SYNC_ID)
    return interface, instance, sync_id


def _namespace(statements: Sequence[Statement]) -> str | None:
    """That of IPVS, where it is not keepalived's own; without a name it is the default one.

    keepalived takes both words in global_defs and outside.
    """
    found: dict[str, str] = {}
    for block in statements:
        for each in block.body or () if block.keyword == "global_defs" else [block]:
            if each.keyword in {"net_namespace", "net_namespace_ipvs"}:
                found[each.keyword] = each.words[1] if len(each.words) > 1 else ""
    ours = found.get("net_namespace_ipvs")
    return None if ours is None or ours == found.get("net_namespace", "") else ours or "default"
