"""What a witness costs for 1, 10 and 100 pairs: processor time and memory, at peace and while every pair is in alarm.

    python -m tests.bench.witness [--pairs 1,10,100] [--seconds 20] [--tcp]

The witness runs in the lab as its own user. Its pairs are played: each has two members whose reports come once a
second, one that advertises, a VIP that answers ARP and ping, and (with --tcp) takes connections. For the alarm, both
members of all pairs begin to say at once that they hold the VIP.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from deploy.lab import Lab, Topology, frames
from deploy.lab.node import INTERPRETER, SOURCE
from deploy.lab.waiting import wait_until
from tests.bench import players
from tests.bench.players import key_of
from tests.lab.witness_host import WITNESS_TOML, WitnessHost

WITNESS = "10.9.255.1"
PORT = 10112
SETTLE = 12.0
"""Seconds until the interest in what has just begun is over."""
ALARM = 8.0
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """For so many pairs: percent of one processor at peace and in alarm, resident MiB, open files."""

    pairs: int
    peace: float
    alarm: float
    resident: float
    files: int


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pairs", default="1,10,100")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--tcp", action="store_true", help="clients connect; without it they ping the VIPs")
    args = parser.parse_args()
    print(f"command     {shlex.join(['python', '-m', 'tests.bench.witness', *sys.argv[1:]])}")
    print(f"date        {datetime.now(UTC):%Y-%m-%d %H:%M} UTC")
    print(
        f"machine     {os.cpu_count()} processors, load {os.getloadavg()[0]:.2f}, Python {sys.version.split()[0]}"
    )
    costs = [measure(int(pairs), args.seconds, tcp=args.tcp) for pairs in args.pairs.split(",")]
    print(f"{'pairs':>6} {'peace %':>9} {'alarm %':>9} {'resident MiB':>13} {'files':>6}")
    for cost in costs:
        print(f"{cost.pairs:>6} {cost.peace:>9.2f} {cost.alarm:>9.2f} {cost.resident:>13.1f} {cost.files:>6}")
    first, last = costs[0], costs[-1]
    if last.pairs > first.pairs:
        more = last.pairs - first.pairs
        print(
            f"each further pair: {(last.peace - first.peace) / more:.3f} % at peace, "
            f"{(last.alarm - first.alarm) / more:.3f} % in alarm, "
            f"{(last.resident - first.resident) * 1024 / more:.0f} KiB"
        )


def measure(pairs: int, seconds: float, *, tcp: bool) -> Cost:
    """One run with so many pairs."""
    with Lab(Topology(routers=("lb01",), hosts=("witness",))) as lab:
        node, router = lab.node("witness"), lab.node("lb01")
        node.run(["ip", "address", "add", f"{WITNESS}/16", "dev", "eth0"])
        lines = [f"address add 10.9.{n}.{last}/16 dev eth0\n" for n in range(pairs) for last in (11, 12, 100)]
        router.run(["ip", "-batch", "-"], stdin="".join(lines))
        router.write("/tmp/players.py", Path(players.__file__).read_text())
        playing = subprocess.Popen(
            [*router.namespace.enter(), INTERPRETER, "/tmp/players.py", WITNESS, str(PORT), str(pairs)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": SOURCE, "PATH": os.environ["PATH"]},
        )
        assert playing.stdin is not None
        assert playing.stdout is not None
        assert playing.stdout.readline() == "playing\n"
        adverts = [
            frames.vrrp2(
                vrid=n + 1,
                priority=100,
                vips=[f"10.9.{n}.100"],
                source=f"10.9.{n}.11",
                source_mac=router.mac(),
            )
            for n in range(pairs)
        ]
        router.run_program("frame_sender", "eth0", "1", "0", *(each.hex() for each in adverts))
        try:
            host = started(lab, pairs, tcp=tcp)
            time.sleep(SETTLE)
            wait_until(
                lambda: all(each["calm"] for each in host.status()["pairs"]) or None, what="peace", timeout=60
            )
            peace = usage(host.pid, seconds)
            playing.stdin.write("alarm\n")
            playing.stdin.flush()
            time.sleep(1.0)
            alarm = usage(host.pid, ALARM)
            status = Path(f"/proc/{host.pid}/status").read_text()
            resident = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
            files = len(list(Path(f"/proc/{host.pid}/fd").iterdir()))
            told = host.status()["pairs"]
            assert len(told) == pairs
            host.stop()
        finally:
            playing.kill()
            playing.wait()
    return Cost(pairs=pairs, peace=peace, alarm=alarm, resident=resident / 1024, files=files)


def started(lab: Lab, pairs: int, *, tcp: bool) -> WitnessHost:
    """The witness of all pairs, each with its own key."""
    host = WitnessHost(lab.node("witness"))
    host.prepare()
    text = '[node]\nname = "witness"\n'
    for n in range(pairs):
        host.write_pair_key(f"pair{n}", key_of(n))
        text += f'[[pair]]\nname = "pair{n}"\nkey_file = "/etc/hawatch/pair{n}.key"\n'
        text += f'[[pair.member]]\nname = "lb01"\naddresses = ["10.9.{n}.11"]\n'
        text += f'[[pair.member]]\nname = "lb02"\naddresses = ["10.9.{n}.12"]\n'
        text += f'[[pair.service]]\nname = "web"\ntcp = "10.9.{n}.100:80"\n' if tcp else ""
    host.node.write(WITNESS_TOML, text)
    host.start()
    host.wait_ready()
    return host


def usage(pid: int, seconds: float) -> float:
    """Percent of one processor that a process takes for so long."""
    before, began = _ticks(pid), time.monotonic()
    time.sleep(seconds)
    return 100.0 * (_ticks(pid) - before) / TICKS / (time.monotonic() - began)


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


if __name__ == "__main__":
    main()
