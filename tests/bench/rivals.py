"""What people would use instead, on the same pair and at the same time: the pasted loop, an exporter, the notify FIFO.

- The pasted loop: tests/lab/pasted_loop.sh and `sleep 5`, as a shell script on both nodes. What it says on the standby
  counts; on the owner it says `split brain` on every good day, too, and those turns are counted apart.
- The exporter: each node is scraped every 15 s. A scrape sends keepalived SIGUSR1 and SIGUSR2, waits 10 ms after each
  and reads `State` from keepalived's dump, however old that is. A rule, evaluated every 15 s, without a `for`, says
  that two nodes are MASTER. The three phases are independent and drawn anew for every run.
- The notify FIFO: a reader of both nodes' FIFOs says that the last state of both was MASTER, or that one heard a lower
  priority as MASTER. After the death of an owner it says the same, since a dead one tells no state.

All of them stop the clock when their word could be read from outside, as the agents' verdict does in that column.
"""

from __future__ import annotations

import os
import random
import re
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from deploy.lab import conf
from deploy.lab.process import Process, send_signal
from tests.lab.scene import Scene

LOOP, EXPORTER, FIFO = "pasted loop", "exporter", "notify FIFO"
NAMES = (LOOP, EXPORTER, FIFO)
SCRAPE_EVERY = EVALUATE_EVERY = 15.0  # seconds
AFTER_A_SIGNAL = 0.010
GIVE_UP_AFTER = SCRAPE_EVERY + EVALUATE_EVERY + 2.0
FIFO_PATH = "/run/rival.fifo"
GLOBAL_DEFS = (f"vrrp_notify_fifo {FIFO_PATH}",)
SCRIPT = "/run/pasted_loop.sh"
PASTED = Path(__file__).resolve().parents[1] / "lab" / "pasted_loop.sh"
STANDBY, OWNER = "lb02", "lb01"
BOTH = (OWNER, STANDBY)
STATES = frozenset({"MASTER", "BACKUP", "FAULT", "STOP"})
OF_ANOTHER = "MASTER_RX_LOWER_PRI"
STATE = re.compile(r"^\s*State\s*=\s*(\w+)", re.MULTILINE)
WORD = re.compile(rb'^INSTANCE "[^"]+" (\w+)', re.MULTILINE)


class Loop:
    """The shell loop on both nodes, each begun at its own moment."""

    def __init__(self, pair: Scene, chance: random.Random) -> None:
        self._shells: dict[str, Process] = {}
        for node in BOTH:
            (peer,) = (name for name in BOTH if name != node)
            pair.lab.node(node).write(SCRIPT, PASTED.read_text(encoding="utf-8"))
            words = f"sh {SCRIPT} {pair.lab.topology.ipv4(peer)} {conf.VIP}"
            text = f"sleep {chance.uniform(0.0, 6.0):.2f}; while :; do {words}; sleep 5; done"
            self._shells[node] = pair.lab.node(node).popen(["sh", "-c", text], name="pasted-loop")

    def says(self) -> bool:
        """Whether the standby has said it."""
        return self.turns(STANDBY)[0] > 0

    def turns(self, node: str) -> tuple[int, int]:
        """How many of a node's turns said `split brain`, and how many there were."""
        lines = self._shells[node].output().splitlines()
        return lines.count("split brain"), len(lines)


class Ear:
    """Reads one FIFO, and the one that takes its place when keepalived makes it anew."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open: int | None = None

    def read(self) -> bytes:
        """What has come since the last look."""
        data = self._rest()
        if not self._is_there():
            self.close()
            with suppress(OSError):
                self._open = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK)
            data += self._rest()
        return data

    def close(self) -> None:
        if self._open is not None:
            os.close(self._open)
            self._open = None

    def _is_there(self) -> bool:
        try:
            return self._open is not None and os.path.samestat(os.fstat(self._open), self._path.stat())
        except OSError:
            return False

    def _rest(self) -> bytes:
        if self._open is None:
            return b""
        try:
            return os.read(self._open, 65536)
        except BlockingIOError:
            return b""


class Fifo:
    """A reader of keepalived's FIFO on both nodes."""

    def __init__(self, pair: Scene) -> None:
        self._words: dict[str, list[str]] = {node: [] for node in BOTH}
        self._ears = {node: Ear(pair.lab.node(node).path(FIFO_PATH)) for node in BOTH}

    def says(self) -> bool:
        """Whether two are MASTER, by what was told until now."""
        for node, ear in self._ears.items():
            self._words[node] += words_in(ear.read())
        return two_masters(self._words)

    def close(self) -> None:
        for ear in self._ears.values():
            ear.close()


def words_in(lines: bytes) -> list[str]:
    """What keepalived told of its instance, in order."""
    return [word.decode() for word in WORD.findall(lines)]


def two_masters(told: Mapping[str, Sequence[str]]) -> bool:
    """Whether the last state of every node is MASTER, or a MASTER has told of another."""
    if any(OF_ANOTHER in words for words in told.values()):
        return True
    last = [next((word for word in reversed(words) if word in STATES), None) for words in told.values()]
    return all(word == "MASTER" for word in last)


class Exporter:
    """Scrapes and evaluates in a thread of its own, since a scrape waits."""

    def __init__(self, pair: Scene, chance: random.Random) -> None:
        self._pair = pair
        self._state: dict[str, str | None] = {}
        self._firing = False
        self._end = threading.Event()
        for node in BOTH:
            self._scrape(node)
        now = time.monotonic()
        self._due: list[tuple[float, float, Callable[[], None]]] = [
            (now + chance.uniform(0.0, EVALUATE_EVERY), EVALUATE_EVERY, self._evaluate)
        ]
        for node in BOTH:
            first = now + chance.uniform(0.0, SCRAPE_EVERY)
            self._due.append((first, SCRAPE_EVERY, lambda node=node: self._scrape(node)))  # type: ignore[misc]
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def says(self) -> bool:
        """Whether the rule has fired."""
        return self._firing

    def close(self) -> None:
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            self._due.sort(key=lambda each: each[0])
            at, every, do = self._due[0]
            if self._end.wait(max(0.0, at - time.monotonic())):
                return
            do()
            self._due[0] = (at + every, every, do)

    def _scrape(self, node: str) -> None:
        keepalived = self._pair.lab.keepalived(node)
        if not keepalived.running:
            self._state[node] = None
            return
        for number in (signal.SIGUSR2, signal.SIGUSR1):
            send_signal(keepalived.parent, number)
            time.sleep(AFTER_A_SIGNAL)
        try:
            dump = self._pair.lab.node(node).path("/tmp/keepalived.data").read_text(errors="replace")
        except OSError:
            dump = ""
        self._state[node] = state_in(dump)

    def _evaluate(self) -> None:
        self._firing = self._firing or [self._state[node] for node in BOTH] == ["MASTER", "MASTER"]


def state_in(dump: str) -> str | None:
    """The state of the first instance in keepalived's dump; None where there is none."""
    found = STATE.search(dump)
    return found[1] if found else None


class Rivals:
    """All three beside one pair. `said` has the moment (CLOCK_MONOTONIC) at which each was first seen to say it."""

    def __init__(self, pair: Scene, seed: str) -> None:
        chance = random.Random(seed)
        self.loop = Loop(pair, chance)
        self._fifo = Fifo(pair)
        self._exporter = Exporter(pair, chance)
        self.said: dict[str, float] = {}
        self.wrong_turns: tuple[int, int] = (0, 0)

    def look(self) -> None:
        """Take in what they have said since the last look."""
        asked = {LOOP: self.loop.says, EXPORTER: self._exporter.says, FIFO: self._fifo.says}
        for name, says in asked.items():
            if name not in self.said and says():
                self.said[name] = time.monotonic()

    def before_the_fault(self) -> None:
        """What the loop has said on the owner while all was well: wrong turns, and how many there were."""
        self.wrong_turns = self.loop.turns(OWNER)

    def close(self) -> None:
        self._exporter.close()
        self._fifo.close()
