"""A witness that lies old: it has the key, answers at once, and says that two owners answered it, long ago.

old_witness.py KEY MEMBER MEMBER VIP
"""

from __future__ import annotations

import socket
import sys
import time

from hawatch.wire.report_datagram import decode
from hawatch.wire.witness import (
    WitnessedAnswer,
    WitnessedMember,
    WitnessedRound,
    WitnessedVip,
    WitnessWord,
)
from hawatch.wire.witness_datagram import WitnessEnvelope, encode

AGE = 30.0
PORT = 10112


def old_word(vip: str) -> WitnessWord:
    two = (
        WitnessedAnswer(mac="02:00:00:00:00:0b", count=1),
        WitnessedAnswer(mac="02:00:00:00:00:0c", count=1),
    )
    rounds = tuple(
        WitnessedRound(age=age, answers=two, control_address="10.0.0.11", control_answers=two[:1])
        for age in (AGE + 0.5, AGE)
    )
    members = tuple(
        WitnessedMember(node=name, reachable=True, asked_age=AGE, reached_age=AGE, report_age=AGE)
        for name in ("lb01", "lb02")
    )
    return WitnessWord(witness="witness", members=members, vips=(WitnessedVip(address=vip, rounds=rounds),))


def main() -> None:
    key, members, word = sys.argv[1].encode(), sys.argv[2:4], old_word(sys.argv[4])
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("0.0.0.0", PORT))
    sock.settimeout(0.5)
    sequence = 0
    while True:
        sequence += 1
        try:
            data, address = sock.recvfrom(65535)
            stamp: int | None = decode(data, key)[0].stamp
            targets = [address]
        except TimeoutError:
            stamp, targets = None, [(member, PORT) for member in members]
        envelope = WitnessEnvelope(
            boot_id="ab" * 8,
            sequence=sequence,
            stamp=int(time.monotonic() * 1e6),
            echoed_stamp=stamp,
            answers=True,
        )
        for target in targets:
            sock.sendto(encode(envelope, word, key)[0], target)


if __name__ == "__main__":
    main()
