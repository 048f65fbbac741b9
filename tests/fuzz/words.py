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
from hawatch.keepalived.log.journal_entry import read_journal_entry
from hawatch.keepalived.log.lines import read_fifo_line, read_log_line
from hawatch.keepalived.reader import read_source
from hawatch.kernel.counters import read_counters
from hawatch.kernel.listeners import read_listeners
from hawatch.kernel.membership import read_igmp
from hawatch.kernel.own_addresses import read_own_addresses
from hawatch.kernel.process_rights import read_process_rights
from hawatch.kernel.processor import read_processor_time, read_run_delay, read_waiting
from hawatch.kernel.raw_sockets import read_raw_sockets
from hawatch.kernel.routes import read_routes
from hawatch.kernel.sysctl import read_number
from hawatch.netfilter.iptables_listing import read_iptables
from hawatch.netfilter.nft_listing import read_nft
from hawatch.notification.text.language import read_language
from hawatch.observers.keepalived_config.helper_client import reading_of
from hawatch.provider.exchange import Answer
from hawatch.provider.looking_up import fits, form_of, json_of, rows_of, text_at
from hawatch.replies.dropped import Dropped, Event, named
from hawatch.replies.gammu import GammuReader
from hawatch.replies.mail.judging import judge
from hawatch.replies.smstools import SmstoolsReader
from hawatch.reply.grammar import read as read_reply
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


def _keepalived(data: bytes) -> object:
    return read_source(FILE, fingerprint=bytes.hex, host_name="lb01", files=_OneFile(data))


def _journal(data: bytes) -> None:
    for _ in read_lines(io.StringIO(text_in(data)), FILE):
        pass


def _dropped(reader: GammuReader | SmstoolsReader) -> Callable[[bytes], object]:
    def run(data: bytes) -> None:
        for event in (Event.RECEIVED, Event.SENT, Event.FAILED):
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
    read_listeners,
    read_igmp,
    read_own_addresses,
    read_process_rights,
    read_processor_time,
    read_run_delay,
    read_waiting,
    read_raw_sockets,
    read_routes,
    read_number,
)


def _kernel(data: bytes) -> None:
    text = text_in(data)
    for read in _KERNEL_FILES:
        try:
            read(text)
        except DecodeError:
            continue


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
    "fifo_line": Target(run=lambda data: read_fifo_line(text_in(data)), allowed=()),
    "helper_answer": Target(run=lambda data: reading_of(data, FILE), allowed=(HawatchError,)),
    "kernel_files": Target(run=_kernel, allowed=()),
    "iptables_listing": Target(run=lambda data: read_iptables(text_in(data), "ip"), allowed=(DecodeError,)),
    "nft_listing": Target(run=lambda data: read_nft(json_in(data)), allowed=(DecodeError,)),
    "hosts_file": Target(run=lambda data: read_hosts(text_in(data)), allowed=()),
}
