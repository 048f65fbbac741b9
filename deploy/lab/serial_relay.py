"""A serial cable between two pseudo terminals: as slow as its baud rate, and as faulty as it is told to be.

    serial_relay.py BAUD UID LINK LINK

It makes each LINK a symbolic link to a pseudo terminal that UID may open, and lives until its input ends. Each line of
input is a command, each is answered with a line: `ok`, or what was wrong with it. Ends are 0 and 1.

    drop END        lose what comes from this end        pass END       carry it again
    noise FLIP RATE flip a bit of a byte with this probability, and add so many random bytes a second on each way
    vanish END      its device goes away                 return END     it is there again
    baud RATE       another speed                        carried        the bytes carried from end 0 and from end 1
"""

from __future__ import annotations

import contextlib
import os
import pty
import random
import selectors
import sys
import time
import tty
from collections import deque
from pathlib import Path

BITS_PER_BYTE = 10
QUEUE = 64 * 1024
"""Bytes that wait for their time at the most; a sender's own UART would have no more."""


class End:
    """One plug: a pseudo terminal with a name."""

    def __init__(self, link: Path, uid: int) -> None:
        self.link = link
        self.uid = uid
        self.master = self.slave = -1

    @property
    def is_there(self) -> bool:
        return self.master >= 0

    def open(self) -> None:
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        os.set_blocking(self.master, False)
        name = os.ttyname(self.slave)
        os.chown(name, self.uid, -1)
        Path(name).chmod(0o600)
        self.link.unlink(missing_ok=True)
        self.link.symlink_to(name)

    def close(self) -> None:
        with contextlib.suppress(OSError):  # the node that it was in may be gone
            self.link.unlink()
        for descriptor in (self.slave, self.master):
            if descriptor >= 0:
                os.close(descriptor)
        self.master = self.slave = -1


class Way:
    """One direction: bytes wait until the line has had time for them, one after the other."""

    def __init__(self) -> None:
        self.waiting: deque[int] = deque()
        self.free_at = 0.0
        self.drops = False
        self.carried = 0
        self.noise_at = 0.0

    def take(self, data: bytes, now: float) -> None:
        if not self.waiting:
            self.free_at = max(self.free_at, now)
        self.waiting.extend(data[: QUEUE - len(self.waiting)])

    def due(self, now: float, byte_seconds: float) -> bytes:
        """What has gone over the line by now."""
        gone = bytearray()
        while self.waiting and self.free_at + byte_seconds <= now:
            self.free_at += byte_seconds
            gone.append(self.waiting.popleft())
        self.carried += len(gone)
        return bytes(gone)


class Cable:
    """Both ends and both ways; way 0 leads from end 0 to end 1."""

    def __init__(self, baud: int, ends: list[End]) -> None:
        self.byte_seconds = BITS_PER_BYTE / baud
        self.ends = ends
        self.ways = [Way(), Way()]
        self.flip = self.rate = 0.0
        self.rng = random.Random(1)
        self.selector = selectors.DefaultSelector()
        self.selector.register(0, selectors.EVENT_READ, None)
        for number in range(2):
            self.plug(number)

    def plug(self, number: int) -> None:
        self.ends[number].open()
        self.selector.register(self.ends[number].master, selectors.EVENT_READ, number)

    def unplug(self, number: int) -> None:
        self.selector.unregister(self.ends[number].master)
        self.ends[number].close()

    def run(self) -> None:
        """Until the input ends."""
        commands = b""
        while True:
            for key, _ in self.selector.select(self.patience(time.monotonic())):
                if key.data is not None:
                    self.read(key.data)
                    continue
                got = os.read(0, 4096)
                if not got:
                    return
                *lines, commands = (commands + got).split(b"\n")
                for line in lines:
                    os.write(1, f"{self.obey(line.decode().split())}\n".encode())
            self.carry(time.monotonic())

    def patience(self, now: float) -> float | None:
        due = [way.free_at + self.byte_seconds for way in self.ways if way.waiting]
        if self.rate:
            due += [way.noise_at for way in self.ways]
        return max(0.0, min(due) - now) if due else None

    def read(self, number: int) -> None:
        try:
            data = os.read(self.ends[number].master, 4096)
        except OSError:
            return
        self.ways[number].take(data, time.monotonic())

    def carry(self, now: float) -> None:
        for number, way in enumerate(self.ways):
            if self.rate and now >= way.noise_at:
                way.take(self.rng.randbytes(1), now)
                way.noise_at = now + self.rng.expovariate(self.rate)
            data = way.due(now, self.byte_seconds)
            other = self.ends[1 - number]
            if data and other.is_there and not way.drops:
                try:
                    os.write(other.master, self.spoilt(data))
                except OSError:
                    continue

    def spoilt(self, data: bytes) -> bytes:
        if not self.flip:
            return data
        return bytes(
            byte ^ 1 << self.rng.randrange(8) if self.rng.random() < self.flip else byte for byte in data
        )

    def obey(self, words: list[str]) -> str:
        match words:
            case ["drop" | "pass" as verb, "0" | "1" as end]:
                self.ways[int(end)].drops = verb == "drop"
            case ["noise", flip, rate]:
                self.flip, self.rate = float(flip), float(rate)
            case ["vanish", "0" | "1" as end] if self.ends[int(end)].is_there:
                self.unplug(int(end))
            case ["return", "0" | "1" as end] if not self.ends[int(end)].is_there:
                self.plug(int(end))
            case ["baud", baud]:
                self.byte_seconds = BITS_PER_BYTE / int(baud)
            case ["carried"]:
                return " ".join(str(way.carried) for way in self.ways)
            case _:
                return f"no such command: {' '.join(words)}"
        return "ok"


def main() -> None:
    baud, uid, *links = sys.argv[1:]
    ends = [End(Path(link), int(uid)) for link in links]
    cable = Cable(int(baud), ends)
    os.write(1, b"ok\n")
    try:
        cable.run()
    finally:
        for end in ends:
            end.close()


if __name__ == "__main__":
    main()
