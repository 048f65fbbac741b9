"""witness.toml, from text to records; every mistake is one line with the path of its key."""

from __future__ import annotations

from hawatch.config import checks
from hawatch.config.loading import PORTS, load_listen, parse, text_of
from hawatch.config.records import Endpoint
from hawatch.config.table import Table
from hawatch.config.witness import (
    MOST_PAIRS,
    WatchedMember,
    WatchedPair,
    WatchedService,
    WitnessConfig,
)

MILLISECONDS = range(50, 60_001)


def read_witness(path: str) -> WitnessConfig:
    """Read a witness's configuration. ConfigError: it cannot be read, or something in it is wrong."""
    return load_witness(text_of(path), path)


def load_witness(text: str, file_name: str) -> WitnessConfig:
    """The configuration in a text. ConfigError (`file: key.path` or `file:line`): the first thing that is wrong."""
    table = Table(parse(text, file_name), file_name)
    node, link, client = table.table("node"), table.table("peer_link"), table.table("client")
    default = WitnessConfig()
    config = WitnessConfig(
        name=node.optional("name"),
        listen=load_listen(table.table("listen")),
        port=link.number("port", default.port, PORTS),
        peace=client.number("every_ms", round(default.peace * 1000), MILLISECONDS) / 1000,
        suspicion=client.number("suspicion_every_ms", round(default.suspicion * 1000), MILLISECONDS) / 1000,
        pairs=tuple(_pair(each) for each in table.tables("pair")),
    )
    for each in (node, link, client, table):
        each.end()
    if not config.pairs:
        raise table.error("pair", "missing: a witness without a [[pair]] sees nobody")
    if len(config.pairs) > MOST_PAIRS:
        raise table.error("pair", f"{len(config.pairs)} pairs; {MOST_PAIRS} are the most for one witness")
    table.once("pair", "name", (each.name for each in config.pairs))
    table.once("pair", "key_file", (each.key_file for each in config.pairs))
    return config


def _pair(table: Table) -> WatchedPair:
    pair = WatchedPair(
        name=table.checked("name"),
        key_file=table.checked("key_file", checks.absolute_path),
        members=tuple(_member(each) for each in table.tables("member")),
        vips=table.strings("vips", checks.address),
        interface=table.optional("interface", checks.interface),
        services=tuple(_service(each) for each in table.tables("service")),
    )
    table.end()
    if len(pair.members) < 2:
        raise table.error("member", f"{len(pair.members) or 'none'}; a pair has two members at the least")
    table.once("member", "name", (each.name for each in pair.members))
    table.once("service", "name", (each.name for each in pair.services))
    known: set[str] = set()
    for number, member in enumerate(pair.members):
        if known.intersection(member.addresses):
            raise table.error(f"member[{number}].addresses", "is another member's, too")
        known.update(member.addresses)
    return pair


def _member(table: Table) -> WatchedMember:
    member = WatchedMember(name=table.checked("name"), addresses=table.strings("addresses", checks.address))
    if not member.addresses:
        raise table.error("addresses", "missing: a witness knows a node by the address that it speaks from")
    table.end()
    return member


def _service(table: Table) -> WatchedService:
    http, tcp = table.optional("http", _plain_url), table.optional("tcp", _endpoint)
    if (http is None) == (tcp is None):
        raise table.error("", "one of http and tcp is wanted")
    service = WatchedService(name=table.string("name", http or tcp or ""), http=http, tcp=tcp)
    table.end()
    return service


def _plain_url(text: str) -> str | None:
    """A URL without TLS, by address: a client of a witness waits for no name server."""
    problem = checks.url(text)
    if problem is None and text.startswith("https://"):
        return "is https; ask its port with tcp"
    host = text.removeprefix("http://").partition("/")[0].partition("?")[0]
    if problem is None and _host(host) is None:
        return "has a name for a host; the VIP's address is wanted"
    return problem


def _endpoint(text: str) -> str | None:
    problem = checks.endpoint(text)
    if problem is None and _host(text) is None:
        return "has a name for a host; the VIP's address is wanted"
    return problem


def _host(text: str) -> str | None:
    split = checks.split_endpoint(text)
    host = split[0] if split else text.strip("[]")
    return host if checks.parse_address(host) else None


def where(service: WatchedService) -> Endpoint:
    """Where a client connects to."""
    text = service.tcp or (service.http or "").removeprefix("http://").partition("/")[0].partition("?")[0]
    split = checks.split_endpoint(text)
    host, port = split or (text.strip("[]"), 80)
    return Endpoint(host=host, port=port)
