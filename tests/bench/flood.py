"""A flood of advertisements on the LAN: what it does to the time of a verdict, to the agents' work, and what is lost.

    python -m tests.bench.flood [--repeat N] [--rate 20000] [--strangers 20] [--interval S] [--seconds S] [--json FILE]

The client's host sends well-formed advertisements of so many virtual routers that are not ours, from two processes of
deploy/lab/programs/frame_sender.py (a packet socket, so many frames every millisecond, always the same ones: more
strangers than frames in a millisecond need a longer period); what was really offered is read from its device's counter.
Twenty strangers are folded into twenty records; more than 64 are more than the agent takes in one turn, which is the
harder flood. In one lab, in turn: a split without the flood and one under it, the VIP put up by hand on the standby.
Lost frames are those that the agents count: thrown away by the kernel, or beyond what a turn may tell; `blind` is the
cause by which they say so. Exit code 0 when all was proved, nothing under the flood more than A later than the slowest
without it, and both agents called themselves blind under it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from deploy.lab import conf, frames
from hawatch.situation.node import LATE
from tests.bench import spread
from tests.bench.findings import machine
from tests.lab.scene import Scene, scene

BOTH = frozenset({"lb01", "lb02"})
SENDERS = 2
SHORTEST_PERIOD = 0.001  # seconds
WARM_UP = 3.0
WATCHED_FOR = 5.0  # seconds over which processor time, memory and frames are counted
GIVE_UP_AFTER = 10.0  # seconds
BLIND = "says that it is blind,"
PROVED, SUSPECTED = "split_brain", "split_brain_suspected"
QUIET, FLOODED = "without the flood", "under the flood"
DROPPED = "hawatch_capture_dropped_total"


def strangers(count: int) -> list[bytes]:
    """Advertisements of other virtual routers, no two with the same source and VRID."""
    return [
        frames.vrrp3(
            vrid=100 + number % 100,
            priority=100,
            vips=(f"10.0.0.{150 + number % 40}",),
            interval=1.0,
            source=f"10.0.1.{1 + number // 100}",
            source_mac="02:00:00:00:02:01",
        )
        for number in range(count)
    ]


def portions(count: int, rate: int) -> tuple[list[list[bytes]], float]:
    """What each sender sends, and how often (seconds): every stranger as often as the others, `rate` frames in all."""
    portion = max(round(rate * SHORTEST_PERIOD / SENDERS), -(-count // SENDERS))
    known = strangers(count)
    many = (known * -(-SENDERS * portion // count))[: SENDERS * portion]
    return [many[number::SENDERS] for number in range(SENDERS)], SENDERS * portion / rate


@contextmanager
def flood(pair: Scene, rate: int, count: int) -> Iterator[None]:
    """So many advertisements a second of so many strangers, while it is entered."""
    each_sends, period = portions(count, rate)
    faults = [pair.lab.outsiders.send("client", mine, period=period) for mine in each_sends]
    try:
        time.sleep(WARM_UP)
        yield
    finally:
        for fault in faults:
            fault.heal()


def one_split(pair: Scene) -> dict[str, float | None]:
    """Put the VIP on the standby, too; seconds until each agent's proof and its first suspicion, None: never."""
    pair.forget()
    pair.lab.node("lb02").add_address(f"{conf.VIP}/24")
    began = pair.lab.truth.wait_holders(conf.VIP, BOTH)
    with suppress(AssertionError):
        pair.await_verdict("split_brain", timeout=GIVE_UP_AFTER)
    told: dict[str, float | None] = {}
    for node in pair.watched:
        for verdict in (PROVED, SUSPECTED):
            at = next((each.time for each in pair.said(node)[1:] if each.verdict == verdict), None)
            told[f"{verdict} on {node}"] = None if at is None else at - began
    pair.lab.node("lb02").remove_address(f"{conf.VIP}/24")
    with suppress(AssertionError):
        pair.await_verdict("steady", timeout=GIVE_UP_AFTER)
    return told


def processor_seconds(pid: int) -> float:
    """What a process has used until now, its own and the kernel's work for it."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(pid: int) -> float:
    """What a process has in memory now, in MB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def says_blind(pair: Scene, node: str) -> bool:
    """Whether the agent's newest findings say that it is blind itself."""
    blamed = pair.blamed(node)
    return bool(blamed) and f"blind@{node}" in blamed[-1].causes


def offered(pair: Scene) -> int:
    """Frames that the client's host has sent."""
    return int(pair.lab.node("client").run(["cat", "/sys/class/net/eth0/statistics/tx_packets"]).stdout)


def dropped(pair: Scene, node: str) -> float:
    """Frames that the agent knows to be lost: in the kernel, or beyond what a turn may tell."""
    lines = pair.lab.agent(node).get("/metrics").splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(DROPPED))


def late_wakings(pair: Scene, node: str) -> int:
    """How often the agent woke so late that it distrusted the order of what it read."""
    lines = pair.journal(node).read_text(encoding="utf-8").split("\n")[:-1]
    ticks = [json.loads(line) for line in lines if line.startswith('{"type":"Tick"')]
    return sum(tick.get("late", 0.0) > LATE for tick in ticks)


def watch(pair: Scene, watched_for: float) -> dict[str, float]:
    """The agents' work for a while: shares of a core, memory, frames a second offered and thrown away."""
    begun, sent = time.monotonic(), offered(pair)
    before = {node: processor_seconds(pair.lab.agent(node).pid) for node in pair.watched}
    lost = {node: dropped(pair, node) for node in pair.watched}
    written = {node: pair.journal(node).stat().st_size for node in pair.watched}
    woke = {node: late_wakings(pair, node) for node in pair.watched}
    memory = {node: resident(pair.lab.agent(node).pid) for node in pair.watched}
    time.sleep(watched_for)
    seconds = time.monotonic() - begun
    found = {"frames offered a second": (offered(pair) - sent) / seconds}
    for node in pair.watched:
        used = processor_seconds(pair.lab.agent(node).pid) - before[node]
        found[f"share of a core, {node}"] = used / seconds
        found[f"memory at the end, {node}"] = resident(pair.lab.agent(node).pid)
        found[f"memory grown by, {node}"] = resident(pair.lab.agent(node).pid) - memory[node]
        found[f"{BLIND} {node}"] = float(says_blind(pair, node))
        found[f"frames dropped a second, {node}"] = (dropped(pair, node) - lost[node]) / seconds
        found[f"late wakings a second, {node}"] = (late_wakings(pair, node) - woke[node]) / seconds
        found[f"journal bytes a second, {node}"] = (
            pair.journal(node).stat().st_size - written[node]
        ) / seconds
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Measure in turn, and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.flood", description="Flood the agents.")
    parser.add_argument("--repeat", type=int, default=5, metavar="N")
    parser.add_argument("--rate", type=int, default=20_000, metavar="N", help="advertisements a second")
    parser.add_argument(
        "--strangers", type=int, default=20, metavar="N", help="virtual routers that send them"
    )
    parser.add_argument("--interval", type=float, default=1.0, metavar="S", help="advert_int; version 3")
    parser.add_argument("--seconds", type=float, default=WATCHED_FOR, metavar="S", help="watched for so long")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    arguments = parser.parse_args(argv)
    head = machine("tests.bench.flood")
    times: dict[str, dict[str, list[float | None]]] = {QUIET: {}, FLOODED: {}}
    work: dict[str, dict[str, list[float]]] = {QUIET: {}, FLOODED: {}}
    with scene(version=3, advert_int=arguments.interval) as pair:
        pair.settle()
        for _ in range(arguments.repeat):
            measure(pair, times[QUIET], work[QUIET], WATCHED_FOR)
            with flood(pair, arguments.rate, arguments.strangers):
                measure(pair, times[FLOODED], work[FLOODED], arguments.seconds)
    rows = {
        f"{what}, {name}": [value for value in values if value is not None]
        for name, found in times.items()
        for what, values in found.items()
    }
    more = {f"{what}, {name}": values for name, found in work.items() for what, values in found.items()}
    print("\n".join([*head, "", *spread.table(rows, {}), "", *spread.table(more, {}, "each")]))
    figures = {name: spread.plain(values) for name, values in {**rows, **more}.items() if values}
    spread.write(arguments.json, head, figures)
    told = all(all(values) for what, values in work[FLOODED].items() if what.startswith(BLIND))
    return 0 if in_time(times, arguments.interval) and told else 1


def in_time(times: Mapping[str, Mapping[str, Sequence[float | None]]], interval: float) -> bool:
    """Whether all was proved, and nothing under the flood later by A than the slowest without it."""
    proofs = {
        name: [each for what, values in found.items() if what.startswith(f"{PROVED} ") for each in values]
        for name, found in times.items()
    }
    known = {name: [each for each in values if each is not None] for name, values in proofs.items()}
    if not known[QUIET] or any(len(known[name]) < len(proofs[name]) for name in proofs):
        return False
    return max(known[FLOODED]) <= max(known[QUIET]) + interval


def measure(
    pair: Scene, times: dict[str, list[float | None]], work: dict[str, list[float]], watched_for: float
) -> None:
    """One split, and the work of a while."""
    for each, seconds in one_split(pair).items():
        times.setdefault(each, []).append(seconds)
    for what, value in watch(pair, watched_for).items():
        work.setdefault(what, []).append(value)


if __name__ == "__main__":
    sys.exit(main())
