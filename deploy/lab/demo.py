"""`make demo`: a real pair, an agent on each node, a split brain and its end, with the seconds it all took."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from typing import Any

from deploy.lab import Lab, LabError, Topology, conf
from deploy.lab.waiting import wait_until

GUARD = 60.0
PLUGIN = "/opt/hawatch/nagios/check_hawatch"


def say(text: str = "") -> None:
    """One line to the person who watches."""
    print(text, flush=True)


def verdict(lab: Lab, node: str) -> dict[str, Any]:
    """The one virtual router in a node's status."""
    routers: list[dict[str, Any]] = lab.agent(node).status()["virtual_routers"]
    return routers[0] if routers else {"verdict": "none yet", "summary": "", "rule": "", "findings": []}


def await_verdict(lab: Lab, wanted: str, since: float) -> dict[str, float]:
    """Wait until both agents say so; the seconds from `since` to each."""
    took: dict[str, float] = {}

    def everywhere() -> bool | None:
        for node in lab.topology.routers:
            if node not in took and verdict(lab, node)["verdict"] == wanted:
                took[node] = time.monotonic() - since
        return True if len(took) == len(lab.topology.routers) else None

    wait_until(everywhere, what=f"{wanted} on both nodes", timeout=GUARD)
    return took


def show(lab: Lab, took: dict[str, float]) -> None:
    """What each agent says, and how long it took."""
    for node in lab.topology.routers:
        router = verdict(lab, node)
        say(
            f"   {node} says {router['verdict']} after {took[node]:.2f} s: {router['summary']}  [{router['rule']}]"
        )


def check(lab: Lab, node: str) -> tuple[int, str]:
    """The monitoring plugin, asked for both nodes."""
    hosts = [word for name in lab.topology.routers for word in ("-H", lab.topology.ipv4(name))]
    done = lab.node(node).run([sys.executable, PLUGIN, *hosts], check=False)
    return done.returncode, done.stdout.strip().splitlines()[0] if done.stdout else done.stderr.strip()


def metric(lab: Lab, node: str, verdict_name: str) -> str:
    """The sample of hawatch_verdict for one verdict."""
    lines = lab.agent(node).get("/metrics").splitlines()
    return next(line for line in lines if line.startswith("hawatch_verdict{") and f'"{verdict_name}"' in line)


def expect(seen: object, wanted: object, what: str) -> None:
    """The demo is honest: what is not so ends it with exit code 1."""
    if seen != wanted:
        raise LabError(f"{what}: {seen!r} instead of {wanted!r}")


def play(lab: Lab) -> None:
    """The three acts."""
    say("== two nodes with the real keepalived (advert_int 1), a gateway and a client on one bridge")
    began = time.monotonic()
    lab.start_keepalived(conf.pair(lab.topology, advert_int=1))
    for name in lab.topology.routers:
        lab.agent(name).write_config('[listen]\nhttp = "0.0.0.0:10112"\n')
    lab.start_agents()
    show(lab, await_verdict(lab, "steady", began))
    judge(lab, "steady", 0)
    say("\n== VRRP is now dropped inbound on the backup, lb02")
    with lab.firewall.drop_vrrp_inbound("lb02"):
        both = lab.truth.wait_holders(conf.VIP, set(lab.topology.routers))
        say(
            f"   ground truth: from here on both nodes hold {conf.VIP} (lb02 took it after its Master_Down_Interval)"
        )
        show(lab, await_verdict(lab, "split_brain", both))
        judge(lab, "split_brain", 2)
    say("\n== the filter is gone again")
    healed = time.monotonic()
    show(lab, await_verdict(lab, "steady", healed))
    judge(lab, "steady", 0)


def judge(lab: Lab, wanted: str, exit_code: int) -> None:
    """Plugin and metric must agree with the verdict."""
    code, line = check(lab, "client")
    say(f"   check_hawatch exits {code}: {line}")
    expect(code, exit_code, "the plugin's exit code")
    for node in lab.topology.routers:
        sample = metric(lab, node, wanted)
        expect(sample.rpartition(" ")[2], "1.0", f"the metric on {node}")
    say(f"   metric on both nodes: {sample}")


def keep(lab: Lab) -> None:
    """Leave it running and say where to look."""
    keeper = lab.keep()
    node = lab.node("lb01")
    say("\n== left running; look at it with")
    say(
        f"   nsenter --target {node.pid} --all env PYTHONPATH=/opt/hawatch {sys.executable} -m hawatch status"
    )
    say(f"   nsenter --target {node.pid} --all ip address show dev eth0")
    say(f"   ls {lab.directory}    (logs and journals of every node)")
    say(f"   kill {keeper}    ends it and removes everything")


def main() -> int:
    """Run it; exit code 0 when every act went as it should."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave the pair running and print where to look")
    arguments = parser.parse_args()
    after: Callable[[Lab], None] | None = keep if arguments.keep else None
    try:
        with Lab(Topology()) as lab:
            play(lab)
            if after is not None:
                after(lab)
    except LabError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    say("\nall as it should be" + ("" if arguments.keep else "; nothing is left behind"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
