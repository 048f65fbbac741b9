"""Sends given Ethernet frames, over and over.

frame_sender.py DEVICE PERIOD COUNT HEX...      (PERIOD in seconds; COUNT 0: without end)
"""

from __future__ import annotations

import itertools
import socket
import sys
import time


def main() -> None:
    """All frames each period, on a schedule that does not drift."""
    device, period, count = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
    frames = [bytes.fromhex(text) for text in sys.argv[4:]]
    sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    sender.bind((device, 0))
    start = time.monotonic()
    for number in itertools.count(1) if count == 0 else range(1, count + 1):
        for frame in frames:
            sender.send(frame)
        if number == 1:
            print("sending", flush=True)
        time.sleep(max(0.0, start + number * period - time.monotonic()))


if __name__ == "__main__":
    main()
