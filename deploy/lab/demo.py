"""`make demo`: a real pair, a split brain, the text about it and the answer, and its end, with the seconds it took."""

from __future__ import annotations

import argparse
import re
import shlex
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deploy.lab import Lab, LabError, Topology, conf
from deploy.lab.demo_lines import expect, row, say
from deploy.lab.demo_phone import acknowledge, await_text, show_incident, show_open_incidents, show_text
from deploy.lab.node import INTERPRETER, SOURCE
from deploy.lab.waiting import wait_until

GUARD = 60.0  # seconds; a hang guard
INTERVAL = 1  # seconds, advert_int
PLUGIN = f"{SOURCE}/nagios/check_hawatch"
KEPT_COMMAND = "/opt/hawatch-command"
LISTEN = '[listen]\nhttp = "0.0.0.0:10112"\n'


# --- what is asked --------------------------------------------------------------------------------


def judgement(status: Mapping[str, Any]) -> dict[str, Any]:
    """The one virtual router in a node's status."""
    routers: list[dict[str, Any]] = status["virtual_routers"]
    return routers[0] if routers else {"verdict": "none yet", "summary": "", "rule": ""}


def await_verdict(lab: Lab, wanted: str, since: float) -> None:
    """Wait until both agents say so and know each other; a line for each, with the seconds from `since`."""
    told: dict[str, tuple[float, dict[str, Any]]] = {}

    def everywhere() -> bool | None:
        for node in lab.topology.routers:
            if node in told:
                continue
            status = lab.agent(node).status()
            acquainted = [peer["agent"] for peer in status["peers"]] == ["up"]
            if judgement(status)["verdict"] == wanted and acquainted:
                told[node] = time.monotonic() - since, judgement(status)
        return True if len(told) == len(lab.topology.routers) else None

    wait_until(everywhere, what=f"{wanted} on both nodes", timeout=GUARD)
    for node in lab.topology.routers:
        took, router = told[node]
        row(node, f"{wanted}, {took:.2f} s", f"{router['summary']}  [{router['rule']}]")


def plugin(lab: Lab) -> list[str]:
    """The monitoring plugin's command line: one service check for the pair."""
    return [
        INTERPRETER,
        PLUGIN,
        *(word for name in lab.topology.routers for word in ("-H", lab.topology.ipv4(name))),
    ]


def show_plugin(lab: Lab, exit_code: int) -> None:
    """The monitoring plugin, run on the client, asks both agents."""
    done = lab.node("client").run(plugin(lab), check=False)
    line = (done.stdout or done.stderr).partition("\n")[0].partition(" | ")[0]
    row("plugin", f"exits {done.returncode}", line)
    expect(done.returncode, exit_code, "the plugin's exit code")


def show_metric(lab: Lab, verdict: str) -> None:
    """The verdict's own sample on every agent's /metrics."""
    for node in lab.topology.routers:
        samples = lab.agent(node).get("/metrics").splitlines()
        mine = [
            sample for sample in samples if sample.startswith("hawatch_verdict{") and f'"{verdict}"' in sample
        ]
        expect(
            [sample.rpartition(" ")[2] for sample in mine], ["1.0"], f"hawatch_verdict of {verdict} on {node}"
        )
    row("metric", "is 1 on both nodes", f'hawatch_verdict{{verdict="{verdict}",…}}')


def show_cause(lab: Lab, cause: str, node: str) -> str:
    """What both agents blame, once the rule behind it has been listed; gives the remedy, to be run on the node."""

    told: dict[str, dict[str, Any]] = {}

    def everywhere() -> bool | None:
        for asked in lab.topology.routers:
            for finding in judgement(lab.agent(asked).status())["findings"]:
                if (finding["cause"], finding["node"]) == (cause, node) and "rule" in finding["evidence"]:
                    told[asked] = finding
        return True if len(told) == len(lab.topology.routers) else None

    wait_until(everywhere, what=f"{cause} on both nodes", timeout=GUARD)
    for asked, finding in sorted(told.items()):
        row("cause", f"as {asked} tells it", f"{cause} on {node}: {finding['summary']}")
    remedy: str = told[node]["remedy"]
    row("remedy", f"for {node}", remedy.replace("\n", f"\n{' ' * 41}"))
    return remedy


# --- the play -------------------------------------------------------------------------------------


def play(lab: Lab) -> None:
    """The four acts."""
    say(f"\n1. the pair comes up: keepalived with advert_int {INTERVAL}, then an agent on each node")
    began = time.monotonic()
    lab.start_keepalived(conf.pair(lab.topology, advert_int=INTERVAL))
    for name in lab.topology.routers:
        lab.agent(name).write_config(LISTEN)
    lab.start_agents()
    await_verdict(lab, "steady", began)
    show_plugin(lab, 0)
    show_metric(lab, "steady")

    say("\n2. a firewall on the backup, lb02, drops VRRP")
    with lab.firewall.drop_vrrp_inbound("lb02"):
        filtered = time.monotonic()
        both = lab.truth.wait_holders(conf.VIP, lab.topology.routers)
        row(
            "truth",
            f"after {both - filtered:.2f} s",
            f"lb02 has taken {conf.VIP}, which lb01 still holds: count from here",
        )
        await_verdict(lab, "split_brain", both)
        show_plugin(lab, 2)
        show_metric(lab, "split_brain")
        remedy = show_cause(lab, "vrrp_blocked_inbound", "lb02")

        say("\n3. whoever is on call has a text, and answers it with two digits")
        text = await_text(lab, "SPLIT BRAIN")
        show_text(text)
        acknowledge(lab, re.findall(r"(\d+)=ack", text)[0])
        show_open_incidents(lab, 1)
        show_plugin(lab, 2)

        say("\n4. the remedy is run on lb02, as it stands there")
        healed = time.monotonic()
        lab.node("lb02").run(["sh", "-ec", remedy.removeprefix("on lb02: ")])
        healthy = lab.truth.wait_owner(conf.VIP, "lb01")
        row("truth", f"after {healthy - healed:.2f} s", f"lb01 alone holds {conf.VIP}")
        await_verdict(lab, "steady", healed)
    show_plugin(lab, 0)
    show_metric(lab, "steady")
    show_text(await_text(lab, "OVER"))
    show_incident(lab)


def keep(lab: Lab) -> None:
    """Leave it running and say where to look."""
    for name in lab.topology.routers:
        command = lab.node(name).path(KEPT_COMMAND)
        command.write_text(
            f'#!/bin/sh\nPYTHONPATH={SOURCE} exec {shlex.quote(INTERPRETER)} -m hawatch "$@"\n'
        )
        command.chmod(0o755)
    keeper = lab.keep()
    lb01, lb02, client = (
        f"nsenter --all --target {lab.node(name).pid}" for name in ("lb01", "lb02", "client")
    )
    chain = "chain drops { type filter hook input priority 0; meta l4proto 112 drop; }"
    say("\nThe pair is left running. To try, as root:")
    offer("what lb01 sees", f"{lb01} {KEPT_COMMAND} status")
    offer("what lb02 sees", f"{lb02} {KEPT_COMMAND} status")
    offer("the phone of who is on call", f"{lb01} {KEPT_COMMAND} phone")
    offer("incidents", f"{lb02} {KEPT_COMMAND} incidents")
    offer("the plugin, on the client", f"{client} {' '.join(plugin(lab))}")
    offer("addresses of lb02", f"{lb02} ip -brief address show dev eth0")
    offer("each change of verdict", f"tail -f {lab.directory}/lb0?/log/*agent.log")
    offer("split it", f"{lb02} nft add table inet mine '{{ {chain}; }}'")
    offer("heal it", f"{lb02} nft delete table inet mine")
    offer("end it, remove all of it", f"kill {keeper}")


def offer(what: str, command: str) -> None:
    """A line to copy."""
    say(f"  {what:<26} {command}")


def leftovers(lab: Lab, nodes: Mapping[str, int]) -> list[str]:
    """What should be gone by now."""
    found = [f"{name} (process {pid})" for name, pid in nodes.items() if Path(f"/proc/{pid}").exists()]
    return [*found, *([str(lab.directory)] if lab.directory.exists() else [])]


def perform(*, kept: bool) -> None:
    """The whole demo. LabError when something is not as it should be."""
    began = time.monotonic()
    say(
        "hawatch demo: two nodes with the real keepalived, a gateway and a client, each in network namespaces"
    )
    with Lab(Topology()) as lab:
        nodes = {name: lab.node(name).pid for name in lab.topology.nodes}
        play(lab)
        took = time.monotonic() - began
        if kept:
            keep(lab)
    if kept:
        say(f"\nAll was as it should be, in {took:.1f} s.")
        return
    expect(leftovers(lab, nodes), [], "left behind")
    say(f"\nAll was as it should be, in {took:.1f} s; nothing is left behind.")


def main() -> int:
    """Run it; exit code 0 when every act went as it should."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave the pair running and print where to look")
    arguments = parser.parse_args()
    try:
        perform(kept=arguments.keep)
    except LabError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("demo: interrupted; everything is taken down", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
