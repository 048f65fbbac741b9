"""A host that answers ARP requests and neighbour solicitations for everything, or for given addresses.

    address_claimer.py DEVICE [ADDRESS...]      (none: everything but its own device's requests)

It stands for a proxy-ARP router or a fabric that answers in place of the hosts, and for a host that has
taken an address it should not have.
"""

from __future__ import annotations

import socket
import struct
import sys
from pathlib import Path

ETH_P_ALL = 3
PACKET_OUTGOING = 4
ARP, IPV6 = 0x0806, 0x86DD
SOLICITATION, ADVERTISEMENT = 135, 136
ANY = bytes(16)
SOL_PACKET, PACKET_ADD_MEMBERSHIP, PACKET_MR_ALLMULTI = 263, 1, 2  # linux/if_packet.h


def arp_reply(frame: bytes, mac: bytes, claimed: set[bytes]) -> bytes | None:
    """The reply to an ARP request (RFC 826); none to a gratuitous one or a probe."""
    if len(frame) < 42 or frame[20:22] != b"\x00\x01":
        return None
    asker_mac, asker, target = frame[22:28], frame[28:32], frame[38:42]
    if asker == target or (claimed and target not in claimed):
        return None
    body = frame[14:20] + b"\x00\x02" + mac + target + asker_mac + asker
    return (asker_mac + mac + struct.pack("!H", ARP) + body).ljust(60, b"\0")


def neighbour_reply(frame: bytes, mac: bytes, claimed: set[bytes]) -> bytes | None:
    """The advertisement for a neighbour solicitation (RFC 4861 §4.4); none to duplicate detection."""
    if len(frame) < 78 or frame[20] != socket.IPPROTO_ICMPV6 or frame[54] != SOLICITATION:
        return None
    asker, target = frame[22:38], frame[62:78]
    if asker == ANY or (claimed and target not in claimed):
        return None
    body = struct.pack("!BBHI", ADVERTISEMENT, 0, 0, 0x60000000) + target + b"\x02\x01" + mac
    pseudo = target + asker + struct.pack("!II", len(body), socket.IPPROTO_ICMPV6)
    body = body[:2] + struct.pack("!H", checksum(pseudo + body)) + body[4:]
    header = struct.pack("!IHBB", 6 << 28, len(body), socket.IPPROTO_ICMPV6, 255) + target + asker
    return frame[6:12] + mac + struct.pack("!H", IPV6) + header + body


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def packed(address: str) -> bytes:
    return socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)


def main() -> None:
    device, claimed = sys.argv[1], {packed(address) for address in sys.argv[2:]}
    mac = bytes.fromhex(Path(f"/sys/class/net/{device}/address").read_text().strip().replace(":", ""))
    tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    tap.bind((device, ETH_P_ALL))
    # Solicitations go to groups that this host has not joined.
    membership = struct.pack("=IHH8s", socket.if_nametoindex(device), PACKET_MR_ALLMULTI, 0, bytes(8))
    tap.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, membership)
    print("claiming", flush=True)
    while True:
        frame, origin = tap.recvfrom(2048)
        if origin[2] == PACKET_OUTGOING:
            continue
        (ethertype,) = struct.unpack_from("!H", frame, 12)
        answer = {ARP: arp_reply, IPV6: neighbour_reply}.get(ethertype)
        reply = answer(frame, mac, claimed) if answer else None
        if reply is not None:
            tap.send(reply)


if __name__ == "__main__":
    main()
