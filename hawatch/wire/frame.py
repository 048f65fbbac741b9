"""A captured frame, read through all its layers to the VRRP (or CARP) in it."""

from __future__ import annotations

from dataclasses import dataclass

from hawatch.errors import DecodeError
from hawatch.wire import carp, ethernet, ip, link, vrrp
from hawatch.wire.carp import CarpAnnouncement
from hawatch.wire.ethernet import Frame
from hawatch.wire.ip import PROTOCOL_VRRP, Packet, PacketError
from hawatch.wire.link import LinkType
from hawatch.wire.vrrp import Advertisement


@dataclass(frozen=True, slots=True, kw_only=True)
class VrrpFrame:
    """An advertisement and what carried it; `problems` say why a conforming receiver refuses it."""

    link: Frame
    packet: Packet
    advertisement: Advertisement
    problems: tuple[str, ...]

    @property
    def valid(self) -> bool:
        """Whether a conforming receiver takes it."""
        return not self.problems


@dataclass(frozen=True, slots=True, kw_only=True)
class CarpFrame:
    """A CARP announcement and what carried it."""

    link: Frame
    packet: Packet
    announcement: CarpAnnouncement


@dataclass(frozen=True, slots=True, kw_only=True)
class MalformedVrrp:
    """A frame that is VRRP by protocol number and cannot be read as such, for `reason`.

    The packet's payload may be cut short. Version, type and VRID lie alike in every version, and even a refused
    advertisement puts off a master that has its VRID, so what can be read of them is kept: None means unread.
    """

    link: Frame
    packet: Packet
    reason: str

    @property
    def version(self) -> int | None:
        """The version that it claims."""
        return self.packet.payload[0] >> 4 if self.packet.payload else None

    @property
    def type(self) -> int | None:
        """The type that it claims."""
        return self.packet.payload[0] & 0x0F if self.packet.payload else None

    @property
    def vrid(self) -> int | None:
        """The VRID that it claims."""
        return self.packet.payload[1] if len(self.packet.payload) > 1 else None


ProtocolFrame = VrrpFrame | CarpFrame | MalformedVrrp
"""Anything that protocol 112 can carry."""


def decode_vrrp_frame(data: bytes, link_type: int = LinkType.ETHERNET) -> ProtocolFrame:
    """Read one frame; raises DecodeError for whatever is not protocol 112, or too broken to tell."""
    frame = ethernet.decode(data) if link_type == 1 else link.decode(link_type, data)
    try:
        packet = ip.decode(frame)
    except PacketError as error:
        if error.packet.protocol != PROTOCOL_VRRP:
            raise
        return MalformedVrrp(link=frame, packet=error.packet, reason=error.reason)
    return decode_vrrp_packet(frame, packet)


def decode_vrrp_packet(frame: Frame, packet: Packet) -> ProtocolFrame:
    """Read the packet of a frame that was already taken apart; raises DecodeError if its protocol is not 112."""
    if packet.protocol != PROTOCOL_VRRP:
        raise DecodeError("not VRRP")
    if carp.is_carp(packet.payload):
        return CarpFrame(link=frame, packet=packet, announcement=carp.decode(packet.payload))
    try:
        advertisement, problems = vrrp.read(packet)
    except DecodeError as error:
        return MalformedVrrp(link=frame, packet=packet, reason=error.reason)
    return VrrpFrame(link=frame, packet=packet, advertisement=advertisement, problems=problems)
