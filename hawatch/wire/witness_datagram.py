"""A witness's word as authenticated datagrams, and back.

The header and the seal are those of hawatch/wire/sealed.py, the sections those of hawatch/wire/witness_sections.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hawatch.errors import DecodeError
from hawatch.wire import witness_sections
from hawatch.wire.sealed import FIXED_BYTES, MINOR, MOST_BYTES, Sealed, packed, seal, unseal
from hawatch.wire.sections import Cursor
from hawatch.wire.witness import Relayed, WitnessWord

_MAGIC = b"hV"
_ANSWERS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessEnvelope:
    """What a datagram says of itself: names and units as in hawatch/wire/report_datagram.py."""

    boot_id: str
    sequence: int
    stamp: int = 0
    echoed_stamp: int | None = None
    held: int = 0
    answers: bool = False
    minor: int = MINOR


def is_witness_word(datagram: bytes) -> bool:
    """Whether a datagram says that it is of this kind."""
    return datagram.startswith(_MAGIC)


def encode(
    envelope: WitnessEnvelope, word: WitnessWord, key: bytes, relayed: Sequence[Relayed] = ()
) -> list[bytes]:
    """The word as one datagram or more, with consecutive sequence numbers, and each relayed datagram in one of its own.

    Only the last piece of the word itself answers. Raises ValueError for an empty key, and for what no datagram can
    hold (an address that is none).
    """
    head = witness_sections.write_head(word.witness, envelope.stamp, envelope.echoed_stamp, envelope.held)
    common = witness_sections.write_common(word)
    room = MOST_BYTES - len(head + common) - FIXED_BYTES
    bodies = [head + common + part for part in packed(witness_sections.write_parts(word), room)]
    answering = len(bodies) - 1
    bodies += [head + witness_sections.write_relayed(each) for each in relayed]
    return [
        seal(
            _MAGIC,
            Sealed(
                boot_id=envelope.boot_id,
                sequence=(envelope.sequence + number) % (1 << 64),
                body=body,
                flags=_ANSWERS if envelope.answers and number == answering else 0,
                minor=envelope.minor,
            ),
            key,
        )
        for number, body in enumerate(bodies)
    ]


def decode(datagram: bytes, key: bytes) -> tuple[WitnessEnvelope, WitnessWord, tuple[Relayed, ...]]:
    """The envelope, the word (or a piece of it) and what is relayed with it.

    Raises DecodeError with the reasons of hawatch/wire/report_datagram.py.
    """
    sealed = unseal(datagram, _MAGIC, key, kind="witness's word")
    contents = witness_sections.read(Cursor(sealed.body))
    if not contents.witness:
        raise DecodeError("malformed node name")
    envelope = WitnessEnvelope(
        boot_id=sealed.boot_id,
        sequence=sealed.sequence,
        stamp=contents.stamp,
        echoed_stamp=contents.echoed_stamp,
        held=contents.held,
        answers=bool(sealed.flags & _ANSWERS),
        minor=sealed.minor,
    )
    return envelope, contents.word(), tuple(contents.relayed)
