"""A question on the wire, and what may come back."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from hawatch.errors import DecodeError
from hawatch.evidence import ProbeAnswer
from hawatch.observers.packet.bpf import (
    WHOLE_FRAME,
    assemble,
    drop_other_vlans,
    finish,
    if_equal,
    load_byte,
    load_half,
)
from hawatch.wire import arp, ethernet, ip, ndp
from hawatch.wire.address import BROADCAST_MAC, multicast_mac, solicited_node
from hawatch.wire.arp import Operation
from hawatch.wire.ethernet import ETHERTYPE_ARP, ETHERTYPE_IPV6, Frame
from hawatch.wire.family import Family
from hawatch.wire.ip import PROTOCOL_ICMPV6, Packet
from hawatch.wire.ndp import NeighbourAdvertisement, NeighbourSolicitation


@dataclass(slots=True, kw_only=True)
class Question:
    """One "who has this address?", asked at `asked_at`, and the answers by MAC until now.

    `users` are the rounds that it serves.
    """

    address: str
    asked_at: float
    users: int = 1
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def answers(self) -> tuple[ProbeAnswer, ...]:
        """Who answered how often."""
        return tuple(ProbeAnswer(mac=mac, count=count) for mac, count in sorted(self.counts.items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`mac` says to `asker` that it has `address`."""

    address: str
    mac: str
    asker: str


def write_question(address: str, *, sender: str, sender_mac: str) -> bytes:
    """The whole frame that asks for an address, from one of the same family."""
    if ":" not in address:
        message = arp.request(sender_mac=sender_mac, sender_address=sender, target_address=address)
        return _frame(BROADCAST_MAC, sender_mac, ETHERTYPE_ARP, arp.encode(message))
    group = solicited_node(address)
    solicitation = NeighbourSolicitation(target=address, source_mac=sender_mac)
    packet = Packet(
        family=Family.IPV6,
        src=sender,
        dst=group,
        ttl=255,
        protocol=PROTOCOL_ICMPV6,
        ip_id=None,
        payload=ndp.encode(solicitation, src=sender, dst=group),
    )
    return _frame(multicast_mac(group), sender_mac, ETHERTYPE_IPV6, ip.encode(packet))


def _frame(dst_mac: str, src_mac: str, ethertype: int, payload: bytes) -> bytes:
    frame = Frame(dst_mac=dst_mac, src_mac=src_mac, vlans=(), ethertype=ethertype, payload=payload)
    return ethernet.encode(frame)


def read_answer(data: bytes) -> Answer | None:
    """The answer in a frame; None for anything else, announcements that nobody asked for among it."""
    try:
        frame = ethernet.decode(data)
        if frame.ethertype == ETHERTYPE_ARP:
            return _arp_answer(frame)
        packet = ip.decode(frame)
        message = ndp.decode(packet)
    except DecodeError:
        return None
    if not isinstance(message, NeighbourAdvertisement) or message.is_unsolicited:
        return None
    return Answer(address=message.target, mac=message.target_mac or frame.src_mac, asker=packet.dst)


def _arp_answer(frame: Frame) -> Answer | None:
    message = arp.decode(frame.payload)
    if message.operation is not Operation.REPLY or message.is_gratuitous:
        return None
    return Answer(address=message.sender_address, mac=message.sender_mac, asker=message.target_address)


def answers_program() -> bytes:
    """Keeps ARP replies and neighbour advertisements."""
    return assemble(
        [
            *drop_other_vlans(),
            load_half(12),
            if_equal(0x86DD, then="ipv6"),
            if_equal(0x0806, otherwise="drop"),
            load_half(20),
            if_equal(2, then="keep", otherwise="drop"),
            "ipv6",
            load_byte(20),
            if_equal(PROTOCOL_ICMPV6, otherwise="drop"),
            load_byte(54),
            if_equal(ndp.ADVERTISEMENT, then="keep", otherwise="drop"),
            "drop",
            finish(0),
            "keep",
            finish(WHOLE_FRAME),
        ]
    )


def silence_program() -> bytes:
    """Keeps nothing: between two rounds no frame wakes anybody."""
    return assemble([finish(0)])
