"""VRRP advertisements, versions 2 (RFC 3768) and 3 (RFC 5798, RFC 9568), over IPv4 and IPv6.

      0                   1                   2                   3
     +---------------+---------------+---------------+---------------+
     | version  type |     VRID      |   priority    |   addresses   |
     +---------------+---------------+---------------+---------------+
  v2 |  auth type    |  interval, s  |           checksum            |
  v3 | reserved      interval, cs    |           checksum            |
     +---------------+---------------+---------------+---------------+
     | addresses, 4 or 16 bytes each; v2 over IPv4: then 8 bytes of  |
     | authentication data; then whatever a vendor appends           |
     +---------------------------------------------------------------+

keepalived sends version 2 over IPv6 too if it is told to: without authentication data, and with the pseudo
header that the kernel puts into every IPv6 checksum.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from hawatch.errors import DecodeError
from hawatch.wire.address import (
    ADDRESS_SIZE,
    VRRP_GROUP_IPV4,
    address_bytes,
    address_list,
    family_of,
    is_multicast,
)
from hawatch.wire.carp import is_carp
from hawatch.wire.checksum import checksum, ones_sum, pseudo_header_sum
from hawatch.wire.family import Family
from hawatch.wire.ip import PROTOCOL_VRRP, Packet

TYPE_ADVERTISEMENT = 1
HEADER_SIZE = 8
AUTH_DATA_SIZE = 8

AUTH_NONE, AUTH_PASSWORD, AUTH_HEADER, AUTH_CISCO_MD5 = 0, 1, 2, 254
_KNOWN_AUTH_TYPES = frozenset({AUTH_NONE, AUTH_PASSWORD, AUTH_HEADER, AUTH_CISCO_MD5})


class ChecksumForm(StrEnum):
    """Over what the sender summed; all but BAD are in use.

    PLAIN: the message alone (v2; v3 over IPv4 in RFC 9568 §5.2.8, Cisco and keepalived's v3_checksum_as_v2).
    PSEUDO_HEADER: with the pseudo header (v3 in RFC 5798 §5.2.8 and keepalived; all of IPv6).
    PSEUDO_HEADER_MULTICAST: with a pseudo header to 224.0.0.18 in a unicast message (keepalived up to 1.3.6 and
    old_unicast_checksum).
    WHOLE_PAYLOAD: with what a vendor appended (Cisco MD5; an appended digest over IPv6), pseudo header or not.
    """

    PLAIN = "plain"
    PSEUDO_HEADER = "pseudo_header"
    PSEUDO_HEADER_MULTICAST = "pseudo_header_multicast"
    WHOLE_PAYLOAD = "whole_payload"
    BAD = "bad"


class Problem(StrEnum):
    """Why a receiver refuses an advertisement that can be read."""

    TTL = "ttl is not 255"
    CHECKSUM = "bad checksum"
    TYPE = "type is not 1"
    VRID = "vrid is 0"
    NO_ADDRESSES = "no addresses"
    INTERVAL = "interval is 0"
    AUTH_TYPE = "unknown authentication type"
    AUTH_DATA = "authentication data missing"
    AUTH_HEADER = "authentication header missing"


# Looking a member up in its class is several times slower than reading a name.
_PLAIN, _PSEUDO = ChecksumForm.PLAIN, ChecksumForm.PSEUDO_HEADER
_BAD = ChecksumForm.BAD
_IPV6 = Family.IPV6


@dataclass(frozen=True, slots=True, kw_only=True)
class Advertisement:
    """One advertisement. `auth_type` is 0 and `auth_data` empty where the version has none.

    `auth_data` is 8 bytes or, from senders that leave them out, none; with auth type 1 it is the password.
    `trailing_bytes` counts what was appended: 28 by keepalived's auth_hmac, 30 by Cisco's MD5.
    """

    version: int
    type: int = TYPE_ADVERTISEMENT
    vrid: int
    priority: int
    interval_seconds: float
    auth_type: int = AUTH_NONE
    auth_data: bytes = b""
    addresses: tuple[str, ...]
    checksum: ChecksumForm
    trailing_bytes: int = 0


def read(packet: Packet) -> tuple[Advertisement, tuple[str, ...]]:
    """Give the advertisement in a packet and its `problems`; raises DecodeError as `decode` does.

    A master repeats itself every interval, byte for byte but for the identification and the checksum of IP: what a
    payload says between two addresses is remembered. The memory is bounded, and a flood of invented payloads costs
    time alone.
    """
    return _read(
        packet.payload,
        packet.family,
        packet.src,
        packet.dst,
        packet.ttl,
        packet.authenticated,
        packet.problems,
    )


@lru_cache(maxsize=1024)
def _read(  # noqa: PLR0917 - a cache is asked by position
    payload: bytes,
    family: Family,
    src: str,
    dst: str,
    ttl: int,
    authenticated: bool,  # noqa: FBT001
    faults: tuple[str, ...],
) -> tuple[Advertisement, tuple[str, ...]]:
    advertisement = _decode(payload, family, src, dst)
    wrong = _problems(advertisement, family, dst, ttl, authenticated=authenticated)
    return advertisement, (*faults, *wrong)


def decode(packet: Packet) -> Advertisement:
    """Read the advertisement in a packet of protocol 112; raises DecodeError, with reason "carp" for CARP."""
    return _decode(packet.payload, packet.family, packet.src, packet.dst)


def _decode(payload: bytes, family: Family, src: str, dst: str) -> Advertisement:
    length = len(payload)
    if length < HEADER_SIZE:
        raise DecodeError("VRRP header cut short")
    first, vrid, priority, count, fifth, sixth = payload[:6]
    version = first >> 4
    if version not in {2, 3}:
        raise DecodeError("unknown version")
    if is_carp(payload):
        raise DecodeError("carp")
    size = 16 if family is _IPV6 else 4
    end = HEADER_SIZE + count * size
    if end > length:
        raise DecodeError("address list cut short")
    addresses = address_list(payload[HEADER_SIZE:end], size)
    auth_data = b""
    if version == 2:
        auth_type, interval = fifth, float(sixth)
        if size == 4 and length - end >= AUTH_DATA_SIZE:
            auth_data = payload[end : end + AUTH_DATA_SIZE]
            end += AUTH_DATA_SIZE
    else:
        auth_type, interval = AUTH_NONE, ((fifth & 0x0F) << 8 | sixth) / 100
    return Advertisement(
        version=version,
        type=first & 0x0F,
        vrid=vrid,
        priority=priority,
        interval_seconds=interval,
        auth_type=auth_type,
        auth_data=auth_data,
        addresses=addresses,
        checksum=_checksum_form(version, payload, end, family, src, dst),
        trailing_bytes=length - end,
    )


def _checksum_form(
    version: int, payload: bytes, end: int, family: Family, src: str, dst: str
) -> ChecksumForm:
    """Find the form that fits; `end` is where the advertisement proper ends within the payload."""
    alone = ones_sum(payload[:end])
    if version == 2 and family is not _IPV6:
        if alone == 0:
            return _PLAIN
    else:
        if (alone + pseudo_header_sum(src, dst, PROTOCOL_VRRP, end)) % 65535 == 0:
            return _PSEUDO
        if alone == 0:
            return _PLAIN
        if (
            family is not _IPV6
            and (alone + pseudo_header_sum(src, VRRP_GROUP_IPV4, PROTOCOL_VRRP, end)) % 65535 == 0
        ):
            return ChecksumForm.PSEUDO_HEADER_MULTICAST
    if len(payload) > end and _whole_payload_fits(payload, src, dst):
        return ChecksumForm.WHOLE_PAYLOAD
    return _BAD


def _whole_payload_fits(payload: bytes, src: str, dst: str) -> bool:
    whole = ones_sum(payload)
    pseudo_header = pseudo_header_sum(src, dst, PROTOCOL_VRRP, len(payload))
    return whole == 0 or (whole + pseudo_header) % 65535 == 0


def problems(advertisement: Advertisement, packet: Packet) -> tuple[str, ...]:
    """List why a conforming receiver refuses the advertisement (RFC 3768 §7.1, RFC 9568 §7.1); empty: it does not.

    Only what a message shows by itself: whether it fits the receiver's own configuration is judged elsewhere.
    The TTL is held against multicast only, as keepalived does: unicast peers may be routed, and keepalived sends
    to an IPv6 peer with the kernel's 64. Cisco's auth type 254 passes, and so do version 2 without authentication
    data where none is announced, any live form of checksum, and appended bytes. Version 2 may announce no address
    (keepalived does, for an instance without VIPs); RFC 9568 §5.2.5 forbids it to version 3.
    """
    authenticated = packet.authenticated
    wrong = _problems(advertisement, packet.family, packet.dst, packet.ttl, authenticated=authenticated)
    return (*packet.problems, *wrong)


def _problems(
    advertisement: Advertisement, family: Family, dst: str, ttl: int, *, authenticated: bool
) -> list[str]:
    found: list[str] = []
    if ttl != 255 and is_multicast(dst):
        found.append(Problem.TTL)
    if advertisement.checksum is _BAD:
        found.append(Problem.CHECKSUM)
    if advertisement.type != TYPE_ADVERTISEMENT:
        found.append(Problem.TYPE)
    if advertisement.vrid == 0:
        found.append(Problem.VRID)
    if advertisement.interval_seconds == 0:
        found.append(Problem.INTERVAL)
    if not advertisement.addresses and advertisement.version == 3:
        found.append(Problem.NO_ADDRESSES)
    if advertisement.auth_type != AUTH_NONE:
        found += _authentication_problems(advertisement, family, authenticated=authenticated)
    return found


def _authentication_problems(
    advertisement: Advertisement, family: Family, *, authenticated: bool
) -> list[str]:
    auth_type = advertisement.auth_type
    if auth_type not in _KNOWN_AUTH_TYPES:
        return [Problem.AUTH_TYPE]
    if family is _IPV6:  # keepalived writes the type and looks at nothing
        return []
    if auth_type == AUTH_HEADER and not authenticated:
        return [Problem.AUTH_HEADER]
    if auth_type == AUTH_PASSWORD and not advertisement.auth_data:
        return [Problem.AUTH_DATA]
    return []


def encode(advertisement: Advertisement, *, src: str, dst: str, trailer: bytes = b"") -> bytes:
    """Write the payload of protocol 112, its checksum in the form that the record names (BAD writes a wrong one).

    Raises ValueError for a record that cannot be written: an interval or a number out of range, an address of
    another family than `src`, or a `trailer` that is not as long as `trailing_bytes`.
    """
    family = family_of(src)
    addresses = b"".join(address_bytes(address) for address in advertisement.addresses)
    if len(addresses) != len(advertisement.addresses) * ADDRESS_SIZE[family]:
        raise ValueError(f"an address of another family than {src}")
    if len(trailer) != advertisement.trailing_bytes:
        raise ValueError(f"{advertisement.trailing_bytes} trailing bytes announced, {len(trailer)} given")
    head = bytes(
        (
            advertisement.version << 4 | advertisement.type,
            advertisement.vrid,
            advertisement.priority,
            len(advertisement.addresses),
            *_interval_bytes(advertisement),
        )
    )
    tail = addresses + advertisement.auth_data
    summed = head + b"\0\0" + tail
    form = advertisement.checksum
    if form is ChecksumForm.WHOLE_PAYLOAD:
        summed += trailer
    pseudo_header = _pseudo_header_of(form, src, dst, len(summed), trailer)
    value = checksum(summed, pseudo_header)
    if form is ChecksumForm.BAD:
        value ^= 0x5555
    return head + value.to_bytes(2, "big") + tail + trailer


def _interval_bytes(advertisement: Advertisement) -> bytes:
    """Fill bytes 4 and 5: v2 authentication type and whole seconds, v3 12 bits of centiseconds."""
    unit, most = (1, 255) if advertisement.version == 2 else (100, 4095)
    interval = round(advertisement.interval_seconds * unit)
    if not 0 <= interval <= most:
        raise ValueError(f"version {advertisement.version} cannot say {advertisement.interval_seconds} s")
    if advertisement.version == 2:
        return bytes((advertisement.auth_type, interval))
    return interval.to_bytes(2, "big")


def _pseudo_header_of(form: ChecksumForm, src: str, dst: str, length: int, trailer: bytes) -> int:
    match form:
        case ChecksumForm.PSEUDO_HEADER:
            return pseudo_header_sum(src, dst, PROTOCOL_VRRP, length)
        case ChecksumForm.PSEUDO_HEADER_MULTICAST:
            return pseudo_header_sum(src, VRRP_GROUP_IPV4, PROTOCOL_VRRP, length)
        case ChecksumForm.WHOLE_PAYLOAD if family_of(src) is Family.IPV6 and trailer:
            return pseudo_header_sum(src, dst, PROTOCOL_VRRP, length)
    return 0
