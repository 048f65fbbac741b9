"""A client that asks for every name all the time, whatever became of the request before, and writes each one down.

    client.py --every 0.05 --limit 1 www=10.0.0.100 blog=10.0.0.200

It prints one JSON object for each request when it is over: name, start, end (CLOCK_MONOTONIC seconds), outcome (an HTTP
status, or in a word why there is none), balancer (the node that answered). Standard library alone, as it runs on a bare
host; it ends with a signal.
"""

from __future__ import annotations

import argparse
import asyncio
import errno
import json
import time
from dataclasses import dataclass

WORDS = {
    errno.ECONNREFUSED: "refused",
    errno.ECONNRESET: "reset",
    errno.EHOSTUNREACH: "unreachable",
    errno.ENETUNREACH: "unreachable",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A name, and the address at which it is asked for."""

    name: str
    address: str


async def answer(site: Site) -> tuple[str, str]:
    """One request: its status, and which node answered. OSError, TimeoutError or ValueError when there is no answer."""
    reader, writer = await asyncio.open_connection(site.address, 80)
    try:
        request = f"GET / HTTP/1.1\r\nHost: {site.name}.example.org\r\nConnection: close\r\n\r\n"
        writer.write(request.encode())
        head = (await reader.read()).decode("latin-1").partition("\r\n\r\n")[0].split("\r\n")
    finally:
        writer.close()
    if not head[0]:
        raise ValueError("nothing came")
    headers = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
    return head[0].split()[1], headers.get("x-balancer", "")


async def ask(site: Site, limit: float) -> None:
    """One request, written down; `limit` is how long the client has patience, in seconds."""
    start, balancer = time.monotonic(), ""
    try:
        async with asyncio.timeout(limit):
            outcome, balancer = await answer(site)
    except TimeoutError:
        outcome = "timeout"
    except OSError as error:
        outcome = WORDS.get(error.errno or 0, str(error))
    except (ValueError, IndexError):
        outcome = "cut off"
    told = {
        "name": site.name,
        "start": start,
        "end": time.monotonic(),
        "outcome": outcome,
        "balancer": balancer,
    }
    print(json.dumps(told), flush=True)


async def ask_for_ever(site: Site, every: float, limit: float) -> None:
    """A request every `every` seconds, by the clock: one that hangs does not hold up the next."""
    running: set[asyncio.Task[None]] = set()
    due = time.monotonic()
    while True:
        task = asyncio.create_task(ask(site, limit))
        running.add(task)
        task.add_done_callback(running.discard)
        due = max(due + every, time.monotonic())
        await asyncio.sleep(due - time.monotonic())


async def main() -> None:
    """Ask for all sites at once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=float, default=0.05, help="seconds between two requests for a name")
    parser.add_argument("--limit", type=float, default=1.0, help="seconds until a request counts as lost")
    parser.add_argument("sites", nargs="+", help="NAME=ADDRESS")
    arguments = parser.parse_args()
    pairs = (word.partition("=") for word in arguments.sites)
    sites = [Site(name=name, address=address) for name, _, address in pairs]
    await asyncio.gather(*(ask_for_ever(site, arguments.every, arguments.limit) for site in sites))


if __name__ == "__main__":
    asyncio.run(main())
