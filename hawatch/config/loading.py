"""hawatch.toml, from text to records; every mistake is one line with the path of its key."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from hawatch.config import checks, loading_guard, loading_monitor, loading_oncall, loading_passive
from hawatch.config.records import (
    Accept,
    Config,
    Endpoint,
    Keepalived,
    Listen,
    Node,
    Observe,
    Peer,
    PeerLink,
    Reference,
    SerialLink,
    Service,
    ServicePlace,
    UdpLink,
    UnreachablePeer,
    VirtualRouterOptions,
    Witness,
)
from hawatch.config.table import Table
from hawatch.errors import ConfigError

PORTS = range(1, 65536)
FRAMES_PER_SECOND = range(100, 1_000_001)
BAUDS = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600)
_LINE = re.compile(r" \(at line (\d+), column \d+\)$| \(at end of document\)$")


def read(path: str) -> Config:
    """Read a configuration file. ConfigError: it cannot be read, or something in it is wrong."""
    return load(text_of(path), path)


def text_of(path: str) -> str:
    """A file as it is. ConfigError: it cannot be read, or is not UTF-8."""
    try:
        return Path(path).read_bytes().decode()
    except UnicodeDecodeError:
        raise ConfigError(path, "is not UTF-8") from None
    except OSError as error:
        raise ConfigError(path, error.strerror or str(error)) from None


def load(text: str, file_name: str) -> Config:
    """The configuration in a text. ConfigError (`file: key.path` or `file:line`): the first thing that is wrong."""
    table = Table(parse(text, file_name), file_name)
    options = loading_oncall.on_call(table.table("oncall"))
    channels = tuple(loading_oncall.channel(each) for each in table.tables("channel"))
    contacts = tuple(
        loading_oncall.contact(each, channels, options.region) for each in table.tables("contact")
    )
    config = Config(
        node=_node(table.table("node")),
        keepalived=_keepalived(table.table("keepalived")),
        observe=_observe(table.table("observe")),
        listen=load_listen(table.table("listen")),
        peer_link=_peer_link(table.table("peer_link")),
        peers=tuple(_peer(each) for each in table.tables("peer")),
        references=tuple(_reference(each) for each in table.tables("reference")),
        witnesses=tuple(_witness(each) for each in table.tables("witness")),
        services=tuple(_service(each) for each in table.tables("service")),
        virtual_routers=tuple(_virtual_router(each) for each in table.tables("virtual_router")),
        accepts=tuple(_accept(each) for each in table.tables("accept")),
        oncall=options,
        channels=channels,
        contacts=contacts,
        notify=tuple(loading_oncall.notify(each, contacts) for each in table.tables("notify")),
        passive=tuple(loading_passive.passive(each) for each in table.tables("passive")),
        monitors=tuple(loading_monitor.monitor(each) for each in table.tables("monitor")),
    )
    table.end()
    table.once("peer", "name", (each.name for each in config.peers))
    table.once("reference", "name", (each.name for each in config.references))
    table.once("witness", "name", (each.name for each in config.witnesses))
    table.once("service", "name", (each.name for each in config.services))
    table.once("virtual_router", "instance", (each.instance for each in config.virtual_routers))
    table.once("passive", "name", (each.name for each in config.passive))
    table.once("monitor", "name", (each.name for each in config.monitors))
    loading_guard.check_guards(table, config.services, config.virtual_routers)
    loading_oncall.check_names(table, options, channels, contacts)
    loading_oncall.check_addresses(table, channels, contacts)
    loading_oncall.check_rules(table, config.notify)
    return config


def parse(text: str, file_name: str) -> dict[str, object]:
    """The tables in a text. ConfigError (`file:line`) where it is not TOML."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ConfigError(file_name, "is nested too deeply") from None
    except ValueError as error:  # TOMLDecodeError, and a number that is too long
        problem = str(error)
        found = _LINE.search(problem)
        line = f":{found[1]}" if found and found[1] else ""
        raise ConfigError(f"{file_name}{line}", f"not TOML: {_LINE.sub('', problem)}") from None


def _node(table: Table) -> Node:
    node = Node(
        name=table.optional("name"),
        pair=table.optional("pair"),
        state_dir=_path(table, "state_dir", Node().state_dir),
    )
    table.end()
    return node


def _path(table: Table, key: str, default: str) -> str:
    return table.optional(key, checks.absolute_path) or default


def _keepalived(table: Table) -> Keepalived:
    keepalived = Keepalived(
        config=_path(table, "config", Keepalived().config),
        log=table.optional("log", checks.keepalived_log) or Keepalived().log,
        notify_fifo=table.optional("notify_fifo", checks.absolute_path),
    )
    table.end()
    return keepalived


def _observe(table: Table) -> Observe:
    frames = table.number("frames_per_second", Observe().frames_per_second, FRAMES_PER_SECOND)
    table.end()
    return Observe(frames_per_second=frames)


def load_listen(table: Table) -> Listen:
    """Where an agent or a witness answers."""
    default = Listen()
    written = table.optional("http", checks.endpoint)
    found = checks.split_endpoint(written) if written else None
    http = Endpoint(host=found[0], port=found[1]) if found else default.http
    listen = Listen(
        http=http,
        socket=_path(table, "socket", default.socket),
        token_file=table.optional("token_file", checks.absolute_path),
    )
    table.end()
    return listen


def _peer_link(table: Table) -> PeerLink:
    default = PeerLink()
    peer_link = PeerLink(
        port=table.number("port", default.port, PORTS), key_file=_path(table, "key_file", default.key_file)
    )
    table.end()
    return peer_link


def _peer(table: Table) -> Peer:
    peer = Peer(name=table.checked("name"), links=tuple(_link(each) for each in table.tables("link")))
    table.end()
    table.once("link", "name", (each.name for each in peer.links))
    return peer


def _link(table: Table) -> UdpLink | SerialLink:
    serial, remote = table.has("device"), table.has("remote")
    if serial == remote:
        both = "both remote and device: a link is one or the other"
        raise table.error("", both if serial else "neither remote nor device: one says where the link leads")
    link = _serial_link(table) if serial else _udp_link(table)
    table.end()
    return link


def _udp_link(table: Table) -> UdpLink:
    remote = table.checked("remote", checks.host)
    local = table.optional("local", checks.address_or_interface)
    if local and {checks.family(local), checks.family(remote)} == {4, 6}:
        raise table.error("local", f"{local} and remote {remote} are not of one address family")
    return UdpLink(name=table.string("name", remote), remote=remote, local=local)


def _serial_link(table: Table) -> SerialLink:
    device = table.checked("device", checks.absolute_path)
    baud = table.number("baud", SerialLink(name="", device="").baud, BAUDS)
    return SerialLink(name=table.string("name", device), device=device, baud=baud)


def _reference(table: Table) -> Reference:
    address = table.checked("address", checks.address)
    reference = Reference(name=table.string("name", address), address=address)
    table.end()
    return reference


def _witness(table: Table) -> Witness:
    links = []
    for each in table.tables("link"):
        links.append(_udp_link(each))
        each.end()
    witness = Witness(name=table.checked("name"), links=tuple(links))
    if not links:
        raise table.error("link", "missing: a [[witness.link]] says where the witness is")
    table.end()
    table.once("link", "name", (each.name for each in links))
    return witness


def _service(table: Table) -> Service:
    http = table.optional("http", checks.url)
    tcp = table.optional("tcp", checks.endpoint)
    process = table.optional("process")
    plugin = table.optional("plugin")
    unit = table.optional("unit", checks.unit)
    command = table.words("command")
    if command and (problem := checks.absolute_path(command[0])):
        raise table.error("command[0]", f"{command[0]!r} {problem}")
    looks = (http, tcp, process, plugin, unit, " ".join(command) or None)
    written = [each for each in looks if each is not None]
    if len(written) != 1:
        wanted = "http, tcp, process, plugin, unit and command"
        raise table.error("", f"{len(written) or 'none'} of {wanted}; one is wanted")
    name = table.string("name", written[0])
    service = Service(
        name=name,
        on=table.choice("on", ServicePlace.OWNER),
        http=http,
        tcp=tcp,
        process=process,
        plugin=plugin,
        unit=unit,
        command=command,
        every=table.duration("every", Service(name="").every, least=1),
        guard=loading_guard.guard(table.table("guard"), name) if table.has("guard") else None,
    )
    table.end()
    return service


def _virtual_router(table: Table) -> VirtualRouterOptions:
    options = VirtualRouterOptions(
        instance=table.checked("instance"),
        data=table.boolean("data", default=False),
        unreachable_peer=table.choice("unreachable_peer", UnreachablePeer.FAILOVER),
    )
    table.end()
    return options


def _accept(table: Table) -> Accept:
    accept = Accept(cause=table.checked("cause"), reason=table.string("reason", ""), until=table.day("until"))
    table.end()
    return accept
