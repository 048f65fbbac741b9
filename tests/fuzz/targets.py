"""What is fuzzed: each decoder and parser by a name, with the errors that it may raise for what it is given."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import suppress

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
from hawatch.observers.arp_probe.question import read_answer
from hawatch.observers.keepalived_config.helper_client import reading_of
from hawatch.observers.sniffer.frame_reader import FrameReader
from hawatch.provider.exchange import Answer
from hawatch.provider.looking_up import fits, form_of, json_of, rows_of, text_at
from hawatch.replies.dropped import Dropped, Event, named
from hawatch.replies.gammu import GammuReader
from hawatch.replies.mail.judging import judge
from hawatch.replies.smstools import SmstoolsReader
from hawatch.reply.grammar import read as read_reply
from hawatch.wire import letter_datagram, report_datagram, serial_datagram, serial_frame, witness_datagram
from hawatch.wire.capture import read_capture
from hawatch.wire.frame import decode_vrrp_frame
from hawatch.wire.link import LinkType
from hawatch.wire.sealed import Sealed, seal
from hawatch.wire.serial_items import read_router
from tests.fuzz import outside
from tests.fuzz.target import CORPUS, FILE, Target, json_in, text_in
from tests.mails import MX, rules

KEY = b"the key of both nodes, 32 bytes."


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


def _sniffed(data: bytes) -> None:
    reader = FrameReader(interface="eth0", vips=frozenset({"192.0.2.10"}), fingerprint=bytes.hex)
    for outgoing in (False, True):
        reader.read(data, at=0.0, outgoing=outgoing)


def _any_link(data: bytes) -> object:
    return decode_vrrp_frame(data, LinkType.LINUX_SLL)


def _sealed(magic: bytes, decode: Callable[[bytes, bytes], object]) -> Callable[[bytes], object]:
    """The bytes twice: as they come, and with the seal that a holder of the key would give them."""

    def run(data: bytes) -> None:
        with suppress(DecodeError):
            decode(data, KEY)
        flags, body = data[:1], data[1:]
        sealed = Sealed(boot_id="00" * 8, sequence=1, flags=flags[0] if flags else 0, body=body)
        decode(seal(magic, sealed, KEY), KEY)

    return run


def _serial_line(data: bytes) -> None:
    reader, assembly = serial_frame.FrameReader(), serial_frame.Assembly()
    for start in range(0, len(data), 7):
        for piece in reader.feed(data[start : start + 7]):
            assembly.add(piece)


def _capture(data: bytes) -> None:
    for _ in read_capture(io.BytesIO(data), FILE):
        pass


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


__all__ = ["CORPUS", "TARGETS", "Target"]

TARGETS: dict[str, Target] = {
    "vrrp_frame": Target(run=decode_vrrp_frame),
    "cooked_frame": Target(run=_any_link),
    "sniffed_frame": Target(run=_sniffed, allowed=()),
    "arp_answer": Target(run=read_answer, allowed=()),
    "capture": Target(run=_capture),
    "report": Target(run=_sealed(b"hW", report_datagram.decode)),
    "letter": Target(run=_sealed(b"hL", letter_datagram.decode)),
    "witness_word": Target(run=_sealed(b"hV", witness_datagram.decode)),
    "slow_report": Target(run=_sealed(b"hS", serial_datagram.decode)),
    "serial_line": Target(run=_serial_line, allowed=()),
    "serial_router": Target(run=read_router),
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
    **outside.TARGETS,
}
