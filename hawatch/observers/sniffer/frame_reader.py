"""One captured frame turned into one piece of evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from hawatch.errors import DecodeError
from hawatch.evidence import AddressAnnounced, AdvertisementHeard, CarpHeard, Evidence, ProtocolUnreachable
from hawatch.wire import arp, icmp, ip, link, ndp
from hawatch.wire.ethernet import ETHERTYPE_ARP, Frame
from hawatch.wire.frame import CarpFrame, MalformedVrrp, ProtocolFrame, VrrpFrame, decode_vrrp_packet
from hawatch.wire.ip import PROTOCOL_ICMPV6, PROTOCOL_VRRP, Packet, PacketError
from hawatch.wire.link import LinkType
from hawatch.wire.ndp import NeighbourAdvertisement
from hawatch.wire.vrrp import AUTH_PASSWORD, Advertisement

Fingerprint = Callable[[bytes], str]
"""Makes something comparable, and not reversible, of the 8 bytes of a VRRP password."""


@dataclass(slots=True, kw_only=True)
class FrameReader:
    """Reads the frames of one interface; `refused` counts, by reason, those of which nothing could be made."""

    interface: str
    vips: frozenset[str]
    fingerprint: Fingerprint | None
    link_type: LinkType = LinkType.ETHERNET
    refused: Counter[str] = field(default_factory=Counter)

    def read(self, data: bytes, *, at: float, outgoing: bool) -> Evidence | None:
        """What the frame says, None for nothing that matters here. No frame makes it raise."""
        try:
            return self._frame(link.decode(self.link_type, data), at=at, outgoing=outgoing)
        except DecodeError as error:
            self.refused[error.reason] += 1
        return None

    def _frame(self, frame: Frame, *, at: float, outgoing: bool) -> Evidence | None:
        try:
            if frame.ethertype == ETHERTYPE_ARP:
                return self._arp(frame, at=at, outgoing=outgoing)
            packet = ip.decode(frame)
            if packet.protocol == PROTOCOL_VRRP:
                return self._vrrp(decode_vrrp_packet(frame, packet), at=at, outgoing=outgoing)
            if packet.protocol == PROTOCOL_ICMPV6 and packet.payload[:1] == bytes((ndp.ADVERTISEMENT,)):
                return self._neighbour(frame, packet, at=at, outgoing=outgoing)
            return self._refusal(packet, at=at, outgoing=outgoing)
        except PacketError as error:
            if error.packet.protocol != PROTOCOL_VRRP:
                raise
            broken = MalformedVrrp(link=frame, packet=error.packet, reason=error.reason)
            return self._vrrp(broken, at=at, outgoing=outgoing)

    def _vrrp(self, read: ProtocolFrame, *, at: float, outgoing: bool) -> Evidence | None:
        match read:
            case VrrpFrame():
                return self._advertisement(read, at=at, outgoing=outgoing)
            case MalformedVrrp():
                return self._malformed(read, at=at, outgoing=outgoing)
            case CarpFrame():
                return CarpHeard(
                    at=at,
                    interface=self.interface,
                    outgoing=outgoing,
                    src=read.packet.src,
                    src_mac=read.link.src_mac,
                    vhid=read.announcement.vhid,
                )

    def _advertisement(self, read: VrrpFrame, *, at: float, outgoing: bool) -> AdvertisementHeard:
        said, packet = read.advertisement, read.packet
        return AdvertisementHeard(
            at=at,
            first_at=at,
            count=1,
            interface=self.interface,
            outgoing=outgoing,
            src=packet.src,
            dst=packet.dst,
            src_mac=read.link.src_mac,
            ttl=packet.ttl,
            family=packet.family,
            version=said.version,
            vrid=said.vrid,
            priority=said.priority,
            interval_seconds=said.interval_seconds,
            auth_type=said.auth_type,
            auth_fingerprint=self._fingerprint(said),
            addresses=said.addresses,
            checksum=said.checksum.value,
            problems=tuple(map(str, read.problems)),
            ip_id=packet.ip_id,
            vlans=read.link.vlans,
        )

    def _malformed(self, read: MalformedVrrp, *, at: float, outgoing: bool) -> AdvertisementHeard | None:
        """What is unreadable still mutes a master that has its VRID; without that much it is only counted."""
        packet = read.packet
        if read.version is None or read.vrid is None or len(packet.payload) < 3:
            self.refused[read.reason] += 1
            return None
        return AdvertisementHeard(
            at=at,
            first_at=at,
            count=1,
            interface=self.interface,
            outgoing=outgoing,
            src=packet.src,
            dst=packet.dst,
            src_mac=read.link.src_mac,
            ttl=packet.ttl,
            family=packet.family,
            version=read.version,
            vrid=read.vrid,
            priority=packet.payload[2],
            interval_seconds=0.0,
            auth_type=0,
            auth_fingerprint=None,
            addresses=(),
            checksum="",
            problems=(read.reason,),
            ip_id=packet.ip_id,
            vlans=read.link.vlans,
        )

    def _fingerprint(self, said: Advertisement) -> str | None:
        if self.fingerprint is None or said.auth_type != AUTH_PASSWORD or not said.auth_data:
            return None
        return self.fingerprint(said.auth_data)

    def _arp(self, frame: Frame, *, at: float, outgoing: bool) -> AddressAnnounced | None:
        message = arp.decode(frame.payload)
        if not message.is_gratuitous or message.sender_address not in self.vips:
            return None
        return self._announced(message.sender_address, message.sender_mac, at=at, outgoing=outgoing)

    def _neighbour(
        self, frame: Frame, packet: Packet, *, at: float, outgoing: bool
    ) -> AddressAnnounced | None:
        message = ndp.decode(packet)
        if not isinstance(message, NeighbourAdvertisement) or not message.is_unsolicited:
            return None
        if message.target not in self.vips:
            return None
        return self._announced(message.target, message.target_mac or frame.src_mac, at=at, outgoing=outgoing)

    def _announced(self, address: str, mac: str, *, at: float, outgoing: bool) -> AddressAnnounced:
        return AddressAnnounced(at=at, interface=self.interface, outgoing=outgoing, address=address, mac=mac)

    def _refusal(self, packet: Packet, *, at: float, outgoing: bool) -> ProtocolUnreachable | None:
        # What this host refuses itself says nothing of another one.
        if outgoing or icmp.decode(packet).protocol != PROTOCOL_VRRP:
            return None
        return ProtocolUnreachable(at=at, interface=self.interface, src=packet.src)
