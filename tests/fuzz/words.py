"""What stands in files and texts: configurations, journals, logs, listings, what people write and dump."""

from __future__ import annotations

import io
from collections.abc import Callable

from hawatch.cli.initiating.facts import read_hosts
from hawatch.config.loading import load
from hawatch.config.oncall import Channel, ChannelKind
from hawatch.config.provider import Match
from hawatch.config.witness_file import load_witness
from hawatch.errors import DecodeError, HawatchError
from hawatch.journal import read_lines
from hawatch.keepalived.dumps import read_json, read_text
from hawatch.keepalived.lint.judge import lint
from hawatch.keepalived.lint.subject import Written
from hawatch.keepalived.log.journal_entry import read_journal_entry
from hawatch.keepalived.log.lines import read_fifo_line, read_log_line
from hawatch.keepalived.log.splitting import LONGEST_BYTES, Splitter
from hawatch.keepalived.reader import read_source
from hawatch.kernel.counters import REVERSE_PATH_DROPS, read_counter, read_counters
from hawatch.kernel.listeners import read_listeners
from hawatch.kernel.membership import read_igmp, read_igmp6
from hawatch.kernel.own_addresses import read_own_addresses, steady_source
from hawatch.kernel.process_rights import read_process_rights
from hawatch.kernel.processor import read_processor_time, read_run_delay, read_waiting
from hawatch.kernel.raw_sockets import read_raw_sockets
from hawatch.kernel.routes import device_towards, read_routes
from hawatch.kernel.sysctl import read_number
from hawatch.netfilter.packet import Direction, Packet, packets_of
from hawatch.notification.text.language import read_language
from hawatch.observers.firewall.observer import _judged
from hawatch.observers.keepalived_config.helper_client import reading_of
from hawatch.provider.exchange import Answer
from hawatch.provider.looking_up import fits, form_of, json_of, rows_of, text_at
from hawatch.replies.dropped import Dropped, Event, named
from hawatch.replies.gammu import GammuReader
from hawatch.replies.mail.judging import judge
from hawatch.replies.smstools import SmstoolsReader
from hawatch.reply.grammar import read as read_reply
from hawatch.wire.family import Family
from tests.fuzz.target import FILE, Target, json_in, text_in
from tests.mails import MX, rules


class _OneFile:
    """A file system in which there is one file."""

    def __init__(self, data: bytes) -> None:
        self._text = data.decode(errors="surrogateescape")

    def read(self, path: str) -> str:
        if path != FILE:
            raise FileNotFoundError(2, "No such file or directory", path)
        return self._text

    def glob(self, pattern: str) -> list[str]:
        return [FILE] if pattern == FILE else []


def _keepalived(data: bytes) -> None:
    """As the agent reads it, and with what lint says of it alone and as one half of a pair."""
    source = read_source(FILE, fingerprint=bytes.hex, host_name="lb01", files=_OneFile(data))
    written = Written(name=FILE, source=source)
    for problem in [*lint([written]), *lint([written, written])]:
        assert problem.sentence
    for router in source.config.virtual_routers if source.config is not None else ():
        packets_of(router, own_address=router.source, peer_addresses=router.unicast_peers)


def _journal(data: bytes) -> None:
    for _ in read_lines(io.StringIO(text_in(data)), FILE):
        pass


def _dropped(reader: GammuReader | SmstoolsReader) -> Callable[[bytes], object]:
    def run(data: bytes) -> None:
        for event in Event:
            try:
                reader.read(Dropped(event=event, file="hawatch-1", content=data, written_at=0.0))
            except DecodeError:
                continue

    return run


def _provider(data: bytes) -> None:
    said = json_of(data)
    for row in rows_of(said, "messages"):
        text_at(row, "to.0.status")
    fits(
        Match(status=None, body=None, fields=(("status", "ok|queued"),)),
        Answer(status=200, body=data, headers={}),
    )


_KERNEL_FILES: tuple[Callable[[str], object], ...] = (
    read_counters,
    lambda text: read_counter(text, REVERSE_PATH_DROPS),
    read_listeners,
    read_igmp,
    read_igmp6,
    read_own_addresses,
    read_process_rights,
    read_processor_time,
    read_run_delay,
    read_waiting,
    read_raw_sockets,
    lambda text: device_towards(read_routes(text), "192.0.2.1"),
    lambda text: steady_source(read_own_addresses(text), "2001:db8::10", "2001:db8::1", {"2001:db8::10"}),
    read_number,
)


def _kernel(data: bytes) -> None:
    text = text_in(data)
    for read in _KERNEL_FILES:
        try:
            read(text)
        except DecodeError:
            continue


def _pieces(data: bytes) -> None:
    """A log as it comes in pieces: the same lines, however it is cut, and none that is longer than is kept."""
    whole, cut = Splitter(), Splitter()
    lines = [line for at in range(0, len(data), 7) for line in cut.split(data[at : at + 7])]
    assert lines == whole.split(data)
    assert all(len(line) <= LONGEST_BYTES for line in lines)


_ADVERTS = tuple(
    Packet(
        direction=direction,
        interface="eth0",
        family=family,
        protocol=112,
        source=source,
        destination=group,
        ttl=255,
    )
    for direction in Direction
    for family, source, group in (
        (Family.IPV4, "192.0.2.1", "224.0.0.18"),
        (Family.IPV6, "fe80::1", "ff02::12"),
    )
)


def _rules(nft: object, iptables: str | None) -> None:
    """What the packet filters do with advertisements, and what is to be done about it."""
    listing = {"nft": nft, "iptables": iptables, "ip6tables": iptables, "problems": {}}
    _judged(listing, [("VI_1", each) for each in _ADVERTS])


def _config(data: bytes) -> object:
    return load(text_in(data), FILE)


TARGETS: dict[str, Target] = {
    "keepalived_conf": Target(run=_keepalived, allowed=(HawatchError,)),
    "hawatch_toml": Target(run=_config, allowed=(HawatchError,)),
    "witness_toml": Target(run=lambda data: load_witness(text_in(data), FILE), allowed=(HawatchError,)),
    "language_toml": Target(
        run=lambda data: read_language("en", text_in(data), FILE), allowed=(HawatchError,)
    ),
    "reply": Target(run=lambda data: read_reply(text_in(data)), allowed=()),
    "mail": Target(run=lambda data: judge(data, rules(authserv_id=MX)), allowed=()),
    "gammu_file": Target(run=_dropped(GammuReader(Channel(name="phone", kind=ChannelKind.GAMMU)))),
    "smstools_file": Target(run=_dropped(SmstoolsReader(Channel(name="phone", kind=ChannelKind.SMSTOOLS)))),
    "dropped_name": Target(run=lambda data: named(text_in(data))),
    "provider_answer": Target(run=_provider, allowed=()),
    "webhook_form": Target(run=form_of, allowed=(ValueError,)),
    "journal": Target(run=_journal, allowed=(HawatchError,)),
    "dump_text": Target(run=lambda data: read_text(text_in(data))),
    "dump_json": Target(run=lambda data: read_json(json_in(data))),
    "log_line": Target(run=lambda data: read_log_line(text_in(data), now=1_795_000_000.0), allowed=()),
    "journal_entry": Target(run=read_journal_entry, allowed=()),
    "log_pieces": Target(run=_pieces, allowed=()),
    "fifo_line": Target(run=lambda data: read_fifo_line(text_in(data)), allowed=()),
    "helper_answer": Target(run=lambda data: reading_of(data, FILE), allowed=(HawatchError,)),
    "kernel_files": Target(run=_kernel, allowed=()),
    "iptables_listing": Target(run=lambda data: _rules(None, text_in(data))),
    "nft_listing": Target(run=lambda data: _rules(json_in(data), None)),
    "hosts_file": Target(run=lambda data: read_hosts(text_in(data)), allowed=()),
}
