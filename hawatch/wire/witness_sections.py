"""The sections of a witness's datagram: a kind (1 byte), a length (1 or more), and the value; ages in milliseconds.

An age is rounded up, a duration is rounded down: nothing is told to be fresher, or to have lasted longer, than it was.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import IntEnum

from hawatch.errors import DecodeError
from hawatch.wire.address import address_bytes, address_text, mac_bytes, mac_text
from hawatch.wire.family import Family
from hawatch.wire.sections import Cursor, section, text, text_of, varint
from hawatch.wire.witness import (
    Relayed,
    WitnessedAdverts,
    WitnessedAnswer,
    WitnessedMember,
    WitnessedOutage,
    WitnessedRound,
    WitnessedService,
    WitnessedVip,
    WitnessWord,
)

_TRISTATES = (None, False, True)
_MOST_COUNT = 255


class Kind(IntEnum):
    """What a section holds; a reader skips what it does not know."""

    NODE = 1
    TIMING = 2
    SOFTWARE = 3
    MEMBER = 4
    VIP = 5
    ADVERTS = 6
    SERVICE = 7
    OUTAGE = 8
    RELAYED = 9


@dataclass(slots=True)
class Contents:
    """What a datagram's sections said."""

    witness: str = ""
    version: str = ""
    stamp: int = 0
    echoed_stamp: int | None = None
    held: int = 0
    members: list[WitnessedMember] = field(default_factory=list)
    vips: list[WitnessedVip] = field(default_factory=list)
    adverts: list[WitnessedAdverts] = field(default_factory=list)
    services: list[WitnessedService] = field(default_factory=list)
    outages: list[WitnessedOutage] = field(default_factory=list)
    relayed: list[Relayed] = field(default_factory=list)

    def word(self) -> WitnessWord:
        """The record."""
        return WitnessWord(
            witness=self.witness,
            version=self.version,
            members=tuple(self.members),
            vips=tuple(self.vips),
            adverts=tuple(self.adverts),
            services=tuple(self.services),
            outages=tuple(self.outages),
        )


# --- writing --------------------------------------------------------------------------------------


def write_head(witness: str, stamp: int, echoed_stamp: int | None, held: int) -> bytes:
    """Who speaks, its clock, and what it last heard of the receiver's."""
    timing = stamp.to_bytes(6, "big")
    if echoed_stamp is not None:
        timing += echoed_stamp.to_bytes(6, "big") + varint(held)
    return section(Kind.NODE, witness.encode()) + section(Kind.TIMING, timing)


def write_common(word: WitnessWord) -> bytes:
    """What every piece says: of the witness itself, and of each member."""
    encoded = section(Kind.SOFTWARE, word.version.encode()) if word.version else b""
    return encoded + b"".join(section(Kind.MEMBER, _member(each)) for each in word.members)


def write_parts(word: WitnessWord) -> list[bytes]:
    """What is said once, in whichever piece has room for it, since there may be as many of them as there are VIPs."""
    return [
        *(section(Kind.ADVERTS, _adverts(each)) for each in word.adverts),
        *(section(Kind.SERVICE, _service(each)) for each in word.services),
        *(section(Kind.OUTAGE, _outage(each)) for each in word.outages),
        *map(write_vip, word.vips),
    ]


def write_vip(vip: WitnessedVip) -> bytes:
    """One VIP with its last questions."""
    value = _address(vip.address) + varint(len(vip.rounds))
    for each in vip.rounds:
        value += _age(each.age) + _answers(each.answers)
        value += _address(each.control_address) if each.control_address is not None else b"\0"
        value += _answers(each.control_answers)
    return section(Kind.VIP, value)


def write_relayed(relayed: Relayed) -> bytes:
    """A member's datagram as it is."""
    return section(Kind.RELAYED, _age(relayed.age) + _maybe(relayed.round_trip) + relayed.datagram)


def _member(member: WitnessedMember) -> bytes:
    state = bytes((_TRISTATES.index(member.reachable),))
    ages = (member.asked_age, member.reached_age, member.report_age)
    return text(member.node) + state + b"".join(map(_maybe, ages))


def _adverts(adverts: WitnessedAdverts) -> bytes:
    return bytes((adverts.vrid, adverts.priority)) + _address(adverts.src) + _age(adverts.age)


def _service(service: WitnessedService) -> bytes:
    return text(service.name) + bytes((_TRISTATES.index(service.up),)) + _maybe(service.age)


def _outage(outage: WitnessedOutage) -> bytes:
    seconds = varint(0 if outage.seconds is None else 1 + int(outage.seconds * 1000 + 1e-6))
    numbers = varint(outage.lost) + _age(outage.within)
    return (
        varint(outage.number)
        + text(outage.service)
        + _address(outage.vip)
        + _age(outage.began_age)
        + seconds
        + numbers
    )


def _answers(answers: tuple[WitnessedAnswer, ...]) -> bytes:
    told = answers[:_MOST_COUNT]
    return varint(len(told)) + b"".join(mac_bytes(a.mac) + varint(min(a.count, _MOST_COUNT)) for a in told)


def _address(address: str) -> bytes:
    packed = address_bytes(address)
    return bytes((len(packed),)) + packed


def _age(seconds: float) -> bytes:
    return varint(max(0, math.ceil(seconds * 1000 - 1e-6)))


def _maybe(age: float | None) -> bytes:
    return varint(0) if age is None else varint(1 + max(0, math.ceil(age * 1000 - 1e-6)))


# --- reading --------------------------------------------------------------------------------------


def read(cursor: Cursor) -> Contents:
    """All sections; raises DecodeError for what is cut off or no text."""
    contents = Contents()
    while not cursor.exhausted:
        kind, value = cursor.section()
        _read_into(contents, kind, Cursor(value))
    return contents


def _read_into(contents: Contents, kind: int, value: Cursor) -> None:
    match kind:
        case Kind.NODE:
            contents.witness = text_of(value.data)
        case Kind.TIMING:
            contents.stamp = value.number(6)
            if not value.exhausted:
                contents.echoed_stamp, contents.held = value.number(6), value.varint()
        case Kind.SOFTWARE:
            contents.version = text_of(value.data)
        case Kind.MEMBER:
            contents.members.append(_read_member(value))
        case Kind.VIP:
            contents.vips.append(_read_vip(value))
        case Kind.ADVERTS:
            contents.adverts.append(_read_adverts(value))
        case Kind.SERVICE:
            name, up = value.text(), _tristate(value.byte())
            contents.services.append(WitnessedService(name=name, up=up, age=_read_maybe(value)))
        case Kind.OUTAGE:
            contents.outages.append(_read_outage(value))
        case Kind.RELAYED:
            age, round_trip = value.varint() / 1000, _read_maybe(value)
            datagram = value.data[value.position :]
            contents.relayed.append(Relayed(age=age, round_trip=round_trip, datagram=datagram))
        case _:
            pass  # of a newer minor version


def _read_member(value: Cursor) -> WitnessedMember:
    return WitnessedMember(
        node=value.text(),
        reachable=_tristate(value.byte()),
        asked_age=_read_maybe(value),
        reached_age=_read_maybe(value),
        report_age=_read_maybe(value),
    )


def _read_vip(value: Cursor) -> WitnessedVip:
    address, rounds = _read_address(value) or "", []
    for _ in range(value.varint()):
        age, answers = value.varint() / 1000, _read_answers(value)
        control = _read_address(value)
        rounds.append(
            WitnessedRound(
                age=age, answers=answers, control_address=control, control_answers=_read_answers(value)
            )
        )
    return WitnessedVip(address=address, rounds=tuple(rounds))


def _read_adverts(value: Cursor) -> WitnessedAdverts:
    vrid, priority, src = value.byte(), value.byte(), _read_address(value) or ""
    family = Family.IPV6 if ":" in src else Family.IPV4
    return WitnessedAdverts(family=family, vrid=vrid, src=src, priority=priority, age=value.varint() / 1000)


def _read_outage(value: Cursor) -> WitnessedOutage:
    number, service = value.varint(), value.text()
    vip, began = _read_address(value) or "", value.varint() / 1000
    took = value.varint()
    return WitnessedOutage(
        number=number,
        service=service,
        vip=vip,
        began_age=began,
        seconds=None if took == 0 else (took - 1) / 1000,
        lost=value.varint(),
        within=value.varint() / 1000,
    )


def _read_answers(value: Cursor) -> tuple[WitnessedAnswer, ...]:
    return tuple(
        WitnessedAnswer(mac=mac_text(value.take(6)), count=value.varint()) for _ in range(value.varint())
    )


def _read_address(value: Cursor) -> str | None:
    length = value.byte()
    if length not in (0, 4, 16):
        raise DecodeError("malformed address")
    return address_text(value.take(length)) if length else None


def _read_maybe(value: Cursor) -> float | None:
    told = value.varint()
    return None if told == 0 else (told - 1) / 1000


def _tristate(bits: int) -> bool | None:
    return _TRISTATES[bits] if bits < len(_TRISTATES) else None
