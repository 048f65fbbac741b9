"""`hawatch check`: one look of a few seconds, without an agent; prints one line for a monitoring system."""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import logging
import socket
from contextlib import suppress

from hawatch.agent.composition import Agent
from hawatch.agent.equipment import Equipment
from hawatch.cli.choosing import choose_config
from hawatch.clock import monotonic
from hawatch.errors import HawatchError
from hawatch.exporter.check_question import Question
from hawatch.exporter.check_text import check_text
from hawatch.keepalived.model import KeepalivedConfig, VirtualAddress, VirtualRouter
from hawatch.observers.packet.packet_socket import ask_for_permission
from hawatch.observers.route import device_for, is_own
from hawatch.picture import draw
from hawatch.rules import first_match
from hawatch.verdict import VerdictKind
from hawatch.wire.family import Family

SUMMARY = "Look once, for a few seconds, without an agent, and print one line for a monitoring system."

LOOK_AT_LEAST = 2.0
LOOK_EVERY = 0.1
GIVE_UP_AFTER = 30.0
CONFIRM_FOR = 1.0
"""Seconds to look on after all is decided, for a probe round and a proof that takes two advertisements."""
PEERS_ANSWER_WITHIN = 4.0
"""Seconds after which a peer whose life is still unknown is waited for no longer."""


class CheckError(HawatchError):
    """The check itself cannot be made: UNKNOWN."""

    exit_code = 3


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--config", metavar="FILE", help="hawatch.toml (default: /etc/hawatch/hawatch.toml if there)"
    )
    parser.add_argument(
        "--keepalived-conf", metavar="FILE", help="keepalived.conf (default: as hawatch.toml says)"
    )
    parser.add_argument("--vip", metavar="ADDR", help="check this VIP alone, without any keepalived.conf")
    parser.add_argument(
        "--interface", metavar="DEV", help="where --vip lives (default: where its network is)"
    )
    parser.add_argument(
        "--peer", metavar="ADDR", action="append", default=[], help="the other node's address"
    )
    parser.add_argument(
        "--timeout", metavar="S", type=_seconds, default=GIVE_UP_AFTER, help="seconds, at the most"
    )
    parser.add_argument("-v", "--verbose", action="count", default=0, help="more lines; may be repeated")
    parser.epilog = (
        "Exit codes: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN (usage errors too).\n\n"
        "example:\n"
        "  hawatch check --vip 192.168.136.100 --peer 192.168.136.162"
    )


def _seconds(text: str) -> float:
    with suppress(ValueError):
        if 0 < float(text) < float("inf"):
            return float(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")


def run(args: argparse.Namespace) -> int:
    """Look, print, and return the monitoring system's exit code."""
    logging.basicConfig(level=logging.CRITICAL)
    try:
        _check_addresses(args)
        config = choose_config(args.config, args.keepalived_conf)
        ask_for_permission()
        answer = asyncio.run(_look(args, Equipment(config=config, peers=tuple(args.peer), serves=False)))
    except HawatchError as error:
        print(f"HAWATCH UNKNOWN - {error}")  # a monitoring system shows what stands on stdout
        return CheckError.exit_code
    header, _, output = answer.partition("\n")
    print(output, end="")
    return int(dict(word.split("=", 1) for word in header.split())["state"])


def _check_addresses(args: argparse.Namespace) -> None:
    for address in (*args.peer, *([args.vip] if args.vip else [])):
        if not _is_address(address):
            raise CheckError(f"{address}: not an IP address")
    if args.vip in args.peer:
        raise CheckError(f"{args.vip}: --peer is the other node's own address, not the VIP")
    if args.interface and not args.vip:
        raise CheckError("--interface goes with --vip; keepalived.conf names its own")
    if args.interface and args.interface not in (name for _, name in socket.if_nameindex()):
        raise CheckError(f"{args.interface}: this host has no such interface")


async def _look(args: argparse.Namespace, equipment: Equipment) -> str:
    for peer in args.peer:
        if await is_own(peer):
            raise CheckError(f"{peer}: --peer is the other node's address, and this node has it")
    fixed = await _one_vip(args.vip, args.interface) if args.vip else None
    agent = Agent(equipment, keepalived=fixed)
    watching = asyncio.ensure_future(agent.run())
    try:
        await _until_decided(agent, args.timeout)
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
    now = monotonic()
    snapshot = draw(agent.judge, now)
    node = agent.judge.situation.node
    if not snapshot.routers:
        problem = node.file.problem if node.file else None
        raise CheckError(problem or f"{equipment.config.keepalived.config}: no virtual router in it")
    answer = check_text(snapshot, Question(moved_within=0, verbosity=min(args.verbose, 3)), now)
    return answer if node.members.members else f"{answer}no peer is known to look at: name it with --peer\n"


async def _until_decided(agent: Agent, timeout: float) -> None:  # noqa: ASYNC109 - the user's own limit
    began = monotonic()
    decided_at: float | None = None
    while monotonic() - began < timeout:
        await asyncio.sleep(LOOK_EVERY)
        now = monotonic()
        file = agent.judge.situation.node.file
        if file is not None and (file.config is None or not file.config.virtual_routers):
            return
        decided_at = None if _is_open(agent, now, now - began) else (decided_at or now)
        quickly = [router.interval() for router in agent.judge.situation.routers.values()]
        enough = max([CONFIRM_FOR, *(1.5 * interval for interval in quickly)])
        if decided_at is not None and now - decided_at >= enough and now - began >= LOOK_AT_LEAST:
            return


def _is_open(agent: Agent, now: float, looked_for: float) -> bool:
    """Whether looking on may still tell more: no verdict yet, a wait that runs, or a peer that may yet answer."""
    rules = [first_match(standing.facts) for standing in agent.judge.standing.values()]
    if not rules or any(rule.verdict in (None, VerdictKind.INDETERMINATE) for rule in rules):
        return True
    unknown = any(member.alive(now) is None for member in agent.judge.situation.node.members.members)
    return unknown and looked_for < PEERS_ANSWER_WITHIN


async def _one_vip(address: str, interface: str | None) -> KeepalivedConfig:
    """A virtual router made of nothing but its VIP; VRID 0 stands for "whatever it is"."""
    version = ipaddress.ip_address(address).version
    router = VirtualRouter(
        instance=address,
        interface=interface or await device_for(address),
        vrid=0,
        priority=1,
        family=Family.IPV4 if version == 4 else Family.IPV6,
        version=2 if version == 4 else 3,
        vips=(VirtualAddress(address=address, prefix_length=32 if version == 4 else 128),),
    )
    return KeepalivedConfig(virtual_routers=(router,), digest="one VIP")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
