"""ARP for IPv4 over Ethernet (RFC 826)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from struct import Struct

from hawatch.errors import DecodeError
from hawatch.wire.address import address_bytes, address_text, mac_bytes, mac_text

# hardware type, protocol type, their lengths, operation, sender's MAC and address, target's MAC and address
_LAYOUT = Struct("!HHBBH6s4s6s4s")
_ETHERNET, _IPV4 = 1, 0x0800
UNKNOWN_MAC = "00:00:00:00:00:00"


class Operation(IntEnum):
    """What an ARP message is."""

    REQUEST = 1
    REPLY = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ArpMessage:
    """One ARP message; in a request the target's MAC says nothing."""

    operation: Operation
    sender_mac: str
    sender_address: str
    target_mac: str
    target_address: str

    @property
    def is_gratuitous(self) -> bool:
        """Whether the sender announces its own address, by request (keepalived) or reply (others); RFC 5944 §4.6."""
        return self.sender_address == self.target_address


def request(*, sender_mac: str, sender_address: str, target_address: str) -> ArpMessage:
    """Make the question "who has `target_address`?"; the answer goes to the sender."""
    return ArpMessage(
        operation=Operation.REQUEST,
        sender_mac=sender_mac,
        sender_address=sender_address,
        target_mac=UNKNOWN_MAC,
        target_address=target_address,
    )


def decode(payload: bytes) -> ArpMessage:
    """Read what follows ethertype 0x0806; padding is ignored, anything but a request or reply is a DecodeError."""
    if len(payload) < _LAYOUT.size:
        raise DecodeError("ARP message cut short")
    hardware, protocol, mac_size, address_size, operation, *ends = _LAYOUT.unpack_from(payload)
    if (hardware, protocol, mac_size, address_size) != (_ETHERNET, _IPV4, 6, 4):
        raise DecodeError("ARP for something else than IPv4 over Ethernet")
    if operation not in {1, 2}:
        raise DecodeError("ARP operation is neither request nor reply")
    sender_mac, sender_address, target_mac, target_address = ends
    return ArpMessage(
        operation=Operation(operation),
        sender_mac=mac_text(sender_mac),
        sender_address=address_text(sender_address),
        target_mac=mac_text(target_mac),
        target_address=address_text(target_address),
    )


def encode(message: ArpMessage) -> bytes:
    """Write what follows ethertype 0x0806, without padding."""
    return _LAYOUT.pack(
        _ETHERNET,
        _IPV4,
        6,
        4,
        message.operation,
        mac_bytes(message.sender_mac),
        address_bytes(message.sender_address),
        mac_bytes(message.target_mac),
        address_bytes(message.target_address),
    )
