"""Short messages as a modem in PDU mode carries them (3GPP TS 23.040 §9.2), as far as the lab needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from deploy.lab.modem.alphabet import fits_gsm, from_septets, pack, to_septets, unpack

SUBMIT, DELIVER, STATUS_REPORT = 0x01, 0x00, 0x02
NO_MORE, HAS_HEADER, WANTS_REPORT = 0x04, 0x40, 0x20
GSM, UCS2 = 0x00, 0x08
NATIONAL_NUMBER, INTERNATIONAL, ALPHANUMERIC = 0x81, 0x91, 0xD0
CONCATENATED = 0x00
HEADER_SEPTETS = 7  # six octets of header take as much room as seven septets


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Which part of which text: `number` counts from 1 to `total`."""

    reference: int = 0
    total: int = 1
    number: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """One SMS-SUBMIT as it came from the daemon."""

    to: str
    text: str
    part: Part
    data_coding: int
    wants_report: bool


def read_submit(pdu: bytes) -> Submitted:
    """What a daemon has given to the modem, SMSC address first. ValueError for what is no SMS-SUBMIT."""
    tpdu = pdu[1 + pdu[0] :]
    first, rest = tpdu[0], tpdu[2:]  # the message reference is the modem's to give
    if first & 0x03 != SUBMIT:
        raise ValueError(f"not an SMS-SUBMIT: {pdu.hex()}")
    to, rest = _read_address(rest)
    coding = rest[1]
    validity = {0x00: 0, 0x10: 1}.get(first & 0x18, 7)
    length, data = rest[2 + validity], rest[3 + validity :]
    header = data[: 1 + data[0]] if first & HAS_HEADER else b""
    return Submitted(
        to=to,
        text=_read_text(data, length, coding, header),
        part=_read_part(header),
        data_coding=coding,
        wants_report=bool(first & WANTS_REPORT),
    )


def deliver(sender: str, text: str, at: datetime, reference: int) -> list[bytes]:
    """A text from a telephone as SMS-DELIVERs: one, or as many as it takes, with `reference` in their headers."""
    coding = GSM if fits_gsm(text) else UCS2
    pieces = _split(text, coding)
    pdus = []
    for number, piece in enumerate(pieces, 1):
        header = bytes((5, CONCATENATED, 3, reference, len(pieces), number)) if len(pieces) > 1 else b""
        first = DELIVER | NO_MORE | (HAS_HEADER if header else 0)
        body = bytes((first, *_address(sender), 0, coding)) + _moment(at) + _user_data(piece, coding, header)
        pdus.append(b"\0" + body)
    return pdus


def status_report(to: str, reference: int, at: datetime) -> bytes:
    """The network's word that the message with this reference is at the telephone."""
    body = bytes((STATUS_REPORT | NO_MORE, reference, *_address(to))) + _moment(at) + _moment(at) + b"\0"
    return b"\0" + body


# --- text -----------------------------------------------------------------------------------------


def _read_text(data: bytes, length: int, coding: int, header: bytes) -> str:
    if coding & 0x0C == UCS2:
        return data[len(header) : length].decode("utf-16-be")
    taken = (8 * len(header) + 6) // 7
    return from_septets(unpack(data, length)[taken:])


def _read_part(header: bytes) -> Part:
    place = 1
    while place + 1 < len(header):
        kind, size = header[place], header[place + 1]
        if kind == CONCATENATED:
            reference, total, number = header[place + 2 : place + 5]
            return Part(reference=reference, total=total, number=number)
        place += 2 + size
    return Part()


def _split(text: str, coding: int) -> list[str]:
    whole, part = (160, 153) if coding == GSM else (70, 67)
    if _room(text, coding) <= whole:
        return [text]
    pieces = [""]
    for character in text:
        if _room(pieces[-1] + character, coding) > part:
            pieces.append("")
        pieces[-1] += character
    return pieces


def _room(text: str, coding: int) -> int:
    return len(to_septets(text)) if coding == GSM else len(text.encode("utf-16-be")) // 2


def _user_data(text: str, coding: int, header: bytes) -> bytes:
    if coding == UCS2:
        octets = header + text.encode("utf-16-be")
        return bytes((len(octets),)) + octets
    filling = [0] * (HEADER_SEPTETS if header else 0)
    septets = filling + to_septets(text)
    packed = bytearray(pack(septets))
    packed[: len(header)] = header
    return bytes((len(septets),)) + bytes(packed)


# --- numbers and times ----------------------------------------------------------------------------


def _read_address(octets: bytes) -> tuple[str, bytes]:
    digits, kind = octets[0], octets[1]
    size = (digits + 1) // 2
    number = _swapped(octets[2 : 2 + size])[:digits]
    return ("+" if kind == INTERNATIONAL else "") + number, octets[2 + size :]


def _address(number: str) -> bytes:
    digits = number.removeprefix("+")
    if not digits.isdecimal():
        packed = pack(to_septets(number))
        return bytes((2 * len(packed), ALPHANUMERIC)) + packed
    kind = INTERNATIONAL if number.startswith("+") else NATIONAL_NUMBER
    padded = digits + "f" * (len(digits) % 2)
    return bytes((len(digits), kind)) + bytes.fromhex(_swapped(bytes.fromhex(padded)))


def _swapped(octets: bytes) -> str:
    return "".join(f"{octet:02x}"[::-1] for octet in octets)


def _moment(at: datetime) -> bytes:
    quarters = int((at.utcoffset() or timedelta()).total_seconds()) // 900
    zone = int(f"{abs(quarters):02d}"[::-1], 16) | (0x08 if quarters < 0 else 0)
    return bytes.fromhex(_swapped(bytes.fromhex(at.strftime("%y%m%d%H%M%S")))) + bytes((zone,))
