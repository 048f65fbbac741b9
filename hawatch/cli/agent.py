"""`hawatch agent`: the daemon on a node."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

from hawatch.agent.composition import Agent
from hawatch.agent.equipment import Equipment, HostClock
from hawatch.agent.patient_journal import PatientJournal
from hawatch.agent.service_manager import ServiceManager
from hawatch.cli.choosing import choose_config, read_key
from hawatch.cli.interpreter import settle_interpreter
from hawatch.config.records import DEFAULT_PATH
from hawatch.errors import ConfigError

SUMMARY = "Watch this node's virtual routers until told to stop."

JOURNAL_NAME = "journal.jsonl"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--config", metavar="FILE", help="hawatch.toml (default: /etc/hawatch/hawatch.toml if there)"
    )
    parser.add_argument(
        "--keepalived-conf", metavar="FILE", help="keepalived.conf (default: as hawatch.toml says)"
    )
    parser.add_argument(
        "--peer", metavar="ADDR", action="append", default=[], help="a peer's address; may be repeated"
    )
    parser.add_argument(
        "--witness",
        action="store_true",
        help="watch the pairs of witness.toml from a host that owns nothing (default: /etc/hawatch/witness.toml)",
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="log what each observer does")
    parser.epilog = (
        "Without hawatch.toml it reads /etc/keepalived/keepalived.conf and watches every virtual router in it.\n\n"
        "example:\n"
        "  hawatch agent --peer 192.168.136.162\n"
        "  hawatch agent --witness --config /etc/hawatch/witness.toml"
    )


def run(args: argparse.Namespace) -> int:
    """Run until SIGTERM or SIGINT; ConfigError names what cannot be used."""
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.DEBUG if args.verbose else logging.INFO,
        format="%(levelname)s %(name)s %(message)s",
    )
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    if args.witness:
        if args.peer or args.keepalived_conf:
            raise ConfigError(
                "--witness", "goes with --config alone: a witness has no peers and no keepalived.conf"
            )
        from hawatch.cli.witness import run_witness

        return run_witness(args.config)
    config = choose_config(args.config, args.keepalived_conf)
    manager = ServiceManager.of(os.environ, HostClock().monotonic)
    state_directory = Path(config.node.state_dir)
    equipment = Equipment(
        config=config,
        key=read_key(config),
        peers=tuple(args.peer),
        journal=PatientJournal(state_directory / JOURNAL_NAME),
        show=manager.show,
        state_directory=state_directory,
        config_path=Path(args.config or DEFAULT_PATH),
    )
    settle_interpreter()
    asyncio.run(_watch(equipment, manager))
    return 0


async def _watch(equipment: Equipment, manager: ServiceManager) -> None:
    agent = asyncio.ensure_future(Agent(equipment).run())

    def end() -> None:
        manager.end()
        agent.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    with suppress(asyncio.CancelledError):
        await agent
