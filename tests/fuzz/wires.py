"""What comes over a wire, or out of a capture of one: frames, datagrams, a serial line."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import suppress

from hawatch.errors import DecodeError
from hawatch.observers.arp_probe.question import read_answer
from hawatch.observers.sniffer.frame_reader import FrameReader
from hawatch.wire import letter_datagram, report_datagram, serial_datagram, serial_frame, witness_datagram
from hawatch.wire.capture import read_capture
from hawatch.wire.frame import decode_vrrp_frame
from hawatch.wire.letter import MOST_BODY_BYTES, joined
from hawatch.wire.link import LinkType
from hawatch.wire.redaction import without_password
from hawatch.wire.sealed import Sealed, seal
from hawatch.wire.serial_items import read_router
from tests.fuzz.target import FILE, Target

KEY = b"the key of both nodes, 32 bytes."


def _sniffed(data: bytes) -> None:
    reader = FrameReader(interface="eth0", vips=frozenset({"192.0.2.10"}), fingerprint=bytes.hex)
    for outgoing in (False, True):
        reader.read(data, at=0.0, outgoing=outgoing)


def _any_link(data: bytes) -> None:
    """On every kind of line, and as the black box keeps it: of the same length, and kept so if it is kept again."""
    for link_type in LinkType:
        kept = without_password(link_type, data)
        assert len(kept) == len(data)
        assert without_password(link_type, kept) == kept
        with suppress(DecodeError):
            decode_vrrp_frame(data, link_type)


def _letter(datagram: bytes, key: bytes) -> None:
    mail = letter_datagram.decode(datagram, key)
    for part in mail.parts:
        with suppress(DecodeError):
            assert len(joined([part]).body) <= MOST_BODY_BYTES


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


TARGETS: dict[str, Target] = {
    "vrrp_frame": Target(run=decode_vrrp_frame),
    "cooked_frame": Target(run=_any_link),
    "sniffed_frame": Target(run=_sniffed, allowed=()),
    "arp_answer": Target(run=read_answer, allowed=()),
    "capture": Target(run=_capture),
    "report": Target(run=_sealed(b"hW", report_datagram.decode)),
    "letter": Target(run=_sealed(b"hL", _letter)),
    "witness_word": Target(run=_sealed(b"hV", witness_datagram.decode)),
    "slow_report": Target(run=_sealed(b"hS", serial_datagram.decode)),
    "serial_line": Target(run=_serial_line, allowed=()),
    "serial_router": Target(run=read_router),
}
