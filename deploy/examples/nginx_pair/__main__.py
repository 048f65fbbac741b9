"""`make example`: the worked example on a real pair. Exit code 0 when hawatch said what it ought to say, all along."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

from deploy.examples.nginx_pair.acts import EVENTS
from deploy.examples.nginx_pair.event import Event
from deploy.examples.nginx_pair.play import Play
from deploy.examples.nginx_pair.stage import stage
from deploy.lab import LabError
from deploy.lab.demo_lines import say


def perform(events: Sequence[Event], *, interval: float, every: float) -> int:
    """The whole example; how many things were not as expected."""
    began = time.monotonic()
    say(
        "hawatch example: www (10.0.0.100) at home on lb01, blog (10.0.0.200) on lb02; nginx on both, two back ends."
    )
    say(
        f"advert_int {interval:g} s. A client asks for each name every {every * 1000:.0f} ms and waits 1 s at the most."
    )
    with stage(interval=interval, every=every) as built:
        play = Play(built, interval)
        play.run(events)
    took = time.monotonic() - began
    if play.wrong:
        say(f"\n{len(play.wrong)} not as expected, marked WRONG above; {took:.0f} s.")
    else:
        say(f"\nhawatch said what it ought to say, all along; {took:.0f} s.")
    return len(play.wrong)


def main() -> int:
    """Run it; 0 as expected, 1 not, 130 interrupted."""
    parser = argparse.ArgumentParser(prog="make example", description=__doc__)
    parser.add_argument("--interval", type=float, default=1.0, help="advert_int, in seconds (0.3 is quick)")
    parser.add_argument("--every", type=float, default=0.05, help="seconds between two requests for a name")
    keys = [event.key for event in EVENTS]
    parser.add_argument("events", nargs="*", metavar="EVENT", help=f"some of {', '.join(keys)}; default: all")
    arguments = parser.parse_args()
    if unknown := set(arguments.events) - set(keys):
        parser.error(f"no such event: {', '.join(sorted(unknown))} (there are {', '.join(keys)})")
    if not (arguments.interval > 0 and arguments.every > 0):
        parser.error("--interval and --every are more than 0")
    events = [event for event in EVENTS if not arguments.events or event.key in arguments.events]
    try:
        return 1 if perform(events, interval=arguments.interval, every=arguments.every) else 0
    except LabError as error:
        print(f"example: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("example: interrupted; everything is taken down", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
