"""Parts of letters and acknowledgements as authenticated datagrams, and back.

The header and the seal are those of hawatch/wire/sealed.py. A datagram names the run of the receiver that it is for:
a recording means nothing to another node, or to the same node after a restart.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from hawatch.errors import DecodeError
from hawatch.wire.letter import (
    MOST_ID_BYTES,
    MOST_PARTS,
    MOST_VERSION_BYTES,
    Acknowledgement,
    Letter,
    LetterPart,
    cut,
)
from hawatch.wire.sealed import FIXED_BYTES, MINOR, MOST_BYTES, Sealed, packed, seal, unseal
from hawatch.wire.sections import Cursor, section, text, text_of, varint

MOST_NODE_BYTES = 255
_MAGIC = b"hL"
_COMPRESSED = 1
_BOOT_ID_BYTES = 8
_MOST_PART_FRAME = 13
"""A part's bytes besides its texts and data: kind, length (2), lengths of texts (2 each), flags, numbers (2 each)."""


class Kind(IntEnum):
    """What a section holds; a reader skips what it does not know."""

    NODE = 1
    TO = 2
    PART = 3
    ACKNOWLEDGEMENT = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """Who writes to whom: `boot_id` and `sequence` are the sender's as in a report, `to` the receiver's boot id."""

    boot_id: str
    sequence: int
    node: str
    to: str
    minor: int = MINOR


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """What one datagram brings."""

    cover: Cover
    parts: tuple[LetterPart, ...] = ()
    acknowledgements: tuple[Acknowledgement, ...] = ()


def is_mail(datagram: bytes) -> bool:
    """Whether a datagram says that it is of this kind."""
    return datagram.startswith(_MAGIC)


def cut_for(node: str, letter: Letter) -> tuple[LetterPart, ...]:
    """The letter in parts that fit into datagrams of the node. Raises ValueError when the node's name is too long."""
    taken = len(_names(node, bytes(_BOOT_ID_BYTES))) + _MOST_PART_FRAME
    taken += len(letter.id.encode()) + len(letter.version.encode())
    return cut(letter, MOST_BYTES - FIXED_BYTES - taken)


def encode(mail: Mail, key: bytes) -> list[bytes]:
    """Everything in as few datagrams as hold it, with consecutive sequence numbers; acknowledgements come first.

    Raises ValueError for an empty key, a node's name that is too long, and a sequence number out of range.
    """
    names = _names(mail.cover.node, bytes.fromhex(mail.cover.to))
    sections = [_write_acknowledgement(each) for each in mail.acknowledgements]
    sections += [_write_part(part) for part in mail.parts]
    datagrams = []
    for number, body in enumerate(packed(sections, MOST_BYTES - FIXED_BYTES - len(names))):
        sealed = Sealed(
            boot_id=mail.cover.boot_id,
            sequence=mail.cover.sequence + number,
            body=names + body,
            minor=mail.cover.minor,
        )
        datagrams.append(seal(_MAGIC, sealed, key))
    return datagrams


def decode(datagram: bytes, key: bytes) -> Mail:
    """What one datagram brings. Raises DecodeError: what unseal() raises, "truncated" and "malformed …"."""
    sealed = unseal(datagram, _MAGIC, key, kind="letter")
    node, to = "", ""
    parts: list[LetterPart] = []
    acknowledgements: list[Acknowledgement] = []
    cursor = Cursor(sealed.body)
    while not cursor.exhausted:
        kind, value = cursor.section()
        match kind:
            case Kind.NODE:
                node = text_of(value)
            case Kind.TO:
                to = Cursor(value).take(_BOOT_ID_BYTES).hex()
            case Kind.PART:
                parts.append(_read_part(Cursor(value)))
            case Kind.ACKNOWLEDGEMENT:
                acknowledgements.append(_read_acknowledgement(Cursor(value)))
            case _:
                pass  # of a newer minor version
    if not node or not to:
        raise DecodeError("malformed cover")
    cover = Cover(boot_id=sealed.boot_id, sequence=sealed.sequence, node=node, to=to, minor=sealed.minor)
    return Mail(cover=cover, parts=tuple(parts), acknowledgements=tuple(acknowledgements))


def _names(node: str, to: bytes) -> bytes:
    name = node.encode()
    if len(name) > MOST_NODE_BYTES:
        raise ValueError(f"the node's name {node[:40]!r}… has more than {MOST_NODE_BYTES} bytes")
    return section(Kind.NODE, name) + section(Kind.TO, to)


def _write_part(part: LetterPart) -> bytes:
    head = text(part.id) + text(part.version)
    numbers = varint(part.number) + varint(part.parts) + bytes((part.compressed * _COMPRESSED,))
    return section(Kind.PART, head + numbers + part.data)


def _read_part(value: Cursor) -> LetterPart:
    about, version = _read_names(value)
    number, parts, flags = value.varint(), value.varint(), value.byte()
    if not number < parts <= MOST_PARTS:
        raise DecodeError("malformed letter")
    data = value.take(len(value.data) - value.position)
    compressed = bool(flags & _COMPRESSED)
    return LetterPart(id=about, version=version, number=number, parts=parts, data=data, compressed=compressed)


def _write_acknowledgement(each: Acknowledgement) -> bytes:
    return section(Kind.ACKNOWLEDGEMENT, text(each.id) + text(each.version) + varint(each.sequence))


def _read_acknowledgement(value: Cursor) -> Acknowledgement:
    about, version = _read_names(value)
    return Acknowledgement(id=about, version=version, sequence=value.varint())


def _read_names(value: Cursor) -> tuple[str, str]:
    """What a letter is about, and which version it is."""
    about, version = value.take(value.varint()), value.take(value.varint())
    if not 1 <= len(about) <= MOST_ID_BYTES or not 1 <= len(version) <= MOST_VERSION_BYTES:
        raise DecodeError("malformed letter")
    return text_of(about), text_of(version)
