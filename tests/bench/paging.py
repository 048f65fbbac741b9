"""How long from the verdict to the text, and from the answer to the acknowledgement, with the real smsd on both nodes.

    python -m tests.bench.paging --repeat 10

Each round splits the pair and lets anna acknowledge by a text through lb01's modem. Measured in seconds: from the
verdict in lb01's journal until smsd has the message, and until it has reached a telephone; from the answer
in smsd's incoming/ (its event handler is called next) until each agent shows the acknowledgement.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Sequence

from deploy.lab import conf
from deploy.lab.waiting import wait_until
from tests.lab.night import ANNA, BOTH, OnCall, night
from tests.lab.scene import HANG_GUARD

STAGES = ("outgoing", "checked", "sent")
MEASURES = ("to smsd", "to the telephone", "answer on lb01", "answer on lb02")


def held_by_smsd(on_call: OnCall) -> set[str]:
    """The messages that smsd has on lb01."""
    return {name for stage in STAGES for name in on_call.modems["lb01"].listing(stage)}


def first_new(on_call: OnCall, known: set[str]) -> float:
    """When smsd had a message that it did not have before (CLOCK_MONOTONIC)."""
    return wait_until(
        lambda: time.monotonic() if held_by_smsd(on_call) - known else None,
        what="a message in smsd's hands",
        timeout=HANG_GUARD,
    )


def received_at(on_call: OnCall, known: set[str]) -> float:
    """When smsd had written the answer down, just before it calls its event handler (CLOCK_MONOTONIC).

    The handler's own drop is gone too soon to be seen by looking: the agent takes it within milliseconds.
    """
    return wait_until(
        lambda: time.monotonic() if incoming(on_call) - known else None,
        what="the answer in smsd's hands",
        timeout=HANG_GUARD,
    )


def incoming(on_call: OnCall) -> set[str]:
    """What lb01's smsd has received."""
    return set(on_call.modems["lb01"].listing("incoming"))


def acknowledged(on_call: OnCall, since: float) -> list[float]:
    """Seconds until each agent shows the newest incident as anna's."""
    took: dict[str, float] = {}

    def look() -> bool | None:
        for node in BOTH:
            newest = json.loads(on_call.pair.lab.agent(node).get("/api/v1/incidents"))[0]
            if node not in took and newest["acknowledged_by"] == "anna":
                took[node] = time.monotonic() - since
        return True if len(took) == len(BOTH) else None

    wait_until(look, what="the acknowledgement on both nodes", timeout=HANG_GUARD)
    return [took[node] for node in BOTH]


def one_round(on_call: OnCall) -> list[float]:
    """One split, told and answered; the four times."""
    pair, phone = on_call.pair, on_call.phone(ANNA)
    known = held_by_smsd(on_call)
    pair.forget()
    with pair.lab.firewall.drop_vrrp_inbound("lb02"):
        taken = first_new(on_call, known)
        pair.await_verdict("split_brain")
        said = next(each.time for each in pair.said("lb01") if each.verdict == "split_brain")
        text = phone.must_read("SPLIT BRAIN")
        before = incoming(on_call)
        phone.replies(text.code)
        answers = acknowledged(on_call, received_at(on_call, before))
        phone.must_read("is yours")
    pair.lab.truth.wait_owner(conf.VIP, "lb01")
    pair.await_verdict("steady")
    phone.must_read("OVER")
    return [taken - said, text.at - said, *answers]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the rounds and print a table, or JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.paging", description=__doc__)
    parser.add_argument("--repeat", type=int, default=10)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args(argv)
    with night(ANNA) as on_call:
        rounds = [one_round(on_call) for _ in range(args.repeat)]
    columns = dict(zip(MEASURES, zip(*rounds, strict=True), strict=True))
    if args.json:
        print(json.dumps(columns))
        return 0
    for name, values in columns.items():
        print(
            f"{name:18} median {statistics.median(values):.3f} s, worst {max(values):.3f} s, of {len(values)}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
